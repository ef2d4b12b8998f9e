//! JSON log format. Each event is one object with unique member names. Its
//! spans are listed once, outermost first.

use std::fmt;

use serde_json::{Map, Value};
use tracing::span::Record;
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime as _, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
use tracing_subscriber::registry::{LookupSpan, Scope};

use super::clean::clean;
use super::fields::Recorded;

/// Stores a span's fields as the text of a JSON object.
pub(super) struct JsonFields;

impl<'writer> FormatFields<'writer> for JsonFields {
    fn format_fields<R: RecordFields>(
        &self,
        mut writer: Writer<'writer>,
        fields: R,
    ) -> fmt::Result {
        let mut members = Members::default();
        members.record(fields);
        write!(writer, "{}", Value::Object(members.0))
    }

    fn add_fields(
        &self,
        current: &'writer mut FormattedFields<Self>,
        fields: &Record<'_>,
    ) -> fmt::Result {
        let mut members = Members(parsed(&current.fields));
        let mut later = Members::default();
        later.record(fields);
        // A field that is recorded again replaces its earlier value.
        members.0.extend(later.0);
        current.fields = Value::Object(members.0).to_string();
        Ok(())
    }
}

/// Formats events as JSON and adds the same `fields` to each.
pub(super) struct JsonLines {
    fields: Vec<(String, Value)>,
}

impl JsonLines {
    pub(super) fn new(fields: &[(&str, String)]) -> Self {
        let member = |(name, value): &(&str, String)| ((*name).to_owned(), clean(value).into());
        Self {
            fields: fields.iter().map(member).collect(),
        }
    }
}

impl<S> FormatEvent<S, JsonFields> for JsonLines
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, JsonFields>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut time = String::new();
        SystemTime.format_time(&mut Writer::new(&mut time))?;
        let metadata = event.metadata();
        let mut members = Members::default();
        members.own("timestamp", time.into());
        members.own("level", metadata.level().as_str().into());
        members.record(event);
        members.own("target", metadata.target().into());
        let spans = context.event_scope().into_iter().flat_map(Scope::from_root);
        let spans = spans.map(|span| {
            let extensions = span.extensions();
            let fields = extensions.get::<FormattedFields<JsonFields>>();
            let mut members = Members::default();
            members.own("name", span.metadata().name().into());
            for (name, value) in fields
                .map(|fields| parsed(&fields.fields))
                .unwrap_or_default()
            {
                members.add(&name, value);
            }
            Value::Object(members.0)
        });
        let spans: Vec<Value> = spans.collect();
        if !spans.is_empty() {
            members.own("spans", spans.into());
        }
        for (name, value) in &self.fields {
            members.add(name, value.clone());
        }
        writeln!(writer, "{}", Value::Object(members.0))
    }
}

fn parsed(text: &str) -> Map<String, Value> {
    serde_json::from_str(text).unwrap_or_default()
}

/// Reserved member names. An event's own field of such a name is renamed.
const OWN: [&str; 4] = ["timestamp", "level", "target", "spans"];

/// Members of an object, in insertion order.
#[derive(Default)]
struct Members(Map<String, Value>);

impl Members {
    fn own(&mut self, name: &str, value: Value) {
        self.0.insert(name.to_owned(), value);
    }

    fn record(&mut self, fields: impl RecordFields) {
        for (name, value) in Recorded::of(fields).0 {
            let value = match value.as_str() {
                Some(text) => clean(text).into(),
                None => value,
            };
            self.add(name, value);
        }
    }

    /// Adds a member. If its name is taken, appends a number to the name.
    fn add(&mut self, name: &str, value: Value) {
        let mut free = name.to_owned();
        let mut number = 2;
        while self.0.contains_key(&free) || OWN.contains(&free.as_str()) {
            free = format!("{name}_{number}");
            number += 1;
        }
        self.0.insert(free, value);
    }
}
