//! A finished span: name, place in its trace, times, attributes and events.

use jiff::Timestamp;
use serde_json::Value;

use super::fields::{Fields, Recorded};
use super::ids::{SpanId, TraceId};

/// Maximum number of events of a span; a job records about a dozen.
const MAX_EVENTS: usize = 64;

#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) trace: TraceId,
    pub(super) id: SpanId,
    pub(super) parent: Option<SpanId>,
    pub(super) name: String,
    pub(super) kind: Kind,
    pub(super) begun: Timestamp,
    pub(super) ended: Timestamp,
    pub(super) attributes: Fields,
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
    pub(super) attributes: Fields,
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
