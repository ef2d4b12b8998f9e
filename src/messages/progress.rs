//! The summary that the pipeline shows during a rollout.

use super::limit::{fit, fit_line};
use super::words::moment;
use crate::job::Engine;
use crate::job::duration::exact;
use crate::job::options::OnTaskFailure;
use crate::job::report::MAX_SUMMARY;
use crate::rollout::ending::{Ending, Production};
use crate::rollout::evidence::Evidence;
use crate::rollout::new_tasks::HeldUp;
use crate::rollout::progress::{Ended, Phase, Progress, Underway};
use crate::rollout::stage::Stage;
use crate::rollout::step::StopReason;

/// One or two sentences on the state of the rollout.
#[must_use]
pub fn summary(progress: &Progress) -> String {
    fit(&words(progress), MAX_SUMMARY)
}

/// How a summary begins that says what goes first.
const TURN: &str = "Waiting for its turn: ";

/// How a summary begins that says that calls to AWS fail.
const AWS: &str = "Waiting for AWS: ";

/// The events and stages in which the new tasks start.
const STARTS: [&str; 2] = ["Install", "SCALE_UP"];

/// Whether a summary says which deployment or execution goes first.
#[must_use]
pub fn says_what_goes_first(summary: &str) -> bool {
    summary.starts_with(TURN)
}

/// Whether a summary says that the release waits, and for what.
#[must_use]
pub fn says_waiting(summary: &str) -> bool {
    says_what_goes_first(summary) || summary.starts_with(AWS)
}

/// Whether a summary says what delays the new tasks.
#[must_use]
pub fn says_what_delays(summary: &str) -> bool {
    STARTS.iter().any(|name| {
        let rest = summary.strip_prefix(&*stage(name));
        rest.is_some_and(|rest| rest.starts_with(DELAY))
    })
}

/// What is between a phase and what delays the new tasks in it.
const DELAY: &str = ": ";

fn words(progress: &Progress) -> String {
    match progress {
        Progress::NotStarted => "Not started yet; a worker will take it up shortly.".into(),
        Progress::WaitingForAws { call, code } => {
            format!("{AWS}{call} answers {code}. Trying again.")
        }
        Progress::WaitingForGroup { holder } => match holder.engine() {
            Engine::CodeDeploy => {
                format!("{TURN}deployment {holder} holds the deployment group.")
            }
            Engine::Ecs => format!("{TURN}deployment {holder} is under way."),
        },
        Progress::WaitingToSee { deployment } => {
            let engine = deployment.engine();
            format!("Waiting for {engine} to show deployment {deployment}.")
        }
        Progress::WaitingForOlder { execution } => {
            format!("{TURN}the older pipeline execution {execution} goes first.")
        }
        Progress::Registered => {
            "The task definition is registered; its deployment comes next.".into()
        }
        Progress::Created { deployment } => format!("Deployment {deployment} has been created."),
        Progress::Underway(underway) => under_way(underway),
        Progress::Stopping { deployment, why } => {
            let why = match why {
                StopReason::TimedOut => "The timeout has passed",
                StopReason::Abandoned => "The action was abandoned",
                StopReason::TaskFailure => "Too many of its new tasks failed (OnTaskFailure)",
            };
            format!("{why}; deployment {deployment} is being stopped.")
        }
        Progress::Ended(ended) => end(ended),
    }
}

/// Maximum number of characters of an untrusted text in a summary.
const MAX_TEXT: usize = 300;

/// How a deployment ended, which version has the production traffic, and what
/// happens to it.
fn end(ended: &Ended) -> String {
    let how = match ended.ending {
        Ending::Failed => "has failed",
        Ending::ByAlarm => "was stopped by an alarm",
        Ending::ByHand => "was stopped by hand",
        Ending::ByUs(StopReason::TimedOut) => "was stopped because the timeout had passed",
        Ending::ByUs(StopReason::Abandoned) => "was stopped because the action was abandoned",
        Ending::ByUs(StopReason::TaskFailure) => "was stopped because too many of its tasks failed",
        Ending::NotStopped(_) => "was asked to stop",
        Ending::Superseded => "was superseded",
        Ending::Stopped => "was stopped",
    };
    let engine = ended.deployment.engine();
    let rollback = match (&ended.rollback, engine) {
        (Some((_, Some(since))), Engine::Ecs) => {
            format!("ECS has been rolling it back since {}.", moment(*since))
        }
        (Some((rollback, Some(since))), Engine::CodeDeploy) => format!(
            "rollback {rollback} has been undoing it since {}.",
            moment(*since)
        ),
        (Some((rollback, None)), _) => format!("rollback {rollback} is undoing it."),
        (None, Engine::CodeDeploy) => {
            "whether CodeDeploy rolls it back will show within a minute.".into()
        }
        (None, Engine::Ecs) => "why will show within a minute.".into(),
    };
    let production = match ended.production {
        Production::NeverMoved => "Production traffic never left the old version.".into(),
        Production::OnOld | Production::Old => {
            "All production traffic is on the old version.".into()
        }
        Production::Unknown => "The worker could not see which version serves production.".into(),
        Production::Moved(share) if share >= 100.0 => {
            "All production traffic is still on the new version.".into()
        }
        Production::Moved(share) => format!(
            "{share} % of the production traffic is still on the new version, the rest on the old \
             one."
        ),
    };
    let text = format!(
        "Deployment {} {how}; {rollback} {production}",
        ended.deployment
    );
    match &ended.text {
        Some(reason) => format!("{text} {engine}: {}", fit_line(reason, MAX_TEXT)),
        None => text,
    }
}

