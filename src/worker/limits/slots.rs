//! Slots: how many jobs may run at once, and how many may wait.
//!
//! A release whose deployment group is busy has nothing to do, perhaps for
//! hours. If it kept its slot, the executions of one pipeline could take every
//! slot and block all other releases. So it gives up its slot while it waits.
//! When its turn comes it takes a slot at once, even if none is free: otherwise
//! the group would stand idle while its next release waits for a slot. At most
//! [`MAX_WAITING`] jobs wait without a slot; further ones keep theirs and are
//! handed back after a while.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::Notify;

/// Jobs that may wait without a slot: more than the executions of several busy
/// pipelines, and little memory compared with running jobs.
const MAX_WAITING: usize = 200;

/// The slots of one worker.
#[derive(Debug)]
pub(in crate::worker) struct Slots {
    max_jobs: usize,
    counts: Mutex<Counts>,
    freed: Notify,
}

#[derive(Debug, Default)]
struct Counts {
    working: usize,
    waiting: usize,
}

/// One job's slot, released on drop.
#[derive(Debug)]
pub(in crate::worker) struct Slot {
    slots: Arc<Slots>,
    /// Only changed while the lock of `counts` is held.
    is_waiting: AtomicBool,
}

impl Slots {
    pub(in crate::worker) fn new(max_jobs: usize) -> Self {
        Self {
            max_jobs,
            counts: Mutex::default(),
            freed: Notify::new(),
        }
    }

    /// How many jobs could start now.
    pub(in crate::worker) fn available(&self) -> usize {
        self.max_jobs.saturating_sub(self.counts().working)
    }

    /// Waits until a slot is free, then takes all free slots, at most
    /// `at_most`.
    pub(in crate::worker) async fn take(self: &Arc<Self>, at_most: usize) -> Vec<Slot> {
        loop {
            let freed = self.freed.notified();
            let slots = self.take_now(at_most);
            if !slots.is_empty() {
                return slots;
            }
            freed.await;
        }
    }

    fn take_now(self: &Arc<Self>, at_most: usize) -> Vec<Slot> {
        let mut counts = self.counts();
        let count = self.max_jobs.saturating_sub(counts.working).min(at_most);
        counts.working += count;
        let slot = |_| Slot {
            slots: self.clone(),
            is_waiting: AtomicBool::new(false),
        };
        (0..count).map(slot).collect()
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.counts.lock()
    }
}

impl Slot {
    /// Sets whether the job only waits for its deployment group.
    pub(in crate::worker) fn set_waiting(&self, waiting: bool) {
        let mut counts = self.slots.counts();
        let was_waiting = self.is_waiting.load(Ordering::Relaxed);
        if waiting == was_waiting || (waiting && counts.waiting >= MAX_WAITING) {
            return;
        }
        self.is_waiting.store(waiting, Ordering::Relaxed);
        if waiting {
            counts.working -= 1;
            counts.waiting += 1;
            self.slots.freed.notify_waiters();
        } else {
            counts.waiting -= 1;
            counts.working += 1;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let mut counts = self.slots.counts();
        match self.is_waiting.load(Ordering::Relaxed) {
            true => counts.waiting -= 1,
            false => counts.working -= 1,
        }
        self.slots.freed.notify_waiters();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;

    #[tokio::test]
    async fn who_waits_gives_the_slot_to_others_and_takes_one_back() {
        let slots = Arc::new(Slots::new(2));
        let first = slots.take(5).await;
        assert_eq!((first.len(), slots.available()), (2, 0));
        let mut next = std::pin::pin!(slots.take(1));
        assert!(next.as_mut().now_or_never().is_none());
        first[0].set_waiting(true);
        first[0].set_waiting(true);
        let next = next.now_or_never().expect("a slot is free");
        // Its turn has come: one more job runs than there are slots.
        first[0].set_waiting(false);
        drop(next);
        assert_eq!(slots.available(), 0);
        first[1].set_waiting(true);
        drop(first);
        assert_eq!(slots.available(), 2);
    }

    #[tokio::test]
    async fn only_so_many_wait_without_a_slot() {
        let slots = Arc::new(Slots::new(MAX_WAITING + 1));
        let jobs = slots.take(usize::MAX).await;
        for job in &jobs {
            job.set_waiting(true);
        }
        assert_eq!(slots.available(), MAX_WAITING);
        drop(jobs);
        assert_eq!(slots.available(), MAX_WAITING + 1);
    }
}
