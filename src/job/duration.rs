//! Parses and formats durations.

use std::time::Duration;

use jiff::Timestamp;

const SECOND: u64 = 1;
const MINUTE: u64 = 60;
const HOUR: u64 = 3_600;
const DAY: u64 = 86_400;

/// Longer than any wait.
const CENTURY: Duration = Duration::from_secs(100 * 366 * DAY);

/// Whether any wait can be added to a time and taken from it.
#[must_use]
pub fn leaves_room(at: Timestamp) -> bool {
    at.checked_add(CENTURY).is_ok() && at.checked_sub(CENTURY).is_ok()
}

/// Parses a whole number with the unit `ms`, `s`, `m` or `h`.
#[must_use]
pub fn parse(text: &str) -> Option<Duration> {
    match text.strip_suffix("ms") {
        Some(digits) => number(digits).map(Duration::from_millis),
        None => parse_seconds(text),
    }
}

/// Parses a whole number with the unit `s`, `m` or `h`.
#[must_use]
pub fn parse_seconds(text: &str) -> Option<Duration> {
    let units = [('s', SECOND), ('m', MINUTE), ('h', HOUR)];
    units.into_iter().find_map(|(unit, seconds)| {
        let number = number(text.strip_suffix(unit)?)?;
        Some(Duration::from_secs(number.saturating_mul(seconds)))
    })
}

/// A number above the maximum counts as the maximum: every caller has a lower
/// limit, and its message is better than "not a number".
fn number(digits: &str) -> Option<u64> {
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| digits.parse().unwrap_or(u64::MAX))
}

/// The largest unit that needs no fraction, as [`parse`] takes it: `23h`,
/// `20m`, `90s` or `100ms`.
#[must_use]
pub fn compact(time: Duration) -> String {
    if time.subsec_millis() > 0 {
        return format!("{}ms", time.as_millis());
    }
    let (number, unit) = in_largest_unit(time.as_secs());
    format!("{number}{}", unit.chars().next().unwrap_or_default())
}

/// The largest unit that needs no fraction: `23 h`, `20 min` or `90 s`.
#[must_use]
pub fn exact(time: Duration) -> String {
    let (number, unit) = in_largest_unit(time.as_secs());
    format!("{number} {unit}")
}

fn in_largest_unit(seconds: u64) -> (u64, &'static str) {
    match seconds {
        s if s >= HOUR && s.is_multiple_of(HOUR) => (s / HOUR, "h"),
        s if s >= MINUTE && s.is_multiple_of(MINUTE) => (s / MINUTE, "min"),
        s => (s, "s"),
    }
}

/// The two largest units: `31 s`, `9 min 1 s`, `2 h 5 min` or `3 d 4 h`. What
/// is below them is left out.
#[must_use]
pub fn precise(time: Duration) -> String {
    let parts = |large: u64, unit: &str, small: u64, other: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {other}"),
    };
    match time.as_secs() {
        s if s < MINUTE => format!("{s} s"),
        s if s < HOUR => parts(s / MINUTE, "min", s % MINUTE, "s"),
        s if s < DAY => parts(s / HOUR, "h", s % HOUR / MINUTE, "min"),
        s => parts(s / DAY, "d", s % DAY / HOUR, "h"),
    }
}

/// Like [`precise`], for times that are not known to the second: from one
/// minute on, rounded to minutes.
#[must_use]
pub fn rounded(time: Duration) -> String {
    match time.as_secs() {
        s if s < MINUTE => precise(time),
        s => {
            let minutes = s.saturating_add(MINUTE / 2) / MINUTE;
            precise(Duration::from_secs(minutes * MINUTE))
        }
    }
}

/// Minutes and seconds: `61:40`.
#[must_use]
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs();
    format!("{}:{:02}", seconds / MINUTE, seconds % MINUTE)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    #[test]
    fn a_duration_has_a_number_and_a_unit() {
        for (text, expected) in [
            ("0s", seconds(0)),
            ("90s", seconds(90)),
            ("20m", seconds(1_200)),
            ("23h", seconds(82_800)),
            ("18446744073709551615s", seconds(u64::MAX)),
            ("18446744073709551616s", seconds(u64::MAX)),
            ("99999999999999999999h", seconds(u64::MAX)),
        ] {
            assert_eq!(parse(text), Some(expected), "{text}");
            assert_eq!(parse_seconds(text), Some(expected), "{text}");
        }
        for text in [
            "", "s", "ms", "10", "-1s", "+1s", "1.5h", "1d", "10 s", " 1s", "1h30m", "1é", "٣s",
        ] {
            assert_eq!(parse(text), None, "{text}");
            assert_eq!(parse_seconds(text), None, "{text}");
        }
        assert_eq!(parse("100ms"), Some(Duration::from_millis(100)));
        assert_eq!(parse_seconds("100ms"), None);
    }

    #[test]
    fn the_largest_unit_needs_no_fraction() {
        for (time, short, long) in [
            (0, "0s", "0 s"),
            (59, "59s", "59 s"),
            (60, "1m", "1 min"),
            (90, "90s", "90 s"),
            (3_540, "59m", "59 min"),
            (3_600, "1h", "1 h"),
            (5_400, "90m", "90 min"),
            (172_800, "48h", "48 h"),
        ] {
            assert_eq!(compact(seconds(time)), short);
            assert_eq!(exact(seconds(time)), long);
            assert_eq!(parse(short), Some(seconds(time)));
        }
        assert_eq!(compact(Duration::from_millis(10)), "10ms");
        assert_eq!(compact(Duration::from_millis(1_500)), "1500ms");
    }

    #[test]
    fn a_precise_duration_has_two_units_at_most() {
        for (time, expected) in [
            (0.9, "0 s"),
            (59.9, "59 s"),
            (60.0, "1 min"),
            (541.0, "9 min 1 s"),
            (3_600.0, "1 h"),
            (7_530.0, "2 h 5 min"),
            (86_399.0, "23 h 59 min"),
            (86_400.0, "1 d"),
            (273_600.0, "3 d 4 h"),
        ] {
            let time = Duration::from_secs_f64(time);
            assert_eq!(precise(time), expected, "{time:?}");
        }
    }

    #[test]
    fn a_rounded_duration_has_no_seconds_from_one_minute_on() {
        for (time, expected) in [
            (40, "40 s"),
            (59, "59 s"),
            (60, "1 min"),
            (89, "1 min"),
            (90, "2 min"),
            (541, "9 min"),
            (3_569, "59 min"),
            (3_599, "1 h"),
            (7_530, "2 h 6 min"),
            (86_369, "23 h 59 min"),
            (86_370, "1 d"),
            (u64::MAX, "213503982334601 d 7 h"),
        ] {
            assert_eq!(rounded(seconds(time)), expected, "{time}");
        }
        for time in 3_570..3_630 {
            assert_eq!(rounded(seconds(time)), "1 h", "{time}");
        }
    }

    #[test]
    fn the_clock_counts_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(9_999)), "0:09");
        assert_eq!(clock(seconds(3_700)), "61:40");
    }
}
