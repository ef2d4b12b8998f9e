//! A worker's place: its journal, where it has one, outlives those who sit
//! there.

use std::time::Duration;

use bluegreen_worker::worker::Pace;
use tempfile::TempDir;
use tokio_util::sync::CancellationToken;

use crate::play::{Journal, Life, leisurely};
use crate::support::Stage;

/// Whether workers keep journals.
#[derive(Clone, Copy)]
pub(crate) enum Journals {
    Kept,
    /// Then a killed worker loses what it had in hand, but nothing depends on
    /// how long a disk takes.
    None,
}

pub(crate) struct Seat {
    place: Option<TempDir>,
    worker: Option<(Life, CancellationToken)>,
}

impl Seat {
    pub(crate) fn new(journals: Journals) -> Self {
        let place = match journals {
            Journals::Kept => Some(TempDir::new().expect("a directory")),
            Journals::None => None,
        };
        Self {
            place,
            worker: None,
        }
    }

    pub(crate) async fn start(&mut self, stage: &Stage) {
        if self.worker.is_none() {
            let journal = match &self.place {
                Some(place) => Journal::Directory(place.path().to_owned()),
                None => Journal::None,
            };
            let death = CancellationToken::new();
            let ports = stage.ports_through(stage.exchange.http_client());
            let pace = Pace {
                poll_interval: Duration::from_secs(15),
                ..leisurely()
            };
            let life = stage.start(ports, pace, &journal, death.clone()).await;
            self.worker = Some((life, death));
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

    /// Jobs that are still in the journal.
    pub(crate) fn unfinished(&self) -> usize {
        let Some(place) = &self.place else {
            return 0;
        };
        let entries = std::fs::read_dir(place.path()).expect("a directory");
        // One is the lock.
        entries.count().saturating_sub(1)
    }
}
