//! Durations as people say them, and the time since the beginning.

/// `31 s`, `9 min 1 s`, `2 h 5 min` or `3 d 4 h`. A part of a second is left
/// out, and so is a time before zero.
#[must_use]
pub fn spoken(seconds: f64) -> String {
    let seconds = whole(seconds);
    let parts = |large: u64, unit: &str, small: u64, other: &str| match small {
        0 => format!("{large} {unit}"),
        _ => format!("{large} {unit} {small} {other}"),
    };
    match seconds {
        s if s < 60 => format!("{s} s"),
        s if s < 3_600 => parts(s / 60, "min", s % 60, "s"),
        s if s < 86_400 => parts(s / 3_600, "h", s % 3_600 / 60, "min"),
        s => parts(s / 86_400, "d", s % 86_400 / 3_600, "h"),
    }
}

/// The same for what is not known to the second: `40 s`, `9 min`.
#[must_use]
pub fn rounded(seconds: f64) -> String {
    match whole(seconds) {
        s if s < 60 => spoken(seconds),
        s if s < 3_570 => format!("{} min", (s + 30) / 60),
        _ => spoken(seconds),
    }
}

/// Minutes and seconds since the beginning, as every list and chart has them:
/// `61:40`.
#[must_use]
pub fn clock(seconds: f64) -> String {
    let seconds = whole(seconds);
    format!("{}:{:02}", seconds / 60, seconds % 60)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "the cast saturates, and what is below zero becomes zero"
)]
fn whole(seconds: f64) -> u64 {
    seconds as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_units_at_most() {
        for (seconds, expected) in [
            (-3.0, "0 s"),
            (0.9, "0 s"),
            (59.9, "59 s"),
            (60.0, "1 min"),
            (541.0, "9 min 1 s"),
            (3_600.0, "1 h"),
            (7_530.0, "2 h 5 min"),
            (86_399.0, "23 h 59 min"),
            (273_600.0, "3 d 4 h"),
            (f64::NAN, "0 s"),
        ] {
            assert_eq!(spoken(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn what_is_about_so_long_has_one_unit() {
        for (seconds, expected) in [
            (40.0, "40 s"),
            (89.0, "1 min"),
            (90.0, "2 min"),
            (541.0, "9 min"),
            (7_530.0, "2 h 5 min"),
        ] {
            assert_eq!(rounded(seconds), expected, "{seconds}");
        }
    }

    #[test]
    fn the_clock_counts_minutes_and_seconds() {
        assert_eq!(clock(9.999), "0:09");
        assert_eq!(clock(3_700.0), "61:40");
    }
}
