//! The recorded states of a deployment, against which tests check what the
//! worker reported.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deployment::{Deployment, Stage};
use super::state::CodeDeploy;

/// A deployment's history since its creation.
#[derive(Clone, Debug, PartialEq)]
pub struct Biography<'a> {
    pub id: &'a str,
    /// Known once the AppSpec has been read.
    pub task_definition: Option<&'a str>,
    /// The deployment that this one rolls back.
    pub rolls_back: Option<&'a str>,
    /// Error code with which it ended.
    pub error: Option<&'a str>,
    /// Oldest first; never empty.
    pub moments: &'a [Moment],
}

/// State of a deployment from `at` until the next moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Timestamp,
    /// The status as `GetDeployment` returns it.
    pub status: String,
    /// The lifecycle event, or the stage between or after events.
    pub stage: String,
    /// Share of the production traffic on the new version, in percent.
    pub green: u32,
}

impl CodeDeploy {
    /// The history of the deployment with this id, if it exists.
    #[must_use]
    pub fn biography(&self, id: &str) -> Option<Biography<'_>> {
        let deployment = self.deployments.get(id).ok()?;
        let app_spec = deployment.app_spec.as_ref();
        Some(Biography {
            id: &deployment.id,
            task_definition: app_spec.map(|app_spec| app_spec.task_definition.as_str()),
            rolls_back: deployment.rollback.rolls_back.as_deref(),
            error: deployment.error.as_ref().map(|error| error.code.as_str()),
            moments: &deployment.history,
        })
    }
}

impl Deployment {
    /// Records the state from `at` on, if it has changed.
    pub(super) fn record(&mut self, at: Timestamp) {
        let moment = Moment {
            at,
            status: self.status().to_owned(),
            stage: self.stage_name().to_owned(),
            green: self.green_weight,
        };
        let same = |last: &Moment| Moment { at, ..last.clone() } == moment;
        if !self.history.last().is_some_and(same) {
            self.history.push(moment);
        }
    }

    fn stage_name(&self) -> &'static str {
        match self.stage {
            Stage::Created => "Created",
            Stage::Lifecycle(index) => self.events[index].name.as_str(),
            Stage::Ready { .. } => "Ready",
            Stage::Rerouting { .. } => "Rerouting",
            Stage::TerminationWait { .. } => "TerminationWait",
            Stage::Draining { .. } => "Draining",
            Stage::Succeeded => "Succeeded",
            Stage::Failed => "Failed",
            Stage::Stopped => "Stopped",
        }
    }
}
