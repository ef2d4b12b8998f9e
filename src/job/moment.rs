//! Moments in texts that this process did not write.

use jiff::Timestamp;

/// Seconds since 1970 of the last moment that is accepted: the end of 2199. A
/// timeout can be added to it.
const LAST: i64 = 7_258_118_399;

/// Whether a token or a journal entry can name this moment.
#[must_use]
pub fn is_plausible(moment: Timestamp) -> bool {
    (0..=LAST).contains(&moment.as_second())
}

#[cfg(test)]
mod tests {
    #[test]
    fn moments_from_1970_to_2199_are_plausible() {
        let is_plausible = |text: &str| super::is_plausible(text.parse().expect("a moment"));
        assert!(is_plausible("1970-01-01T00:00:00Z"));
        assert!(is_plausible("2199-12-31T23:59:59Z"));
        assert!(!is_plausible("1969-12-31T23:59:59Z"));
        assert!(!is_plausible("2200-01-01T00:00:00Z"));
    }
}
