//! `units.*`. Those of regorus accept units that do not exist, and round where
//! OPA truncates.

use regorus::Value;

use super::Own;
use super::numbers::Decimal;

/// The most digits of an amount. More are refused.
const MAX_DIGITS: usize = 15;

/// The most digits behind the point that OPA keeps.
const MAX_PLACES: u32 = 10;

/// The function of this name, if it is implemented here. Neither takes a sign
/// or an exponent.
pub(super) fn function(name: &str) -> Option<Own> {
    Some(match name {
        "units.parse" => |a| resource(a[0].as_string().ok()?),
        "units.parse_bytes" => |a| bytes(a[0].as_string().ok()?),
        _ => return None,
    })
}

/// The amount, and the unit behind it.
fn amount(text: &str) -> Option<(Decimal, &str)> {
    let is_number = |c: char| c.is_ascii_digit() || c == '.';
    let (number, unit) = text.split_at(text.find(|c| !is_number(c)).unwrap_or(text.len()));
    if number.chars().filter(char::is_ascii_digit).count() > MAX_DIGITS {
        return None;
    }
    Some((Decimal::parse(number)?, unit))
}

/// The power of a prefix, in order.
fn power(prefix: char) -> Option<u32> {
    let place = "kmgtpe".find(prefix.to_ascii_lowercase())?;
    u32::try_from(place + 1).ok()
}

fn resource(text: &str) -> Option<Value> {
    let text = text.replace('"', "");
    let (mut amount, unit) = amount(&text)?;
    let mut letters = unit.chars();
    let factor = match (letters.next(), letters.as_str().to_lowercase().as_str()) {
        (None, _) => 1,
        (Some('m'), "") => {
            amount.places += 3;
            1
        }
        (Some(prefix), "") => 1000_i128.pow(power(prefix)?),
        (Some(prefix), "i") => 1024_i128.pow(power(prefix)?),
        _ => return None,
    };
    let (digits, scale) = (amount.digits * factor, 10_i128.pow(amount.places));
    if digits % scale == 0 {
        return Value::from_numeric_string(&(digits / scale).to_string()).ok();
    }
    if amount.places > MAX_PLACES {
        return None;
    }
    let places = usize::try_from(amount.places).ok()?;
    let part = format!("{:0places$}", digits % scale);
    let part = part.trim_end_matches('0');
    Value::from_numeric_string(&format!("{}.{part}", digits / scale)).ok()
}

fn bytes(text: &str) -> Option<Value> {
    let text = text.replace('"', "").to_lowercase();
    let (amount, unit) = amount(&text)?;
    let factor = match unit.strip_suffix('b').unwrap_or(unit) {
        "" if unit.is_empty() => 1,
        binary if binary.ends_with('i') => 1024_i128.pow(prefix(binary.strip_suffix('i')?)?),
        decimal => 1000_i128.pow(prefix(decimal)?),
    };
    let whole = amount.digits * factor / 10_i128.pow(amount.places);
    Value::from_numeric_string(&whole.to_string()).ok()
}

fn prefix(text: &str) -> Option<u32> {
    let mut letters = text.chars();
    let prefix = letters.next().filter(|_| letters.as_str().is_empty())?;
    power(prefix)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_are_those_of_opa() {
        for (name, text, expected) in [
            ("units.parse", "1K", Some("1000")),
            ("units.parse", "1ki", Some("1024")),
            ("units.parse", "1GI", Some("1073741824")),
            ("units.parse", "1500m", Some("1.5")),
            ("units.parse", "1M", Some("1000000")),
            ("units.parse", "0.1Ki", Some("102.4")),
            ("units.parse", ".5", Some("0.5")),
            ("units.parse", "1E", Some("1000000000000000000")),
            ("units.parse", "\"10\"", Some("10")),
            ("units.parse", "1KB", None),
            ("units.parse", "1 K", None),
            ("units.parse", "1d", None),
            ("units.parse", "1_000", None),
            ("units.parse", "", None),
            ("units.parse", "1.2.3", None),
            ("units.parse_bytes", "1KiB", Some("1024")),
            ("units.parse_bytes", "1kb", Some("1000")),
            ("units.parse_bytes", "1.5", Some("1")),
            ("units.parse_bytes", "0.1KiB", Some("102")),
            ("units.parse_bytes", "1eib", Some("1152921504606846976")),
            ("units.parse_bytes", "1B", None),
            ("units.parse_bytes", "1i", None),
            ("units.parse_bytes", "K", None),
        ] {
            let found = function(name).expect("it is here")(&[Value::from(text)]);
            let expected = expected.map(|text| Value::from_numeric_string(text).expect("a number"));
            assert_eq!(found, expected, "{name} {text}");
        }
    }
}
