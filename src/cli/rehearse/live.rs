//! Fills the live page of a rehearsal.

use jiff::Timestamp;
use simulator::codepipeline::ActionStatus;
use simulator::ecs::TaskSetGlance;
use simulator::ledger::Outcome;
use simulator::traffic::{ALARMS, Alarm, HookCall, LoadReport, Shown, Span};

use super::changes::short;
use super::rehearsal::RehearsalConfig;
use super::seen::{Deployment, Event, Snapshot, Whose};
use crate::cli::failure_shown::failure_shown;
use crate::job::{DeploymentId, Engine};
use crate::messages::{progress, ready};
use crate::page::{
    self, ActionShown, Address, AlarmShown, CallLog, ChangesShown, DeploymentShown, EventShown,
    FindingShown, HookShown, HookState, Kind, LoadShown, NextShown, SpanShown, TaskSetShown,
    TaskShown, TrafficShown, View, WaitShown,
};

/// What stays the same throughout a rehearsal.
pub(super) struct Frame<'a> {
    pub(super) config: &'a RehearsalConfig<'a>,
    pub(super) engine: Engine,
    pub(super) addresses: Vec<Address>,
    /// What differs from the revision that runs, if the release was rendered.
    pub(super) changes: Option<ChangesShown>,
    /// The findings of the checks and policies.
    pub(super) findings: Vec<FindingShown>,
}

impl Frame<'_> {
    /// The view for a snapshot.
    pub(super) fn view(&self, seen: &Snapshot) -> View {
        let RehearsalConfig {
            args,
            script,
            speed,
        } = self.config;
        let traffic = seen.traffic.as_ref();
        let has_ended = seen.ended().is_some();
        let outlook = if has_ended { "" } else { script.outlook };
        let mut view = View {
            kind: Kind::Rehearsal,
            title: format!("Rehearsing {}", args.subject(self.engine).display()),
            outlook: outlook.into(),
            speed: Some(*speed),
            now: seconds(seen, seen.now),
            has_ended,
            changes: self.changes.clone().map(|changes| with_ids(changes, seen)),
            addresses: self.addresses.clone(),
            actions: vec![action(seen)],
            deployments: seen
                .deployments
                .iter()
                .filter(|one| one.whose != Whose::Other)
                .map(|one| self.deployment(seen, one))
                .collect(),
            traffic: traffic.map(|shown| traffic_shown(seen, shown)),
            task_sets: seen
                .task_sets
                .iter()
                .map(|set| task_set(seen, set))
                .collect(),
            alarms: alarms(seen),
            hooks: hooks(seen, traffic),
            findings: Some(self.findings.clone()),
            ..View::default()
        };
        view.flow = page::flow(&view);
        view.state = page::state(&view);
        view
    }

    fn deployment(&self, seen: &Snapshot, one: &Deployment) -> DeploymentShown {
        let events = one.events.iter();
        let next = one.outlook.next.as_ref();
        DeploymentShown {
            id: DeploymentId::new(&one.id).to_string(),
            is_rollback: one.whose == Whose::Rollback,
            status: one.status.clone(),
            share: one.share,
            waits: one.waits_since.map(|_| self.waits(one)),
            next: next.map(|(what, at)| NextShown {
                what: what.clone(),
                at: seconds(seen, *at),
            }),
            ends: one.outlook.ends.map(|at| seconds(seen, at)),
            created: seconds(seen, one.created),
            completed: one.completed.map(|at| seconds(seen, at)),
            error: one.error.clone(),
            events: events.map(|event| event_shown(seen, event)).collect(),
        }
    }

    /// What continues a deployment that waits.
    fn waits(&self, one: &Deployment) -> WaitShown {
        let mut hooks = one.hooks.iter();
        let pause = hooks.find(|hook| hook.state == HookState::Waits);
        let pause = pause.map(|hook| hook.called.as_str());
        WaitShown {
            key: self.config.args.by_hand.then(|| "Enter".into()),
            command: Some(ready::command(&DeploymentId::new(&one.id), pause)),
        }
    }
}

fn with_ids(changes: ChangesShown, seen: &Snapshot) -> ChangesShown {
    let release = seen.deployment();
    let revision = release.and_then(|one| one.task_definition.as_ref());
    ChangesShown {
        after: revision.map(|arn| short(arn)),
        execution: seen.pipeline.pipeline_execution_id.clone(),
        since: seen.pipeline.started.as_duration().as_secs_f64(),
        ..changes
    }
}

fn seconds(seen: &Snapshot, at: Timestamp) -> f64 {
    seen.since_start(at).as_secs_f64()
}

fn action(seen: &Snapshot) -> ActionShown {
    let view = &seen.pipeline;
    let error = view.error.as_ref();
    let summary = view.summary.as_deref();
    let waiting = summary.filter(|summary| progress::says_waiting(summary));
    ActionShown {
        name: format!("{} › {} › {}", view.pipeline, view.stage, view.action),
        status: view.status.as_str().to_owned(),
        percent: view.percent,
        summary: view.summary.clone(),
        link: view.link.clone(),
        error: error.map(|error| (error.code.clone(), error.message.clone())),
        failure: error.map(|error| failure_shown(&error.code, &error.message)),
        variables: view.output_variables.clone(),
        taken: seen.taken.map(|at| seconds(seen, at)),
        registered: seen.registered.map(|at| seconds(seen, at)),
        waiting: waiting.and_then(|summary| summary.lines().next().map(str::to_owned)),
        until: (view.status != ActionStatus::InProgress).then(|| seconds(seen, view.updated)),
        ..ActionShown::default()
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
    TaskSetShown {
        id: set.id.clone(),
        version: seen.version_of(set),
        status: set.status.into(),
        task_definition: short(&set.task_definition),
        target_group: set.target_group.clone(),
        weight: seen.weight_of(set),
        desired: set.desired,
        tasks: tasks.collect(),
        stopped: set.stopped,
        last_stop: set.last_stop.clone(),
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

/// The hooks that were run on this machine, and the others that AWS shows.
fn hooks(seen: &Snapshot, traffic: Option<&Shown>) -> Vec<HookShown> {
    let run = traffic.into_iter().flat_map(|shown| &shown.hooks);
    let plain = |name: &str| name.to_lowercase().replace('_', "-");
    let is_run = |hook: &&HookShown| {
        let mut run = run.clone();
        run.any(|call| plain(&call.event) == plain(&hook.event))
    };
    let known = seen.deployment().into_iter().flat_map(|one| &one.hooks);
    let known = known.filter(|hook| !is_run(hook)).cloned();
    known.chain(run.clone().map(hook)).collect()
}

fn hook(call: &HookCall) -> HookShown {
    let (state, words) = match &call.outcome {
        None => (HookState::Runs, None),
        Some(Ok(())) => (HookState::Succeeded, None),
        Some(Err(words)) => {
            let words = format!("{}\n{}", words.message, words.log);
            (HookState::Failed, Some(words))
        }
    };
    HookShown {
        event: call.event.clone(),
        called: call.called.clone(),
        state,
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
