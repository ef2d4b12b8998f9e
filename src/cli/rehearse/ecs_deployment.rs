//! Reads a deployment of ECS itself from the simulated account. ECS shows only
//! the present state, so what has happened so far comes from the simulator's
//! record.

use jiff::Timestamp;
use serde_json::Value;
use simulator::ecs::{DeploymentBiography, Moment};

use super::seen::{Deployment, Event, Hook, HookState, Whose};

/// The stages of a deployment in their order. `RECONCILE_SERVICE` comes first
/// if another deployment was superseded.
const STAGES: [&str; 10] = [
    "PRE_SCALE_UP",
    START,
    "POST_SCALE_UP",
    "TEST_TRAFFIC_SHIFT",
    "POST_TEST_TRAFFIC_SHIFT",
    "PRE_PRODUCTION_TRAFFIC_SHIFT",
    SHIFT,
    "POST_PRODUCTION_TRAFFIC_SHIFT",
    BAKE,
    "CLEAN_UP",
];
const START: &str = "SCALE_UP";
const SHIFT: &str = "PRODUCTION_TRAFFIC_SHIFT";
const BAKE: &str = "BAKE_TIME";

/// Statuses in which a deployment has ended.
const FINAL: [&str; 4] = [
    SUCCESSFUL,
    "STOPPED",
    "ROLLBACK_SUCCESSFUL",
    "ROLLBACK_FAILED",
];
const SUCCESSFUL: &str = "SUCCESSFUL";

/// The deployment and, if there is one, its rollback, which has no id of its
/// own. `shown` is what ECS shows of it.
pub(super) fn deployments(
    history: &DeploymentBiography<'_>,
    shown: &Value,
    is_ours: bool,
) -> Vec<Deployment> {
    let moments = history.moments;
    let (Some(first), Some(last)) = (moments.first(), moments.last()) else {
        return Vec::new();
    };
    let at = |is_so: &dyn Fn(&Moment) -> bool| {
        let found = moments.iter().find(|moment| is_so(moment));
        found.map(|moment| moment.at)
    };
    let hooks = shown["lifecycleHookDetails"].as_array();
    let events = events(moments);
    let of = |whose, created| Deployment {
        whose,
        id: history.arn.clone(),
        status: last.status.clone(),
        created,
        completed: at(&|moment| FINAL.contains(&moment.status.as_str())),
        error: None,
        share: last.share.percent(),
        waits_since: None,
        next: None,
        events: Vec::new(),
        hooks: Vec::new(),
    };
    let release = Deployment {
        error: history.reason.map(str::to_owned),
        waits_since: (!last.waiting.is_empty())
            .then(|| at(&|moment| moment.waiting == last.waiting))
            .flatten(),
        next: next(moments, &events, shown),
        hooks: hooks.into_iter().flatten().map(hook).collect(),
        events,
        ..of(
            if is_ours {
                Whose::Release
            } else {
                Whose::Other
            },
            first.at,
        )
    };
    let rolls_back = at(&|moment| moment.status.starts_with("ROLLBACK_"));
    let rollback = rolls_back.filter(|_| is_ours);
    let rollback = rollback.map(|since| of(Whose::Rollback, since));
    [release].into_iter().chain(rollback).collect()
}

/// Each stage once, although a stepwise shift passes two of them again and
/// again.
fn events(moments: &[Moment]) -> Vec<Event> {
    let mut events: Vec<Event> = STAGES.iter().map(|name| Event::pending(name)).collect();
    let mut current: Option<usize> = None;
    let mut share = 0.0;
    for moment in moments {
        let is_running = moment.status == "IN_PROGRESS";
        let stage = moment.stage.as_deref().filter(|_| is_running);
        if let Some(stage) = stage {
            let index = index_of(&mut events, &mut current, stage);
            if current != Some(index) {
                end(&mut events, current, moment, "Succeeded");
                begin(&mut events[index], moment.at);
                current = Some(index);
            }
            let now = moment.share.percent();
            if now > share {
                events[index].notes.push(Event::shifts(now, moment.at));
            }
            share = now;
        } else {
            let outcome = match moment.status.as_str() {
                SUCCESSFUL => "Succeeded",
                _ => "Failed",
            };
            end(&mut events, current.take(), moment, outcome);
        }
    }
    skip(&mut events);
    events
}

