//! The budget of calls to CodePipeline, whose rates AWS does not publish
//! (aws-facts §1.3): a steady pace, the most urgent caller first, and nobody
//! waits for ever.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};
use std::time::Duration;

use tokio::sync::{Notify, oneshot};

use crate::clock::Clock;
use crate::config::Rate;

/// Who goes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Urgency {
    /// The end of a rollout.
    Final,
    /// Asking for jobs, and claiming those that were offered.
    Claim,
    /// A rollout has come to something new.
    Change,
    /// The same as before, a little further.
    Progress,
}

/// Of so many turns one goes to whoever has waited longest: where polls alone
/// would take every turn, reports still get through.
const FAIR: u64 = 4;

/// Hands out turns at a steady pace.
#[derive(Debug)]
pub(super) struct Budget {
    line: Mutex<Line>,
    arrived: Notify,
    interval: Mutex<Duration>,
}

#[derive(Debug, Default)]
struct Line {
    waiting: BTreeMap<(Urgency, u64), oneshot::Sender<()>>,
    tickets: u64,
    /// Turns that were taken.
    taken: u64,
    /// Nobody waits any more: the worker is draining.
    open: bool,
}

impl Budget {
    pub(super) fn new(rate: Rate) -> Self {
        Self {
            line: Mutex::default(),
            arrived: Notify::new(),
            interval: Mutex::new(interval(rate)),
        }
    }

    /// Changes the pace, from the next turn on.
    pub(super) fn set_rate(&self, rate: Rate) {
        *self.lock_interval() = interval(rate);
    }

    fn lock_interval(&self) -> MutexGuard<'_, Duration> {
        self.interval.lock().expect("nobody panics with the lock")
    }

    /// Waits for a turn. Whoever stops waiting loses the place in the line.
    pub(super) async fn turn(&self, urgency: Urgency) {
        let receiver = {
            let mut line = self.line();
            if line.open {
                return;
            }
            let (sender, receiver) = oneshot::channel();
            line.tickets += 1;
            let ticket = line.tickets;
            line.waiting.insert((urgency, ticket), sender);
            receiver
        };
        self.arrived.notify_one();
        // An error means that the line was opened: that is a turn as well.
        let _ = receiver.await;
    }

    /// Hands out turns for ever.
    pub(super) async fn pace(&self, clock: &Clock) {
        loop {
            let next = self.line().next();
            match next {
                // Somebody who has stopped waiting costs no time.
                Some(turn) => {
                    if turn.send(()).is_ok() {
                        self.line().taken += 1;
                        let interval = *self.lock_interval();
                        clock.sleep(interval).await;
                    }
                }
                None => self.arrived.notified().await,
            }
        }
    }

    /// Lets everybody go, now and from now on.
    pub(super) fn open(&self) {
        let mut line = self.line();
        line.open = true;
        line.waiting.clear();
    }

    fn line(&self) -> MutexGuard<'_, Line> {
        self.line.lock().expect("nobody panics with the lock")
    }
}

impl Line {
    /// Whose turn it is.
    fn next(&mut self) -> Option<oneshot::Sender<()>> {
        let place = match self.taken % FAIR == FAIR - 1 {
            true => self.waiting.keys().min_by_key(|(_, ticket)| *ticket),
            false => self.waiting.keys().next(),
        };
        let place = *place?;
        self.waiting.remove(&place)
    }
}

fn interval(rate: Rate) -> Duration {
    Duration::from_secs_f64(1.0 / rate.0)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn the_most_urgent_goes_first_and_the_pace_is_kept() {
        let clock = Clock::simulated(jiff::Timestamp::UNIX_EPOCH, 1.0);
        let budget = Arc::new(Budget::new(Rate(2.0)));
        let order = Arc::new(Mutex::new(Vec::new()));
        let mut tasks = Vec::new();
        for urgency in [
            Urgency::Progress,
            Urgency::Change,
            Urgency::Claim,
            Urgency::Final,
        ] {
            let (budget, order, clock) = (budget.clone(), order.clone(), clock.clone());
            tasks.push(tokio::spawn(async move {
                budget.turn(urgency).await;
                let at = clock.now().as_millisecond();
                order.lock().unwrap().push((urgency, at));
            }));
        }
        tokio::task::yield_now().await;
        tokio::select! {
            biased;
            () = budget.pace(&clock) => {}
            () = async { for task in tasks { task.await.unwrap(); } } => {}
        }
        assert_eq!(
            *order.lock().unwrap(),
            [
                (Urgency::Final, 0),
                (Urgency::Claim, 500),
                (Urgency::Change, 1000),
                (Urgency::Progress, 1500),
            ]
        );
    }

    #[tokio::test(start_paused = true)]
    async fn an_open_line_keeps_nobody() {
        let budget = Arc::new(Budget::new(Rate(0.001)));
        let waiting = tokio::spawn({
            let budget = budget.clone();
            async move { budget.turn(Urgency::Progress).await }
        });
        tokio::task::yield_now().await;
        budget.open();
        waiting.await.unwrap();
        budget.turn(Urgency::Progress).await;
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_least_urgent_gets_through_though_others_always_wait() {
        let clock = Clock::simulated(jiff::Timestamp::UNIX_EPOCH, 1.0);
        let budget = Arc::new(Budget::new(Rate(1.0)));
        let polls = async {
            // Two at once, so that there is always one who waits.
            let poll = || async {
                loop {
                    budget.turn(Urgency::Claim).await;
                }
            };
            tokio::join!(poll(), poll());
        };
        let report = async {
            tokio::task::yield_now().await;
            budget.turn(Urgency::Progress).await;
            clock.now().as_second()
        };
        let turns = tokio::select! {
            biased;
            () = budget.pace(&clock) => 0,
            () = polls => 0,
            turns = report => turns,
        };
        // Everybody who came before it had a turn in its time.
        assert!((1..=8).contains(&turns), "{turns}");
    }
}
