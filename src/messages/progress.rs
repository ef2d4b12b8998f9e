//! The summary that the pipeline shows during a rollout.

use jiff::Timestamp;

use super::limit::fit;
use super::words::duration;
use crate::job::options::OnTaskFailure;
use crate::job::report::MAX_SUMMARY;
use crate::rollout::ending::{Ending, Production};
use crate::rollout::evidence::Evidence;
use crate::rollout::new_tasks::HeldUp;
use crate::rollout::progress::{Phase, Progress, Underway, Undoing};
use crate::rollout::step::StopReason;

/// One or two sentences on the state of the rollout.
#[must_use]
pub fn summary(progress: &Progress) -> String {
    fit(&words(progress), MAX_SUMMARY)
}

fn words(progress: &Progress) -> String {
    match progress {
        Progress::NotStarted => "Not begun yet; a worker takes it up shortly.".into(),
        Progress::WaitingForAws { call, code } => {
            format!("Waiting for AWS: {call} answers {code}. Trying again.")
        }
        Progress::WaitingForGroup { holder } => {
            format!("Waiting for its turn: deployment {holder} holds the deployment group.")
        }
        Progress::WaitingForOlder { execution } => {
            format!("Waiting for its turn: the older pipeline execution {execution} goes first.")
        }
        Progress::Registered => {
            "The task definition is registered; its deployment comes next.".into()
        }
        Progress::Created { deployment } => format!("Deployment {deployment} has been created."),
        Progress::Underway(underway) => under_way(underway),
        Progress::Stopping { deployment, why } => match why {
            StopReason::TimedOut => {
                format!("The time-out has passed; deployment {deployment} is being stopped.")
            }
            StopReason::Abandoned => {
                format!("The action was abandoned; deployment {deployment} is being stopped.")
            }
            StopReason::TaskFailure => format!(
                "Too many of its new tasks failed (OnTaskFailure); deployment {deployment} is \
                 being stopped."
            ),
        },
        Progress::RollingBack(undoing) => undone(undoing),
    }
}

/// Maximum number of characters of an untrusted text in a summary.
const TEXT: usize = 300;

/// How a deployment ended, which version has the production traffic, and what
/// happens to it.
fn undone(undoing: &Undoing) -> String {
    let how = match undoing.ending {
        Ending::Failed => "has failed",
        Ending::ByAlarm => "was stopped by an alarm",
        Ending::ByHand => "was stopped by hand",
        Ending::ByUs(StopReason::TimedOut) => "was stopped, for the time-out had passed",
        Ending::ByUs(StopReason::Abandoned) => "was stopped, for the action was abandoned",
        Ending::ByUs(StopReason::TaskFailure) => "was stopped, for too many of its tasks failed",
        Ending::NotStopped(_) => "was asked to stop",
        Ending::Stopped => "was stopped",
    };
    let mut text = format!("Deployment {} {how}", undoing.undone);
    match &undoing.rollback {
        Some((rollback, Some(since))) => text.push_str(&format!(
            "; rollback {rollback} has been undoing it since {}.",
            moment(*since)
        )),
        Some((rollback, None)) => text.push_str(&format!("; rollback {rollback} is undoing it.")),
        None => text.push_str("; whether CodeDeploy rolls it back will show within a minute."),
    }
    text.push_str(match undoing.production {
        Production::NeverMoved => " Production traffic never left the old version.",
        Production::OnOld => " All production traffic is on the old version.",
        Production::Unknown => " Which version has the production traffic is not known.",
        Production::Moved(share) if share >= 100.0 => {
            " All production traffic is still on the new version."
        }
        Production::Moved(share) => {
            let still = format!(
                " {share} % of the production traffic is still on the new version, the rest on \
                 the old one."
            );
            return with_reason(text + &still, undoing);
        }
    });
    with_reason(text, undoing)
}

fn with_reason(text: String, undoing: &Undoing) -> String {
    match &undoing.text {
        Some(reason) => format!("{text} CodeDeploy: {}", line(reason, TEXT)),
        None => text,
    }
}

