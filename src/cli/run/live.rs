//! The live page of a running worker, read-only: its current releases, the
//! results of recent ones, and its calls to AWS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clock::Clock;
use jiff::Timestamp;

use super::fleet_jobs::FleetJobs;
use crate::aws::Listener;
use crate::cli::failure_shown::failure_shown;
use crate::messages::ready;
use crate::page::{self, ActionShown, CallLog, Kind, StateShown, Tone, View};
use crate::worker::{Context, ReleaseState, ReleaseStatus};

/// How long a release is shown as in hand that this worker gave up before its
/// end: long enough for its next job to arrive here. What becomes of it after
/// that is unknown here.
const BETWEEN_JOBS: Duration = Duration::from_secs(60);

/// The routes of the page, at `/page/`.
pub(super) fn page(context: &Context, calls: CallLog) -> Router {
    let fleet = context.shared_journal().map(FleetJobs::watch);
    let context = context.clone();
    let look = move || {
        let mut view = view(&context.releases(), Clock::system().now());
        view.fleet_jobs = fleet.as_ref().and_then(FleetJobs::latest);
        view
    };
    page::routes("/page/", Arc::new(look), calls)
}

/// A listener that writes every request to AWS into the page's log.
pub(super) fn listener(calls: CallLog) -> Listener {
    Arc::new(move |call| calls.write(seconds(Clock::system().now()), call.name, call.outcome))
}

fn view(releases: &[ReleaseStatus], now: Timestamp) -> View {
    let releases = releases.iter();
    let (mut in_hand, mut ended): (Vec<_>, Vec<_>) = releases.partition(|one| is_in_hand(one, now));
    // Jobs come and go, but a release keeps its place in the list.
    in_hand.sort_by_key(|release| (release.since, release.key.to_string()));
    ended.sort_by_key(|release| std::cmp::Reverse(release.until));
    let actions: Vec<ActionShown> = in_hand.into_iter().map(|one| action(one, true)).collect();
    View {
        kind: Kind::Worker,
        title: "bluegreen-worker".into(),
        outlook: format!("Version {}", env!("CARGO_PKG_VERSION")),
        now: seconds(now),
        state: state(&actions),
        actions,
        ended: ended.into_iter().map(|one| action(one, false)).collect(),
        ..View::default()
    }
}

/// What the worker has in hand, in a sentence.
fn state(in_hand: &[ActionShown]) -> StateShown {
    let waiting = in_hand.iter().filter(|one| one.command.is_some()).count();
    let releases = match in_hand.len() {
        0 => "No release in hand".to_owned(),
        1 => "1 release in hand".to_owned(),
        count => format!("{count} releases in hand"),
    };
    let (tone, sentence) = match (in_hand.len(), waiting) {
        (0, _) => (Tone::Still, releases),
        (_, 0) => (Tone::Busy, releases),
        (_, 1) => (
            Tone::Warning,
            format!("{releases}; 1 waits to be continued"),
        ),
        (_, more) => (
            Tone::Warning,
            format!("{releases}; {more} wait to be continued"),
        ),
    };
    StateShown {
        tone,
        sentence,
        ..StateShown::default()
    }
}

/// Whether a release is shown as in hand. Otherwise it ended here, or is no
/// longer here.
fn is_in_hand(release: &ReleaseStatus, now: Timestamp) -> bool {
    match release.state {
        ReleaseState::InHand => true,
        ReleaseState::HandedBack | ReleaseState::LeaseLost => release
            .until
            .is_some_and(|until| until + BETWEEN_JOBS > now),
        ReleaseState::Succeeded | ReleaseState::Failed(..) | ReleaseState::Closed => false,
    }
}

