//! What this worker has in hand, and how what it had lately has ended: for
//! whoever looks at the live page.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use jiff::Timestamp;

use super::standing::Standing;
use crate::job::Key;
use crate::job::offer::Job;
use crate::job::report::{FailureType, Report};

/// Releases that are shown; of more than this the oldest that are not in hand
/// are forgotten first.
const MAX_RELEASES: usize = 100;

/// Where a release stands. Of a failure's message nothing is kept: it is the
/// pipeline's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReleaseStanding {
    pub key: Key,
    pub pipeline: String,
    pub stage: String,
    pub action: String,
    /// When this worker took it up.
    pub since: Timestamp,
    pub state: ReleaseState,
    /// The name of the step that it stands in.
    pub step: &'static str,
    pub summary: String,
    pub percent: u8,
    pub deployment: Option<String>,
}

/// Whether a worker is at it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ReleaseState {
    InHand,
    /// Handed back with a token; whichever worker polls next goes on.
    HandedBack,
    Succeeded,
    Failed(FailureType),
}

/// The releases. Clones share them.
#[derive(Clone, Debug, Default)]
pub(super) struct Board(Arc<Mutex<Vec<Note>>>);

#[derive(Clone, Debug)]
struct Note {
    release: ReleaseStanding,
    standing: Standing,
}

impl Board {
    /// Shows that a release is in hand.
    pub(super) fn put(&self, job: &Job, standing: &Standing, now: Timestamp) {
        let key = job.key();
        let mut notes = self.notes();
        let known = notes.iter().position(|note| note.release.key == key);
        let since = known.map_or(now, |index| notes.remove(index).release.since);
        let pipeline = &job.data.pipeline;
        let release = ReleaseStanding {
            key,
            pipeline: pipeline.pipeline.clone(),
            stage: pipeline.stage.clone(),
            action: pipeline.action.clone(),
            since,
            state: ReleaseState::InHand,
            step: "",
            summary: String::new(),
            percent: 0,
            deployment: None,
        };
        let standing = standing.clone();
        notes.insert(0, Note { release, standing });
        while notes.len() > MAX_RELEASES {
            let is_free = |note: &Note| note.release.state != ReleaseState::InHand;
            match notes.iter().rposition(is_free) {
                Some(index) => notes.remove(index),
                None => break,
            };
        }
    }

    /// Shows what is being reported of a release.
    pub(super) fn settle(&self, job: &Job, report: &Report) {
        let key = job.key();
        let mut notes = self.notes();
        let note = notes.iter_mut().find(|note| note.release.key == key);
        if let Some(note) = note {
            note.release.state = match report {
                Report::Continue(_) => ReleaseState::HandedBack,
                Report::Success(_) => ReleaseState::Succeeded,
                Report::Failure(failure) => ReleaseState::Failed(failure.kind),
            };
        }
    }

    /// Shows that nobody here is at a release any more.
    pub(super) fn let_go(&self, job: &Job) {
        let key = job.key();
        let mut notes = self.notes();
        if let Some(note) = notes.iter_mut().find(|note| note.release.key == key) {
            note.release.state = ReleaseState::HandedBack;
        }
    }

    pub(super) fn releases(&self) -> Vec<ReleaseStanding> {
        let notes = self.notes();
        notes.iter().map(Note::shown).collect()
    }

    /// Deployments that visits follow now.
    pub(super) fn deployments_in_hand(&self) -> usize {
        let notes = self.notes();
        let is_followed = |note: &&Note| {
            note.release.state == ReleaseState::InHand
                && note.standing.rollout().deployment().is_some()
        };
        notes.iter().filter(is_followed).count()
    }

    fn notes(&self) -> MutexGuard<'_, Vec<Note>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Note {
    fn shown(&self) -> ReleaseStanding {
        let progress = self.standing.hand_back();
        ReleaseStanding {
            step: self.standing.rollout().step.name(),
            summary: progress.summary,
            percent: progress.percent,
            deployment: progress.deployment.map(|id| id.to_string()),
            ..self.release.clone()
        }
    }
}
