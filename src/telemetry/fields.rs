//! The fields of spans and events, as `tracing` records them.

use std::fmt;

use serde_json::Value;
use tracing::field::{Field, Visit};
use tracing_subscriber::field::RecordFields;

use crate::job::excerpt::first_chars;

/// Fields by name, in the order of recording.
pub(super) type Fields = Vec<(&'static str, Value)>;

/// Collects fields.
#[derive(Default)]
pub(super) struct Recorded(pub(super) Fields);

impl Recorded {
    pub(super) fn of(fields: impl RecordFields) -> Self {
        let mut recorded = Self::default();
        fields.record(&mut recorded);
        recorded
    }

    /// Cuts each text to `limit` characters.
    pub(super) fn within(mut self, limit: usize) -> Self {
        for (_, value) in &mut self.0 {
            if let Value::String(text) = value {
                text.truncate(first_chars(text, limit).len());
            }
        }
        self
    }

    pub(super) fn text(&self, name: &str) -> Option<&str> {
        let (_, value) = self.0.iter().find(|it| it.0 == name)?;
        value.as_str()
    }

    /// Removes a field and returns its value.
    pub(super) fn remove(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|it| it.0 == name)?;
        Some(self.0.remove(index).1)
    }

    fn push(&mut self, field: &Field, value: impl Into<Value>) {
        self.0.push((field.name(), value.into()));
    }
}

impl Visit for Recorded {
    fn record_str(&mut self, field: &Field, value: &str) {
        self.push(field, value);
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, format!("{value:?}"));
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.push(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.push(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.push(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        self.push(field, value);
    }
}
