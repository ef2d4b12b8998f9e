//! The wait between attempts that fail.

use std::time::Duration;

/// The longest wait.
const MAX_BACKOFF: Duration = Duration::from_secs(60);

/// The wait after `failures` in a row, doubled with each.
pub(super) fn backoff(interval: Duration, failures: u32) -> Duration {
    interval
        .saturating_mul(1 << failures.min(16))
        .min(MAX_BACKOFF.max(interval))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failing_polls_back_off_to_a_minute() {
        let interval = Duration::from_secs(5);
        let waits: Vec<u64> = (1..=6).map(|n| backoff(interval, n).as_secs()).collect();
        assert_eq!(waits, [10, 20, 40, 60, 60, 60]);
        let rare = Duration::from_secs(300);
        assert_eq!(backoff(rare, 3), rare, "never shorter than asked for");
    }
}
