//! Numbers that stand for an integer.

use serde_json::{Number, Value};

/// The integer that a number stands for: `128`, and also `128.0` and `1.28e2`,
/// which are the same number in JSON.
pub(crate) fn integer(number: &Number) -> Option<i64> {
    // A float without a fraction is displayed as an integer.
    let of_float = || number.as_f64()?.to_string().parse().ok();
    number.as_i64().or_else(of_float)
}

/// Like [`integer`], for a value that must not be negative.
pub(crate) fn unsigned(value: &Value) -> Option<u64> {
    u64::try_from(integer(value.as_number()?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_value_of_a_number_counts() {
        for (text, expected) in [
            ("128", Some(128)),
            ("128.0", Some(128)),
            ("-1.00", Some(-1)),
            ("128.5", None),
            ("128.01", None),
            ("1.28e2", Some(128)),
            ("1E3", Some(1000)),
            ("128e-1", None),
            ("99999999999999999999.0", None),
        ] {
            let number: Number = serde_json::from_str(text).expect("a number");
            assert_eq!(integer(&number), expected, "{text}");
        }
        assert_eq!(unsigned(&Value::from(-1)), None);
    }
}
