//! Fills the live page of a rehearsal.

use jiff::Timestamp;
use simulator::ecs::TaskSetGlance;
use simulator::ledger::Outcome;
use simulator::traffic::{ALARMS, Alarm, HookCall, LoadReport, Shown, Span};

use super::seen::{Deployment, Event, Hook, HookState, Snapshot, Whose};
use crate::job::{DeploymentId, Engine};
use crate::page::{
    self, ActionShown, Address, AlarmShown, CallLog, DeploymentShown, EventShown, FindingShown,
    Fleet, HookShown, Kind, LoadShown, NextShown, SpanShown, TaskSetShown, TaskShown, TrafficShown,
    View,
};

/// What stays the same throughout a rehearsal.
pub(super) struct Frame {
    pub(super) title: String,
    pub(super) engine: Engine,
    pub(super) outlook: &'static str,
    pub(super) speed: f64,
    pub(super) addresses: Vec<(&'static str, String)>,
    pub(super) service: String,
    /// Whether the person at the terminal continues a deployment that waits.
    pub(super) by_hand: bool,
    /// The findings of the checks and policies.
    pub(super) findings: Vec<FindingShown>,
}

impl Frame {
    /// The view for a snapshot.
    pub(super) fn view(&self, seen: &Snapshot) -> View {
        let addresses = self.addresses.iter();
        let traffic = seen.traffic.as_ref();
        let mut view = View {
            kind: Kind::Rehearsal,
            title: self.title.clone(),
            outlook: self.outlook.into(),
            speed: Some(self.speed),
            now: seconds(seen, seen.now),
            has_ended: seen.ended().is_some(),
            addresses: addresses
                .map(|(name, url)| Address {
                    name: (*name).into(),
                    url: url.clone(),
                })
                .collect(),
            actions: vec![action(seen)],
            ended: Vec::new(),
            flow: Vec::new(),
            deployments: seen
                .deployments
                .iter()
                .filter(|one| one.whose != Whose::Other)
                .map(|one| self.deployment(seen, one))
                .collect(),
            traffic: traffic.map(|shown| traffic_shown(seen, shown)),
            fleet: Fleet {
                service: self.service.clone(),
                task_sets: seen
                    .task_sets
                    .iter()
                    .map(|set| task_set(seen, set))
                    .collect(),
            },
            alarms: alarms(seen),
            hooks: hooks(seen, traffic),
            findings: Some(self.findings.clone()),
        };
        view.flow = page::flow(&view);
        view
    }

    fn deployment(&self, seen: &Snapshot, one: &Deployment) -> DeploymentShown {
        let events = one.events.iter();
        let next = one.next.as_ref();
        DeploymentShown {
            id: DeploymentId::new(&one.id).to_string(),
            is_rollback: one.whose == Whose::Rollback,
            status: one.status.clone(),
            state: self.state(one),
            waits: one.waits_since.is_some(),
            next: next.map(|(what, at)| NextShown {
                what: what.clone(),
                at: seconds(seen, *at),
            }),
            created: seconds(seen, one.created),
            completed: one.completed.map(|at| seconds(seen, at)),
            error: one.error.clone(),
            events: events.map(|event| event_shown(seen, event)).collect(),
        }
    }