fn action(release: &ReleaseStatus, is_in_hand: bool) -> ActionShown {
    let (status, error) = match (&release.state, is_in_hand) {
        (ReleaseState::InHand, _) => ("InProgress", None),
        (ReleaseState::HandedBack, true) => ("handed back", None),
        (ReleaseState::LeaseLost, true) => ("another worker has it", None),
        (ReleaseState::HandedBack | ReleaseState::LeaseLost, false) => ("no longer here", None),
        (ReleaseState::Closed, _) => ("closed by the pipeline", None),
        (ReleaseState::Succeeded, _) => ("Succeeded", None),
        (ReleaseState::Failed(kind, message), _) => {
            ("Failed", Some((kind.name().to_owned(), message.clone())))
        }
    };
    let failure = error.as_ref();
    let failure = failure.map(|(kind, message)| failure_shown(kind, message));
    let command = ready::command_in(&release.summary).filter(|_| is_in_hand);
    let mut variables = BTreeMap::new();
    variables.insert("action execution".into(), release.key.to_string());
    if let Some(deployment) = &release.deployment {
        variables.insert("deployment".into(), deployment.clone());
    }
    ActionShown {
        name: format!(
            "{} › {} › {}",
            release.pipeline, release.stage, release.action
        ),
        status: status.into(),
        percent: Some(release.percent.into()),
        summary: Some(release.summary.clone()).filter(|summary| !summary.is_empty()),
        link: release.link.clone(),
        error,
        variables,
        step: Some(release.step.into()),
        since: Some(seconds(release.since)),
        until: release.until.map(seconds),
        failure,
        command: command.map(str::to_owned),
        ..ActionShown::default()
    }
}

/// Seconds since 1970, as the page expects.
fn seconds(at: Timestamp) -> f64 {
    at.as_duration().as_secs_f64()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::Key;
    use crate::job::report::FailureType;

    fn release(key: &str, state: ReleaseState, until: Option<u64>) -> ReleaseStatus {
        let at = |second| Timestamp::UNIX_EPOCH + Duration::from_secs(second);
        ReleaseStatus {
            key: Key::new(key),
            pipeline: "shop".into(),
            stage: "Deploy".into(),
            action: "Release".into(),
            since: at(10),
            until: until.map(at),
            state,
            step: "Deploying",
            summary: "40 % of the traffic".into(),
            percent: 40,
            deployment: Some("d-1".into()),
            link: Some("https://console/d-1".into()),
        }
    }

    fn keys(actions: &[ActionShown]) -> Vec<&str> {
        let keys = actions
            .iter()
            .map(|one| &*one.variables["action execution"]);
        keys.collect()
    }

    #[test]
    fn running_releases_are_distinguished_from_ended_ones() {
        let failed = ReleaseState::Failed(FailureType::JobFailed, "An alarm went off.".into());
        let releases = [
            release("failed", failed, Some(80)),
            release("between", ReleaseState::HandedBack, Some(95)),
            release("at-work", ReleaseState::InHand, None),
            release("elsewhere", ReleaseState::HandedBack, Some(30)),
            release("just-lost", ReleaseState::LeaseLost, Some(99)),
            release("lost", ReleaseState::LeaseLost, Some(40)),
            release("closed", ReleaseState::Closed, Some(70)),
            release("live", ReleaseState::Succeeded, Some(90)),
        ];
        let view = view(&releases, Timestamp::UNIX_EPOCH + Duration::from_secs(100));
        assert_eq!(keys(&view.actions), ["at-work", "between", "just-lost"]);
        let ended = ["live", "failed", "closed", "lost", "elsewhere"];
        assert_eq!(keys(&view.ended), ended);
        for other in &view.ended[3..] {
            assert_eq!(other.status, "no longer here");
        }
        assert_eq!(view.state.sentence, "3 releases in hand");
        let failed = &view.ended[1];
        let error = failed.error.as_ref().expect("it failed");
        assert_eq!((&*error.0, &*error.1), ("JobFailed", "An alarm went off."));
        assert_eq!((failed.since, failed.until), (Some(10.0), Some(80.0)));
        assert_eq!(failed.link.as_deref(), Some("https://console/d-1"));
    }

    #[test]
    fn a_release_that_waits_for_a_person_shows_the_command() {
        let mut waiting = release("a", ReleaseState::InHand, None);
        waiting.summary = "Ready: waiting to be continued. Continue it with `aws x`".into();
        let at = Timestamp::UNIX_EPOCH + Duration::from_secs(100);
        let shown = view(&[waiting.clone()], at);
        assert_eq!(shown.actions[0].command.as_deref(), Some("aws x"));
        assert_eq!(
            shown.state.sentence,
            "1 release in hand; 1 waits to be continued"
        );
        waiting.state = ReleaseState::Succeeded;
        let shown = view(&[waiting], at);
        assert_eq!(
            (shown.ended[0].command.as_deref(), shown.state.tone),
            (None, Tone::Still)
        );
    }
}
