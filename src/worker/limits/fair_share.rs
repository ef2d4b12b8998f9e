//! A limit on expensive work that is shared fairly between pipelines.
//!
//! Reading a release and evaluating its policies costs CPU, memory and, with
//! slow rules, seconds, so only [`HEAVY`] releases do it at once. First come,
//! first served would let sixty releases of one pipeline hold up another team's
//! release until the last of them is done. So each pipeline has its own queue,
//! the queues are served in turn, and no pipeline gets more than half of the
//! permits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parking_lot::{Mutex, MutexGuard};
use tokio::sync::oneshot;

/// Releases that may be read and planned at once. Following a deployment is
/// cheap and not limited here.
const HEAVY: usize = 8;

/// The most of these for one pipeline.
const HEAVY_OF_ONE: usize = HEAVY / 2;

/// The permits for expensive work.
#[derive(Debug, Default)]
pub(in crate::worker) struct FairShare(Mutex<Queues>);

#[derive(Debug, Default)]
struct Queues {
    at_work: usize,
    /// Permits in use, by pipeline.
    of: BTreeMap<String, usize>,
    waiting: BTreeMap<String, VecDeque<oneshot::Sender<Share>>>,
    /// Pipelines with waiting releases, the next one first.
    rounds: VecDeque<String>,
}

/// A permit, released on drop.
#[derive(Debug)]
pub(in crate::worker) struct Share {
    shared: Arc<FairShare>,
    pipeline: String,
}

impl FairShare {
    /// Waits for a permit for a release of this pipeline.
    pub(in crate::worker) async fn acquire(self: &Arc<Self>, pipeline: &str) -> Share {
        let (sender, receiver) = oneshot::channel();
        {
            let mut queues = self.queues();
            let line = queues.waiting.entry(pipeline.to_owned()).or_default();
            line.push_back(sender);
            if line.len() == 1 {
                queues.rounds.push_back(pipeline.to_owned());
            }
        }
        self.admit();
        receiver.await.expect("whoever waits is admitted some time")
    }

    /// Grants every free permit.
    fn admit(self: &Arc<Self>) {
        loop {
            let next = self.queues().next();
            let Some((sender, pipeline)) = next else {
                return;
            };
            let shared = self.clone();
            // If the receiver is dropped at this moment, the send fails and
            // drops the permit, which takes the lock; so the lock must not be
            // held here.
            let _ = sender.send(Share { shared, pipeline });
        }
    }

    fn queues(&self) -> MutexGuard<'_, Queues> {
        self.0.lock()
    }
}

impl Queues {
    fn next(&mut self) -> Option<(oneshot::Sender<Share>, String)> {
        while self.at_work < HEAVY {
            let has_room = |pipeline: &String| {
                let at_work = self.of.get(pipeline).copied();
                at_work.unwrap_or_default() < HEAVY_OF_ONE
            };
            let turn = self.rounds.iter().position(has_room)?;
            let pipeline = self.rounds.remove(turn)?;
            let line = self.waiting.get_mut(&pipeline)?;
            let first = line.pop_front();
            if line.is_empty() {
                self.waiting.remove(&pipeline);
            } else {
                self.rounds.push_back(pipeline.clone());
            }
            if let Some(sender) = first.filter(|sender| !sender.is_closed()) {
                self.at_work += 1;
                *self.of.entry(pipeline.clone()).or_default() += 1;
                return Some((sender, pipeline));
            }
        }
        None
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        {
            let mut queues = self.shared.queues();
            queues.at_work -= 1;
            if let Some(count) = queues.of.get_mut(&self.pipeline) {
                *count -= 1;
                if *count == 0 {
                    queues.of.remove(&self.pipeline);
                }
            }
        }
        self.shared.admit();
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;
    use futures_util::future::BoxFuture;

    use super::*;

    fn ask(shared: &Arc<FairShare>, pipeline: &'static str) -> BoxFuture<'static, Share> {
        let shared = shared.clone();
        let mut share = async move { shared.acquire(pipeline).await }.boxed();
        match (&mut share).now_or_never() {
            Some(share) => std::future::ready(share).boxed(),
            None => share,
        }
    }

    fn admitted(waiting: &mut Vec<BoxFuture<'static, Share>>) -> Vec<Share> {
        let mut shares = Vec::new();
        let mut left = Vec::new();
        for mut one in waiting.drain(..) {
            match (&mut one).now_or_never() {
                Some(share) => shares.push(share),
                None => left.push(one),
            }
        }
        *waiting = left;
        shares
    }

    #[test]
    fn one_pipeline_has_half_of_the_places_and_the_others_take_turns() {
        let shared = Arc::new(FairShare::default());
        let mut noisy: Vec<_> = (0..60).map(|_| ask(&shared, "noisy")).collect();
        let mut busy = admitted(&mut noisy);
        assert_eq!(busy.len(), HEAVY_OF_ONE);
        let mut others: Vec<_> = (0..20).map(|_| ask(&shared, "other")).collect();
        let mut others_busy = admitted(&mut others);
        assert_eq!(others_busy.len(), HEAVY - HEAVY_OF_ONE);
        // All permits are taken. The third pipeline queues last but is not
        // served last.
        let mut quiet = vec![ask(&shared, "quiet")];
        assert!(admitted(&mut quiet).is_empty());
        busy.pop();
        busy.extend(admitted(&mut noisy));
        others_busy.pop();
        others_busy.extend(admitted(&mut others));
        busy.pop();
        let shares = admitted(&mut quiet);
        assert_eq!(shares.len(), 1);
        assert_eq!(busy.len() + others_busy.len() + shares.len(), HEAVY);
    }

    #[test]
    fn who_leaves_the_line_takes_no_place() {
        let shared = Arc::new(FairShare::default());
        let mut noisy: Vec<_> = (0..8).map(|_| ask(&shared, "noisy")).collect();
        let busy = admitted(&mut noisy);
        let last = noisy.pop();
        drop(noisy);
        drop(busy);
        assert_eq!(admitted(&mut last.into_iter().collect()).len(), 1);
        let queues = shared.queues();
        assert_eq!(queues.at_work, 0);
        assert!(queues.of.is_empty() && queues.waiting.is_empty() && queues.rounds.is_empty());
    }
}
