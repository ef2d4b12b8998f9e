//! Text log format: each event on one line, whatever its values contain.

use std::fmt::{self, Write as _};

use tracing::field::{Field, Visit};
use tracing::{Event, Subscriber};
use tracing_subscriber::field::RecordFields;
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use super::clean::clean;

/// Writes fields as `name=value`, and the message without a name.
pub(super) struct TextFields;

impl<'writer> FormatFields<'writer> for TextFields {
    fn format_fields<R: RecordFields>(&self, writer: Writer<'writer>, fields: R) -> fmt::Result {
        let mut fields_written = Written {
            writer,
            is_first: true,
            result: Ok(()),
        };
        fields.record(&mut fields_written);
        fields_written.result
    }
}

struct Written<'a> {
    writer: Writer<'a>,
    is_first: bool,
    result: fmt::Result,
}

impl Written<'_> {
    fn write(&mut self, field: &Field, value: &str) {
        let space = if self.is_first { "" } else { " " };
        self.is_first = false;
        let value = clean(value);
        let written = match (field.name(), self.writer.has_ansi_escapes()) {
            ("message", _) => write!(self.writer, "{space}{value}"),
            (name, true) => write!(
                self.writer,
                "{space}\x1b[3m{name}\x1b[0m\x1b[2m=\x1b[0m{value}"
            ),
            (name, false) => write!(self.writer, "{space}{name}={value}"),
        };
        self.result = self.result.and(written);
    }
}

impl Visit for Written<'_> {
    fn record_str(&mut self, field: &Field, value: &str) {
        match field.name() {
            "message" => self.write(field, value),
            _ => self.write(field, &format!("{value:?}")),
        }
    }

    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.write(field, &format!("{value:?}"));
    }
}

/// Formats as `inner` does and appends the same fields to each line.
pub(super) struct TextLines<F> {
    inner: F,
    ending: String,
}

impl<F> TextLines<F> {
    pub(super) fn new(inner: F, fields: &[(&str, String)]) -> Self {
        let mut ending = String::new();
        for (name, value) in fields {
            let _ = write!(ending, " {name}={}", clean(value));
        }
        Self { inner, ending }
    }
}

impl<S, N, F> FormatEvent<S, N> for TextLines<F>
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    F: FormatEvent<S, N>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        // Writing directly keeps the colours. In a container, where there are
        // fields to append, the output is not a terminal.
        if self.ending.is_empty() {
            return self.inner.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.inner
            .format_event(context, Writer::new(&mut line), event)?;
        let line = line.strip_suffix('\n').unwrap_or(&line);
        writeln!(writer, "{line}{}", self.ending)
    }
}