/// The index of a stage; an unexpected one is added in front.
fn index_of(events: &mut Vec<Event>, current: &mut Option<usize>, stage: &str) -> usize {
    let found = events.iter().position(|event| event.name == stage);
    found.unwrap_or_else(|| {
        events.insert(0, Event::pending(stage));
        *current = current.map(|index| index + 1);
        0
    })
}

fn begin(event: &mut Event, at: Timestamp) {
    event.status = "InProgress".into();
    event.ended = None;
    if event.started.is_some() {
        return;
    }
    event.started = Some(at);
    let note = match event.name.as_str() {
        START => Some(Event::starts_tasks(at)),
        BAKE => Some((
            at,
            "all traffic is on the new tasks; the old ones stay".into(),
        )),
        _ => None,
    };
    event.notes.extend(note);
}

fn end(events: &mut [Event], current: Option<usize>, moment: &Moment, outcome: &str) {
    let Some(event) = current.map(|index| &mut events[index]) else {
        return;
    };
    // Between two steps the shift is not over.
    let is_between = moment.status == "IN_PROGRESS" && moment.share.percent() < 100.0;
    if event.name == SHIFT && is_between {
        return;
    }
    event.status = outcome.into();
    event.ended = Some(moment.at);
}

/// Marks what was passed without being reached.
fn skip(events: &mut [Event]) {
    let last = events.iter().rposition(|event| event.started.is_some());
    for event in events.iter_mut().take(last.unwrap_or(0)) {
        if event.started.is_none() {
            event.status = "Skipped".into();
        }
    }
}

/// What comes next, and when, as far as the configuration says.
fn next(moments: &[Moment], events: &[Event], shown: &Value) -> Option<(String, Timestamp)> {
    let last = moments
        .last()
        .filter(|moment| moment.status == "IN_PROGRESS")?;
    let configuration = &shown["deploymentConfiguration"];
    if !last.waiting.is_empty() {
        let hooks = shown["lifecycleHookDetails"].as_array()?;
        let hook = hooks
            .iter()
            .find(|hook| hook["hookId"] == last.waiting[0])?;
        let then = match hook["timeoutAction"].as_str() {
            Some("CONTINUE") => "the deployment continues",
            Some(_) | None => "the deployment rolls back",
        };
        return Some((then.into(), moment_of(&hook["expiresAt"])?));
    }
    let step = [
        "/linearConfiguration/stepBakeTimeInMinutes",
        "/canaryConfiguration/canaryBakeTimeInMinutes",
    ];
    let step = step
        .iter()
        .find_map(|place| configuration.pointer(place)?.as_i64());
    let after = |at: Timestamp, minutes: i64| at + jiff::SignedDuration::from_mins(minutes);
    if last.stage.as_deref() == Some(BAKE) {
        let bake = events.iter().find(|event| event.name == BAKE)?.started?;
        let minutes = configuration["bakeTimeInMinutes"].as_i64()?;
        return Some(("the bake time ends".into(), after(bake, minutes)));
    }
    let is_between = last.share.tenths() > 0 && last.share.percent() < 100.0;
    let shift = events.iter().find(|event| event.name == SHIFT)?;
    let (since, _) = shift.notes.last().filter(|_| is_between)?;
    Some(("the next step".into(), after(*since, step?)))
}

/// A time in seconds since 1970.
fn moment_of(epoch: &Value) -> Option<Timestamp> {
    let since = jiff::SignedDuration::try_from_secs_f64(epoch.as_f64()?).ok()?;
    Timestamp::from_duration(since).ok()
}

fn hook(detail: &Value) -> Hook {
    let text = |member: &str| detail[member].as_str().unwrap_or_default();
    let (name, called) = match text("targetType") {
        "PAUSE" => ("pause", text("hookId")),
        _ => {
            let arn = text("targetArn");
            (arn.rsplit(':').next().unwrap_or(arn), arn)
        }
    };
    Hook {
        name: name.to_owned(),
        called: called.to_owned(),
        state: match text("status") {
            "AWAITING_ACTION" => HookState::Waits,
            "SUCCEEDED" => HookState::Succeeded,
            "IN_PROGRESS" => HookState::Runs,
            _ => HookState::Failed,
        },
    }
}
