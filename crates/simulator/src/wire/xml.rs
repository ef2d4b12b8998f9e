//! Writes XML.

use serde_json::Value;

/// A value as XML elements; the items of a list have the name `item`.
pub(super) fn elements(value: &Value, item: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escape(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => items
            .iter()
            .map(|it| format!("<{item}>{}</{item}>", elements(it, item)))
            .collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, it)| !it.is_null())
            .map(|(name, it)| format!("<{name}>{}</{name}>", elements(it, item)))
            .collect(),
    }
}

/// An XML element with text.
pub(crate) fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escape(text))
}

/// Escapes text for XML. Characters that XML does not allow become question
/// marks.
pub(crate) fn escape(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, character| {
        match character {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\r' => out.push_str("&#13;"),
            '\n' | '\t' => out.push(character),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => out.push('?'),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_elements() {
        let value = json!({ "A": [{ "B": "<1>" }, { "B": 2 }], "C": null, "D": true });
        assert_eq!(
            elements(&value, "member"),
            "<A><member><B>&lt;1&gt;</B></member><member><B>2</B></member></A><D>true</D>"
        );
    }
}
