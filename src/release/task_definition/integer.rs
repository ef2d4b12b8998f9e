//! Numbers that stand for an integer.

use serde_json::{Number, Value};

/// The integer that a number stands for: `128`, and `128.0` as well, which is
/// the same number in JSON.
pub(crate) fn integer(number: &Number) -> Option<i64> {
    let text = number.to_string();
    let whole = match text.split_once('.') {
        Some((whole, fraction)) if fraction.bytes().all(|digit| digit == b'0') => whole,
        Some(_) => return None,
        None => &text,
    };
    whole.parse().ok()
}

/// Like [`integer`], for a value that must not be negative.
pub(crate) fn unsigned(value: &Value) -> Option<u64> {
    u64::try_from(integer(value.as_number()?)?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fraction_of_zero_makes_no_difference() {
        for (text, expected) in [
            ("128", Some(128)),
            ("128.0", Some(128)),
            ("-1.00", Some(-1)),
            ("128.5", None),
            ("128.01", None),
            ("1.28e2", None),
            ("99999999999999999999.0", None),
        ] {
            let number: Number = serde_json::from_str(text).expect("a number");
            assert_eq!(integer(&number), expected, "{text}");
        }
        assert_eq!(unsigned(&Value::from(-1)), None);
    }
}
