//! The worker's intervals and limits, and how long it watches a deployment.

use std::time::Duration;

use crate::config::{Rate, Settings};

/// The longest time that a job watches its deployment, however many are in
/// flight: a report every ten minutes stays well within any timeout that a job
/// may have (docs/aws.md §1.3).
const MAX_WATCH: Duration = Duration::from_secs(10 * 60);

/// Calls to CodePipeline for one job: its acknowledgement, its report, its
/// share of the polls, and an abandonment check for every second job.
const CALLS_PER_JOB: f64 = 3.0;

/// Maximum number of calls per second that all jobs share, however high the
/// rate limit is. Jobs in flight need no more, and other clients of
/// CodePipeline may.
const MAX_RATE_FOR_JOBS: f64 = 4.0;

/// The settings that control how fast a worker works.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tuning {
    pub poll_interval: Duration,
    pub observe_interval: Duration,
    pub watch: Duration,
    pub max_call_rate: Rate,
    pub max_jobs: usize,
}

impl From<&Settings> for Tuning {
    fn from(settings: &Settings) -> Self {
        Self {
            poll_interval: settings.poll_interval,
            observe_interval: settings.observe_interval,
            watch: settings.watch,
            max_call_rate: settings.report_rate,
            max_jobs: settings.max_jobs,
        }
    }
}

impl Tuning {
    /// How long a job watches its deployment while `in_flight` jobs share this
    /// rate of calls.
    pub(super) fn watch(&self, in_flight: usize, rate: Rate) -> Duration {
        #[expect(
            clippy::cast_precision_loss,
            reason = "there are at most ten thousand jobs"
        )]
        let needed = in_flight as f64 * CALLS_PER_JOB / rate.0.min(MAX_RATE_FOR_JOBS);
        Duration::from_secs_f64(needed)
            .max(self.watch)
            .min(MAX_WATCH.max(self.watch))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_watch_longer_when_many_share_the_budget() {
        let tuning = Tuning {
            poll_interval: Duration::from_secs(5),
            observe_interval: Duration::from_secs(10),
            watch: Duration::from_secs(20),
            max_call_rate: Rate(40.0),
            max_jobs: 1000,
        };
        let watch = |in_flight| tuning.watch(in_flight, Rate(5.0));
        assert_eq!(watch(1), Duration::from_secs(20));
        assert_eq!(watch(26), Duration::from_secs(20));
        assert_eq!(watch(400), Duration::from_secs(300));
        assert_eq!(tuning.watch(400, Rate(40.0)), watch(400));
        assert_eq!(tuning.watch(100, Rate(1.0)), Duration::from_secs(300));
        assert_eq!(watch(800), MAX_WATCH);
        assert_eq!(watch(5000), MAX_WATCH);
    }
}
