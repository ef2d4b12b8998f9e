//! A `tracing` layer that turns the spans of a release into OpenTelemetry spans
//! and sends each to the exporter when it ends.

use clock::Clock;
use jiff::Timestamp;
use tokio::sync::mpsc::Sender;
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Layer};
use tracing_subscriber::registry::LookupSpan;

use super::fields::Recorded;
use super::ids::{SpanId, TraceId};
use super::sampler::Sampler;
use super::span::{Kind, Span};

/// The span field with the release's key. A span that has it belongs to that
/// release.
const KEY: &str = "action.execution";

/// Name of the root span of a release. It is created when the release has
/// ended.
const RELEASE: &str = "release";

/// Field with the start of the release, in milliseconds since 1970.
const BEGUN: &str = "begun";

/// Maximum length of an attribute in characters. The longest ones are failure
/// messages; the limit protects the collector.
const MAX_TEXT: usize = 4_000;

/// The layer.
pub(super) struct Spans {
    pub(super) sampler: Sampler,
    pub(super) clock: Clock,
    pub(super) finished: Sender<Span>,
}

/// Whether to record a span or event of this crate.
pub(super) fn is_wanted(metadata: &Metadata<'_>) -> bool {
    let most = if metadata.is_span() {
        Level::DEBUG
    } else {
        Level::INFO
    };
    metadata.target().starts_with(env!("CARGO_CRATE_NAME")) && *metadata.level() <= most
}

impl Spans {
    /// The trace, the span's own id and its parent. `None` for spans that
    /// belong to no release, such as a poll, and for traces that are not
    /// sampled.
    fn place(
        &self,
        name: &str,
        recorded: &Recorded,
        above: Option<(TraceId, SpanId)>,
    ) -> Option<(TraceId, SpanId, Option<SpanId>)> {
        let place = match (recorded.text(KEY), above) {
            (Some(key), _) => {
                let release = SpanId::of_release(key);
                let (id, parent) = match name == RELEASE {
                    true => (release, None),
                    false => (SpanId::random(), Some(release)),
                };
                (TraceId::of_release(key), id, parent)
            }
            (None, Some((trace, parent))) => (trace, SpanId::random(), Some(parent)),
            (None, None) => return None,
        };
        self.sampler.keeps(&place.0).then_some(place)
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for Spans {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, context: Context<'_, S>) {
        let Some(entry) = context.span(id) else {
            return;
        };
        let mut recorded = Recorded::of(attributes).within(MAX_TEXT);
        let above = entry.parent().and_then(|parent| {
            let extensions = parent.extensions();
            let above = extensions.get::<Span>()?;
            Some((above.trace, above.id))
        });
        let name = attributes.metadata().name();
        let Some((trace, id, parent)) = self.place(name, &recorded, above) else {
            return;
        };
        let now = self.clock.now();
        let begun = recorded.remove(BEGUN).and_then(|begun| begun.as_i64());
        let begun = begun.and_then(|begun| Timestamp::from_millisecond(begun).ok());
        let mut span = Span {
            trace,
            id,
            parent,
            name: name.to_owned(),
            kind: Kind::Internal,
            begun: begun.unwrap_or(now),
            ended: now,
            attributes: Vec::new(),
            events: Vec::new(),
            has_failed: false,
        };
        span.set_fields(recorded);
        entry.extensions_mut().insert(span);
    }

    fn on_record(&self, id: &Id, values: &Record<'_>, context: Context<'_, S>) {
        let Some(entry) = context.span(id) else {
            return;
        };
        if let Some(span) = entry.extensions_mut().get_mut::<Span>() {
            span.set_fields(Recorded::of(values).within(MAX_TEXT));
        }
    }

    fn on_event(&self, event: &Event<'_>, context: Context<'_, S>) {
        let Some(entry) = context.event_span(event) else {
            return;
        };
        if let Some(span) = entry.extensions_mut().get_mut::<Span>() {
            let recorded = Recorded::of(event).within(MAX_TEXT);
            span.add_event(self.clock.now(), *event.metadata().level(), recorded);
        }
    }

    fn on_close(&self, id: Id, context: Context<'_, S>) {
        let span = context
            .span(&id)
            .and_then(|entry| entry.extensions_mut().remove::<Span>());
        let Some(mut span) = span else {
            return;
        };
        span.ended = self.clock.now();
        // Never block a job: if the exporter lags behind, drop the span.
        if self.finished.try_send(span).is_err() {
            metrics::counter!("bluegreen_spans_dropped_total").increment(1);
        }
    }
}
