//! Spans from their creation to the collector.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use clock::Clock;
use parking_lot::Mutex;
use serde_json::Value;
use tokio::sync::mpsc::{Receiver, channel};
use tokio_util::sync::CancellationToken;
use tracing::{debug_span, info, info_span};
use tracing_subscriber::Layer as _;
use tracing_subscriber::filter::FilterFn;
use tracing_subscriber::layer::SubscriberExt as _;

use super::exporter::Exporter;
use super::ids::{SpanId, TraceId};
use super::layer::{Spans, is_wanted};
use super::otlp;
use super::sampler::Sampler;
use super::settings::trace_settings;
use super::span::Span;
use crate::ports::Collector;

const KEY: &str = "3f2b1c9e-7a55-4f0e-9d1c-2b7c1a9e0d11";

/// The finished spans of `work`, in a channel with capacity `room`.
fn traced(sampler: Sampler, room: usize, work: impl FnOnce()) -> Receiver<Span> {
    let (finished, waiting) = channel(room);
    let clock = Clock::system();
    let spans = Spans {
        sampler,
        clock,
        finished,
    };
    let subscriber =
        tracing_subscriber::registry().with(spans.with_filter(FilterFn::new(is_wanted)));
    tracing::subscriber::with_default(subscriber, work);
    waiting
}

fn all(mut waiting: Receiver<Span>) -> Vec<Span> {
    std::iter::from_fn(|| waiting.try_recv().ok()).collect()
}

fn visit() {
    let visit = info_span!("job", action.execution = KEY);
    let _visit = visit.enter();
    let step = debug_span!("step", otel.name = "Deploying").entered();
    info!(tasks = 3, "acting");
    drop(debug_span!(
        "call",
        otel.kind = "client",
        otel.status_code = "ERROR",
        attempts = 2_u64,
        rate = 0.5
    ));
    drop(step);
}

#[test]
fn a_job_is_a_part_of_its_releases_trace() {
    let spans = all(traced(Sampler::All, 9, visit));
    let [call, step, visit] = spans.as_slice() else {
        panic!("{spans:#?}");
    };
    let trace = TraceId::of_release(KEY);
    assert!(spans.iter().all(|span| span.trace == trace));
    assert_eq!(visit.parent, Some(SpanId::of_release(KEY)));
    assert_eq!(step.parent, Some(visit.id));
    assert_eq!(call.parent, Some(step.id));
    assert_eq!(step.name, "Deploying");
    assert!(call.has_failed && !step.has_failed);
    assert_eq!(step.events.len(), 1, "what was logged belongs to the step");
}

#[test]
fn the_whole_release_is_above_its_jobs_and_begins_when_it_began() {
    let work = || {
        drop(debug_span!(
            "release",
            action.execution = KEY,
            begun = 1_000_i64
        ));
    };
    let spans = all(traced(Sampler::All, 9, work));
    assert_eq!(spans[0].id, SpanId::of_release(KEY));
    assert_eq!(spans[0].parent, None);
    assert_eq!(spans[0].begun.as_millisecond(), 1_000);
}

#[test]
fn what_belongs_to_no_release_or_is_not_sampled_is_not_traced() {
    let poll = || drop(debug_span!("call", rpc.method = "PollForJobs"));
    assert!(all(traced(Sampler::All, 9, poll)).is_empty());
    assert!(all(traced(Sampler::None, 9, visit)).is_empty());
}

#[test]
fn a_full_queue_drops_the_next_without_waiting() {
    let spans = all(traced(Sampler::All, 1, || (0..3).for_each(|_| visit())));
    assert_eq!(spans.len(), 1);
}