    /// What a running deployment does now.
    fn state(&self, one: &Deployment) -> Option<String> {
        if one.completed.is_some() {
            return None;
        }
        if one.waits_since.is_some() {
            return Some(match self.by_hand {
                true => "Waits to be continued: press Enter in the terminal".into(),
                false => "Waits to be continued".into(),
            });
        }
        let mut latest_first = one.events.iter().rev();
        let event = latest_first.find(|event| event.status == "InProgress")?;
        Some(match event.notes.last() {
            Some((_, note)) => format!("{}: {}", event.name, note.trim_start()),
            None => event.name.clone(),
        })
    }
}

fn seconds(seen: &Snapshot, at: Timestamp) -> f64 {
    seen.since_start(at).as_secs_f64()
}

fn action(seen: &Snapshot) -> ActionShown {
    let view = &seen.pipeline;
    let error = view.error.as_ref();
    ActionShown {
        name: format!("{} › {} › {}", view.pipeline, view.stage, view.action),
        status: format!("{:?}", view.status),
        percent: view.percent,
        summary: view.summary.clone(),
        link: view.link.clone(),
        error: error.map(|error| (error.code.clone(), error.message.clone())),
        variables: view.output_variables.clone(),
        taken: seen.taken.map(|at| seconds(seen, at)),
        registered: seen.registered.map(|at| seconds(seen, at)),
        step: None,
        since: None,
        until: None,
    }
}

fn event_shown(seen: &Snapshot, event: &Event) -> EventShown {
    EventShown {
        name: event.name.clone(),
        status: event.status.clone(),
        started: event.started.map(|at| seconds(seen, at)),
        ended: event.end().map(|at| seconds(seen, at)),
        words: event.words.clone(),
    }
}

fn traffic_shown(seen: &Snapshot, shown: &Shown) -> TrafficShown {
    let spans = shown.spans.iter();
    TrafficShown {
        green: seen.green_weight(),
        spans: spans.map(|span| span_shown(span, shown)).collect(),
        load: shown.load.as_ref().map(load),
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of requests are small")]
fn span_shown(span: &Span, shown: &Shown) -> SpanShown {
    let rate = |count: u64| (count as f64 / shown.span_seconds * 10.0).round() / 10.0;
    SpanShown {
        begins: span.begins,
        weight: span.weight,
        blue: rate(span.answered[0]),
        green: rate(span.answered[1]),
        failed: rate(span.errors[0] + span.errors[1] + span.unanswered),
    }
}

fn load(report: &LoadReport) -> LoadShown {
    let ms = |time: std::time::Duration| time.as_secs_f64() * 1e3;
    LoadShown {
        clients: report.clients,
        requests: report.requests,
        failures: report.failures,
        blue: report.answered[0],
        green: report.answered[1],
        median: ms(report.median),
        p90: ms(report.p90),
        p99: ms(report.p99),
        longest: ms(report.longest),
    }
}

fn task_set(seen: &Snapshot, set: &TaskSetGlance) -> TaskSetShown {
    let targets = seen.traffic.iter().flat_map(|shown| &shown.targets);
    let tasks = set.tasks.iter().map(|task| {
        let target = targets.clone().find(|target| target.task == task.id);
        TaskShown {
            id: task.id.clone(),
            state: task.state.into(),
            address: target.map(|target| target.address.clone()),
            in_flight: target.map(|target| target.in_flight),
        }
    });
    let name = set.task_definition.rsplit('/').next();
    TaskSetShown {
        id: set.id.clone(),
        version: seen.version_of(set).into(),
        status: set.status.into(),
        task_definition: name.unwrap_or_default().into(),
        target_group: set.target_group.clone(),
        weight: seen.weight_of(set),
        tasks: tasks.collect(),
    }
}

fn alarms(seen: &Snapshot) -> Vec<AlarmShown> {
    let shown = |alarm: &Alarm| {
        let mut known = seen.alarms.iter();
        let known = known.find(|(name, _, _)| name == alarm.name);
        AlarmShown {
            name: alarm.name.into(),
            about: alarm.about.into(),
            is_on: known.is_some_and(|(_, is_on, _)| *is_on),
            since: known.map(|(_, _, since)| seconds(seen, *since)),
        }
    };
    ALARMS.iter().map(shown).collect()
}

/// The hooks that were run on this machine, or that AWS shows.
fn hooks(seen: &Snapshot, traffic: Option<&Shown>) -> Vec<HookShown> {
    let known = seen.deployment().into_iter().flat_map(|one| &one.hooks);
    let run = traffic.into_iter().flat_map(|shown| &shown.hooks);
    known.map(known_hook).chain(run.map(hook)).collect()
}

fn known_hook(known: &Hook) -> HookShown {
    HookShown {
        event: known.name.clone(),
        called: known.called.clone(),
        state: match known.state {
            HookState::Runs => "runs",
            HookState::Waits => "waits",
            HookState::Succeeded => "succeeded",
            HookState::Failed => "failed",
        }
        .into(),
        words: None,
    }
}

fn hook(call: &HookCall) -> HookShown {
    let (state, words) = match &call.outcome {
        None => ("runs", None),
        Some(Ok(())) => ("succeeded", None),
        Some(Err(words)) => ("failed", Some(format!("{}\n{}", words.message, words.log))),
    };
    HookShown {
        event: call.event.clone(),
        called: call.called.clone(),
        state: state.into(),
        words,
    }
}

/// Adds new API calls to the log.
pub(super) fn note_calls(log: &CallLog, seen: &Snapshot) {
    for entry in &seen.calls {
        let outcome = match &entry.outcome {
            Outcome::Ok => Ok(()),
            Outcome::Error(code) => Err(code.clone()),
            Outcome::Fault(kind) => Err(format!("{kind:?}")),
        };
        let name = format!("{}:{}", entry.service, entry.operation);
        log.write(seconds(seen, entry.at), name, outcome);
    }
}
