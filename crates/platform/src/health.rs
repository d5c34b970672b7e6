//! Health: a status is a probe with an age.
//!
//! A component names what it depends on and how it finds out. *Required* dependencies decide `/readyz`; *degrading* ones
//! are named in `/health` and change nothing else. Probes run when someone asks and are believed for a second; one that
//! does not answer in time has failed.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use gx_base::Clock;
use gx_types::Timestamp;
use serde::{Deserialize, Serialize};
use tokio::sync::Mutex;
use utoipa::ToSchema;

/// A probe's answer is believed so long.
const BELIEVED: Duration = Duration::from_secs(1);
/// A probe takes at most so long.
const PROBE_LIMIT: Duration = Duration::from_secs(2);

/// What a dependency means for its component.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum Need {
    /// Without it the component is not ready.
    Required,
    /// Without it the component serves less.
    Degrading,
}

/// How a dependency is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum HealthState {
    /// It answers.
    Up,
    /// It does not, or is not as it must be.
    Down,
}

/// How a dependency is, since when, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyHealth {
    /// Its name.
    pub name: String,
    /// What it means for the component.
    pub need: Need,
    /// How it is.
    pub state: HealthState,
    /// Since when it has been so, as far as anyone asked.
    pub since: Timestamp,
    /// When it was last asked.
    pub checked_at: Timestamp,
    /// Why it is down, or what it said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}

/// How a component is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct ComponentHealth {
    /// The component.
    pub component: String,
    /// Whether every required dependency is up.
    pub ready: bool,
    /// Why no coins move at present, in the words of the administrator who has paused the system; absent while they move,
    /// and from components that have nothing to do with it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub paused: Option<String>,
    /// Each dependency.
    pub dependencies: Vec<DependencyHealth>,
}

impl ComponentHealth {
    /// The names of required dependencies that are down.
    pub fn missing(&self) -> impl Iterator<Item = &DependencyHealth> {
        self.dependencies
            .iter()
            .filter(|dependency| dependency.need == Need::Required && dependency.state == HealthState::Down)
    }
}

/// What a probe says: `Ok` with a remark or without, or `Err` with the reason.
pub type ProbeResult = Result<Option<String>, String>;

type Probe = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = ProbeResult> + Send>> + Send + Sync>;

struct Dependency {
    name: &'static str,
    need: Need,
    probe: Probe,
    last: Mutex<Option<DependencyHealth>>,
}

type Pause = Arc<dyn Fn() -> Pin<Box<dyn Future<Output = Option<String>> + Send>> + Send + Sync>;

/// The dependencies of one component. Cheap to clone.
#[derive(Clone)]
pub struct Health {
    component: &'static str,
    clock: Arc<dyn Clock>,
    pause: Option<Pause>,
    dependencies: Arc<Vec<Dependency>>,
}

/// Collects the dependencies of a component.
pub struct HealthBuilder {
    component: &'static str,
    clock: Arc<dyn Clock>,
    pause: Option<Pause>,
    dependencies: Vec<Dependency>,
}

impl HealthBuilder {
    /// Nothing yet, for `component`.
    #[must_use]
    pub fn new(component: &'static str, clock: Arc<dyn Clock>) -> Self {
        Self { component, clock, pause: None, dependencies: Vec::new() }
    }

