//! The two workers as components: tasks that work, and a port that tells how they are.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use anyhow::Result;
use gx_base::Component;
use gx_fabric::doctor::Preflight;
use gx_ledger::Ledger;
use gx_outbox_submitter::{Submitter, SubmitterHealth, SubmitterOptions};
use gx_platform::health::HealthBuilder;
use gx_platform::{App, BusMessage, Served};
use gx_projector::Projector;
use gx_store::repo::ledger_binding;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::build_info::build_info;
use crate::compose;

/// The workers that one process runs.
pub struct Crew {
    /// Submitters.
    pub submitters: usize,
    /// Projectors.
    pub projectors: usize,
    /// How each submitter works.
    pub options: SubmitterOptions,
    /// Where the ledger is, for people.
    pub ledger: String,
    /// Whether the ledger is outside this process: another one than the database's is waited out then, and told.
    pub is_outside: bool,
    /// What stands in the way of a ledger outside this process; `None` for one inside.
    pub preflight: Option<Arc<Preflight>>,
}

/// How often a worker looks whether it is led to its own ledger again.
const LOOK_AGAIN: Duration = Duration::from_secs(5);

/// Why workers wait: the ledger that they are led to is not the one of their database.
type TurnedAway = Arc<Mutex<Option<String>>>;

/// Waits while a ledger outside this process is another one than the database is bound to; `tell` hears why. `false`: asked
/// to stop. What cannot be asked is left to the worker, which waits for it.
async fn is_ours(app: &App, ledger: &dyn Ledger, stop: &CancellationToken, tell: impl Fn(Option<String>)) -> bool {
    loop {
        let (info, binding) = tokio::join!(ledger.info(), ledger_binding::get(app.store().read()));
        let (Ok(info), Ok(Some(binding))) = (info, binding) else { break };
        let bound = binding.fingerprint.0;
        if bound == info.fingerprint {
            break;
        }
        let sentence =
            format!("this environment is bound to the ledger {bound}, and this is the ledger {}", info.fingerprint);
        tracing::error!("{sentence}");
        tell(Some(sentence));
        tokio::select! {
            () = stop.cancelled() => return false,
            () = tokio::time::sleep(LOOK_AGAIN) => {}
        }
    }
    tell(None);
    true
}

/// Starts the submitters; the answer serves their health and metrics.
pub fn submitters(
    app: &App,
    ledger: &Arc<dyn Ledger>,
    crew: &Crew,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Result<()>>,
) -> Served {
    let mut healths: Vec<SubmitterHealth> = Vec::new();
    let turned_away = TurnedAway::default();
    for _ in 0..crew.submitters {
        let bus = app.bus().clone();
        let submitter = Submitter::new(
            app.store().clone(),
            Arc::clone(ledger),
            app.clock().clone(),
            app.entropy().clone(),
            crew.options.clone(),
            // Who waits for a command looks again when it is refused; the projector tells of those that are settled.
            Arc::new(move |command_ids| {
                bus.publish(&BusMessage::CommandsSettled { command_ids: command_ids.to_vec() });
            }),
        );
        healths.push(submitter.health());
        let (stop, app, ledger, told) = (stop.clone(), app.clone(), Arc::clone(ledger), Arc::clone(&turned_away));
        let is_outside = crew.is_outside;
        tasks.spawn(async move {
            let tell = |reason| *told.lock().unwrap_or_else(PoisonError::into_inner) = reason;
            if is_outside && !is_ours(&app, ledger.as_ref(), &stop, tell).await {
                return Ok(());
            }
            Ok(submitter.run(stop).await?)
        });
    }
    let component = Component::OutboxSubmitter.name();
    let (database, place) = (healths.clone(), crew.ledger.clone());
    let mut health = compose::database(HealthBuilder::new(component, app.clock().clone()), app);
    if let Some(preflight) = crew.preflight.clone() {
        health = health.require("network", move || {
            let answer = preflight.probe();
            async move { answer }
        });
    }
    let health = health
        .require("outbox", move || {
            let answer = database.iter().try_for_each(SubmitterHealth::database).map(|()| None);
            async move { answer }
        })
        .require("ledger", move || {
            let reason = turned_away.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let answers = || healths.iter().try_for_each(SubmitterHealth::ledger).map(|()| Some(place.clone()));
            let answer = reason.map_or_else(answers, Err);
            async move { answer }
        })
        .build();
    Served::new(component, app, health, build_info())
}

/// Starts the projectors, of which one applies blocks; the answer serves health and metrics.
pub fn projectors(
    app: &App,
    ledger: &Arc<dyn Ledger>,
    crew: &Crew,
    stop: &CancellationToken,
    tasks: &mut JoinSet<Result<()>>,
) -> Served {
    let projectors: Vec<Arc<Projector>> =
        (0..crew.projectors.max(1)).map(|_| Arc::new(Projector::of(app, Arc::clone(ledger)))).collect();
    // Each of them watches ledger and checkpoint; any one tells how far the read model is.
    let health = projectors.first().map_or_else(
        || HealthBuilder::new(Component::Projector.name(), app.clock().clone()).build(),
        |projector| projector.health(),
    );
    for projector in projectors {
        let (stop, app, ledger, is_outside) = (stop.clone(), app.clone(), Arc::clone(ledger), crew.is_outside);
        tasks.spawn(async move {
            let tell = |reason: Option<String>| reason.into_iter().for_each(|reason| projector.turned_away(reason));
            if is_outside && !is_ours(&app, ledger.as_ref(), &stop, tell).await {
                return Ok(());
            }
            Ok(projector.run(stop).await?)
        });
    }
    Served::new(Component::Projector.name(), app, health, build_info())
}
