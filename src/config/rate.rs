//! Parses rates: `5/s`.

/// Calls per second.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rate(pub f64);

/// Parses calls per second, such as `5/s` or `0.5/s`.
pub(super) fn parse_rate(text: &str) -> Result<Rate, String> {
    let number = text.trim().strip_suffix("/s").map(str::parse::<f64>);
    match number {
        Some(Ok(rate)) if rate.is_finite() && rate > 0.0 => Ok(Rate(rate)),
        Some(_) | None => Err(format!(
            "`{text}` is not a rate; write it like 5/s or 0.5/s"
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_positive_and_per_second() {
        assert_eq!(parse_rate("5/s"), Ok(Rate(5.0)));
        assert_eq!(parse_rate("0.5/s"), Ok(Rate(0.5)));
        for text in ["5", "0/s", "-1/s", "NaN/s", "inf/s", "5/m", "/s"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
    }
}
