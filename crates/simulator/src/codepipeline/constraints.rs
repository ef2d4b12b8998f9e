//! Checks a call's input against the limits of the service model and reports
//! all violations at once, in the wording of a `ValidationException`.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use serde_json::Value;

use crate::api::ApiError;

/// Collects the violations of one call's input. Paths are separated by dots;
/// the last part is the member to read.
#[derive(Default)]
pub(super) struct Check {
    violations: Vec<String>,
    wrong_type: Option<String>,
}

impl Check {
    /// Returns the error for all violations found so far.
    pub(super) fn finish(self) -> Result<(), ApiError> {
        if let Some(path) = self.wrong_type {
            return Err(ApiError::new(
                "SerializationException",
                format!("'{path}' has the wrong type"),
            ));
        }
        match self.violations.len() {
            0 => Ok(()),
            count => Err(ApiError::new(
                "ValidationException",
                format!(
                    "{count} validation error{} detected: {}",
                    if count == 1 { "" } else { "s" },
                    self.violations.join("; ")
                ),
            )),
        }
    }

    /// A required string. If it is missing, returns an empty one and records
    /// the violation for `finish`.
    pub(super) fn required_text(
        &mut self,
        parent: &Value,
        path: &str,
        length: RangeInclusive<usize>,
    ) -> String {
        let text = self.text(parent, path, length);
        self.required(text, path)
    }

    /// An optional string.
    pub(super) fn text(
        &mut self,
        parent: &Value,
        path: &str,
        length: RangeInclusive<usize>,
    ) -> Option<String> {
        let text = self.read(parent, path, |value| value.as_str().map(str::to_owned))?;
        self.length(&text, path, length);
        Some(text)
    }

    /// A required member of an enum.
    pub(super) fn required_word(&mut self, parent: &Value, path: &str, words: &[&str]) -> String {
        let word = self.required_text(parent, path, 0..=usize::MAX);
        if !word.is_empty() && !words.contains(&word.as_str()) {
            self.violate(
                &word,
                path,
                &format!("satisfy enum value set: [{}]", words.join(", ")),
            );
        }
        word
    }

    /// An optional integer.
    pub(super) fn number(
        &mut self,
        parent: &Value,
        path: &str,
        range: RangeInclusive<i64>,
    ) -> Option<i64> {
        let number = self.read(parent, path, Value::as_i64)?;
        let shown = number.to_string();
        if number < *range.start() {
            let rule = format!("have value greater than or equal to {}", range.start());
            self.violate(&shown, path, &rule);
        } else if number > *range.end() {
            let rule = format!("have value less than or equal to {}", range.end());
            self.violate(&shown, path, &rule);
        }
        Some(number)
    }

    /// A required integer.
    pub(super) fn required_number(
        &mut self,
        parent: &Value,
        path: &str,
        range: RangeInclusive<i64>,
    ) -> i64 {
        let number = self.number(parent, path, range);
        self.required(number, path)
    }

    /// An optional boolean; absent means false.
    pub(super) fn flag(&mut self, parent: &Value, path: &str) -> bool {
        self.read(parent, path, Value::as_bool).unwrap_or(false)
    }

    /// A required boolean.
    pub(super) fn required_flag(&mut self, parent: &Value, path: &str) -> bool {
        let flag = self.read(parent, path, Value::as_bool);
        self.required(flag, path)
    }

