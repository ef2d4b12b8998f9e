//! Formats a journal as tables or as JSON.

use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::cli::json_text;
use crate::cli::table::{Row, clean, table};
use crate::config::JournalPlace;
use crate::job::duration::rounded;
use crate::worker::journal::{ClaimStage, JobStatus, JournalStatus, LockStatus, WorkerStatus};

/// The version of the JSON output. It changes only with incompatible changes.
const VERSION: u32 = 1;

/// The most unreadable entries that the text names.
const NAMED: usize = 20;

/// A journal's status and when it was read.
pub(super) struct Shown<'a> {
    pub(super) place: &'a JournalPlace,
    /// How long a worker may fail to renew its lease before others take over
    /// its jobs.
    pub(super) lease: Duration,
    pub(super) now: Timestamp,
    pub(super) status: &'a JournalStatus,
}

impl Shown<'_> {
    pub(super) fn json(&self) -> String {
        let worker = |one: &WorkerStatus| {
            let count = self.count(one);
            let mut value =
                json!({ "worker": one.worker, "state": self.state(one), "jobs": count });
            match &one.lock {
                LockStatus::Lease { renewed } => {
                    value["renewed"] = json!(renewed);
                    value["ageSeconds"] = json!(self.age(*renewed).as_secs());
                }
                LockStatus::LeaseEnded { by } => value["endedBy"] = json!(by),
                LockStatus::DirectoryLock => {}
            }
            value
        };
        let job = |one: &JobStatus| {
            json!({
                "job": one.entry.job.as_str(),
                "pipeline": one.entry.pipeline,
                "stage": stage(one),
                "since": one.entry.since,
                "ageSeconds": self.age(one.entry.since).as_secs(),
                "worker": one.worker,
                "orphaned": self.is_orphan(one),
            })
        };
        let unreadable = self.status.unreadable.iter();
        let unreadable = unreadable.map(|one| json!({ "name": one.name, "why": one.why }));
        let all = json!({
            "version": VERSION,
            "journal": self.place.to_string(),
            "workers": self.status.workers.iter().map(worker).collect::<Vec<Value>>(),
            "jobs": self.status.jobs.iter().map(job).collect::<Vec<Value>>(),
            "unreadable": unreadable.collect::<Vec<Value>>(),
            "cut": self.status.is_cut,
        });
        json_text(&all)
    }

    pub(super) fn text(&self) -> String {
        let JournalStatus {
            workers,
            jobs,
            unreadable,
            is_cut,
        } = self.status;
        let mut text = match workers.is_empty() {
            true => format!("No worker has {}, as far as can be seen.\n", self.place),
            false => {
                let rows: Vec<Row<3>> = workers.iter().map(|one| self.worker(one)).collect();
                table(["WORKER", "STATE", "JOBS"], &rows)
            }
        };
        text += "\n";
        text += &match jobs.is_empty() {
            true => "There are no unfinished jobs.\n".to_owned(),
            false => {
                let rows: Vec<Row<5>> = jobs.iter().map(|one| self.job(one)).collect();
                table(["JOB", "PIPELINE", "STAGE", "AGE", "WORKER"], &rows)
            }
        };
        if !unreadable.is_empty() {
            text += &format!("\nCannot be read: {}\n", unreadable.len());
            for one in unreadable.iter().take(NAMED) {
                text += &format!("  {}\n", clean(&format!("{}: {}", one.name, one.why)));
            }
        }
        if *is_cut {
            text += "\nThere is more than is shown.\n";
        }
        text
    }

    fn worker(&self, one: &WorkerStatus) -> Row<3> {
        let state = match &one.lock {
            LockStatus::Lease { renewed } => {
                let ago = rounded(self.age(*renewed));
                match self.is_silent(*renewed) {
                    true => format!("silent for {ago}; its lease can be ended"),
                    false => format!("renewed its lease {ago} ago"),
                }
            }
            LockStatus::LeaseEnded { by } => format!("its lease was ended by {by}"),
            LockStatus::DirectoryLock => "has the directory".to_owned(),
        };
        Row {
            cells: [one.worker.clone(), state, self.count(one).to_string()],
            below: None,
        }
    }

    fn job(&self, one: &JobStatus) -> Row<5> {
        let worker = one.worker.clone().unwrap_or_else(|| "-".to_owned());
        let worker = match self.is_orphan(one) {
            true => format!("{worker} (gone; another worker takes it over)"),
            false => worker,
        };
        Row {
            cells: [
                one.entry.job.to_string(),
                one.entry.pipeline.clone(),
                stage(one).to_owned(),
                rounded(self.age(one.entry.since)),
                worker,
            ],
            below: None,
        }
    }

    fn state(&self, worker: &WorkerStatus) -> &'static str {
        match worker.lock {
            LockStatus::Lease { renewed } if self.is_silent(renewed) => "Silent",
            LockStatus::Lease { .. } => "Renewed",
            LockStatus::LeaseEnded { .. } => "Ended",
            LockStatus::DirectoryLock => "Locked",
        }
    }

    /// The age by two clocks, the writer's and ours; zero if it is negative.
    fn age(&self, then: Timestamp) -> Duration {
        Duration::try_from(self.now.duration_since(then)).unwrap_or_default()
    }

    fn is_silent(&self, renewed: Timestamp) -> bool {
        self.age(renewed) > self.lease
    }

    /// Whether the job's worker has no lease any more.
    fn is_orphan(&self, job: &JobStatus) -> bool {
        let holds = |one: &WorkerStatus, worker: &str| {
            one.worker == worker && !matches!(one.lock, LockStatus::LeaseEnded { .. })
        };
        let mut workers = self.status.workers.iter();
        let worker = job.worker.as_deref();
        worker.is_some_and(|worker| !workers.any(|one| holds(one, worker)))
    }

    /// The number of the worker's jobs. The worker that locks a directory has
    /// all of them.
    fn count(&self, one: &WorkerStatus) -> usize {
        let jobs = self.status.jobs.iter();
        match one.lock {
            LockStatus::DirectoryLock => jobs.len(),
            LockStatus::Lease { .. } | LockStatus::LeaseEnded { .. } => {
                let is_its = |job: &&JobStatus| job.worker.as_ref() == Some(&one.worker);
                jobs.filter(is_its).count()
            }
        }
    }
}

fn stage(job: &JobStatus) -> &'static str {
    match job.entry.stage {
        ClaimStage::Intended => "Intended",
        ClaimStage::Claimed => "Claimed",
    }
}
