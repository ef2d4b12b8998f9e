//! Parses durations and rates: `100ms`, `90s`, `20m`, `23h`, `5/s`.

use std::time::Duration;

/// Calls per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

/// Parses a whole number with a unit: `ms`, `s`, `m` or `h`.
///
/// # Errors
///
/// A message that says what is expected.
pub fn parse_duration(text: &str) -> Result<Duration, String> {
    let text = text.trim();
    let expected = || format!("`{text}` is no duration; write it like 100ms, 90s, 20m or 23h");
    let digits = text
        .find(|c: char| !c.is_ascii_digit())
        .ok_or_else(expected)?;
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| expected())?;
    let seconds = |each: u64| number.checked_mul(each).map(Duration::from_secs);
    match unit {
        "ms" => Some(Duration::from_millis(number)),
        "s" => seconds(1),
        "m" => seconds(60),
        "h" => seconds(3600),
        _ => None,
    }
    .ok_or_else(expected)
}

/// Parses calls per second, such as `5/s` or `0.5/s`.
///
/// # Errors
///
/// A message that says what is expected.
pub fn parse_rate(text: &str) -> Result<Rate, String> {
    let number = text.trim().strip_suffix("/s").map(str::parse::<f64>);
    match number {
        Some(Ok(rate)) if rate.is_finite() && rate > 0.0 => Ok(Rate(rate)),
        Some(_) | None => Err(format!("`{text}` is no rate; write it like 5/s or 0.5/s")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_number_and_a_unit() {
        for (text, seconds) in [
            ("90s", 90.0),
            ("20m", 1200.0),
            ("23h", 82800.0),
            ("100ms", 0.1),
        ] {
            let parsed = parse_duration(text).expect("well-formed");
            assert_eq!(parsed, Duration::from_secs_f64(seconds), "{text}");
        }
        for text in [
            "",
            "s",
            "10",
            "-1s",
            "1.5h",
            "1d",
            "10 s",
            "99999999999999999999h",
            "1h30m",
        ] {
            assert!(parse_duration(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_are_positive_and_per_second() {
        assert_eq!(parse_rate("5/s"), Ok(Rate(5.0)));
        assert_eq!(parse_rate("0.5/s"), Ok(Rate(0.5)));
        for text in ["5", "0/s", "-1/s", "NaN/s", "inf/s", "5/m", "/s"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }
}
