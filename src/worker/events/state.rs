//! The states of a release, and which of them a report adds.

use std::collections::BTreeSet;

use serde::Serialize;

use super::facts::Facts;
use crate::job::report::Report;
use crate::rollout::progress::{Progress, SHIFTED_PERCENT};
use crate::rollout::step::{Rollout, Step};

/// The states that events announce, in the order in which a release may reach
/// them. The last four are final, and a release reaches only one of them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in crate::worker) enum State {
    /// A worker has claimed the release's job.
    Started,
    /// The release waits until another release no longer uses its deployment
    /// group.
    Waiting,
    /// The deployment has been created.
    Deploying,
    /// All production traffic is on the new tasks.
    TrafficShifted,
    Succeeded,
    Failed,
    /// The release has errors; nothing was registered or deployed.
    Refused,
    /// The deployment failed, and was rolled back to the old version.
    RolledBack,
}

impl State {
    /// The name in an event and its id.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Started => "STARTED",
            Self::Waiting => "WAITING",
            Self::Deploying => "DEPLOYING",
            Self::TrafficShifted => "TRAFFIC_SHIFTED",
            Self::Succeeded => "SUCCEEDED",
            Self::Failed => "FAILED",
            Self::Refused => "REFUSED",
            Self::RolledBack => "ROLLED_BACK",
        }
    }
}

/// The states that a release has already reached according to its job's token;
/// none for its first job, which has no token.
pub(in crate::worker) fn states_in_token(in_token: Option<&Rollout>) -> BTreeSet<State> {
    let Some(rollout) = in_token else {
        return BTreeSet::new();
    };
    let mut states = BTreeSet::from([State::Started]);
    match &rollout.step {
        // Judged but not started: the release waited. The token does not say
        // whether for another release or for AWS.
        Step::Starting | Step::Registered(_) => {
            states.extend(rollout.judged.is_some().then_some(State::Waiting));
        }
        Step::Deploying(_) | Step::RollingBack(_) => {
            states.extend([State::Waiting, State::Deploying]);
            let has_shifted = rollout.percent >= SHIFTED_PERCENT;
            states.extend(has_shifted.then_some(State::TrafficShifted));
        }
    }
    states
}

/// What this worker knows of the release that a report is about.
#[derive(Clone, Debug, Default)]
pub(in crate::worker) struct Known {
    pub(in crate::worker) rollout: Option<Rollout>,
    pub(in crate::worker) progress: Option<Progress>,
    pub(in crate::worker) facts: Facts,
}

