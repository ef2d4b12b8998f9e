//! A token bucket, as AWS limits the rate of calls: it holds some tokens, each
//! call takes one, and it refills continuously.

use jiff::{Timestamp, Unit};
use serde::{Deserialize, Serialize};

/// The bucket; full at first.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct TokenBucket {
    left: f64,
    /// Time of the last refill; `None` means the bucket is full.
    filled: Option<Timestamp>,
}

impl TokenBucket {
    /// Takes a token, if there is one. The bucket holds `most` and gets
    /// `per_second` more each second.
    pub(crate) fn take(&mut self, per_second: f64, most: f64, now: Timestamp) -> bool {
        let flown = self.filled.map_or(most, |filled| {
            let passed = (now - filled).total(Unit::Second);
            passed.unwrap_or_default().max(0.0) * per_second
        });
        self.left = (self.left + flown).min(most);
        self.filled = Some(self.filled.map_or(now, |filled| filled.max(now)));
        let is_there = self.left >= 1.0;
        if is_there {
            self.left -= 1.0;
        }
        is_there
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_empties_the_bucket_and_time_fills_it() {
        let mut bucket = TokenBucket::default();
        let mut taken = |milliseconds| {
            let now = Timestamp::from_millisecond(milliseconds).unwrap();
            (0..10).filter(|_| bucket.take(4.0, 5.0, now)).count()
        };
        assert_eq!(taken(0), 5);
        assert_eq!(taken(249), 0);
        assert_eq!(taken(250), 1);
        assert_eq!(taken(1_000), 3);
        assert_eq!(taken(900), 0, "a clock that goes back gives nothing");
        assert_eq!(taken(60_000), 5, "no more is saved up");
    }
}
