//! Watches the leases of the other workers of a fleet. A worker whose lease
//! changes is alive; one whose lease stays unchanged for a whole length, by our
//! own clock, is dead.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Mark};
use tracing::warn;

use super::lease::{LEASES, MAX_LEASE, Record, key, worker_of};
use crate::ports::{CallError, CallErrorKind, ETag, Listed, Objects, Only, Written};

/// Maximum number of workers of one fleet.
pub(super) const MAX_WORKERS: usize = 1000;

/// The other workers' leases as last seen.
pub(super) struct Peers {
    objects: Arc<dyn Objects>,
    clock: Clock,
    /// How long a lease may stay unchanged.
    length: Duration,
    seen: BTreeMap<String, Seen>,
}

struct Seen {
    etag: ETag,
    /// When this version was first seen.
    since: Mark,
}

impl Peers {
    pub(super) fn new(objects: Arc<dyn Objects>, clock: Clock, length: Duration) -> Self {
        Self {
            objects,
            clock,
            length,
            seen: BTreeMap::new(),
        }
    }

    /// Reads every lease but our own and ends those of dead workers. Returns
    /// how many it ended.
    pub(super) async fn observe(&mut self, own: &str) -> Result<usize, CallError> {
        let listed = self.leases().await?;
        let now = self.clock.mark();
        let mut seen = BTreeMap::new();
        for lease in listed {
            let Some(worker) = worker_of(&lease.key).filter(|worker| *worker != own) else {
                continue;
            };
            let since = match self.seen.get(worker) {
                Some(before) if before.etag == lease.etag => before.since,
                Some(_) | None => now,
            };
            let etag = lease.etag;
            seen.insert(worker.to_owned(), Seen { etag, since });
        }
        self.seen = seen;
        let is_dead = |seen: &Seen| self.clock.since(&seen.since) >= self.length;
        let dead: Vec<(String, ETag)> = self
            .seen
            .iter()
            .filter(|(_, seen)| is_dead(seen))
            .map(|(worker, seen)| (worker.clone(), seen.etag.clone()))
            .collect();
        let mut ended = 0;
        for (worker, etag) in dead {
            ended += usize::from(self.end(&worker, etag, own).await?);
        }
        Ok(ended)
    }

    /// Ends a lease, unless it has changed meanwhile or another worker has
    /// ended it.
    async fn end(&mut self, worker: &str, etag: ETag, own: &str) -> Result<bool, CallError> {
        let record = Record::ended(worker, own, self.clock.now());
        let text = serde_json::to_vec(&record).expect("texts and numbers only");
        self.seen.remove(worker);
        let unchanged = Only::IfUnchanged(etag);
        match self.objects.write(&key(worker), text, unchanged).await? {
            Written::Done(_) => {}
            // The answer to an earlier attempt of ours was lost.
            Written::NotAsSeen if self.has_ended(worker, own).await? => {}
            Written::NotAsSeen => return Ok(false),
        }
        warn!(worker, "another worker is dead; ended its lease");
        metrics::counter!("bluegreen_leases_ended_total").increment(1);
        // Removing it also ends it for workers that only list leases.
        self.objects.remove(&key(worker)).await?;
        Ok(true)
    }

    /// Whether `by` has ended the lease of `worker`.
    async fn has_ended(&self, worker: &str, by: &str) -> Result<bool, CallError> {
        let found = self.objects.read(&key(worker), MAX_LEASE).await?;
        let record = found.and_then(|(text, _)| Record::parse(&text).ok());
        Ok(record.is_some_and(|record| record.is_ended_by(by)))
    }

    /// The workers that have a lease, alive or dead.
    pub(super) async fn leaseholders(&self) -> Result<BTreeSet<String>, CallError> {
        let listed = self.leases().await?;
        let workers = listed.iter().filter_map(|lease| worker_of(&lease.key));
        Ok(workers.map(str::to_owned).collect())
    }

    /// All leases, or an error: a worker that is missing from a partial list
    /// would be taken for dead.
    async fn leases(&self) -> Result<Vec<Listed>, CallError> {
        let listed = self.objects.list(LEASES, MAX_WORKERS + 1).await?;
        if listed.len() > MAX_WORKERS {
            return Err(CallError {
                call: "s3:ListBucket",
                resource: Some(LEASES.into()),
                kind: CallErrorKind::Refused,
                code: "TooManyWorkers".into(),
                message: format!("there are more than {MAX_WORKERS} leases"),
                request_id: None,
            });
        }
        Ok(listed)
    }
}
