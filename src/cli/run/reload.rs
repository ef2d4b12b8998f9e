//! SIGHUP: reloads settings and policies without dropping a job.

use std::collections::BTreeMap;

use tokio::signal::unix::Signal;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::{error, info, warn};

use super::policy_sources::{self, PolicySources};
use super::supervisor;
use crate::config::{self, Flags, Loaded, Settings};
use crate::policy::SetProblem;
use crate::telemetry::Filter;
use crate::worker::{Context, PolicyKeeper, Tuning};

/// What the worker was started with, and its current settings.
pub(super) struct Reload {
    pub(super) flags: Flags,
    pub(super) environment: BTreeMap<String, String>,
    pub(super) loaded: Loaded,
    pub(super) filter: Filter,
    pub(super) context: Context,
    pub(super) policy_sources: PolicySources,
    /// Keeps the current policies up to date.
    pub(super) policy_refresh_task: Option<AbortOnDropHandle<()>>,
    pub(super) stop: CancellationToken,
}

/// Makes the worker drain, or take jobs again.
pub(super) fn set_drain(context: &Context, draining: bool) {
    match (context.set_draining(draining), draining) {
        (true, true) => info!("draining: taking no jobs, returning jobs in progress"),
        (true, false) => info!("taking jobs again"),
        (false, _) => {}
    }
}

impl Reload {
    /// Reloads on each SIGHUP, forever.
    pub(super) async fn on_signal(mut self, mut hangup: Signal) {
        while hangup.recv().await.is_some() {
            supervisor::reloading();
            self.reload().await;
            supervisor::ready();
        }
    }

    async fn reload(&mut self) {
        let loaded = match config::load_all(&self.flags, &self.environment) {
            Ok(loaded) => loaded,
            Err(problems) => {
                for problem in problems {
                    error!(%problem, "the settings are invalid; nothing changed");
                }
                return;
            }
        };
        let settings = &loaded.settings;
        let keeper = match self.load_policies(settings).await {
            Ok(keeper) => keeper,
            Err(problem) => {
                error!(%problem, "the policies are invalid; nothing changed");
                return;
            }
        };
        let gate = keeper.as_ref().map(PolicyKeeper::gate);
        self.policy_refresh_task =
            keeper.map(|keeper| policy_sources::refresh(keeper, self.stop.clone()));
        self.context
            .change(Tuning::from(settings), gate, &settings.roles);
        set_drain(&self.context, settings.drain);
        self.filter.change(&settings.log);
        let (changed, later) = self.compare(&loaded);
        info!(changed, "reloaded settings and policies");
        if !later.is_empty() {
            warn!(
                settings = later,
                "these settings need a restart to take effect"
            );
        }
        // Settings that need a restart keep their old values, and are reported
        // again on the next reload.
        let old = self.loaded.values.iter().filter(|value| !value.reloads);
        let new = loaded.values.iter().filter(|value| value.reloads);
        let values = new.chain(old).cloned().collect();
        self.loaded = Loaded { values, ..loaded };
    }

    /// Loads the current policies and evaluates them on a typical release.
    async fn load_policies(&self, settings: &Settings) -> Result<Option<PolicyKeeper>, SetProblem> {
        let keeper = self.policy_sources.open(settings).await?;
        if let Some(keeper) = &keeper {
            keeper.try_out().await?;
        }
        Ok(keeper)
    }

    /// The names of the settings that have changed, and of those that would
    /// change on a restart.
    fn compare(&self, loaded: &Loaded) -> (String, String) {
        let names = |reloads: bool| {
            let is_changed = |value: &&config::Value| {
                let mut old = self.loaded.values.iter();
                value.reloads == reloads && !old.any(|old| old.has_same_value(value))
            };
            let names: Vec<&str> = loaded
                .values
                .iter()
                .filter(is_changed)
                .map(|value| value.name)
                .collect();
            names.join(", ")
        };
        (names(true), names(false))
    }
}
