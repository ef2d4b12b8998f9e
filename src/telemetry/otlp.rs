//! Encodes spans as OTLP JSON (opentelemetry-proto, trace/v1).

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde_json::{Value, json};

use super::fields::Fields;
use super::span::{Span, SpanEvent};

/// `STATUS_CODE_ERROR`.
const ERROR: u8 = 2;

/// The body of one export request.
pub(super) fn export(resource: &BTreeMap<String, String>, spans: &[Span]) -> Value {
    let resource: Vec<Value> = resource
        .iter()
        .map(|(name, value)| attribute(name, &Value::from(value.as_str())))
        .collect();
    let spans: Vec<Value> = spans.iter().map(span).collect();
    json!({
        "resourceSpans": [{
            "resource": { "attributes": resource },
            "scopeSpans": [{
                "scope": { "name": env!("CARGO_PKG_NAME"), "version": env!("CARGO_PKG_VERSION") },
                "spans": spans,
            }],
        }],
    })
}

fn span(span: &Span) -> Value {
    let mut sent = json!({
        "traceId": span.trace.to_string(),
        "spanId": span.id.to_string(),
        "name": span.name,
        "kind": span.kind as u8,
        "startTimeUnixNano": nanoseconds(span.begun),
        "endTimeUnixNano": nanoseconds(span.ended.max(span.begun)),
        "attributes": attributes(&span.attributes),
        "events": span.events.iter().map(span_event).collect::<Vec<_>>(),
    });
    if let Some(parent) = span.parent {
        sent["parentSpanId"] = parent.to_string().into();
    }
    if span.has_failed {
        sent["status"] = json!({ "code": ERROR });
    }
    sent
}

fn span_event(event: &SpanEvent) -> Value {
    json!({
        "timeUnixNano": nanoseconds(event.at),
        "name": event.name,
        "attributes": attributes(&event.attributes),
    })
}

fn attributes(attributes: &Fields) -> Vec<Value> {
    let pairs = attributes.iter();
    pairs.map(|(name, value)| attribute(name, value)).collect()
}

fn attribute(name: &str, value: &Value) -> Value {
    let value = match value {
        Value::Bool(flag) => json!({ "boolValue": flag }),
        Value::Number(number) if number.is_f64() => json!({ "doubleValue": number }),
        // OTLP JSON encodes 64-bit integers as strings.
        Value::Number(number) => json!({ "intValue": number.to_string() }),
        Value::String(text) => json!({ "stringValue": text }),
        other @ (Value::Null | Value::Array(_) | Value::Object(_)) => {
            json!({ "stringValue": other.to_string() })
        }
    };
    json!({ "key": name, "value": value })
}

fn nanoseconds(moment: Timestamp) -> String {
    moment.as_nanosecond().max(0).to_string()
}
