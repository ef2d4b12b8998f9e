//! `urlquery.*`, which encode and decode as Go does. Those of regorus lose `&`
//! and line breaks, and accept broken escapes.

use std::collections::BTreeMap;

use regorus::Value;

use super::super::elements::elements;
use super::Own;

/// The function of this name, if it is implemented here.
pub(super) fn function(name: &str) -> Option<Own> {
    Some(match name {
        "urlquery.encode" => |a| Some(encoded(a[0].as_string().ok()?).into()),
        "urlquery.decode" => |a| Some(decoded(a[0].as_string().ok()?)?.into()),
        "urlquery.encode_object" => |a| encoded_object(&a[0]),
        "urlquery.decode_object" => |a| decoded_object(a[0].as_string().ok()?),
        _ => return None,
    })
}

fn encoded(text: &str) -> String {
    let mut all = String::new();
    for byte in text.bytes() {
        match byte {
            b' ' => all.push('+'),
            b'-' | b'_' | b'.' | b'~' => all.push(char::from(byte)),
            _ if byte.is_ascii_alphanumeric() => all.push(char::from(byte)),
            _ => all.push_str(&format!("%{byte:02X}")),
        }
    }
    all
}

/// `None` for a broken escape, and for bytes that are not UTF-8, which OPA
/// replaces.
fn decoded(text: &str) -> Option<String> {
    let mut all = Vec::new();
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        all.push(match byte {
            b'+' => b' ',
            b'%' => {
                let mut digit = || char::from(bytes.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            other => other,
        });
    }
    String::from_utf8(all).ok()
}

/// The names are in order; each has a text, or several.
fn encoded_object(object: &Value) -> Option<Value> {
    let mut pairs = Vec::new();
    for (name, value) in elements(object) {
        let name = encoded(name.as_string().ok()?);
        let values = match value {
            Value::String(_) => vec![value],
            Value::Array(_) | Value::Set(_) => {
                let values = elements(&value).into_iter();
                values.map(|(_, value)| value).collect()
            }
            _ => return None,
        };
        for value in values {
            pairs.push(format!("{name}={}", encoded(value.as_string().ok()?)));
        }
    }
    Some(pairs.join("&").into())
}

fn decoded_object(text: &str) -> Option<Value> {
    let mut all: BTreeMap<Value, Vec<Value>> = BTreeMap::new();
    for pair in text.split('&').filter(|pair| !pair.is_empty()) {
        if pair.contains(';') {
            return None;
        }
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let values = all.entry(decoded(name)?.into()).or_default();
        values.push(decoded(value)?.into());
    }
    let all = all.into_iter();
    let all: BTreeMap<Value, Value> = all.map(|(name, of)| (name, of.into())).collect();
    Some(all.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn named(name: &str) -> Own {
        function(name).expect("it is here")
    }

    #[test]
    fn texts_are_encoded_and_decoded_as_in_go() {
        for (name, text, expected) in [
            (
                "urlquery.encode",
                "a b~-_.*'()!é",
                Some("a+b~-_.%2A%27%28%29%21%C3%A9"),
            ),
            (
                "urlquery.decode",
                "a=1&a=2\n;+%41%c3%a9",
                Some("a=1&a=2\n; Aé"),
            ),
            ("urlquery.decode", "%2", None),
            ("urlquery.decode", "%zz", None),
            ("urlquery.decode", "%ff", None),
        ] {
            let found = named(name)(&[Value::from(text)]);
            assert_eq!(found, expected.map(Value::from), "{name} {text}");
        }
    }

    #[test]
    fn objects_are_encoded_and_decoded_as_in_go() {
        let json = |text: &str| Value::from_json_str(text).expect("JSON");
        for (text, expected) in [
            (
                "a=1=2&&=3&a=4&b",
                Some(r#"{"":["3"],"a":["1=2","4"],"b":[""]}"#),
            ),
            ("a: 1\nb", Some(r#"{"a: 1\nb":[""]}"#)),
            ("a;b=1", None),
            ("%2@", None),
        ] {
            let found = named("urlquery.decode_object")(&[Value::from(text)]);
            assert_eq!(found, expected.map(json), "{text}");
        }
        let object = json(r#"{"b":["x~","é"],"a":"d e","c":[]}"#);
        let found = named("urlquery.encode_object")(&[object]);
        assert_eq!(found, Some(Value::from("a=d+e&b=x~&b=%C3%A9")));
    }
}
