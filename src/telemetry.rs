//! Where log lines and traces go and how they look.

mod exporter;
mod fields;
mod ids;
mod layer;
mod otlp;
mod sampler;
mod settings;
mod span;
#[cfg(test)]
mod tests;

use std::io::{self, IsTerminal as _};

use tokio::sync::mpsc::channel;
use tracing::Subscriber;
use tracing::level_filters::LevelFilter;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::fmt::time::SystemTime;
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use self::exporter::MAX_WAITING;
use self::fields::Everywhere;
use self::layer::Spans;
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
    let log = log(format, fields).with_filter(filter);
    let (spans, exporter) = traces.map(tracing).unzip();
    // A second start, as in tests, keeps the first.
    let _ = tracing_subscriber::registry()
        .with(log)
        .with(spans)
        .try_init();
    (Filter(handle), exporter)
}

fn log(format: LogFormat, fields: &[(&str, String)]) -> Box<dyn Layer<Registry> + Send + Sync> {
    let lines = tracing_subscriber::fmt::layer()
        .with_timer(SystemTime)
        .with_writer(io::stderr)
        .with_ansi(io::stderr().is_terminal());
    match format {
        LogFormat::Text => lines
            .map_event_format(|inner| Everywhere::new(inner, format, fields))
            .boxed(),
        LogFormat::Json => lines
            .json()
            .flatten_event(true)
            .map_event_format(|inner| Everywhere::new(inner, format, fields))
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
