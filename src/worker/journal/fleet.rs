//! The journal of a fleet, in a bucket. Each entry names its worker, and the
//! lease of that worker covers it (see [`lease`](super::lease)).
//!
//! All writes are conditional: an entry is created only if it is absent and
//! replaced only if its ETag is the one last seen. So if two workers are
//! offered the same job, one of them writes the entry and the other leaves the
//! job alone; and of several workers that take over the same entry, exactly one
//! succeeds.
//!
//! An entry is orphaned if its worker has no lease any more. The entries are
//! listed before the leases: a worker begins its lease before it writes an
//! entry, so a worker that is missing from the later list has lost its lease,
//! rather than not begun it yet.
//!
//! While workers of two builds share the journal, one may take over a job with a
//! token that it does not understand. It leaves the entry again, in the name of
//! [`NO_WORKER`], so that every other worker finds it orphaned. Each build that
//! cannot go on does this once, and then ignores the entry.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;
use futures_util::stream::{self, StreamExt as _};
use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;
use tracing::{debug, info, warn};

use super::entry::Entry;
use super::lease::{Lease, Term};
use super::peers::Peers;
use super::record::{JOBS, MAX_ENTRY, NO_WORKER, Record, Unreadable, WrittenEntries, job_of, key};
use super::{IsInFlight, Journal, JournalError, LeaseGuard, TakenOver, count_unreadable};
use crate::job::JobId;
use crate::ports::{CallError, ETag, Objects, Only, TOO_LONG, Written};
use crate::worker::shutdown::FLUSH_TIMEOUT;

/// Entries to list per scan; a worker has at most ten thousand jobs at once.
pub(super) const MAX_ENTRIES: usize = 10_000;

/// Entries to read concurrently.
pub(super) const READS: usize = 16;

/// Attempts to write one entry; each knows the ETag that the one before came
/// upon.
const ATTEMPTS: u32 = 3;

/// After this many lease lengths all entries are read, whether or not a worker
/// was seen to die: one that died during a write or a take-over may have left
/// entries that nothing else points to.
const FULL_SCAN_EVERY: u32 = 6;

/// Scans of the other workers' leases within one lease length.
const SCANS_BEFORE_TAKE_OVER: u32 = 3;

/// The journal in a bucket that many workers share.
pub struct Fleet {
    objects: Arc<dyn Objects>,
    clock: Clock,
    lease: Arc<Lease>,
    /// The entries that this worker has written.
    written: Mutex<WrittenEntries>,
    /// Jobs that this worker has left to the others and that are still listed.
    left_to_others: Mutex<BTreeSet<JobId>>,
    peers: tokio::sync::Mutex<Peers>,
    scan_soon: Notify,
}

/// What came of a write.
enum Wrote {
    Done,
    /// Another write came first: this worker's, if it can be read.
    NotAsSeen(Option<(String, ETag)>),
}

impl Fleet {
    /// Creates a journal whose leases end when they stay unchanged for
    /// `length`.
    #[must_use]
    pub fn new(objects: Arc<dyn Objects>, clock: &Clock, length: Duration) -> Self {
        Self {
            lease: Arc::new(Lease::new(Arc::clone(&objects), clock.clone(), length)),
            peers: tokio::sync::Mutex::new(Peers::new(Arc::clone(&objects), clock.clone(), length)),
            objects,
            clock: clock.clone(),
            written: Mutex::default(),
            left_to_others: Mutex::default(),
            scan_soon: Notify::new(),
        }
    }

    /// Begins the lease, to find out at once whether the bucket can be used.
    ///
    /// # Errors
    ///
    /// If the lease cannot be begun, even if it may succeed later.
    pub async fn check(&self) -> Result<(), CallError> {
        self.lease.renew().await.map(|_| ())
    }

    /// The current lease; waits until there is one.
    async fn term(&self) -> Arc<Term> {
        loop {
            match self.lease.current().await {
                Ok(term) => {
                    self.written.lock().under(&term.worker);
                    return term;
                }
                Err(error) => {
                    warn!(%error, "the lease cannot be renewed; no jobs are taken until it can");
                    self.lease.pause().await;
                }
            }
        }
    }