/// The states that a report shows, in order.
pub(super) fn states_in_report(report: &Report, known: &Known) -> Vec<State> {
    let rollout = known.rollout.as_ref();
    let is_deployed = rollout.is_some_and(|rollout| rollout.deployment().is_some());
    let progress = known.progress.as_ref();
    let (is_deployed, has_shifted, end) = match report {
        Report::Continue(_) => {
            let has_shifted = progress.is_some_and(Progress::traffic_has_shifted);
            (is_deployed, has_shifted, None)
        }
        Report::Success(success) => {
            let is_deployed = success.deployment.is_some();
            (is_deployed, is_deployed, Some(State::Succeeded))
        }
        Report::Failure(_) => (is_deployed, false, Some(known.facts.not_live.state())),
    };
    let waits = end.is_none() && progress.is_some_and(Progress::is_for_others);
    let all = [
        Some(State::Started),
        waits.then_some(State::Waiting),
        is_deployed.then_some(State::Deploying),
        has_shifted.then_some(State::TrafficShifted),
        end,
    ];
    all.into_iter().flatten().collect()
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::facts::NotLive;
    use super::*;
    use crate::job::continuation_token::Token;
    use crate::job::report::{FailureReport, FailureType, Progress as Reported, Success};
    use crate::job::{DeploymentId, TaskDefinitionArn};
    use crate::release::judgement_digest::JudgementDigest;
    use crate::rollout::progress::{Phase, Underway};
    use crate::rollout::step::{Deploying, Release, Warnings};

    fn id() -> DeploymentId {
        DeploymentId::new("d-A1B2C3D4E")
    }

    fn starting() -> Rollout {
        Rollout::new(Timestamp::UNIX_EPOCH)
    }

    fn deploying(percent: u8) -> Rollout {
        let release = Release {
            task_definition: TaskDefinitionArn::new("web:7"),
            images: Vec::new(),
            warnings: Warnings::default(),
        };
        let step = Step::Deploying(Deploying {
            release,
            deployment: id(),
            stopping: None,
        });
        Rollout {
            percent,
            ..starting().at(step)
        }
    }

    fn underway(phase: Phase) -> Progress {
        Progress::Underway(Box::new(Underway {
            deployment: id(),
            phase,
            traffic: Some(100.0),
            next_step: None,
            tasks: None,
            held_up: None,
            continued_by_hand: false,
        }))
    }

    fn event(name: &str) -> Progress {
        underway(Phase::Event { name: name.into() })
    }

    fn continued() -> Report {
        Report::Continue(Reported {
            token: Token(String::new()),
            summary: String::new(),
            percent: 0,
            deployment: None,
        })
    }

    fn succeeded(deployment: Option<DeploymentId>) -> Report {
        Report::Success(Success {
            summary: String::new(),
            deployment,
            variables: [].into(),
        })
    }

    fn failed() -> Report {
        Report::Failure(FailureReport {
            kind: FailureType::JobFailed,
            message: String::new(),
            deployment: None,
        })
    }

    fn names(states: impl IntoIterator<Item = State>) -> String {
        let names: Vec<&str> = states.into_iter().map(State::name).collect();
        names.join(" ")
    }

    #[test]
    fn a_report_shows_every_state_up_to_where_the_release_stands() {
        let waiting = Progress::WaitingForGroup { holder: id() };
        let at = |rollout: Rollout, progress| Known {
            rollout: Some(rollout),
            progress: Some(progress),
            facts: Facts::default(),
        };
        let ended = |rollout: Rollout, not_live| Known {
            facts: Facts {
                not_live,
                ..Facts::default()
            },
            ..at(rollout, Progress::NotStarted)
        };
        for (report, at, expected) in [
            (continued(), at(starting(), Progress::NotStarted), "STARTED"),
            (
                continued(),
                at(starting(), waiting.clone()),
                "STARTED WAITING",
            ),
            (
                continued(),
                at(deploying(10), event("Install")),
                "STARTED DEPLOYING",
            ),
            (
                continued(),
                at(deploying(88), event("AllowTraffic")),
                "STARTED DEPLOYING",
            ),
            (
                continued(),
                at(deploying(89), event("AfterAllowTraffic")),
                "STARTED DEPLOYING TRAFFIC_SHIFTED",
            ),
            (
                continued(),
                at(deploying(92), underway(Phase::Terminating { until: None })),
                "STARTED DEPLOYING TRAFFIC_SHIFTED",
            ),
            (
                succeeded(Some(id())),
                at(deploying(92), event("Install")),
                "STARTED DEPLOYING TRAFFIC_SHIFTED SUCCEEDED",
            ),
            (
                succeeded(None),
                at(starting(), waiting.clone()),
                "STARTED SUCCEEDED",
            ),
            (
                failed(),
                ended(starting(), NotLive::Refused),
                "STARTED REFUSED",
            ),
            (failed(), Known::default(), "STARTED FAILED"),
            (
                failed(),
                ended(deploying(95), NotLive::RolledBack),
                "STARTED DEPLOYING ROLLED_BACK",
            ),
        ] {
            assert_eq!(
                names(states_in_report(&report, &at)),
                expected,
                "{report:?}"
            );
        }
    }

    #[test]
    fn a_token_says_what_is_behind_its_release() {
        let judged = Rollout {
            judged: JudgementDigest::parse("00112233445566778899aabbccddeeff"),
            ..starting()
        };
        for (in_token, expected) in [
            (None, ""),
            (Some(starting()), "STARTED"),
            (Some(judged), "STARTED WAITING"),
            (
                Some(deploying(SHIFTED_PERCENT - 1)),
                "STARTED WAITING DEPLOYING",
            ),
            (
                Some(deploying(SHIFTED_PERCENT)),
                "STARTED WAITING DEPLOYING TRAFFIC_SHIFTED",
            ),
        ] {
            assert_eq!(names(states_in_token(in_token.as_ref())), expected);
        }
    }

    #[test]
    fn a_state_is_written_as_its_id_has_it() {
        for state in [State::Started, State::TrafficShifted, State::RolledBack] {
            let written = serde_json::to_value(state).unwrap();
            assert_eq!(written, state.name());
        }
    }
}
