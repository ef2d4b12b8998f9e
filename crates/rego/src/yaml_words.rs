//! Words of a YAML text that OPA reads otherwise: it follows YAML 1.1, in which
//! `yes` is a truth value and `010` is 8. The engine follows YAML 1.2.

use std::collections::BTreeMap;

use regorus::Value;

/// What YAML 1.1 takes for true or false, besides those words.
const TRUTHS: [&str; 16] = [
    "y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "n", "N", "no", "No", "NO", "off", "Off",
    "OFF",
];

/// The tag of a text in base64, which OPA decodes.
const BINARY: &str = "!!binary";

/// The first such word that stands without quotes, and its line. `value` is
/// what the text was read as, which tells words from parts of a longer text.
pub fn first<'a>(text: &'a str, value: &Value) -> Option<(usize, &'a str)> {
    let is_wanted = |word: &str| TRUTHS.contains(&word) || is_number_of_yaml_11(word);
    first_of(text, value, is_wanted)
}

/// The first word of a kind that stands without quotes, or a tag, and its line.
pub(super) fn first_of<'a>(
    text: &'a str,
    value: &Value,
    is_wanted: impl Fn(&str) -> bool,
) -> Option<(usize, &'a str)> {
    for (index, line) in text.lines().enumerate() {
        let line = match line.trim_start().starts_with('#') {
            true => "",
            false => line.split(" #").next().unwrap_or_default(),
        };
        if let Some(at) = line.find(BINARY) {
            return Some((index + 1, &line[at..at + BINARY.len()]));
        }
        let parts = line.split([',', '[', ']', '{', '}']);
        for part in parts.flat_map(|part| part.split(": ")) {
            let mut word = part.trim();
            while let Some(item) = word.strip_prefix("- ") {
                word = item.trim_start();
            }
            let word = word.trim_end_matches(':').trim_end();
            if is_wanted(word) && holds(value, word) {
                return Some((index + 1, word));
            }
        }
    }
    None
}

/// Whether YAML 1.1 reads a number here, or another one.
pub(super) fn is_number_of_yaml_11(word: &str) -> bool {
    let number = word.strip_prefix(['+', '-']).unwrap_or(word);
    let is_octal =
        number.len() > 1 && number.starts_with('0') && number.bytes().all(|b| b.is_ascii_digit());
    let is_grouped = number.starts_with(|c: char| c.is_ascii_digit())
        && number.contains('_')
        && match number.get(..2) {
            Some("0x" | "0X" | "0o" | "0O" | "0b" | "0B") => true,
            _ => number
                .bytes()
                .all(|b| b.is_ascii_digit() || b == b'_' || b == b'.'),
        };
    let has_capital = ["0X", "0O", "0B"].iter().any(|x| number.starts_with(x));
    is_octal || is_grouped || has_capital
}

/// The value with texts for all keys, as in OPA. `None` if a key has no text
/// there, or two have the same, for `<<`, which merges there, and for an integer
/// beyond 64 bits, which is rounded there.
pub fn with_text_keys(value: Value) -> Option<Value> {
    match value {
        Value::Array(items) => {
            let items = items.iter().cloned().map(with_text_keys);
            Some(Value::from(items.collect::<Option<Vec<Value>>>()?))
        }
        Value::Object(members) => {
            let mut all = BTreeMap::new();
            for (key, value) in members.iter() {
                let text = match key {
                    Value::String(text) if **text != *"<<" => text.to_string(),
                    Value::Number(number) if number.is_integer() => number.format_decimal(),
                    Value::Bool(truth) => truth.to_string(),
                    Value::Null
                    | Value::Number(_)
                    | Value::String(_)
                    | Value::Array(_)
                    | Value::Set(_)
                    | Value::Object(_)
                    | Value::Undefined => return None,
                };
                let value = with_text_keys(value.clone())?;
                if all.insert(Value::from(text), value).is_some() {
                    return None;
                }
            }
            Some(Value::from(all))
        }
        Value::Number(number) if number.is_integer() => {
            let has_64_bits = number.as_i64().is_some() || number.as_u64().is_some();
            has_64_bits.then_some(Value::Number(number))
        }
        other @ (Value::Null
        | Value::Bool(_)
        | Value::Number(_)
        | Value::String(_)
        | Value::Set(_)
        | Value::Undefined) => Some(other),
    }
}

/// Whether the word is a text or a key of the value.
fn holds(value: &Value, word: &str) -> bool {
    match value {
        Value::String(text) => **text == *word,
        Value::Array(items) => items.iter().any(|item| holds(item, word)),
        Value::Object(fields) => fields
            .iter()
            .any(|(key, value)| holds(key, word) || holds(value, word)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Set(_) | Value::Undefined => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_yaml_11_are_found_unless_they_are_quoted() {
        for (text, expected) in [
            ("enforce: yes", Some((1, "yes"))),
            ("a: 1\non: x", Some((2, "on"))),
            (
                "accounts:\n- 012345678901 # shop",
                Some((2, "012345678901")),
            ),
            ("a: [NO, 1_000]", Some((1, "NO"))),
            ("a: {b: 0X1f}", Some((1, "0X1f"))),
            ("a: -0_7.5", Some((1, "-0_7.5"))),
            ("a: !!binary aGk=", Some((1, "!!binary"))),
            ("enforce: \"yes\"", None),
            ("a: 'yes'\n# yes", None),
            ("a: \"x, yes, y\"", None),
            ("a: true\nb: 10\nc: 0\nd: 0x1f\ne: 0.5", None),
            ("a: yesterday\nb: 10_web\nc: 1.2.3", None),
        ] {
            let value = Value::from_yaml_str(text).expect("YAML");
            assert_eq!(first(text, &value), expected, "{text}");
        }
    }

    #[test]
    fn keys_are_texts() {
        for (text, expected) in [
            (
                "80: {true: [{1: a}]}",
                Some(r#"{"80":{"true":[{"1":"a"}]}}"#),
            ),
            ("1: a\n\"1\": b", None),
            ("1.5: a", None),
            ("~: a", None),
            (
                "a: 18446744073709551615",
                Some(r#"{"a":18446744073709551615}"#),
            ),
            ("a: 18446744073709551616", None),
            ("a: &a {b: 1}\nc: {<<: *a}", None),
        ] {
            let value = Value::from_yaml_str(text).expect("YAML");
            let expected = expected.map(|json| Value::from_json_str(json).expect("JSON"));
            assert_eq!(with_text_keys(value), expected, "{text}");
        }
    }
}