/// What delays the new tasks, what waits for them and until when, and what can
/// be done about it.
fn held_up(held: &HeldUp) -> (String, String) {
    let tasks = match held.failed {
        0 => None,
        1 => Some("1 task stopped".to_owned()),
        failed => Some(format!("{failed} tasks stopped")),
    };
    let cause = held.cause.as_ref().map(|cause| {
        let words = super::cause::words(cause, &Evidence::default());
        let what = words.what.trim_end_matches('.').to_owned();
        match &held.text {
            Some(text) => format!("{what} ({})", line(text, TEXT)),
            None => what,
        }
    });
    let parts: Vec<String> = [tasks, cause].into_iter().flatten().collect();
    let mut what = match parts.is_empty() {
        true => String::new(),
        false => format!(": {}", parts.join(", ")),
    };
    if let Some(until) = held.until {
        what.push_str(&format!("; CodeDeploy waits until {}", moment(until)));
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

/// Untrusted text on one line.
fn line(text: &str, limit: usize) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    fit(&words.join(" "), limit)
}

fn under_way(underway: &Underway) -> String {
    let mut text = phase(underway);
    let (what, advice) = underway.held_up.as_ref().map(held_up).unwrap_or_default();
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
        Phase::Queued => "Queued: CodeDeploy has not begun yet".into(),
        Phase::Event { name } if name == "AllowTraffic" => shift(underway),
        Phase::Event { name } => name.clone(),
        Phase::Ready { until } => format!(
            "Ready: waiting to be continued{}. Continue it in the CodeDeploy console, or with \
             `aws deploy continue-deployment --deployment-id {} --deployment-wait-type READY_WAIT`",
            match until {
                Some(until) => format!(" until {}; then CodeDeploy stops it", moment(*until)),
                None => String::new(),
            },
            underway.deployment
        ),
        Phase::Terminating { until } => {
            let until = until.map_or(String::new(), |until| format!(" until {}", moment(until)));
            format!("All traffic is on the new task set; the old tasks live on{until}")
        }
        Phase::Removing => {
            "All traffic is on the new task set; the old tasks are being stopped or are gone".into()
        }
        Phase::Finishing => "Finishing".into(),
    }
}

fn shift(underway: &Underway) -> String {
    let mut text = format!("AllowTraffic: {} % on the new task set", underway.traffic);
    if let Some(next) = underway.next_step {
        text.push_str(&format!(", next step in {}", duration(next)));
    }
    text
}