    /// An optional object.
    pub(super) fn object<'a>(&mut self, parent: &'a Value, path: &str) -> Option<&'a Value> {
        let value = member(parent, path)?;
        if !value.is_object() {
            self.wrong_type.get_or_insert_with(|| path.to_owned());
            return None;
        }
        Some(value)
    }

    /// A required object.
    pub(super) fn required_object<'a>(&mut self, parent: &'a Value, path: &str) -> &'a Value {
        let object = self.object(parent, path);
        if object.is_none() {
            self.missing(path);
        }
        object.unwrap_or(&Value::Null)
    }

    /// A list of at most `most` items; absent means empty.
    pub(super) fn list<'a>(&mut self, parent: &'a Value, path: &str, most: usize) -> &'a [Value] {
        let Some(value) = member(parent, path) else {
            return &[];
        };
        let Some(items) = value.as_array() else {
            self.wrong_type.get_or_insert_with(|| path.to_owned());
            return &[];
        };
        if items.len() > most {
            let rule = format!("have length less than or equal to {most}");
            self.violate("[…]", path, &rule);
        }
        items
    }

    /// A map of strings; absent means empty.
    pub(super) fn texts(&mut self, parent: &Value, path: &str) -> BTreeMap<String, String> {
        let Some(map) = self.object(parent, path).and_then(Value::as_object) else {
            return BTreeMap::new();
        };
        let mut texts = BTreeMap::new();
        for (key, value) in map {
            match value.as_str() {
                Some(text) => drop(texts.insert(key.clone(), text.to_owned())),
                None => drop(self.wrong_type.get_or_insert_with(|| path.to_owned())),
            }
        }
        texts
    }

    /// Records a string with characters that the model's pattern does not
    /// allow.
    pub(super) fn pattern(&mut self, text: &str, path: &str, also: &str, pattern: &str) {
        if !is_made_of(text, also) {
            let rule = format!("satisfy regular expression pattern: {pattern}");
            self.violate(text, path, &rule);
        }
    }

    /// Records any other violation.
    pub(super) fn violate(&mut self, value: &str, path: &str, rule: &str) {
        self.violations.push(format!(
            "Value '{value}' at '{path}' failed to satisfy constraint: Member must {rule}"
        ));
    }

    fn required<T: Default>(&mut self, value: Option<T>, path: &str) -> T {
        if value.is_none() {
            self.missing(path);
        }
        value.unwrap_or_default()
    }

    fn missing(&mut self, path: &str) {
        if self.wrong_type.is_none() {
            self.violations.push(format!(
                "Value null at '{path}' failed to satisfy constraint: Member must not be null"
            ));
        }
    }

    fn length(&mut self, text: &str, path: &str, length: RangeInclusive<usize>) {
        let count = text.chars().count();
        if count < *length.start() {
            let rule = format!("have length greater than or equal to {}", length.start());
            self.violate(text, path, &rule);
        } else if count > *length.end() {
            let rule = format!("have length less than or equal to {}", length.end());
            self.violate(text, path, &rule);
        }
    }

    fn read<T>(
        &mut self,
        parent: &Value,
        path: &str,
        convert: impl Fn(&Value) -> Option<T>,
    ) -> Option<T> {
        let value = member(parent, path)?;
        let converted = convert(value);
        if converted.is_none() {
            self.wrong_type.get_or_insert_with(|| path.to_owned());
        }
        converted
    }
}

/// Whether a string has only ASCII letters, digits and characters in `also`.
pub(super) fn is_made_of(text: &str, also: &str) -> bool {
    text.chars()
        .all(|c| c.is_ascii_alphanumeric() || also.contains(c))
}

fn member<'a>(parent: &'a Value, path: &str) -> Option<&'a Value> {
    let name = path.rsplit('.').next().unwrap_or(path);
    parent.get(name).filter(|value| !value.is_null())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn every_violation_is_reported_at_once() {
        let input = json!({ "nonce": "", "summary": "ab" });
        let mut check = Check::default();
        check.required_text(&input, "jobId", 1..=9);
        check.required_text(&input, "nonce", 1..=50);
        check.text(&input, "details.summary", 1..=1);
        let error = check.finish().unwrap_err();
        insta::assert_snapshot!(error.message, @"3 validation errors detected: Value null at 'jobId' failed to satisfy constraint: Member must not be null; Value '' at 'nonce' failed to satisfy constraint: Member must have length greater than or equal to 1; Value 'ab' at 'details.summary' failed to satisfy constraint: Member must have length less than or equal to 1");
    }

    #[test]
    fn a_value_of_another_type_cannot_be_read_at_all() {
        let mut check = Check::default();
        check.required_text(&json!({ "nonce": 3 }), "nonce", 1..=50);
        assert_eq!(check.finish().unwrap_err().code, "SerializationException");
    }
}
