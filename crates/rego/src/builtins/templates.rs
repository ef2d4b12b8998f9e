//! Templates of texts and of patterns. The `regex.template_match` of regorus takes
//! a pattern's first match, and delimiters of any length.

use regorus::Value;

use super::super::elements::elements;
use super::Own;
use super::patterns::{regex, text};
use super::sprintf::shown;

/// The function of this name, if it is implemented here.
pub(super) fn function(name: &str) -> Option<Own> {
    Some(match name {
        "internal.template_string" => |a| filled(&a[0]).map(Value::from),
        "regex.template_match" => |a| {
            let pattern = template(text(&a[0])?, delimiter(&a[2])?, delimiter(&a[3])?)?;
            Some(regex(&pattern)?.is_match(text(&a[1])?).into())
        },
        _ => return None,
    })
}

/// The texts of a template with the values between them, each in a set that is
/// empty where the value is undefined. `None` for a set of several.
fn filled(parts: &Value) -> Option<String> {
    let part = |part: &Value| match part {
        Value::String(text) => Some(text.to_string()),
        Value::Set(_) => match &elements(part)[..] {
            [] => Some("<undefined>".to_owned()),
            [(_, Value::String(text))] => Some(text.to_string()),
            [(_, value)] => Some(shown(value)),
            _ => None,
        },
        Value::Null | Value::Bool(_) | Value::Number(_) => Some(shown(part)),
        _ => None,
    };
    parts.as_array().ok()?.iter().map(part).collect()
}

/// The pattern of a template with patterns between delimiters, such as
/// `urn:foo:{.*}`. `None` if the delimiters do not match.
fn template(text: &str, open: u8, close: u8) -> Option<String> {
    let quote = |text: &str| {
        let quoted = text.chars().map(|c| match c.is_ascii_punctuation() {
            true => format!("\\{c}"),
            false => c.to_string(),
        });
        quoted.collect::<String>()
    };
    let (mut all, mut depth, mut begin) = ("^".to_owned(), 0_usize, 0);
    for (at, byte) in text.bytes().enumerate() {
        if byte == open {
            if depth == 0 {
                all.push_str(&quote(&text[begin..at]));
                begin = at + 1;
            }
            depth += 1;
        } else if byte == close {
            depth = depth.checked_sub(1)?;
            if depth == 0 {
                let inside = &text[begin..at];
                regex(inside)?;
                all.push_str(&format!("({inside})"));
                begin = at + 1;
            }
        }
    }
    (depth == 0).then(|| format!("{all}{}$", quote(&text[begin..])))
}

/// A delimiter, which has one byte.
fn delimiter(value: &Value) -> Option<u8> {
    match text(value)?.as_bytes() {
        [byte] => Some(*byte),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_is_matched_as_a_whole() {
        for (text, delimiters, value, expected) in [
            ("urn:foo:{.*}:b", "{}", "urn:foo:bar:baz:b", Some(true)),
            ("a.{x{1,2}}", "{}", "a.xx", Some(true)),
            ("a.{x}", "{}", "abx", Some(false)),
            ("a<x", "<>", "a<x", None),
            ("|a|", "||", "a", None),
            ("{(}", "{}", "(", None),
        ] {
            let (open, close) = delimiters.split_at(1);
            let arguments = [text, value, open, close].map(Value::from);
            let found = function("regex.template_match").expect("it is here")(&arguments);
            assert_eq!(found, expected.map(Value::from), "{text}");
        }
    }
}
