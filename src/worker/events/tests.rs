//! Tests of the queue and its task with a bus that does not accept every event.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use clock::Clock;
use jiff::Timestamp;
use parking_lot::Mutex;
use serde_json::Value;

use super::Events;
use super::detail::{Detail, Parts};
use super::facts::Facts;
use super::sender::MAX_QUEUED;
use super::state::{Known, State};
use crate::config::Rate;
use crate::job::continuation_token::Token;
use crate::job::offer::{Job, JobData, PipelineContext};
use crate::job::report::{FailureReport, FailureType, MAX_MESSAGE, Progress, Report};
use crate::job::request::MAX_IMAGES;
use crate::job::{DeployTarget, DeploymentId, Excerpt, JobId, Nonce};
use crate::ports::{BusEvent, CallErrorKind, EventBus, MAX_EVENT_BYTES, MAX_EVENTS, SourceRecord};
use crate::ports::{CallError, Sources};
use crate::release::finding::{Finding, Place, PolicyFinding};
use crate::worker::budget::Budget;

fn call_error(kind: CallErrorKind, code: &str) -> CallError {
    CallError::new("events:PutEvents", kind, code, "")
}

/// A bus that answers each event by its position in all calls.
struct Bus {
    says: fn(usize) -> Result<(), CallError>,
    seen: Mutex<usize>,
    /// The ids of the events of each call.
    calls: Mutex<Vec<Vec<String>>>,
}

#[async_trait]
impl EventBus for Bus {
    async fn put(&self, events: &[BusEvent]) -> Result<Vec<Result<(), CallError>>, CallError> {
        let id = |event: &BusEvent| {
            let detail: Value = serde_json::from_str(&event.detail).unwrap();
            detail["actionExecution"].as_str().unwrap().to_owned()
        };
        let bytes: usize = events.iter().map(BusEvent::size).sum();
        assert!(events.len() <= MAX_EVENTS && bytes <= MAX_EVENT_BYTES);
        self.calls.lock().push(events.iter().map(id).collect());
        let mut seen = self.seen.lock();
        let answer = |_: &BusEvent| {
            *seen += 1;
            (self.says)(*seen)
        };
        Ok(events.iter().map(answer).collect())
    }
}

struct NoSources;

#[async_trait]
impl Sources for NoSources {
    async fn of_execution(&self, _: &str, _: &str) -> Result<Vec<SourceRecord>, CallError> {
        Err(call_error(CallErrorKind::Denied, "AccessDeniedException"))
    }
}

fn bus(says: fn(usize) -> Result<(), CallError>) -> Arc<Bus> {
    Arc::new(Bus {
        says,
        seen: Mutex::default(),
        calls: Mutex::default(),
    })
}

fn events(bus: &Arc<Bus>) -> Events {
    let clock = Clock::simulated(Timestamp::UNIX_EPOCH, 1.0);
    let budget = Arc::new(Budget::new(Rate(40.0), &clock));
    let sources = Arc::new(NoSources);
    Events::new(bus.clone(), sources, "eu-west-1", &budget, &clock)
}

fn job(execution: &str) -> Job {
    Job {
        id: JobId::new("job"),
        nonce: Nonce::new("3"),
        account: "111122223333".into(),
        data: JobData {
            pipeline: PipelineContext {
                action_execution: Some(execution.into()),
                ..PipelineContext::default()
            },
            configuration: [].into(),
            artifacts: Vec::new(),
            credentials: None,
            token: None,
        },
    }
}

fn publish(events: &Events, execution: &str) {
    let report = Report::Continue(Progress {
        token: Token(String::new()),
        summary: String::new(),
        percent: 0,
        deployment: None,
    });
    let passed = BTreeSet::new();
    let job = job(execution);
    let queued = events.publish(
        &job,
        Timestamp::UNIX_EPOCH,
        &passed,
        &report,
        &Known::default(),
    );
    assert_eq!(queued, [State::Started]);
}

async fn calls_of(says: fn(usize) -> Result<(), CallError>, count: usize) -> Vec<Vec<String>> {
    let bus = bus(says);
    let events = events(&bus);
    for n in 0..count {
        publish(&events, &n.to_string());
    }
    events.start().finish().await;
    let calls = bus.calls.lock();
    calls.clone()
}

#[tokio::test(start_paused = true)]
async fn a_call_has_no_more_events_than_it_may() {
    let sizes = |calls: Vec<Vec<String>>| calls.iter().map(Vec::len).collect::<Vec<_>>();
    assert_eq!(sizes(calls_of(|_| Ok(()), MAX_EVENTS).await), [10]);
    assert_eq!(sizes(calls_of(|_| Ok(()), MAX_EVENTS + 1).await), [10, 1]);
}

