//! Reads and writes XML.

use aws_smithy_xml::decode::{Document, try_data};
use serde_json::Value;

/// The name of a list's items if each of them is an element with the list's
/// name, as S3 writes them.
pub(crate) const FLAT: &str = "";

/// A value as XML elements; the items of a list have the name `item`.
pub(crate) fn elements(value: &Value, item: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escape(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => items.iter().map(|it| element(item, it, item)).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(name, member)| match member.as_array() {
                Some(items) if item == FLAT => {
                    items.iter().map(|it| element(name, it, item)).collect()
                }
                None if member.is_null() => String::new(),
                Some(_) | None => element(name, member, item),
            })
            .collect(),
    }
}

fn element(name: &str, value: &Value, item: &str) -> String {
    format!("<{name}>{}</{name}>", elements(value, item))
}

/// The texts of an element's children, by name.
pub(crate) type Fields = Vec<(String, String)>;

/// What is below the root of a document.
#[derive(Default)]
pub(crate) struct Read {
    /// The elements with the name that was asked for.
    pub(crate) records: Vec<Fields>,
    /// The other elements that have only text.
    pub(crate) texts: Fields,
}

/// Reads a document whose records have this name. What is nested deeper is
/// passed over.
pub(crate) fn read(body: &[u8], record: &str) -> Option<Read> {
    let mut document = Document::new(str::from_utf8(body).ok()?);
    let mut root = document.root_element().ok()?;
    let mut read = Read::default();
    while let Some(mut element) = root.next_tag() {
        let name = element.start_el().local().to_owned();
        if name == record {
            let mut fields = Vec::new();
            while let Some(mut field) = element.next_tag() {
                let name = field.start_el().local().to_owned();
                fields.push((name, try_data(&mut field).ok()?.into_owned()));
            }
            read.records.push(fields);
        } else if let Ok(text) = try_data(&mut element) {
            read.texts.push((name, text.into_owned()));
        }
    }
    Some(read)
}

/// The text of a field; empty if there is none.
pub(crate) fn field<'a>(fields: &'a Fields, name: &str) -> &'a str {
    let mut named = fields.iter().filter(|(given, _)| given == name);
    named.next().map_or("", |(_, text)| text.trim())
}

/// Escapes text for XML. Characters that XML does not allow become question
/// marks.
pub(super) fn escape(text: &str) -> String {
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
    fn a_document_is_read_two_levels_deep() {
        let body = b"<?xml version='1.0'?><A xmlns='x'><R><B>1 &lt; 2</B></R><C> yes </C><D><E>x</E></D></A>";
        let read = read(body, "R").unwrap();
        assert_eq!(field(&read.records[0], "B"), "1 < 2");
        assert_eq!(field(&read.texts, "C"), "yes");
        assert_eq!(field(&read.texts, "D"), "");
    }

    #[test]
    fn values_become_elements() {
        let value = json!({ "A": [{ "B": "<1>" }, { "B": 2 }], "C": null, "D": true });
        assert_eq!(
            elements(&value, "member"),
            "<A><member><B>&lt;1&gt;</B></member><member><B>2</B></member></A><D>true</D>"
        );
        assert_eq!(
            elements(&value, FLAT),
            "<A><B>&lt;1&gt;</B></A><A><B>2</B></A><D>true</D>"
        );
    }
}
