//! Where log lines and traces go and how they look.

mod clean;
mod exporter;
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
use crate::clock::Clock;
use crate::config::LogFormat;

pub use exporter::Exporter;
pub use settings::{TraceSettings, trace_settings};

/// Which events are logged, to be changed while the program runs.
pub struct Filter(reload::Handle<EnvFilter, Registry>);

impl Filter {
    /// Logs by `filter` from now on; one that is not understood changes
    /// nothing.
    pub fn change(&self, filter: &str) {
        if let Ok(filter) = EnvFilter::try_new(filter) {
            // It fails only where there is no log any more.
            let _ = self.0.reload(filter);
        }
    }
}

/// Whether a line may be logged, whatever filter is set: libraries print whole
/// requests and replies at `trace`, with what a task definition holds.
#[must_use]
pub fn is_enabled(metadata: &Metadata<'_>) -> bool {
    let own = env!("CARGO_CRATE_NAME");
    *metadata.level() <= Level::DEBUG || metadata.target().split("::").next() == Some(own)
}

/// Starts logging to standard error, each line with `fields`, and tracing
/// where that is wanted. `filter` has been checked before; one that is not
/// understood logs everything from `info` up.
pub fn start(
    filter: &str,
    format: LogFormat,
    fields: &[(&str, String)],
    traces: Option<TraceSettings>,
) -> (Filter, Option<Exporter>) {
    let filter = EnvFilter::try_new(filter).unwrap_or_else(|_| EnvFilter::new("info"));
    let (filter, handle) = reload::Layer::new(filter);
    let ansi = io::stderr().is_terminal();
    let told = filter.and(FilterFn::new(is_enabled));
    let log = log(format, fields, ansi, io::stderr).with_filter(told);
    let (spans, exporter) = traces.map(tracing).unzip();
    // A second start, as in tests, keeps the first.
    let _ = tracing_subscriber::registry()
        .with(log)
        .with(spans)
        .try_init();
    (Filter(handle), exporter)
}

/// One event is one line, whatever its values hold: both formats clean them.
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