#[test]
fn the_json_is_what_the_protocol_wants() {
    let spans = all(traced(Sampler::All, 9, visit));
    let resource = BTreeMap::from([("service.name".to_owned(), "x".to_owned())]);
    let body = otlp::export(&resource, &spans);
    let resource = &body["resourceSpans"][0];
    let name = &resource["resource"]["attributes"][0];
    assert_eq!(name["key"], "service.name");
    assert_eq!(name["value"]["stringValue"], "x");
    let [call, step, visit] = [0, 1, 2].map(|at| &resource["scopeSpans"][0]["spans"][at]);
    assert_eq!(call["traceId"], TraceId::of_release(KEY).to_string());
    assert_eq!(call["parentSpanId"], step["spanId"]);
    assert_eq!((&call["kind"], &step["kind"]), (&3.into(), &1.into()));
    assert_eq!(call["status"]["code"], 2);
    assert_eq!(step["status"], Value::Null);
    assert_eq!(call["attributes"][0]["value"]["intValue"], "2");
    assert_eq!(call["attributes"][1]["value"]["doubleValue"], 0.5);
    assert_eq!(step["events"][0]["name"], "acting");
    let times = ["startTimeUnixNano", "endTimeUnixNano"].map(|name| {
        let text = visit[name].as_str().expect("a text");
        text.parse::<u64>().expect("nanoseconds")
    });
    assert!(times[0] <= times[1] && times[0] > 1_700_000_000_000_000_000);
}

/// A collector that answers with the given statuses in order and repeats the
/// last one forever.
struct Scripted {
    statuses: Mutex<Vec<u16>>,
    bodies: Mutex<Vec<Value>>,
}

impl Scripted {
    fn new(statuses: &[u16]) -> Arc<Self> {
        Arc::new(Self {
            statuses: Mutex::new(statuses.to_vec()),
            bodies: Mutex::default(),
        })
    }

    fn next(&self) -> u16 {
        let mut statuses = self.statuses.lock();
        match statuses.len() {
            1 => statuses[0],
            _ => statuses.remove(0),
        }
    }

    /// The number of spans in each request.
    fn spans(&self) -> Vec<usize> {
        let bodies = self.bodies.lock();
        let spans = bodies.iter();
        let spans = spans.map(|body| &body["resourceSpans"][0]["scopeSpans"][0]["spans"]);
        spans.map(|spans| spans.as_array().unwrap().len()).collect()
    }
}

#[async_trait]
impl Collector for Scripted {
    async fn post(
        &self,
        _: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<u16, String> {
        assert_eq!(headers, [("api-key".to_owned(), "k".to_owned())]);
        let body = serde_json::from_slice(body).unwrap();
        self.bodies.lock().push(body);
        let status = self.next();
        match status {
            0 => std::future::pending().await,
            status => Ok(status),
        }
    }
}

/// Sends the spans of `visits` jobs to a collector that answers with
/// `statuses`.
async fn sent(visits: usize, statuses: &[u16]) -> Vec<usize> {
    let waiting = traced(Sampler::All, 10_000, || (0..visits).for_each(|_| visit()));
    let environment = BTreeMap::from([
        (
            "OTEL_EXPORTER_OTLP_ENDPOINT".to_owned(),
            "http://x".to_owned(),
        ),
        (
            "OTEL_EXPORTER_OTLP_HEADERS".to_owned(),
            "api-key=k".to_owned(),
        ),
    ]);
    let (settings, _) = trace_settings(&environment, |_| true, vec![]);
    let exporter = Exporter {
        settings: settings.expect("settings"),
        waiting,
        clock: Clock::system(),
    };
    let collector = Scripted::new(statuses);
    let end = CancellationToken::new();
    let sending = tokio::spawn(exporter.send(collector.clone(), end.clone()));
    Clock::system().sleep(Duration::from_secs(120)).await;
    end.cancel();
    sending.await.expect("it ends");
    collector.spans()
}

#[tokio::test(start_paused = true)]
async fn spans_go_in_batches() {
    assert_eq!(sent(1, &[200]).await, [3]);
    assert_eq!(sent(400, &[200]).await, [512, 512, 176]);
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_may_do_better_later_is_asked_again() {
    assert_eq!(sent(1, &[503, 429, 200]).await, [3, 3, 3]);
    assert_eq!(sent(1, &[503]).await.len(), 4, "and then no more");
    assert_eq!(sent(1, &[400]).await, [3], "it will not do better");
}

#[tokio::test(start_paused = true)]
async fn a_collector_that_never_answers_costs_its_own_time_only() {
    assert_eq!(sent(1, &[0, 200]).await, [3, 3]);
}
