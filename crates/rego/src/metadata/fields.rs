//! The members of an annotation, as OPA reads them from YAML.

use std::collections::BTreeMap;

use regorus::Value;

use super::super::yaml_words;

/// Whether the YAML reader of OPA takes a word for a number in another notation,
/// or for a date, which it prints as a time in UTC.
pub(super) fn is_read_otherwise(word: &str) -> bool {
    let is_date = |c: char| c.is_ascii_digit() || "-:.+ TtZz".contains(c);
    let (year, rest) = word.split_at_checked(4).unwrap_or_default();
    let begins = year.bytes().all(|b| b.is_ascii_digit()) && rest.starts_with('-');
    let is_utc = word.len() == 20
        && word.get(10..11) == Some("T")
        && word.ends_with('Z')
        && !word.contains('.');
    (begins && !is_utc && word.chars().all(is_date)) || yaml_words::is_number_of_yaml_11(word)
}

/// A text that is not empty.
pub(super) fn text(read: &Value, name: &str) -> Result<Option<Value>, String> {
    match &read[name] {
        Value::Undefined | Value::Null => Ok(None),
        Value::String(text) => Ok((!text.is_empty()).then(|| read[name].clone())),
        _ => Err(format!("put the value of `{name}` in quotes")),
    }
}

/// One item of a list; `None` if OPA might read something else.
pub(super) type Item = fn(&Value) -> Option<Value>;

pub(super) fn organization(item: &Value) -> Option<Value> {
    item.as_string().is_ok().then(|| item.clone())
}

/// `Name <email>`, or an object of both.
pub(super) fn author(item: &Value) -> Option<Value> {
    let (name, email) = match item {
        Value::String(text) => {
            let mut words: Vec<&str> = text.split_whitespace().collect();
            let email = words.last()?.strip_prefix('<');
            let email = email.and_then(|email| email.strip_suffix('>'));
            if email.is_some() {
                words.pop();
            }
            (words.join(" "), email.unwrap_or_default().to_owned())
        }
        Value::Object(_) => {
            let member = |name| {
                let text = text(item, name).ok()?;
                let text = text.and_then(|text| Some(text.as_string().ok()?.to_string()));
                Some(text.unwrap_or_default())
            };
            (member("name")?, member("email")?)
        }
        _ => return None,
    };
    let members = [("name", name), ("email", email)].into_iter();
    let members = members.filter(|(_, text)| !text.is_empty());
    let members: BTreeMap<Value, Value> =
        members.map(|(n, text)| (n.into(), text.into())).collect();
    (!members.is_empty()).then(|| Value::from(members))
}

/// An address, or an object with one and its description.
pub(super) fn resource(item: &Value) -> Option<Value> {
    let address = match item {
        Value::String(_) => item,
        Value::Object(_) => &item["ref"],
        _ => return None,
    };
    let written: &str = address.as_string().ok()?;
    // OPA writes other addresses in its own form.
    let rest = ["https://", "http://"]
        .iter()
        .find_map(|scheme| written.strip_prefix(scheme));
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-._~/?=&#".contains(c);
    let rest = rest.unwrap_or(written);
    if rest.is_empty() || !rest.chars().all(is_plain) || rest.ends_with(['#', '?']) {
        return None;
    }
    let mut members = BTreeMap::from([(Value::from("ref"), address.clone())]);
    if let Value::Object(_) = item
        && let Some(description) = text(item, "description").ok()?
    {
        members.insert("description".into(), description);
    }
    Some(Value::from(members))
}
