//! A worker's lease: one object that its owner keeps changing. Who sees it
//! unchanged for a whole length takes it, and with it what its owner had.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::status::{Ownership, WorkerStatus};
use crate::clock::{Clock, Mark};
use crate::ports::{CallError, CallErrorKind, ETag, Objects, Only, Written};

/// The version that this build writes.
const VERSION: u32 = 1;

/// Renewals within one length: one that fails, or comes late, is no end.
const RENEWALS: u32 = 6;

/// Bytes that a lease may have; ours have about two hundred.
pub(super) const MAX_LEASE: u64 = 4 * 1024;

/// Writes of one renewal: the second knows what the first has come upon.
const ATTEMPTS: u32 = 3;

/// A lease as it stands in the bucket, for workers and for people.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Record {
    v: u32,
    worker: String,
    /// Counts renewals, so that no two versions are alike.
    beat: u64,
    /// By its writer's clock; for whoever reads the journal.
    written: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
}

impl Record {
    /// Reads a lease; says why where it is none of this build's.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        let record: Self = serde_json::from_slice(text).map_err(|problem| problem.to_string())?;
        match record.v {
            VERSION => Ok(record),
            _ => Err("it is of another version".into()),
        }
    }

    pub(super) fn status(self) -> WorkerStatus {
        let renewed = self.written;
        WorkerStatus {
            worker: self.worker,
            ownership: match self.ended_by {
                Some(by) => Ownership::Ended { by },
                None => Ownership::Lease { renewed },
            },
        }
    }

    /// The lease of a worker that another one takes for dead.
    pub(super) fn ended(worker: &str, by: &str, now: Timestamp) -> Self {
        Self {
            v: VERSION,
            worker: worker.to_owned(),
            beat: 0,
            written: now,
            ended_by: Some(by.to_owned()),
        }
    }
}

/// One worker's hold, from its first write until another worker ends it.
pub(super) struct Term {
    pub(super) worker: String,
    /// When the last renewal that succeeded began.
    renewed: Mutex<Mark>,
    pub(super) lost: CancellationToken,
}

/// The lease of this worker.
pub(super) struct Lease {
    objects: Arc<dyn Objects>,
    clock: Clock,
    length: Duration,
    /// One renewal at a time.
    held: tokio::sync::Mutex<Option<Held>>,
}

struct Held {
    term: Arc<Term>,
    etag: ETag,
    beat: u64,
}

impl Lease {
    pub(super) fn new(objects: Arc<dyn Objects>, clock: Clock, length: Duration) -> Self {
        Self {
            objects,
            clock,
            length,
            held: tokio::sync::Mutex::new(None),
        }
    }

    /// How long a lease may stay unchanged before it is taken.
    pub(super) fn length(&self) -> Duration {
        self.length
    }

    /// Up to this age something may be begun.
    pub(super) fn good(&self) -> Duration {
        self.length / 2
    }

    /// From this age on what was begun is broken off.
    pub(super) fn safe(&self) -> Duration {
        self.length * 5 / 6
    }

    /// The most time that may have passed since the lease was renewed.
    pub(super) fn age(&self, term: &Term) -> Duration {
        let renewed = *term.renewed.lock().unwrap_or_else(PoisonError::into_inner);
        self.clock.at_most_since(&renewed)
    }

    pub(super) async fn until_unsafe(&self, term: &Term) {
        let left = self.safe().saturating_sub(self.age(term));
        self.clock.sleep(left).await;
    }

    /// Waits between two renewals.
    pub(super) async fn pause(&self) {
        self.clock.sleep(self.length / RENEWALS).await;
    }

    /// The lease as it is, renewed only where that is due.
    ///
    /// # Errors
    ///
    /// When it is not certain that it was renewed.
    pub(super) async fn current(&self) -> Result<Arc<Term>, CallError> {
        let held = self.held.lock().await;
        match held.as_ref() {
            Some(ownership) if self.age(&ownership.term) <= self.good() => {
                Ok(Arc::clone(&ownership.term))
            }
            Some(_) | None => {
                drop(held);
                self.renew().await
            }
        }
    }

