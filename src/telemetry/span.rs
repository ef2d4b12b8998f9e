//! A finished span: name, place in its trace, times, attributes and events.

use std::fmt;

use jiff::Timestamp;
use serde_json::Value;
use tracing::field::{Field, Visit};

use super::ids::{SpanId, TraceId};
use crate::job::excerpt::first_chars;

/// Maximum number of events of a span; a job records about a dozen.
const MAX_EVENTS: usize = 64;

/// Maximum length of an attribute in characters. The longest ones are failure
/// messages; the limit protects the collector.
const MAX_TEXT: usize = 4_000;

/// Recorded fields by name.
pub(super) type Attributes = Vec<(&'static str, Value)>;

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) begun: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) attributes: Attributes,
    pub(super) events: Vec<SpanEvent>,
    pub(super) has_failed: bool,
}

/// OTLP's numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Internal = 1,
    Client = 3,
}

/// A log event within a span.
#[derive(Clone, Debug)]
pub(super) struct SpanEvent {
    pub(super) at: Timestamp,
    pub(super) name: String,
    pub(super) attributes: Attributes,
}

impl Span {
    /// Stores recorded fields. The fields `otel.name`, `otel.kind` and
    /// `otel.status_code` set the span's own properties, as is the convention
    /// of `tracing` users.
    pub(super) fn set_fields(&mut self, recorded: Recorded) {
        for (name, value) in recorded.0 {
            match (name, value.as_str()) {
                ("otel.name", Some(name)) => self.name = name.to_owned(),
                ("otel.kind", Some("client")) => self.kind = Kind::Client,
                ("otel.status_code", Some(code)) => self.has_failed = code == "ERROR",
                _ => match self.attributes.iter_mut().find(|it| it.0 == name) {
                    Some(known) => known.1 = value,
                    None => self.attributes.push((name, value)),
                },
            }
        }
    }

    /// Adds a log event, up to [`MAX_EVENTS`].
    pub(super) fn add_event(
        &mut self,
        at: Timestamp,
        level: tracing::Level,
        mut recorded: Recorded,
    ) {
        if self.events.len() >= MAX_EVENTS {
            return;
        }
        let message = recorded.remove("message");
        let name = message.as_ref().and_then(Value::as_str).unwrap_or_default();
        recorded.0.push(("level", level.as_str().into()));
        self.events.push(SpanEvent {
            at,
            name: name.to_owned(),
            attributes: recorded.0,
        });
    }
}

/// Collects the fields that `tracing` records.
#[derive(Default)]
pub(super) struct Recorded(Attributes);

impl Recorded {
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
        self.push(field, first_chars(value, MAX_TEXT));
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.push(field, first_chars(&format!("{value:?}"), MAX_TEXT));
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
}
