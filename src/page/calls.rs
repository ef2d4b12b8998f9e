//! Log of AWS calls for the page: the latest ones, and the count of each
//! operation.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use parking_lot::Mutex;
use serde::Serialize;

/// Calls kept. A release of an hour makes fewer; this many take about a
/// megabyte.
pub const MAX_CALLS: usize = 5_000;
/// Most calls in one response; a client requests the rest with the next one.
pub const MAX_ANSWER: usize = 1_000;

/// The call log. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct CallLog(Arc<Mutex<Kept>>);

#[derive(Debug, Default)]
struct Kept {
    written: u64,
    calls: VecDeque<Call>,
    counts: BTreeMap<String, u64>,
}

/// One call.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Call {
    /// Counts from 1 without gaps.
    pub sequence: u64,
    pub at: f64,
    /// For example `codedeploy:GetDeployment`.
    pub name: String,
    /// `ok`, or the error.
    pub outcome: String,
    pub is_error: bool,
}

/// The response to a client that has seen the earlier calls.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Calls {
    /// Number of calls so far, including dropped ones.
    pub written: u64,
    /// The new calls, oldest first.
    pub calls: Vec<Call>,
    /// Number of calls of each operation.
    pub counts: BTreeMap<String, u64>,
}

impl CallLog {
    /// Adds a call, with its error if it failed.
    pub fn write(&self, at: f64, name: String, outcome: Result<(), String>) {
        let mut kept = self.0.lock();
        kept.written += 1;
        if kept.calls.len() == MAX_CALLS {
            kept.calls.pop_front();
        }
        *kept.counts.entry(name.clone()).or_default() += 1;
        let call = Call {
            sequence: kept.written,
            at,
            name,
            is_error: outcome.is_err(),
            outcome: outcome.err().unwrap_or_else(|| "ok".into()),
        };
        kept.calls.push_back(call);
    }

    /// Number of calls so far, including dropped ones.
    #[must_use]
    pub fn written(&self) -> u64 {
        self.0.lock().written
    }

    /// The calls after the one with this number, at most [`MAX_ANSWER`].
    #[must_use]
    pub fn after(&self, sequence: u64) -> Calls {
        let kept = self.0.lock();
        let first = kept.calls.partition_point(|call| call.sequence <= sequence);
        let calls = kept.calls.range(first..).take(MAX_ANSWER);
        Calls {
            written: kept.written,
            calls: calls.cloned().collect(),
            counts: kept.counts.clone(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn log(count: usize) -> CallLog {
        let log = CallLog::default();
        for _ in 0..count {
            log.write(0.0, "ecs:DescribeServices".into(), Ok(()));
        }
        log
    }

    fn numbers(calls: &Calls) -> (Option<u64>, Option<u64>, usize) {
        let number = |call: Option<&Call>| call.map(|call| call.sequence);
        let calls = &calls.calls;
        (number(calls.first()), number(calls.last()), calls.len())
    }

    #[test]
    fn who_has_seen_some_calls_gets_the_later_ones() {
        let log = log(3);
        log.write(9.0, "s3:GetObject".into(), Err("AccessDenied".into()));
        let calls = log.after(2);
        assert_eq!(numbers(&calls), (Some(3), Some(4), 2));
        assert_eq!(
            (calls.written, calls.counts["ecs:DescribeServices"]),
            (4, 3)
        );
        assert!(calls.calls[1].is_error);
        assert_eq!(calls.calls[1].outcome, "AccessDenied");
        assert_eq!(log.after(4).calls, []);
        assert_eq!(log.after(u64::MAX).calls, []);
    }

    #[test]
    fn only_the_latest_calls_are_kept_and_all_are_counted() {
        let all = log(MAX_CALLS);
        assert_eq!(numbers(&all.after(0)), (Some(1), Some(1_000), MAX_ANSWER));
        all.write(0.0, "ecs:DescribeServices".into(), Ok(()));
        let calls = all.after(0);
        assert_eq!(numbers(&calls), (Some(2), Some(1_001), MAX_ANSWER));
        assert_eq!(calls.counts["ecs:DescribeServices"], calls.written);
    }

    #[test]
    fn an_answer_is_bounded_and_the_next_continues_from_it() {
        let log = log(MAX_ANSWER + 1);
        assert_eq!(log.after(0).calls.len(), MAX_ANSWER);
        assert_eq!(numbers(&log.after(1_000)), (Some(1_001), Some(1_001), 1));
    }
}
