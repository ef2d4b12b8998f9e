//! A worker's lease: an object in the bucket that the worker keeps rewriting.
//!
//! Another worker that sees the object unchanged for a whole length ends the
//! lease and takes over the jobs under it. Two workers must never act for the
//! same job at the same time, which rests on the following:
//!
//! - A renewal and the end of a lease are both conditional on the ETag last
//!   seen, so only one of them can succeed. An owner whose renewal fails reads
//!   the object: either its own earlier write has succeeded without an answer,
//!   or the lease has been ended and is lost.
//! - The owner counts the lease's age from *before* the last successful renewal
//!   was sent; the others count from when they first saw the new version, which
//!   is later. So the lease becomes too old for its owner before it does for
//!   anyone else.
//! - The owner begins a call only up to half of the length ([`Lease::max_age_to_begin`])
//!   and aborts it at five sixths ([`Lease::max_age_to_finish`]). It measures by the
//!   monotonic and the wall clock, whichever has advanced more, so that a
//!   suspended machine is noticed.
//!
//! A worker that has lost its lease begins a new one under a new random name.

use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Mark};
use jiff::Timestamp;
use parking_lot::Mutex;
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;
use tracing::warn;

use super::entry::{VERSION, known_version};
use super::status::{LockStatus, WorkerStatus};
use crate::ports::{CallError, CallErrorKind, ETag, Objects, Only, Written};

/// Renewals per length, so that one that fails or is late does not end the
/// lease.
const RENEWALS: u32 = 6;

/// The longest lease object in bytes; ours have about two hundred.
pub(super) const MAX_LEASE: u64 = 4 * 1024;

/// Writes per renewal; each knows the ETag that the one before came upon.
const ATTEMPTS: u32 = 3;

/// A lease as stored in the bucket, for workers and for people.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Record {
    #[serde(deserialize_with = "known_version")]
    v: u32,
    worker: String,
    /// Counts renewals, so that no two versions are equal.
    beat: u64,
    /// By its writer's clock; for people who read the journal.
    written: Timestamp,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_by: Option<String>,
}

impl Record {
    /// Parses a lease; the error says why this build cannot read it.
    pub(super) fn parse(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map_err(|problem| problem.to_string())
    }

    pub(super) fn status(self) -> WorkerStatus {
        let renewed = self.written;
        WorkerStatus {
            worker: self.worker,
            lock: match self.ended_by {
                Some(by) => LockStatus::LeaseEnded { by },
                None => LockStatus::Lease { renewed },
            },
        }
    }

    pub(super) fn is_ended_by(&self, worker: &str) -> bool {
        self.ended_by.as_deref() == Some(worker)
    }