#[tokio::test(start_paused = true)]
async fn only_what_may_be_taken_later_is_sent_again() {
    let says = |n| match n {
        1 => Err(call_error(CallErrorKind::Refused, "MalformedDetail")),
        2 => Err(call_error(CallErrorKind::Throttled, "ThrottlingException")),
        _ => Ok(()),
    };
    let bus = bus(says);
    let events = events(&bus);
    for execution in ["a", "b", "c"] {
        publish(&events, execution);
    }
    let sending = events.start();
    // Longer than the wait before the second attempt.
    Clock::system()
        .sleep(std::time::Duration::from_secs(10))
        .await;
    sending.finish().await;
    let calls = bus.calls.lock();
    assert_eq!(*calls, [vec!["a", "b", "c"], vec!["b"]]);
}

#[tokio::test(start_paused = true)]
async fn the_queue_has_its_length() {
    let calls = calls_of(|_| Ok(()), MAX_QUEUED + 1).await;
    let sent: Vec<String> = calls.concat();
    assert_eq!(sent.len(), MAX_QUEUED);
    assert_eq!(sent.last(), Some(&(MAX_QUEUED - 1).to_string()));
}

fn exempted(text: &str) -> Finding {
    let excerpt = |limit| Excerpt::within(text, limit);
    let finding = PolicyFinding::Exempted {
        rule: excerpt(120),
        message: excerpt(500),
        reason: excerpt(500),
        until: excerpt(120),
        ends_soon: true,
    };
    Finding::warning(Place::default(), finding)
}

#[test]
fn the_findings_of_the_policy_are_sent() {
    let mut facts = Facts::default();
    facts.judged(&Err(vec![exempted("a")]), Some("0123abcd"));
    let report = Report::Failure(FailureReport {
        kind: FailureType::ConfigurationError,
        message: "Refused.\nWhat to do: mend it".into(),
        deployment: None,
    });
    let parts = Parts {
        job: &job("x"),
        region: "eu-west-1",
        since: Timestamp::UNIX_EPOCH,
        now: Timestamp::UNIX_EPOCH,
        report: &report,
        rollout: None,
        facts: &facts,
    };
    let detail = serde_json::to_value(Detail::of(State::Refused, &parts)).unwrap();
    assert_eq!(detail["policyHash"], "0123abcd");
    let exemption = serde_json::json!({ "rule": "a", "reason": "a", "until": "a" });
    assert_eq!(detail["exemptions"], serde_json::json!([exemption]));
    let finding = detail["findings"][0].as_str().unwrap();
    assert!(
        finding.starts_with("warning: [policy a] a; exempted until a: a"),
        "{finding}"
    );
    assert_eq!(detail["summary"], "Refused.");
}

/// Uses characters of four bytes wherever the text is not the worker's own.
#[test]
fn the_longest_detail_that_there_can_be_fits_a_call() {
    let text = "𝒳".repeat(10_000);
    let mut facts = Facts::default();
    facts.judged(&Err(vec![exempted(&text); 100]), Some(&"0".repeat(64)));
    facts.images = (0..MAX_IMAGES)
        .map(|n| (format!("{n:0>100}"), "x".repeat(255 + 71)))
        .collect();
    facts.target = Some(DeployTarget::group("x".repeat(100), "x".repeat(100)));
    facts.old = Some(crate::job::TaskDefinitionArn::new("x".repeat(400)));
    facts.new.clone_from(&facts.old);
    facts.rollback = Some(DeploymentId::new("d-A1B2C3D4E"));
    let report = Report::Failure(FailureReport {
        kind: FailureType::ConfigurationError,
        message: "𝒳".repeat(MAX_MESSAGE),
        deployment: None,
    });
    let mut job = job(&"x".repeat(100));
    for name in [
        &mut job.data.pipeline.pipeline,
        &mut job.data.pipeline.stage,
        &mut job.data.pipeline.action,
    ] {
        *name = "x".repeat(100);
    }
    let parts = Parts {
        job: &job,
        region: "ap-southeast-99",
        since: Timestamp::UNIX_EPOCH,
        now: Timestamp::UNIX_EPOCH,
        report: &report,
        rollout: None,
        facts: &facts,
    };
    let source = SourceRecord {
        artifact: text.clone(),
        revision: text.clone(),
        summary: Some(text.clone()),
        url: Some(text),
    };
    let detail = Detail::of(State::TrafficShifted, &parts).with_sources(&vec![source; 100]);
    let size = detail.event().size();
    assert!(size <= MAX_EVENT_BYTES, "{size}");
    // A size this near to the limit shows that the bounds are needed.
    assert!(size > MAX_EVENT_BYTES / 2, "{size}");
}
