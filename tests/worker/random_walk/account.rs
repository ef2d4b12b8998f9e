//! A worker's journal, which outlives the workers that use it.

use std::sync::Arc;
use std::time::Duration;

use bluegreen_worker::config::Rate;
use bluegreen_worker::worker::Tuning;
use bluegreen_worker::worker::journal::Journal as KeptJournal;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use super::memory::Memory;
use crate::support::Harness;
use crate::support::play::{Journal, Life};

/// Where workers keep their journals.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Journals {
    /// Each worker has its own directory.
    Directories,
    /// Both share one bucket: one worker takes over what the other leaves.
    Fleet,
    /// Each in memory: like a directory, without the disk.
    Memory,
}

impl Journals {
    /// Disks are slow and leases need many calls, so only few walks use them.
    pub(crate) fn of(seed: u64) -> Self {
        match seed % 20 {
            0 => Self::Directories,
            1 => Self::Fleet,
            _ => Self::Memory,
        }
    }
}

enum Place {
    Directory(TempDir),
    Bucket,
    Memory(Memory),
}

pub(crate) struct Account {
    place: Place,
    worker: Option<(Life, CancellationToken)>,
}

impl Account {
    pub(crate) fn new(journals: Journals, harness: &Harness) -> Self {
        let place = match journals {
            Journals::Directories => Place::Directory(TempDir::new().expect("a directory")),
            Journals::Fleet => Place::Bucket,
            Journals::Memory => Place::Memory(Memory::new(&harness.clock)),
        };
        Self {
            place,
            worker: None,
        }
    }

    pub(crate) fn start(&mut self, harness: &Harness) {
        if self.worker.is_none() {
            let journal = self.journal(harness);
            let death = CancellationToken::new();
            let clock = harness.clock.clone();
            let ports = harness.ports_through(harness.exchange.http_client());
            let life = Harness::begin(clock, ports, tuning(), journal, death.clone());
            self.worker = Some((life, death));
        }
    }

    fn journal(&self, harness: &Harness) -> Option<Arc<dyn KeptJournal>> {
        match &self.place {
            Place::Directory(place) => {
                let place = Journal::Directory(place.path().to_owned());
                harness.open(&place, &harness.clock)
            }
            Place::Bucket => {
                let place = Journal::Bucket(harness.exchange.http_client());
                harness.open(&place, &harness.clock)
            }
            Place::Memory(memory) => Some(Arc::new(memory.clone())),
        }
    }

    pub(crate) async fn kill(&mut self) {
        if let Some((life, death)) = self.worker.take() {
            death.cancel();
            life.ended().await;
        }
    }

    pub(crate) async fn stop(&mut self) {
        if let Some((life, _)) = self.worker.take() {
            life.stop().await;
        }
    }

    /// Number of jobs in the journal.
    pub(crate) fn unfinished(&self, harness: &Harness) -> usize {
        match &self.place {
            Place::Directory(place) => {
                let entries = std::fs::read_dir(place.path()).expect("a directory");
                // One of the entries is the lock.
                entries.count().saturating_sub(1)
            }
            Place::Bucket => {
                let left = harness.left_in_bucket();
                left.iter().filter(|key| key.contains("jobs/")).count()
            }
            Place::Memory(memory) => memory.unfinished(),
        }
    }
}

/// Long intervals, so that a walk makes few calls.
fn tuning() -> Tuning {
    Tuning {
        poll_interval: Duration::from_secs(90),
        observe_interval: Duration::from_secs(120),
        watch: Duration::from_secs(240),
        max_call_rate: Rate(40.0),
        max_jobs: 1000,
    }
}
