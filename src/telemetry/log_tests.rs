//! Log lines whose values contain line breaks and control characters.

use std::io;
use std::sync::Arc;

use parking_lot::Mutex;
use serde_json::Value;
use tracing::{info, info_span};
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::SubscriberExt as _;

use super::log;
use crate::config::LogFormat;
use crate::job::excerpt::is_safe;

const HOSTILE: &str =
    "a\r\n2026-01-01T00:00:00Z ERROR forged\t\u{1b}[31m\u{9b}2J\u{202e}\u{2028}\u{7}\u{0}\"}";

#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut kept = self.0.lock();
        kept.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Kept {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// The log output of `work`.
fn logged(format: LogFormat, work: impl FnOnce()) -> String {
    let kept = Kept::default();
    let fields = [("ecs.cluster", HOSTILE.to_owned())];
    let subscriber = tracing_subscriber::registry().with(log(format, &fields, false, kept.clone()));
    tracing::subscriber::with_default(subscriber, work);
    let bytes = kept.0.lock().clone();
    String::from_utf8(bytes).unwrap()
}

fn hostile_event() {
    let outer = info_span!(
        "job",
        pipeline.name = HOSTILE,
        outcome = tracing::field::Empty
    );
    let _outer = outer.enter();
    let inner = info_span!("call", attempt = 1);
    let _inner = inner.enter();
    outer.record("outcome", HOSTILE);
    outer.record("outcome", "Ok");
    info!(
        name = HOSTILE,
        display = %HOSTILE,
        debug = ?HOSTILE,
        count = 3,
        target = "mine",
        spans = "none",
        "it was said: {HOSTILE}"
    );
}

#[test]
fn one_event_is_one_line_in_both_formats() {
    for format in [LogFormat::Text, LogFormat::Json] {
        let text = logged(format, hostile_event);
        let line = text.strip_suffix('\n').expect("a line has an end");
        let wrong: Vec<char> = line.chars().filter(|c| !is_safe(*c)).collect();
        assert!(wrong.is_empty(), "{format:?}: {wrong:?} in {line:?}");
    }
}

#[test]
fn a_text_line_reads_as_before() {
    let text = logged(LogFormat::Text, || {
        let span = info_span!("job", job.id = "7");
        span.in_scope(|| info!(tasks = 3, name = "web", "acting"));
    });
    let (_, text) = text.split_once("INFO ").unwrap();
    let expected = "job{job.id=\"7\"}: bluegreen_worker::telemetry::log_tests: acting tasks=3 name=\"web\" ecs.cluster=";
    assert!(text.starts_with(expected), "{text}");
}

#[test]
fn a_json_line_has_one_message_each_span_once_and_no_name_twice() {
    let text = logged(LogFormat::Json, hostile_event);
    let line: Value = serde_json::from_str(&text).expect("JSON");
    let object = line.as_object().unwrap();
    // The parser keeps one of two members of the same name, so count the names
    // in the text.
    for name in object.keys() {
        assert_eq!(
            text.matches(&format!("\"{name}\":")).count(),
            1 + usize::from(name == "name") * 2,
            "{name} in {text}"
        );
    }
    assert!(
        line["message"]
            .as_str()
            .unwrap()
            .starts_with("it was said: a\\r\\n")
    );
    assert_eq!(line["count"], 3);
    assert_eq!(line["target_2"], "mine");
    assert_eq!(line["target"], "bluegreen_worker::telemetry::log_tests");
    assert_eq!(line["spans_2"], "none");
    let spans = line["spans"].as_array().unwrap();
    let names: Vec<&str> = spans
        .iter()
        .filter_map(|span| span["name"].as_str())
        .collect();
    assert_eq!(names, ["job", "call"]);
    assert_eq!(spans[0]["outcome"], "Ok");
    assert!(line.get("span").is_none());
}
