//! Logging to standard error and export of OpenTelemetry traces.

mod clean;
mod exporter;
mod fields;
mod ids;
mod json_lines;
mod layer;
#[cfg(test)]
mod log_tests;
mod otlp;
mod sampler;
mod settings;
mod span;
#[cfg(test)]
mod tests;
mod text_lines;

use std::io::{self, IsTerminal as _};

use clock::Clock;
use tokio::sync::mpsc::channel;
use tracing::level_filters::LevelFilter;
use tracing::{Level, Metadata, Subscriber};
use tracing_subscriber::filter::{FilterExt as _, FilterFn};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use self::exporter::MAX_WAITING;
use self::json_lines::{JsonFields, JsonLines};
use self::layer::Spans;
use self::text_lines::{TextFields, TextLines};
use crate::config::LogFormat;

pub use exporter::Exporter;
pub use settings::{TraceSettings, trace_settings};

/// The log filter, which can be replaced while the program runs.
pub struct Filter(reload::Handle<EnvFilter, Registry>);

impl Filter {
    /// Replaces the filter. A filter that does not parse is ignored.
    pub fn change(&self, filter: &str) {
        if let Ok(filter) = EnvFilter::try_new(quiet(filter)) {
            // `reload` fails only after the subscriber is gone.
            let _ = self.0.reload(filter);
        }
    }
}

/// Adds to a filter that the SDK's own lines about credentials are left out,
/// unless the filter names their module: the worker says what is wrong in one
/// sentence, and the SDK dumps its values.
fn quiet(filter: &str) -> String {
    format!("aws_config=error,{filter}")
}

/// Whether an event may be logged, whatever filter is set. Libraries print
/// whole requests and responses at `trace`, including the contents of task
/// definitions, so `trace` is allowed only for this crate.
#[must_use]
pub fn is_enabled(metadata: &Metadata<'_>) -> bool {
    let own = env!("CARGO_CRATE_NAME");
    *metadata.level() <= Level::DEBUG || metadata.target().split("::").next() == Some(own)
}

/// Starts logging to standard error, on a terminal in colours if it
/// `may_colour`, adding `fields` to each line, and starts tracing if `traces` is
/// set. The caller has validated `filter`; one that does not parse falls back to
/// `info`.
pub fn start(
    filter: &str,
    format: LogFormat,
    may_colour: bool,
    fields: &[(&str, String)],
    traces: Option<TraceSettings>,
) -> (Filter, Option<Exporter>) {
    let filter = EnvFilter::try_new(quiet(filter));
    let filter = filter.unwrap_or_else(|_| EnvFilter::new(quiet("info")));
    let (filter, handle) = reload::Layer::new(filter);
    let ansi = may_colour && io::stderr().is_terminal();
    let enabled = filter.and(FilterFn::new(is_enabled));
    let log = log(format, fields, ansi, io::stderr).with_filter(enabled);
    let (spans, exporter) = traces.map(tracing).unzip();
    // In tests a subscriber may be installed already; the first one stays.
    let _ = tracing_subscriber::registry()
        .with(log)
        .with(spans)
        .try_init();
    (Filter(handle), exporter)
}

/// The log layer. One event is one line whatever its values contain: both
/// formats escape them.
fn log<W>(
    format: LogFormat,
    fields: &[(&str, String)],
    ansi: bool,
    writer: W,
) -> Box<dyn Layer<Registry> + Send + Sync>
where
    W: for<'a> MakeWriter<'a> + Send + Sync + 'static,
{
    let lines = tracing_subscriber::fmt::layer()
        .with_timer(SystemTime)
        .with_writer(writer)
        .with_ansi(ansi);
    match format {
        LogFormat::Text => lines
            .fmt_fields(TextFields)
            .map_event_format(|inner| TextLines::new(inner, fields))
            .boxed(),
        LogFormat::Json => lines
            .fmt_fields(JsonFields)
            .event_format(JsonLines::new(fields))
            .boxed(),
    }
}

fn tracing<S>(settings: TraceSettings) -> (impl Layer<S> + Send + Sync, Exporter)
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    let (finished, waiting) = channel(MAX_WAITING);
    let clock = Clock::system();
    let spans = Spans {
        sampler: settings.sampler,
        clock: clock.clone(),
        finished,
    };
    let wanted = FilterFn::new(layer::is_wanted).with_max_level_hint(LevelFilter::DEBUG);
    let exporter = Exporter {
        settings,
        waiting,
        clock,
    };
    (spans.with_filter(wanted), exporter)
}