    /// Adds a dependency without which the component is not ready.
    #[must_use]
    pub fn require<F, R>(self, name: &'static str, probe: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = ProbeResult> + Send + 'static,
    {
        self.depend(name, Need::Required, probe)
    }

    /// Adds a dependency without which the component serves less.
    #[must_use]
    pub fn degrade<F, R>(self, name: &'static str, probe: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = ProbeResult> + Send + 'static,
    {
        self.depend(name, Need::Degrading, probe)
    }

    /// Asks with every check whether the system is paused, and why. It changes nothing about readiness: the component
    /// serves, and says what it will refuse.
    #[must_use]
    pub fn pause<F, R>(mut self, asked: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = Option<String>> + Send + 'static,
    {
        self.pause = Some(Arc::new(move || Box::pin(asked())));
        self
    }

    fn depend<F, R>(mut self, name: &'static str, need: Need, probe: F) -> Self
    where
        F: Fn() -> R + Send + Sync + 'static,
        R: Future<Output = ProbeResult> + Send + 'static,
    {
        let probe: Probe = Arc::new(move || Box::pin(probe()));
        self.dependencies.push(Dependency { name, need, probe, last: Mutex::new(None) });
        self
    }

    /// Done.
    #[must_use]
    pub fn build(self) -> Health {
        Health {
            component: self.component,
            clock: self.clock,
            pause: self.pause,
            dependencies: Arc::new(self.dependencies),
        }
    }
}

impl Health {
    /// The component.
    #[must_use]
    pub const fn component(&self) -> &'static str {
        self.component
    }

    /// Asks every dependency whose last answer is older than a second.
    pub async fn check(&self) -> ComponentHealth {
        // All at the same time, each within its limit, so that the whole answer takes no longer than one probe may.
        let checks = self.dependencies.iter().map(|dependency| self.check_one(dependency));
        let (dependencies, paused) = tokio::join!(futures::future::join_all(checks), self.ask_pause());
        let ready = dependencies
            .iter()
            .all(|dependency| dependency.need == Need::Degrading || dependency.state == HealthState::Up);
        ComponentHealth { component: self.component.to_owned(), ready, paused, dependencies }
    }

    /// Why the system is paused. What is not known in time is not said: the dependencies tell why.
    async fn ask_pause(&self) -> Option<String> {
        let pause = self.pause.as_ref()?;
        tokio::time::timeout(PROBE_LIMIT, pause()).await.unwrap_or_default()
    }

    async fn check_one(&self, dependency: &Dependency) -> DependencyHealth {
        // Whoever asks meanwhile waits for this answer instead of asking again.
        let mut last = dependency.last.lock().await;
        let now = self.clock.now();
        if let Some(known) = last.as_ref()
            && now >= known.checked_at
            && now.since(known.checked_at) < BELIEVED
        {
            return known.clone();
        }
        let answer = tokio::time::timeout(PROBE_LIMIT, (dependency.probe)())
            .await
            .unwrap_or_else(|_| Err(format!("no answer within {} s", PROBE_LIMIT.as_secs())));
        // The answer is as old as its end: counted from the question, one that took long would be too old for those who
        // waited for it, and each of them would ask again, one after the other.
        let now = self.clock.now();
        let (state, reason) = match answer {
            Ok(remark) => (HealthState::Up, remark),
            Err(reason) => (HealthState::Down, Some(reason)),
        };
        let since = last.as_ref().filter(|known| known.state == state).map_or(now, |known| known.since);
        if last.as_ref().is_some_and(|known| known.state != state) {
            match state {
                HealthState::Up => {
                    tracing::info!(component = self.component, dependency = dependency.name, "a dependency is back");
                }
                HealthState::Down => {
                    tracing::warn!(
                        component = self.component,
                        dependency = dependency.name,
                        reason,
                        "a dependency is down"
                    );
                }
            }
        }
        let health = DependencyHealth {
            name: dependency.name.to_owned(),
            need: dependency.need,
            state,
            since,
            checked_at: now,
            reason,
        };
        *last = Some(health.clone());
        health
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

    use gx_base::ManualClock;

    use super::*;

    #[tokio::test]
    async fn a_status_keeps_its_age_and_only_required_dependencies_decide() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_000_000)));
        let (up, asked) = (Arc::new(AtomicBool::new(true)), Arc::new(AtomicU32::new(0)));
        let (probe_up, probe_asked) = (Arc::clone(&up), Arc::clone(&asked));
        let health = HealthBuilder::new("identity", clock.clone())
            .require("database", move || {
                probe_asked.fetch_add(1, Ordering::SeqCst);
                let up = probe_up.load(Ordering::SeqCst);
                async move { if up { Ok(None) } else { Err("it went away".to_owned()) } }
            })
            .degrade("ledger", || async { Err("no heartbeat".to_owned()) })
            .build();

        let first = health.check().await;
        assert!(first.ready);
        let second = health.check().await;
        assert_eq!((second, asked.load(Ordering::SeqCst)), (first, 1), "believed for a second");

        up.store(false, Ordering::SeqCst);
        clock.advance(Duration::from_secs(5));
        let down = health.check().await;
        assert!(!down.ready);
        let missing: Vec<_> =
            down.missing().map(|dependency| (dependency.name.as_str(), dependency.reason.as_deref())).collect();
        assert_eq!(missing, [("database", Some("it went away"))]);
        let since = down.dependencies[0].since;
        clock.advance(Duration::from_secs(60));
        let later = health.check().await;
        assert_eq!(later.dependencies[0].since, since);
        assert!(later.dependencies[0].checked_at > since);
    }

    /// A probe that takes its time is asked once, however many wait for it.
    #[tokio::test]
    async fn whoever_waits_for_a_slow_probe_takes_its_answer() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_000_000)));
        let asked = Arc::new(AtomicU32::new(0));
        let (probe_clock, probe_asked) = (Arc::clone(&clock), Arc::clone(&asked));
        let health = HealthBuilder::new("identity", clock.clone())
            .require("database", move || {
                probe_asked.fetch_add(1, Ordering::SeqCst);
                let clock = Arc::clone(&probe_clock);
                async move {
                    tokio::task::yield_now().await;
                    clock.advance(PROBE_LIMIT);
                    Err("no answer".to_owned())
                }
            })
            .build();
        let answers = futures::future::join_all((0..20).map(|_| health.check())).await;
        assert!(answers.iter().all(|answer| !answer.ready));
        assert_eq!(asked.load(Ordering::SeqCst), 1);
    }

    /// Each of three probes ends only when all three are under way.
    #[tokio::test]
    async fn probes_run_at_the_same_time() {
        let clock = Arc::new(ManualClock::at(Timestamp::from_micros(1_000_000)));
        let all = Arc::new(tokio::sync::Barrier::new(3));
        let waits = || {
            let all = Arc::clone(&all);
            move || {
                let all = Arc::clone(&all);
                async move {
                    all.wait().await;
                    Ok(None)
                }
            }
        };
        let pause = Arc::clone(&all);
        let health = HealthBuilder::new("identity", clock)
            .require("database", waits())
            .degrade("ledger", waits())
            .pause(move || {
                let all = Arc::clone(&pause);
                async move {
                    all.wait().await;
                    Some("maintenance".to_owned())
                }
            })
            .build();
        let health = health.check().await;
        assert!(health.ready, "{health:?}");
        assert_eq!(health.paused.as_deref(), Some("maintenance"));
    }
}
