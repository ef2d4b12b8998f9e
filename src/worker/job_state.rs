//! A job's rollout and progress, kept outside its task, so that the job can be
//! handed back even if the task is stuck or has panicked.

use std::sync::Arc;

use parking_lot::Mutex;

use super::events::{Facts, Known};
use crate::job::report;
use crate::messages;
use crate::rollout::progress::Progress;
use crate::rollout::step::{Deploying, Rollout, Step};
use crate::rollout::token;

/// Shared between a job's task and the task that waits for it.
#[derive(Clone, Debug)]
pub(super) struct JobState {
    at: Arc<Mutex<(Rollout, Progress)>>,
    /// Facts for release events; `None` if there is no event bus.
    facts: Option<Arc<Mutex<Facts>>>,
}

impl JobState {
    pub(super) fn new(rollout: Rollout) -> Self {
        let progress = begun(&rollout.step);
        Self {
            at: Arc::new(Mutex::new((rollout, progress))),
            facts: None,
        }
    }

    /// Keeps facts about the release from now on, if `keeps`.
    pub(super) fn keeping_facts(self, keeps: bool) -> Self {
        Self {
            facts: keeps.then(Arc::default),
            ..self
        }
    }

    /// The facts about the release, if they are kept.
    pub(super) fn facts(&self) -> Option<Facts> {
        let facts = self.facts.as_ref()?;
        Some(facts.lock().clone())
    }

    /// What release events are made of.
    pub(super) fn known(&self) -> Known {
        Known {
            rollout: Some(self.rollout()),
            progress: Some(self.progress()),
            facts: self.facts().unwrap_or_default(),
        }
    }

    /// Changes the facts about the release, if they are kept.
    pub(super) fn change_facts(&self, change: impl FnOnce(&mut Facts)) {
        if let Some(facts) = &self.facts {
            change(&mut facts.lock());
        }
    }

    /// The current rollout.
    pub(super) fn rollout(&self) -> Rollout {
        self.with(|(rollout, _)| rollout.clone())
    }

    /// Changes the rollout.
    pub(super) fn change(&self, change: impl FnOnce(&mut Rollout)) {
        self.with(|(rollout, _)| change(rollout));
    }

    /// Sets the progress to report.
    pub(super) fn set_progress(&self, progress: Progress) {
        self.with(|(rollout, last)| {
            rollout.percent = rollout.percent.max(progress.percent());
            *last = progress;
        });
    }

    /// The progress to report.
    pub(super) fn progress(&self) -> Progress {
        self.with(|(_, progress)| progress.clone())
    }

    /// The report that hands the job back.
    pub(super) fn hand_back(&self) -> report::Progress {
        self.with(|(rollout, progress)| report::Progress {
            token: token::encode(rollout),
            summary: messages::limit::fit(
                &messages::progress::summary(progress),
                report::MAX_SUMMARY,
            ),
            percent: rollout.percent,
            deployment: rollout.deployment().cloned(),
        })
    }

    fn with<T>(&self, f: impl FnOnce(&mut (Rollout, Progress)) -> T) -> T {
        f(&mut self.at.lock())
    }
}

/// The progress before anything is observed, from the token alone.
fn begun(step: &Step) -> Progress {
    let created = |deploying: &Deploying| Progress::Created {
        deployment: deploying.deployment.clone(),
    };
    match step {
        Step::Starting => Progress::NotStarted,
        Step::Registered(_) => Progress::Registered,
        Step::Deploying(deploying) => created(deploying),
        Step::RollingBack(rolling_back) => created(&rolling_back.deploying),
    }
}