/// Truncates a time to the second: `2026-01-01T10:03:00Z`.
pub(super) fn moment(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::job::DeploymentId;
    use crate::rollout::cause::{Cause, Obstacle};

    fn check(phase: Phase, next_step: Option<u64>, expected: &str) {
        let progress = Progress::Underway(Box::new(Underway {
            deployment: DeploymentId::new("d-A1B2C3D4E"),
            phase,
            traffic: 30.0,
            next_step: next_step.map(Duration::from_secs),
            tasks: Some((2, 2)),
            held_up: None,
            continued_by_hand: false,
        }));
        assert_eq!(summary(&progress), expected);
    }

    fn event(name: &str) -> Phase {
        Phase::Event { name: name.into() }
    }

    #[test]
    fn a_shift_says_how_much_has_moved_and_when_more_does() {
        check(
            event("AllowTraffic"),
            Some(40),
            "AllowTraffic: 30 % on the new task set, next step in 40 s; \
             2 of 2 new tasks running (deployment d-A1B2C3D4E)",
        );
        check(
            event("AllowTraffic"),
            None,
            "AllowTraffic: 30 % on the new task set; \
             2 of 2 new tasks running (deployment d-A1B2C3D4E)",
        );
    }

    #[test]
    fn a_deployment_that_a_person_continued_says_so() {
        let underway = Underway {
            deployment: DeploymentId::new("d-A1B2C3D4E"),
            phase: event("AllowTraffic"),
            traffic: 30.0,
            next_step: None,
            tasks: Some((2, 2)),
            held_up: None,
            continued_by_hand: true,
        };
        assert_eq!(
            summary(&Progress::Underway(Box::new(underway))),
            "AllowTraffic: 30 % on the new task set; continued by hand; \
             2 of 2 new tasks running (deployment d-A1B2C3D4E)"
        );
    }

    fn held_up(failed: u32, option: OnTaskFailure) -> String {
        let text = "CannotPullContainerError: not found".to_owned();
        summary(&Progress::Underway(Box::new(Underway {
            deployment: DeploymentId::new("d-A1B2C3D4E"),
            phase: event("Install"),
            traffic: 0.0,
            next_step: None,
            tasks: Some((0, 2)),
            held_up: Some(HeldUp {
                failed,
                cause: Some(Cause::ImageNotPulled {
                    container: Some("web".into()),
                    why: Obstacle::Missing,
                }),
                text: Some(text),
                until: Some("2026-01-01T11:42:00Z".parse().unwrap()),
                option,
                limit: 3,
                over_limit: failed >= 3,
                denied: None,
            }),
            continued_by_hand: false,
        })))
    }

    #[test]
    fn what_holds_up_the_new_tasks_is_said_with_what_would_end_it() {
        let start = "the image of container web cannot be pulled (CannotPullContainerError: not \
                     found); CodeDeploy waits until 2026-01-01T11:42:00Z; 0 of 2 new tasks \
                     running (deployment d-A1B2C3D4E). ";
        for (failed, option, tasks, advice) in [
            (
                0,
                OnTaskFailure::Wait,
                "",
                "OnTaskFailure=Rollback would end this after 3 failed tasks.",
            ),
            (
                1,
                OnTaskFailure::Wait,
                "1 task stopped, ",
                "OnTaskFailure=Rollback would end this after 3 failed tasks.",
            ),
            (
                3,
                OnTaskFailure::Wait,
                "3 tasks stopped, ",
                "OnTaskFailure=Rollback would end this now.",
            ),
            (
                2,
                OnTaskFailure::Stop,
                "2 tasks stopped, ",
                "OnTaskFailure ends this after 3 failed tasks.",
            ),
        ] {
            let expected = format!("Install: {tasks}{start}{advice}");
            assert_eq!(held_up(failed, option), expected);
        }
    }

    #[test]
    fn a_deployment_that_is_taken_back_says_who_has_the_traffic_since_when_and_why() {
        let undoing = |ending, production, rollback: Option<&str>| {
            summary(&Progress::RollingBack(Undoing {
                undone: DeploymentId::new("d-A1B2C3D4E"),
                ending,
                text: Some("One or more alarms\nhave been activated".into()),
                rollback: rollback.map(|id| {
                    let since = "2026-01-01T10:03:00Z".parse().unwrap();
                    (DeploymentId::new(id), Some(since))
                }),
                production,
            }))
        };
        assert_eq!(
            undoing(
                Ending::ByAlarm,
                Production::Moved(30.0),
                Some("d-B1B2C3D4E")
            ),
            "Deployment d-A1B2C3D4E was stopped by an alarm; rollback d-B1B2C3D4E has been undoing \
             it since 2026-01-01T10:03:00Z. 30 % of the production traffic is still on the new \
             version, the rest on the old one. CodeDeploy: One or more alarms have been activated"
        );
        assert_eq!(
            undoing(Ending::Failed, Production::NeverMoved, None),
            "Deployment d-A1B2C3D4E has failed; whether CodeDeploy rolls it back will show within \
             a minute. Production traffic never left the old version. CodeDeploy: One or more \
             alarms have been activated"
        );
    }

    #[test]
    fn a_wait_says_until_when_and_how_to_end_it() {
        let until = Some("2026-01-01T10:03:00.5Z".parse().unwrap());
        check(
            Phase::Ready { until },
            None,
            "Ready: waiting to be continued until 2026-01-01T10:03:00Z; then CodeDeploy stops it. \
             Continue it in the CodeDeploy console, or with `aws deploy continue-deployment \
             --deployment-id d-A1B2C3D4E --deployment-wait-type READY_WAIT`; \
             2 of 2 new tasks running (deployment d-A1B2C3D4E)",
        );
        check(
            Phase::Terminating { until },
            None,
            "All traffic is on the new task set; the old tasks live on until \
             2026-01-01T10:03:00Z; 2 of 2 new tasks running (deployment d-A1B2C3D4E)",
        );
    }
}
