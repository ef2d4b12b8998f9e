//! Lets one release at a time start a deployment of a service that ECS deploys
//! itself.
//!
//! `UpdateService` does not refuse a busy service: it supersedes the deployment
//! under way. Between the look whether one is under way and the call, and until
//! ECS shows the new deployment, another release could start one as well. So a
//! release locks the service first. The lock is an object: in the bucket of the
//! journal that the workers share, or else in memory. Then it keeps the releases
//! of one process apart, whatever roles they use.
//!
//! - All writes are conditional on the version last seen, so of several releases
//!   one gets the lock.
//! - The holder counts the lock's age from before it wrote the object, and sends
//!   its requests only up to half of [`LENGTH`].
//! - It removes the lock once the deployment is seen, or if ECS refuses it.
//!   After an answer that was lost it leaves the lock, because the deployment may
//!   appear. The release removes it when it sees the deployment; if it never does
//!   and does not try again, the lock ends by itself.
//! - Another release takes a lock over that it has seen unchanged for a whole
//!   [`LENGTH`]. It counts from when it first saw this version, which is later
//!   than the holder's count. So no request of the holder's can follow.
//! - A release takes its own lock over at once, in whichever worker: CodePipeline
//!   gives its job to one worker at a time, and its token names the revision.
//!
//! As for a lease, nothing is started while the bucket does not answer.

mod memory;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use clock::{Clock, Mark};
use parking_lot::{Mutex, MutexGuard};
use serde::{Deserialize, Serialize};
use tracing::{debug, warn};

use crate::job::{Key, ServiceName};
use crate::ports::{CallError, ETag, Objects, Only, SendPermit, Written, with_send_permit};
use memory::Memory;

/// How long a lock may stay unchanged before another release takes it over. A
/// start takes seconds; this is how long a service waits for a worker that died
/// in between.
pub(super) const LENGTH: Duration = Duration::from_secs(120);

/// The age up to which the holder may send a request.
const SAFE: Duration = Duration::from_secs(LENGTH.as_secs() / 2);

/// The version that this build writes.
const VERSION: u32 = 1;

/// The prefix of the locks in the bucket.
const LOCKS: &str = "services/";

/// The longest lock in bytes; ours have about a hundred and fifty.
const MAX_LOCK: u64 = 4 * 1024;

/// Writes for one lock; each knows the version that the one before came upon.
const ATTEMPTS: u32 = 3;

/// Other releases' locks that are remembered, to see whether they change: more
/// services than are waited for at once.
const MAX_SEEN: usize = 1_000;

/// The locks of all services.
pub(super) struct StartLocks {
    objects: Arc<dyn Objects>,
    clock: Clock,
    seen: Mutex<BTreeMap<String, Seen>>,
}

/// A version of another release's lock.
struct Seen {
    etag: ETag,
    /// When it was first seen.
    since: Mark,
}

/// A service that one release has locked.
pub(super) struct StartLock {
    key: String,
    clock: Clock,
    /// When its write was begun.
    begun: Mark,
}

/// A lock as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Record {
    v: u32,
    release: String,
    /// Random, so that no two versions are equal.
    nonce: u128,
}

impl StartLocks {
    /// Locks in the bucket that the workers share, or in memory.
    pub(super) fn new(shared: Option<Arc<dyn Objects>>, clock: &Clock) -> Self {
        Self {
            objects: shared.unwrap_or_else(|| Arc::new(Memory::default())),
            clock: clock.clone(),
            seen: Mutex::default(),
        }
    }

    /// Locks the service for a release. `account` is the service's, if it is not
    /// the worker's. `None` if another release has the lock.
    ///
    /// # Errors
    ///
    /// If it is not certain that the service was locked.
    pub(super) async fn lock(
        &self,
        account: Option<&str>,
        service: &ServiceName,
        release: &Key,
    ) -> Result<Option<StartLock>, CallError> {
        let key = key(account, service);
        let mut only = Only::IfAbsent;
        for _ in 0..ATTEMPTS {
            let begun = self.clock.mark();
            let record = Record {
                v: VERSION,
                release: release.to_string(),
                nonce: fastrand::u128(..),
            };
            let text = serde_json::to_vec(&record).expect("texts and numbers only");
            match self.objects.write(&key, text, only).await? {
                Written::Done(_) => {
                    self.seen().remove(&key);
                    let clock = self.clock.clone();
                    return Ok(Some(StartLock { key, clock, begun }));
                }
                Written::NotAsSeen => {}
            }
            only = match self.objects.read(&key, MAX_LOCK).await? {
                None => Only::IfAbsent,
                Some((text, etag)) => {
                    // One that cannot be read is another's.
                    let record = serde_json::from_slice(&text).ok();
                    let unchanged = self.unchanged(&key, &etag);
                    if !may_take(record.as_ref(), release, unchanged) {
                        debug!(key, "another release is starting a deployment");
                        return Ok(None);
                    }
                    Only::IfUnchanged(etag)
                }
            };
        }
        Ok(None)
    }

    /// Removes the lock. If that is not certain to work, it ends by itself.
    pub(super) async fn unlock(&self, lock: StartLock) {
        if !lock.is_safe() {
            return;
        }
        let remove = self.objects.remove(&lock.key);
        if let Err(error) = with_send_permit(lock.send_permit(), remove).await {
            warn!(%error, "a service stays locked for a while");
        }
    }

    /// How long this process has seen this version of a lock.
    fn unchanged(&self, key: &str, etag: &ETag) -> Duration {
        let now = self.clock.mark();
        let mut seen = self.seen();
        match seen.get(key) {
            Some(before) if before.etag == *etag => return self.clock.since(&before.since),
            Some(_) | None => {}
        }
        if seen.len() >= MAX_SEEN {
            // Releases that wait for them begin to count anew.
            seen.clear();
        }
        let (etag, since) = (etag.clone(), now);
        seen.insert(key.to_owned(), Seen { etag, since });
        Duration::ZERO
    }

    fn seen(&self) -> MutexGuard<'_, BTreeMap<String, Seen>> {
        self.seen.lock()
    }
}

impl StartLock {
    /// Whether a request may still be sent under the lock.
    pub(super) fn send_permit(&self) -> SendPermit {
        let (clock, begun) = (self.clock.clone(), self.begun);
        Arc::new(move || is_safe(&clock, &begun))
    }

    fn is_safe(&self) -> bool {
        is_safe(&self.clock, &self.begun)
    }
}

fn is_safe(clock: &Clock, begun: &Mark) -> bool {
    clock.at_most_since(begun) < SAFE
}

/// Whether a release may take over the lock that it has seen unchanged for so
/// long.
fn may_take(lock: Option<&Record>, release: &Key, unchanged: Duration) -> bool {
    let is_own = lock.is_some_and(|lock| lock.v == VERSION && lock.release == release.as_str());
    is_own || unchanged >= LENGTH
}

/// Names of clusters and services have letters, digits, `-` and `_`. Services of
/// the same name in two accounts are two services.
fn key(account: Option<&str>, service: &ServiceName) -> String {
    let account = account.map(|account| format!("{account}/"));
    let account = account.unwrap_or_default();
    format!(
        "{LOCKS}{account}{}/{}.json",
        service.cluster, service.service
    )
}