    fn left_to_others(&self) -> MutexGuard<'_, BTreeSet<JobId>> {
        self.left_to_others.lock()
    }

    /// The ETag of an entry that this worker has written under its lease.
    fn seen(&self, job: &JobId, term: &Term) -> Option<ETag> {
        let mut written = self.written.lock();
        written.under(&term.worker).get(job).cloned()
    }

    /// Writes an entry. One that is there already as it should be counts as
    /// written: the answer to an earlier attempt was lost.
    async fn write(&self, entry: &Entry, term: &Term, only: Only) -> Result<Wrote, JournalError> {
        let record = Record {
            worker: term.worker.clone(),
            entry: entry.clone(),
        };
        let key = key(&entry.job)?;
        let text = serde_json::to_vec(&record)?;
        let etag = match self.objects.write(&key, text, only).await? {
            Written::Done(etag) => etag,
            Written::NotAsSeen => match self.read(&key).await {
                Ok(Some((found, etag))) if found == record => etag,
                Ok(found) => {
                    let found = found.map(|(record, etag)| (record.worker, etag));
                    return Ok(Wrote::NotAsSeen(found));
                }
                Err(Unreadable::Broken(_)) => return Ok(Wrote::NotAsSeen(None)),
                Err(Unreadable::Bucket(error)) => return Err(error.into()),
            },
        };
        let mut written = self.written.lock();
        written.under(&term.worker).insert(entry.job.clone(), etag);
        Ok(Wrote::Done)
    }

    async fn read(&self, key: &str) -> Result<Option<(Record, ETag)>, Unreadable> {
        let Some((text, etag)) = self.objects.read(key, MAX_ENTRY).await? else {
            return Ok(None);
        };
        let record = Record::parse(key, &text).map_err(Unreadable::Broken)?;
        Ok(Some((record, etag)))
    }

    /// Reads the entries with these keys. Unreadable ones are counted and
    /// skipped, so that one of them does not keep a worker from the others.
    async fn read_all(&self, keys: Vec<String>) -> Result<Vec<(Record, ETag)>, CallError> {
        let reads = keys.into_iter().map(|key| async move {
            let read = self.read(&key).await;
            (key, read)
        });
        let reads: Vec<_> = reads.collect();
        let read: Vec<_> = stream::iter(reads).buffered(READS).collect().await;
        let (mut entries, mut unreadable) = (Vec::new(), Vec::new());
        for (key, read) in read {
            match read {
                Ok(entry) => entries.extend(entry),
                Err(problem) => unreadable.push((key, problem)),
            }
        }
        let Some((key, problem)) = unreadable.first() else {
            return Ok(entries);
        };
        let count = unreadable.len();
        count_unreadable(count);
        warn!(key, %problem, count, "some journal entries cannot be read");
        let is_transient = |problem: &Unreadable| match problem {
            Unreadable::Bucket(error) => error.is_transient() && error.code != TOO_LONG,
            Unreadable::Broken(_) => false,
        };
        if !unreadable.iter().any(|(_, problem)| is_transient(problem)) {
            return Ok(entries);
        }
        // Nothing can be read: that is a problem of the bucket.
        if entries.is_empty()
            && let Some(Unreadable::Bucket(error)) = unreadable
                .into_iter()
                .map(|(_, problem)| problem)
                .find(is_transient)
        {
            return Err(error);
        }
        self.scan_soon.notify_one();
        Ok(entries)
    }

    async fn record_under(&self, entry: &Entry, term: &Term) -> Result<(), JournalError> {
        let mut seen = self.seen(&entry.job, term);
        for _ in 0..ATTEMPTS {
            let only = seen.take().map_or(Only::IfAbsent, Only::IfUnchanged);
            match self.write(entry, term, only).await? {
                Wrote::Done => return Ok(()),
                // An earlier write of ours succeeded, but its answer was lost.
                Wrote::NotAsSeen(Some((worker, etag))) if worker == term.worker => {
                    seen = Some(etag);
                }
                Wrote::NotAsSeen(Some(_)) => return Err(JournalError::Elsewhere),
                Wrote::NotAsSeen(None) => {}
            }
        }
        Err(JournalError::Elsewhere)
    }

    /// Entries that no worker is processing: idle ones of this worker, and
    /// those whose worker has no lease.
    async fn orphans(
        &self,
        is_in_flight: IsInFlight<'_>,
        own: &str,
    ) -> Result<Vec<Orphan>, CallError> {
        let listed = self.objects.list(JOBS, MAX_ENTRIES).await?;
        if listed.len() == MAX_ENTRIES {
            warn!(
                most = MAX_ENTRIES,
                "the journal has more objects than the scan limit"
            );
        }
        let jobs: BTreeMap<JobId, String> = listed
            .into_iter()
            .filter_map(|entry| Some((job_of(&entry.key)?, entry.key)))
            .collect();
        let keys = {
            let mut left = self.left_to_others();
            left.retain(|job| jobs.contains_key(job));
            let others = jobs.into_iter();
            let others = others.filter(|(job, _)| !is_in_flight(job) && !left.contains(job));
            others.map(|(_, key)| key).collect()
        };
        let entries = self.read_all(keys).await?;
        if entries.is_empty() {
            return Ok(Vec::new());
        }
        // Listed after the entries; see the module's documentation.
        let holders = self.peers.lock().await.leaseholders().await?;
        let orphans = entries.into_iter().filter_map(|(record, etag)| {
            let is_orphan = record.worker == own || !holders.contains(&record.worker);
            is_orphan.then_some(Orphan { record, etag })
        });
        Ok(orphans.collect())
    }
}