    /// Renews the lease, unless that was done just now. Where another worker
    /// has ended it, a new one is begun.
    ///
    /// # Errors
    ///
    /// When it is not certain that it was renewed.
    pub(super) async fn renew(&self) -> Result<Arc<Term>, CallError> {
        let mut held = self.held.lock().await;
        for _ in 0..ATTEMPTS {
            let begun = self.clock.mark();
            let Some(ownership) = held.as_mut() else {
                *held = self.begin(begun).await?;
                continue;
            };
            let age = self.age(&ownership.term);
            if age <= self.length / RENEWALS / 2 {
                return Ok(Arc::clone(&ownership.term));
            }
            let record = self.record(&ownership.term.worker, ownership.beat + 1);
            let unchanged = Only::IfUnchanged(ownership.etag.clone());
            match self.write(&record, unchanged).await? {
                Written::Done(etag) => {
                    ownership.etag = etag;
                    ownership.beat = record.beat;
                    ownership.term.renew(begun);
                    return Ok(Arc::clone(&ownership.term));
                }
                // Either an earlier write of ours did reach the bucket, or
                // somebody has ended the lease.
                Written::NotAsSeen => match self.read(&ownership.term.worker).await? {
                    Some((record, etag)) if record.ended_by.is_none() => {
                        ownership.etag = etag;
                        ownership.beat = ownership.beat.max(record.beat);
                    }
                    Some(_) | None => {
                        warn!(
                            worker = ownership.term.worker,
                            "the lease is another worker's"
                        );
                        metrics::counter!("bluegreen_leases_lost_total").increment(1);
                        ownership.term.lost.cancel();
                        *held = None;
                    }
                },
            }
        }
        match held.as_ref() {
            Some(ownership) if self.age(&ownership.term) <= self.good() => {
                Ok(Arc::clone(&ownership.term))
            }
            Some(_) | None => Err(contended()),
        }
    }

    async fn begin(&self, begun: Mark) -> Result<Option<Held>, CallError> {
        let worker = format!("{:032x}", fastrand::u128(..));
        let record = self.record(&worker, 0);
        let etag = match self.write(&record, Only::IfAbsent).await? {
            Written::Done(etag) => etag,
            // An answer to ourselves was lost: it is never renewed, and ended
            // by somebody. The next attempt has another name.
            Written::NotAsSeen => return Ok(None),
        };
        let term = Arc::new(Term {
            worker,
            renewed: Mutex::new(begun),
            lost: CancellationToken::new(),
        });
        Ok(Some(Held {
            term,
            etag,
            beat: 0,
        }))
    }

    /// Gives the lease up.
    pub(super) async fn end(&self) -> Result<(), CallError> {
        let mut held = self.held.lock().await;
        let Some(ownership) = held.take() else {
            return Ok(());
        };
        ownership.term.lost.cancel();
        self.objects.remove(&key(&ownership.term.worker)).await
    }

    fn record(&self, worker: &str, beat: u64) -> Record {
        Record {
            v: VERSION,
            worker: worker.to_owned(),
            beat,
            written: self.clock.now(),
            ended_by: None,
        }
    }

    async fn write(&self, record: &Record, only: Only) -> Result<Written, CallError> {
        let text = serde_json::to_vec(record).expect("texts and numbers only");
        self.objects.write(&key(&record.worker), text, only).await
    }

    async fn read(&self, worker: &str) -> Result<Option<(Record, ETag)>, CallError> {
        let found = self.objects.read(&key(worker), MAX_LEASE).await?;
        // What is not ours to read is not ours.
        Ok(found.and_then(|(text, etag)| Some((serde_json::from_slice(&text).ok()?, etag))))
    }
}

impl Term {
    fn renew(&self, begun: Mark) {
        *self.renewed.lock().unwrap_or_else(PoisonError::into_inner) = begun;
    }
}

/// Where the leases stand.
pub(super) const LEASES: &str = "workers/";

/// The key of a worker's lease.
pub(super) fn key(worker: &str) -> String {
    format!("{LEASES}{worker}.json")
}

/// The worker whose lease has this key.
pub(super) fn worker_of(key: &str) -> Option<&str> {
    key.strip_prefix(LEASES)?.strip_suffix(".json")
}

fn contended() -> CallError {
    CallError {
        call: "s3:PutObject",
        resource: None,
        kind: CallErrorKind::Unclear,
        code: "Contended".into(),
        message: "the lease is changed by another process".into(),
        request_id: None,
    }
}
