//! Fields that every line of the log has: where the process runs.

use std::fmt;

use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

use crate::config::LogFormat;

/// Formats as `inner` does, and adds the same words to each line.
pub(super) struct Everywhere<F> {
    inner: F,
    /// How a line ends without them.
    end: &'static str,
    /// How it ends with them.
    ending: String,
}

impl<F> Everywhere<F> {
    pub(super) fn new(inner: F, format: LogFormat, fields: &[(&str, String)]) -> Self {
        let (end, ending) = match format {
            LogFormat::Text => ("\n", text(fields)),
            LogFormat::Json => ("}\n", json(fields)),
        };
        Self { inner, end, ending }
    }
}

fn text(fields: &[(&str, String)]) -> String {
    let words = fields
        .iter()
        .map(|(name, value)| format!(" {name}={value}"));
    words.chain(["\n".to_owned()]).collect()
}

fn json(fields: &[(&str, String)]) -> String {
    let quoted = |text: &str| serde_json::Value::from(text).to_string();
    let members = fields
        .iter()
        .map(|(name, value)| format!(",{}:{}", quoted(name), quoted(value)));
    members.chain(["}\n".to_owned()]).collect()
}

impl<S, N, F> FormatEvent<S, N> for Everywhere<F>
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
        // Colours survive only this way, and a terminal is no container.
        if self.end == self.ending {
            return self.inner.format_event(context, writer, event);
        }
        let mut line = String::new();
        self.inner
            .format_event(context, Writer::new(&mut line), event)?;
        match line.strip_suffix(self.end) {
            Some(rest) => write!(writer, "{rest}{}", self.ending),
            None => writer.write_str(&line),
        }
    }
}