struct Orphan {
    record: Record,
    etag: ETag,
}

#[async_trait]
impl Journal for Fleet {
    async fn lease_guard(&self) -> LeaseGuard {
        LeaseGuard::of(Arc::clone(&self.lease), self.term().await)
    }

    async fn keep(&self) {
        loop {
            if let Err(error) = self.lease.renew().await {
                warn!(%error, "the lease was not renewed; retrying");
            }
            self.lease.pause().await;
        }
    }

    async fn record(&self, entry: Entry) -> Result<(), JournalError> {
        let term = self.lease.current().await?;
        let recorded = self.record_under(&entry, &term).await;
        if recorded.is_err() {
            // The write may have succeeded, or the entry belongs to a dead
            // worker and CodePipeline has offered its job again.
            self.scan_soon.notify_one();
        }
        recorded
    }

    async fn clear(&self, job: &JobId) -> Result<(), JournalError> {
        let cleared = self.objects.remove(&key(job)?).await;
        if cleared.is_err() {
            self.scan_soon.notify_one();
        }
        self.written.lock().remove(job);
        Ok(cleared?)
    }

    async fn leave(&self, entry: Entry) -> Result<(), JournalError> {
        let term = self.lease.current().await?;
        let job = entry.job.clone();
        let Some(etag) = self.seen(&job, &term) else {
            return Ok(());
        };
        let worker = NO_WORKER.to_owned();
        let text = serde_json::to_vec(&Record { worker, entry })?;
        // If it is not as seen, another worker has taken it over already.
        let only = Only::IfUnchanged(etag);
        self.objects.write(&key(&job)?, text, only).await?;
        self.written.lock().remove(&job);
        self.left_to_others().insert(job);
        Ok(())
    }

    async fn take_over(
        &self,
        is_in_flight: IsInFlight<'_>,
        at_most: usize,
    ) -> Result<TakenOver, JournalError> {
        let term = self.term().await;
        let lease_guard = LeaseGuard::of(Arc::clone(&self.lease), Arc::clone(&term));
        let mut orphans = self.orphans(is_in_flight, &term.worker).await?;
        let mut more = orphans.len() > at_most;
        orphans.truncate(at_most);
        let mut entries = Vec::new();
        for Orphan { record, etag } in orphans {
            let taking = self.write(&record.entry, &term, Only::IfUnchanged(etag));
            match lease_guard.while_held(taking).await? {
                Ok(Wrote::Done) => {}
                // Another worker takes it over at the same time.
                Ok(Wrote::NotAsSeen(_)) => continue,
                Err(error) if entries.is_empty() => return Err(error),
                Err(error) => {
                    warn!(%error, "an unfinished job was not taken over; retrying");
                    more = true;
                    break;
                }
            }
            if record.worker != term.worker {
                info!(job.id = %record.entry.job, from = record.worker, "took over an unfinished job");
                metrics::counter!("bluegreen_jobs_taken_over_total").increment(1);
            }
            entries.push(record.entry);
        }
        Ok(TakenOver {
            entries,
            lease_guard,
            more,
        })
    }

    async fn size(&self) -> Result<usize, JournalError> {
        Ok(self.written.lock().len())
    }

    async fn until_next_scan(&self) {
        let begun = self.clock.mark();
        while self.clock.since(&begun) < self.lease.length() * FULL_SCAN_EVERY {
            let soon = tokio::select! {
                biased;
                () = self.clock.sleep(self.lease.length() / SCANS_BEFORE_TAKE_OVER) => false,
                () = self.scan_soon.notified() => {
                    self.clock.sleep(self.lease.length() / SCANS_BEFORE_TAKE_OVER).await;
                    true
                }
            };
            // The leases are scanned even after such a hint: repeated hints
            // must not keep a dead worker from being noticed.
            let term = self.term().await;
            match self.peers.lock().await.observe(&term.worker).await {
                Ok(0) if !soon => {}
                Ok(_) => return,
                Err(error) => {
                    warn!(%error, "cannot read the other workers' leases");
                    // Some leases may have been ended before the error.
                    self.scan_soon.notify_one();
                    if soon {
                        return;
                    }
                }
            }
        }
    }

    async fn close(&self) {
        if self.written.lock().len() > 0 {
            debug!("jobs remain in the journal; another worker finishes them");
            return;
        }
        if let Ok(Err(error)) = tokio::time::timeout(FLUSH_TIMEOUT, self.lease.end()).await {
            debug!(%error, "could not remove the lease; it will expire");
        }
    }

    fn shared(&self) -> Option<Arc<dyn Objects>> {
        Some(Arc::clone(&self.objects))
    }
}
