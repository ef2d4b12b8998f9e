//! Reads a rule's value as findings. A value that is not a set of strings and
//! objects refuses the release: a `deny` with an unreadable value must not
//! count as no findings.

use regorus::Value;
use serde_json::Value as Json;

use super::question::{Level, RuleFinding};
use super::rules::shown;
use crate::job::excerpt::first_chars;

/// The most findings of one evaluation. More are one problem reported a
/// thousand times.
pub(super) const MAX_FINDINGS: usize = 1_000;

/// The most characters that are kept of a finding's text.
pub(super) const MAX_TEXT: usize = 1_000;

/// Reads the value of the rule at this path.
///
/// # Errors
///
/// If the value is not a set of findings.
pub(super) fn read_findings(
    rule: &str,
    level: Level,
    value: Value,
) -> Result<Vec<RuleFinding>, String> {
    let elements: Vec<Value> = match value {
        Value::Set(set) => set.iter().cloned().collect(),
        Value::Array(array) => array.iter().cloned().collect(),
        Value::Undefined => Vec::new(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) | Value::Object(_) => {
            return Err(format!("{rule}: its value is not a set of findings"));
        }
    };
    elements
        .into_iter()
        .map(|element| read_finding(rule, level, &element))
        .collect()
}

fn read_finding(rule: &str, level: Level, element: &Value) -> Result<RuleFinding, String> {
    let shape = || format!("{rule}: a finding is neither a text nor an object with a text `msg`");
    let json = element.to_json_str().map_err(|_| shape())?;
    let mut finding = RuleFinding {
        level,
        rule: shown(rule).to_owned(),
        message: String::new(),
        remedy: None,
        path: None,
    };
    match serde_json::from_str(&json) {
        Ok(Json::String(text)) => finding.message = limited(&text),
        Ok(Json::Object(object)) => {
            let text = |member: &str| object.get(member).and_then(Json::as_str).map(limited);
            finding.message = text("msg").ok_or_else(shape)?;
            if let Some(named) = text("rule") {
                finding.rule = named;
            }
            finding.remedy = text("remedy");
            finding.path = text("path");
        }
        Ok(Json::Null | Json::Bool(_) | Json::Number(_) | Json::Array(_)) | Err(_) => {
            return Err(shape());
        }
    }
    Ok(finding)
}

/// The beginning of a text, of at most [`MAX_TEXT`] characters.
pub(super) fn limited(text: &str) -> String {
    first_chars(text, MAX_TEXT).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_at_its_limit() {
        let text = "é".repeat(MAX_TEXT + 1);
        assert_eq!(limited(&text).chars().count(), MAX_TEXT);
        assert_eq!(limited(&text[..MAX_TEXT * 2]), text[..MAX_TEXT * 2]);
    }
}
