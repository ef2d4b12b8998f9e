//! Reads a deployment of ECS itself from the simulated account. ECS shows only
//! the present state, so what has happened so far comes from the simulator's
//! record.

use serde_json::Value;
use simulator::ecs::{DeploymentBiography, Moment};
use simulator::share::Share;

use super::account;
use super::schedule::{Outlook, Schedule};
use super::seen::{Deployment, Event, Whose};
use crate::page::{HookShown, HookState};

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
const FAILED: &str = "Failed";
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
        task_definition: Some(history.task_definition.to_owned()),
        created,
        completed: at(&|moment| FINAL.contains(&moment.status.as_str())),
        error: None,
        share: last.share.percent(),
        waits_since: None,
        outlook: Outlook::default(),
        events: Vec::new(),
        hooks: Vec::new(),
    };
    let whose = match is_ours {
        true => Whose::Release,
        false => Whose::Other,
    };
    let release = Deployment {
        error: history.reason.map(str::to_owned),
        waits_since: (!last.waiting.is_empty())
            .then(|| at(&|moment| moment.waiting == last.waiting))
            .flatten(),
        outlook: outlook(last, &events, shown).unwrap_or_default(),
        hooks: hooks.into_iter().flatten().map(hook).collect(),
        events,
        ..of(whose, first.at)
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
                begin(&mut events[index], moment);
                current = Some(index);
            }
            let now = moment.share.percent();
            if now > share && stage == SHIFT {
                events[index].notes.push(Event::shifts(now, moment.at));
            }
            share = now;
        } else {
            let outcome = match moment.status.as_str() {
                SUCCESSFUL => "Succeeded",
                _ => FAILED,
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

fn begin(event: &mut Event, moment: &Moment) {
    event.status = "InProgress".into();
    if event.started.is_some() {
        return;
    }
    let at = moment.at;
    event.started = Some(at);
    let note = match event.name.as_str() {
        START => Some(Event::starts_tasks(at)),
        BAKE if moment.share == Share::ALL => Some((
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
    let is_between = moment.status == "IN_PROGRESS" && moment.share < Share::ALL;
    if event.name == SHIFT && is_between {
        return;
    }
    event.status = outcome.into();
    // A stage that every step passes has ended with the first.
    if outcome == FAILED || event.ended.is_none() {
        event.ended = Some(moment.at);
    }
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
fn outlook(last: &Moment, events: &[Event], shown: &Value) -> Option<Outlook> {
    if last.status != "IN_PROGRESS" {
        return None;
    }
    if let Some(waiting) = last.waiting.first() {
        let mut hooks = shown["lifecycleHookDetails"].as_array()?.iter();
        let hook = hooks.find(|hook| hook["hookId"] == *waiting)?;
        let then = match hook["timeoutAction"].as_str() {
            Some("CONTINUE") => "the deployment continues",
            Some(_) | None => "the deployment rolls back",
        };
        return Some(Outlook::only(then, account::moment(&hook["expiresAt"])));
    }
    let named = |name: &str| events.iter().find(|event| event.name == name);
    let schedule = schedule(&shown["deploymentConfiguration"]);
    if last.stage.as_deref() == Some(BAKE) {
        return Some(schedule.afterwards("the bake time ends", named(BAKE)?.started?));
    }
    let (since, _) = named(SHIFT)?.notes.last()?;
    Some(schedule.between_steps(last.share.percent(), *since))
}

fn schedule(configuration: &Value) -> Schedule {
    let (linear, canary) = (
        &configuration["linearConfiguration"],
        &configuration["canaryConfiguration"],
    );
    let interval = linear["stepBakeTimeInMinutes"].as_i64();
    Schedule {
        interval: interval.or(canary["canaryBakeTimeInMinutes"].as_i64()),
        step: linear["stepPercent"].as_f64(),
        stay: configuration["bakeTimeInMinutes"].as_i64(),
    }
}

fn hook(detail: &Value) -> HookShown {
    let text = |member: &str| detail[member].as_str().unwrap_or_default();
    let (name, called) = match text("targetType") {
        "PAUSE" => ("pause", text("hookId")),
        _ => {
            let arn = text("targetArn");
            (arn.rsplit(':').next().unwrap_or(arn), arn)
        }
    };
    HookShown {
        event: name.to_owned(),
        called: called.to_owned(),
        state: match text("status") {
            "AWAITING_ACTION" => HookState::Waits,
            "SUCCEEDED" => HookState::Succeeded,
            "IN_PROGRESS" => HookState::Runs,
            _ => HookState::Failed,
        },
        words: None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn moment(second: i64, status: &str, stage: &str, percent: u32) -> Moment {
        Moment {
            at: Timestamp::from_second(second).unwrap(),
            status: status.into(),
            stage: (!stage.is_empty()).then(|| stage.to_owned()),
            share: Share::of_percent(percent),
            waiting: Vec::new(),
        }
    }

    fn shown(moments: &[Moment]) -> Vec<(String, String, Option<i64>)> {
        let events = events(moments).into_iter();
        let events = events.filter(|event| event.status != "Pending");
        events
            .map(|event| {
                let end = event.end().map(Timestamp::as_second);
                (event.name, event.status, end)
            })
            .collect()
    }

    #[test]
    fn steps_pass_the_same_stages_again_and_the_shift_ends_once() {
        const BEFORE: &str = "PRE_PRODUCTION_TRAFFIC_SHIFT";
        let row = |name: &str, status: &str, end| (name.to_owned(), status.to_owned(), end);
        let mut moments = vec![
            moment(0, "PENDING", "", 0),
            moment(2, "IN_PROGRESS", START, 0),
            moment(40, "IN_PROGRESS", BEFORE, 0),
            moment(41, "IN_PROGRESS", SHIFT, 50),
            moment(60, "IN_PROGRESS", BEFORE, 50),
        ];
        let half = shown(&moments);
        let skipped = [
            "POST_SCALE_UP",
            "TEST_TRAFFIC_SHIFT",
            "POST_TEST_TRAFFIC_SHIFT",
        ];
        let mut expected = vec![
            row("PRE_SCALE_UP", "Skipped", None),
            row(START, "Succeeded", Some(40)),
        ];
        expected.extend(skipped.map(|name| row(name, "Skipped", None)));
        expected.push(row(BEFORE, "InProgress", None));
        expected.push(row(SHIFT, "InProgress", None));
        assert_eq!(half, expected);
        // A rollback leaves the stage in which it began.
        moments.push(moment(70, "ROLLBACK_IN_PROGRESS", BEFORE, 0));
        let failed = &shown(&moments)[5];
        assert_eq!(failed, &row(BEFORE, "Failed", Some(70)));
        moments.pop();
        moments.push(moment(71, "IN_PROGRESS", SHIFT, 100));
        moments.push(moment(80, "IN_PROGRESS", BAKE, 100));
        let done = shown(&moments);
        assert_eq!(done[5], row(BEFORE, "Succeeded", Some(41)));
        assert_eq!(done[6], row(SHIFT, "Succeeded", Some(80)));
    }

    #[test]
    fn the_next_step_and_the_end_of_the_bake_time_come_from_the_configuration() {
        let configuration = serde_json::json!({ "deploymentConfiguration": {
            "bakeTimeInMinutes": 5,
            "linearConfiguration": { "stepBakeTimeInMinutes": 2, "stepPercent": 80.0 },
        } });
        let outlook_of = |moments: &[Moment]| {
            let outlook = outlook(moments.last()?, &events(moments), &configuration)?;
            let (what, next) = outlook.next?;
            Some((what, next.as_second(), outlook.ends?.as_second()))
        };
        let known = |what: &str, next, ends| Some((what.to_owned(), next, ends));
        let mut moments = vec![moment(0, "IN_PROGRESS", START, 0)];
        assert_eq!(outlook_of(&moments), None);
        moments.push(moment(40, "IN_PROGRESS", SHIFT, 20));
        assert_eq!(outlook_of(&moments), known("next step", 160, 460));
        moments.push(moment(200, "IN_PROGRESS", SHIFT, 100));
        assert_eq!(outlook_of(&moments), None);
        moments.push(moment(210, "IN_PROGRESS", BAKE, 100));
        assert_eq!(outlook_of(&moments), known("the bake time ends", 510, 510));
        moments.push(moment(510, SUCCESSFUL, "", 100));
        assert_eq!(outlook_of(&moments), None);
    }
}
