//! How the components are: each is asked itself, when somebody looks, and believed for a few seconds.
//!
//! What does not answer is «not known», never good: the edge cannot tell a dead component from a cut cable.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use gx_base::Clock;
use gx_platform::BuildInfo;
use gx_platform::health::ComponentHealth;
use gx_types::Timestamp;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;

/// How long an answer is believed.
const BELIEVED: Duration = Duration::from_secs(5);
/// How long a component may take to answer; its own probes take up to 2 s.
const ANSWER_WAIT: Duration = Duration::from_secs(3);

/// A component that is asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Target {
    /// Its name.
    pub name: &'static str,
    /// Where it listens, for example `http://127.0.0.1:3001`.
    pub url: String,
}

/// What a component said, or that it said nothing.
#[derive(Debug, Clone)]
pub struct Probed {
    /// Its name.
    pub name: &'static str,
    /// When it was asked.
    pub asked: Timestamp,
    /// Since when this edge has seen it answer, or not answer.
    pub since: Timestamp,
    /// What it said; or why nothing is known.
    pub answer: Result<Answer, String>,
}

/// What a component said.
#[derive(Debug, Clone)]
pub struct Answer {
    /// How it and its dependencies are.
    pub health: ComponentHealth,
    /// Its version, when it says it.
    pub version: Option<BuildInfo>,
}

/// Asks components.
pub struct Probe {
    targets: Vec<Target>,
    client: Option<reqwest::Client>,
    clock: Arc<dyn Clock>,
    last: Mutex<Vec<Probed>>,
}

impl Probe {
    /// Asks these.
    #[must_use]
    pub fn new(targets: Vec<Target>, clock: Arc<dyn Clock>) -> Self {
        let client = reqwest::Client::builder()
            .timeout(ANSWER_WAIT)
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .build()
            .inspect_err(|error| tracing::error!(%error, "components cannot be asked for their health"))
            .ok();
        Self { targets, client, clock, last: Mutex::new(Vec::new()) }
    }

    /// How they all are. Whoever asks meanwhile gets the same answers.
    pub async fn look(&self) -> Vec<Probed> {
        let mut last = self.last.lock().await;
        let now = self.clock.now();
        let fresh = |probed: &Probed| now >= probed.asked && now.since(probed.asked) < BELIEVED;
        if last.len() == self.targets.len() && last.iter().all(fresh) {
            return last.clone();
        }
        let answers = join_all(self.targets.iter().map(|target| self.ask(target))).await;
        let asked = self.clock.now();
        let probed: Vec<Probed> = self
            .targets
            .iter()
            .zip(answers)
            .map(|(target, answer)| {
                let before = last.iter().find(|probed| probed.name == target.name);
                let since = before.filter(|before| same(before, &answer)).map_or(asked, |before| before.since);
                Probed { name: target.name, asked, since, answer }
            })
            .collect();
        last.clone_from(&probed);
        probed
    }

    async fn ask(&self, target: &Target) -> Result<Answer, String> {
        let client = self.client.as_ref().ok_or_else(|| "components cannot be asked from here".to_owned())?;
        let base = target.url.trim_end_matches('/');
        let (health, version) =
            tokio::join!(fetch(client, format!("{base}/health")), fetch(client, format!("{base}/version")));
        Ok(Answer { health: health?, version: version.ok() })
    }
}

/// Whether a component is as it was.
fn same(before: &Probed, now: &Result<Answer, String>) -> bool {
    match (&before.answer, now) {
        (Ok(before), Ok(now)) => before.health.ready == now.health.ready,
        (Err(_), Err(_)) => true,
        _ => false,
    }
}

async fn fetch<T: DeserializeOwned>(client: &reqwest::Client, url: String) -> Result<T, String> {
    let answer = client.get(url).send().await.map_err(|error| {
        if error.is_timeout() {
            format!("no answer within {} s", ANSWER_WAIT.as_secs())
        } else {
            "no answer".to_owned()
        }
    })?;
    if !answer.status().is_success() {
        return Err(format!("it answered {}", answer.status().as_u16()));
    }
    answer.json().await.map_err(|_| "its answer cannot be read".to_owned())
}