    /// The lease of a worker that `by` considers dead.
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

/// One worker's tenure, from its first write until another worker ends it.
pub(super) struct Term {
    pub(super) worker: String,
    /// When the last successful renewal was begun.
    renewed: Mutex<Mark>,
    pub(super) lost: CancellationToken,
}

/// The lease of this worker.
pub(super) struct Lease {
    objects: Arc<dyn Objects>,
    clock: Clock,
    length: Duration,
    /// The lock allows one renewal at a time.
    written: tokio::sync::Mutex<Option<WrittenLease>>,
}

struct WrittenLease {
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
            written: tokio::sync::Mutex::new(None),
        }
    }

    /// How long a lease may stay unchanged before another worker ends it.
    pub(super) fn length(&self) -> Duration {
        self.length
    }

    /// The age up to which a call may be begun.
    pub(super) fn max_age_to_begin(&self) -> Duration {
        self.length / 2
    }

    /// The age at which calls in progress are aborted.
    pub(super) fn max_age_to_finish(&self) -> Duration {
        self.length * 5 / 6
    }

    /// The longest time that may have passed since the lease was renewed.
    pub(super) fn age(&self, term: &Term) -> Duration {
        let renewed = *term.renewed.lock();
        self.clock.at_most_since(&renewed)
    }

    pub(super) async fn wait_for_max_age(&self, term: &Term) {
        let left = self.max_age_to_finish().saturating_sub(self.age(term));
        self.clock.sleep(left).await;
    }

    /// Waits between two renewals.
    pub(super) async fn pause(&self) {
        self.clock.sleep(self.length / RENEWALS).await;
    }

    /// Returns the lease, renewing it only if that is due.
    ///
    /// # Errors
    ///
    /// If it is not certain that the lease was renewed.
    pub(super) async fn current(&self) -> Result<Arc<Term>, CallError> {
        let written = self.written.lock().await;
        match written.as_ref() {
            Some(lease) if self.age(&lease.term) <= self.max_age_to_begin() => {
                Ok(Arc::clone(&lease.term))
            }
            Some(_) | None => {
                drop(written);
                self.renew().await
            }
        }
    }

    /// Renews the lease, unless that was done just now. Begins a new one if
    /// another worker has ended it.
    ///
    /// # Errors
    ///
    /// If it is not certain that the lease was renewed.
    pub(super) async fn renew(&self) -> Result<Arc<Term>, CallError> {
        let mut written = self.written.lock().await;
        for _ in 0..ATTEMPTS {
            let begun = self.clock.mark();
            let Some(lease) = written.as_mut() else {
                *written = self.begin(begun).await?;
                continue;
            };
            let age = self.age(&lease.term);
            if age <= self.length / RENEWALS / 2 {
                return Ok(Arc::clone(&lease.term));
            }
            let record = self.record(&lease.term.worker, lease.beat + 1);
            let unchanged = Only::IfUnchanged(lease.etag.clone());
            match self.write(&record, unchanged).await? {
                Written::Done(etag) => {
                    lease.etag = etag;
                    lease.beat = record.beat;
                    lease.term.renew(begun);
                    return Ok(Arc::clone(&lease.term));
                }
                // Either an earlier write of ours has reached the bucket, or
                // another worker has ended the lease.
                Written::NotAsSeen => match self.read(&lease.term.worker).await? {
                    Some((record, etag)) if record.ended_by.is_none() => {
                        lease.etag = etag;
                        lease.beat = lease.beat.max(record.beat);
                    }
                    Some(_) | None => {
                        warn!(worker = lease.term.worker, "another worker holds the lease");
                        metrics::counter!("bluegreen_leases_lost_total").increment(1);
                        lease.term.lost.cancel();
                        *written = None;
                    }
                },
            }
        }
        match written.as_ref() {
            Some(lease) if self.age(&lease.term) <= self.max_age_to_begin() => {
                Ok(Arc::clone(&lease.term))
            }
            Some(_) | None => Err(contended()),
        }
    }

    async fn begin(&self, begun: Mark) -> Result<Option<WrittenLease>, CallError> {
        let worker = format!("{:032x}", fastrand::u128(..));
        let record = self.record(&worker, 0);
        let etag = match self.write(&record, Only::IfAbsent).await? {
            Written::Done(etag) => etag,
            // The answer to our own write was lost. That lease is never
            // renewed, so another worker ends it. The next attempt uses another
            // name.
            Written::NotAsSeen => return Ok(None),
        };
        let term = Arc::new(Term {
            worker,
            renewed: Mutex::new(begun),
            lost: CancellationToken::new(),
        });
        Ok(Some(WrittenLease {
            term,
            etag,
            beat: 0,
        }))
    }

    /// Gives up the lease.
    pub(super) async fn end(&self) -> Result<(), CallError> {
        let mut written = self.written.lock().await;
        let Some(lease) = written.take() else {
            return Ok(());
        };
        lease.term.lost.cancel();
        self.objects.remove(&key(&lease.term.worker)).await
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
        // If it cannot be parsed, it is not ours.
        Ok(found.and_then(|(text, etag)| Some((serde_json::from_slice(&text).ok()?, etag))))
    }
}

impl Term {
    fn renew(&self, begun: Mark) {
        *self.renewed.lock() = begun;
    }
}

/// The prefix of the leases.
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
    CallError::new(
        "s3:PutObject",
        CallErrorKind::Unclear,
        "Contended",
        "the lease is changed by another process",
    )
}