/// What delays the new tasks, what waits for them and until when, and what can
/// be done about it.
fn held_up(held: &HeldUp, engine: Engine) -> (String, String) {
    let tasks = match held.failed {
        0 => None,
        1 => Some("1 task stopped".to_owned()),
        failed => Some(format!("{failed} tasks stopped")),
    };
    let cause = held.cause.as_ref().map(|cause| {
        let words = super::cause::words(engine, cause, &Evidence::default());
        let what = words.what.trim_end_matches('.').to_owned();
        match &held.text {
            Some(text) => format!("{what} ({})", fit_line(text, MAX_TEXT)),
            None => what,
        }
    });
    let parts: Vec<String> = [tasks, cause].into_iter().flatten().collect();
    let mut what = match parts.is_empty() {
        true => String::new(),
        false => format!("{DELAY}{}", parts.join(", ")),
    };
    if let Some(until) = held.until {
        what.push_str(&format!("; {engine} waits until {}", moment(until)));
    }
    let limit = held.limit;
    let advice = match (&held.denied, held.option) {
        (Some(denied), _) => format!(
            " OnTaskFailure cannot be followed: {} answers {}.",
            denied.call, denied.code
        ),
        (None, OnTaskFailure::Wait) if held.over_limit => {
            " OnTaskFailure=Rollback would end this now.".into()
        }
        (None, OnTaskFailure::Wait) if held.failed < limit => {
            format!(" OnTaskFailure=Rollback would end this after {limit} failed tasks.")
        }
        (None, OnTaskFailure::Stop | OnTaskFailure::Rollback) if held.failed < limit => {
            format!(" OnTaskFailure ends this after {limit} failed tasks.")
        }
        (None, OnTaskFailure::Wait | OnTaskFailure::Stop | OnTaskFailure::Rollback) => {
            String::new()
        }
    };
    (what, advice)
}

fn under_way(underway: &Underway) -> String {
    let mut text = phase(underway);
    let engine = underway.deployment.engine();
    let held = underway.held_up.as_ref();
    let (what, advice) = held.map(|held| held_up(held, engine)).unwrap_or_default();
    text.push_str(&what);
    if underway.continued_by_hand {
        text.push_str("; continued by hand");
    }
    if let Some((running, desired)) = underway.tasks {
        text.push_str(&format!("; {running} of {desired} new tasks running"));
    }
    let stop = if advice.is_empty() { "" } else { "." };
    format!("{text} (deployment {}){stop}{advice}", underway.deployment)
}

fn phase(underway: &Underway) -> String {
    match &underway.phase {
        Phase::Queued => {
            let engine = underway.deployment.engine();
            format!("Queued: {engine} has not started yet")
        }
        Phase::Event { name } => event(underway, name),
        Phase::Ready { until, hook } => {
            super::ready::words(&underway.deployment, *until, hook.as_ref())
        }
        Phase::Baking { until } => {
            let until = until.map_or(String::new(), |until| {
                format!(" until about {}", moment(until))
            });
            match underway.traffic {
                Some(_) => {
                    format!(
                        "Bake time: all traffic is on the new tasks; the old ones run on{until}"
                    )
                }
                None => format!("Bake time: the old tasks run on{until}"),
            }
        }
        Phase::Terminating { until } => {
            let until = until.map_or(String::new(), |until| format!(" until {}", moment(until)));
            format!("All traffic is on the new task set; the old tasks are kept{until}")
        }
        Phase::Removing => {
            "All traffic is on the new task set; the old tasks are being stopped or are gone".into()
        }
        Phase::Finishing => "Finishing".into(),
    }
}

/// The event or stage in words. Nothing is said of the traffic of a service that
/// has none that ECS could shift.
fn event(underway: &Underway, name: &str) -> String {
    match (Stage::named(name), underway.traffic) {
        (Stage::Shift, Some(traffic)) => shift(underway, traffic),
        (Stage::Shift | Stage::AfterShift, None) => {
            let engine = underway.deployment.engine();
            format!("{engine} shows no share of the traffic ({name})")
        }
        (Stage::CleanUp, None) => format!("The old tasks are being stopped ({name})"),
        _ => stage(name),
    }
}

/// What happens in an event or stage. ECS's stages have words beside their
/// names (docs/aws.md §6.4); any other name stands for itself.
fn stage(name: &str) -> String {
    let what = match name {
        "RECONCILE_SERVICE" => "Removing what a superseded deployment left",
        "PRE_SCALE_UP" => "Before the new tasks start",
        "SCALE_UP" | "ROLLING" => "Starting the new tasks",
        "POST_SCALE_UP" => "The new tasks run",
        "TEST_TRAFFIC_SHIFT" => "Shifting test traffic",
        "POST_TEST_TRAFFIC_SHIFT" => "Test traffic is on the new tasks",
        "PRE_PRODUCTION_TRAFFIC_SHIFT" => "Before production traffic shifts",
        "POST_PRODUCTION_TRAFFIC_SHIFT" => "All traffic is on the new tasks",
        "CLEAN_UP" => "All traffic is on the new tasks; the old ones are being stopped",
        other => return other.to_owned(),
    };
    format!("{what} ({name})")
}

fn shift(underway: &Underway, traffic: f64) -> String {
    let (mut text, about) = match underway.deployment.engine() {
        Engine::CodeDeploy => (format!("AllowTraffic: {traffic} % on the new task set"), ""),
        Engine::Ecs => (
            format!("Shifting traffic: {traffic} % on the new tasks"),
            "about ",
        ),
    };
    if let Some(next) = underway.next_step {
        text.push_str(&format!(", next step in {about}{}", exact(next)));
    }
    text
}

#[cfg(test)]
mod tests;
