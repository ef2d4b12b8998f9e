//! What a deployment was like at each moment of its life, for those who judge
//! what was said of it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::deployment::{Deployment, Stage};
use super::state::CodeDeploy;

/// A deployment from its creation on.
#[derive(Clone, Debug, PartialEq)]
pub struct Biography<'a> {
    pub id: &'a str,
    /// Once its AppSpec was read.
    pub task_definition: Option<&'a str>,
    /// The deployment that it rolls back.
    pub rolls_back: Option<&'a str>,
    /// The code of the error that it ended with.
    pub error: Option<&'a str>,
    /// Oldest first; there is at least one.
    pub moments: &'a [Moment],
}

/// What it was like from a moment on, until the next.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    pub at: Timestamp,
    /// As `GetDeployment` gives it.
    pub status: String,
    /// The lifecycle event, or the stage between and after events.
    pub stage: String,
    /// The new version's share of the production traffic, in percent.
    pub green: u32,
}

impl CodeDeploy {
    /// The life of a deployment, if there is one of this id.
    #[must_use]
    pub fn biography(&self, id: &str) -> Option<Biography<'_>> {
        let deployment = self.deployment(id).ok()?;
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
    /// Takes down what it is like from now on, where that has changed.
    pub(super) fn take_down(&mut self, at: Timestamp) {
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
