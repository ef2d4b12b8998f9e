//! The live page of a running worker, read-only: its current releases, the
//! results of recent ones, and its calls to AWS.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use clock::Clock;
use jiff::Timestamp;

use crate::aws::Listener;
use crate::page::{self, ActionShown, CallLog, Kind, View};
use crate::worker::{Context, ReleaseState, ReleaseStatus};

/// How long a release is still shown that this worker gave up before its end:
/// long enough for its next job to arrive here, and for a reader to see where
/// it went. What becomes of it on another worker is unknown here.
const BETWEEN_JOBS: Duration = Duration::from_secs(60);

/// The routes of the page, at `/page/`.
pub(super) fn page(context: &Context, calls: CallLog) -> Router {
    let context = context.clone();
    let look = move || view(&context.releases(), Clock::system().now());
    page::routes("/page/", Arc::new(look), calls)
}

/// A listener that writes every request to AWS into the page's log.
pub(super) fn listener(calls: CallLog) -> Listener {
    Arc::new(move |call| calls.write(seconds(Clock::system().now()), call.name, call.outcome))
}

fn view(releases: &[ReleaseStatus], now: Timestamp) -> View {
    let of = |place: Place| {
        let there = releases
            .iter()
            .filter(move |one| Place::of(one, now) == place);
        there.collect::<Vec<_>>()
    };
    let (mut in_hand, mut ended) = (of(Place::InHand), of(Place::Ended));
    // Jobs come and go, but a release keeps its place in the list.
    in_hand.sort_by_key(|release| (release.since, release.key.to_string()));
    ended.sort_by_key(|release| std::cmp::Reverse(release.until));
    View {
        kind: Kind::Worker,
        title: "bluegreen-worker".into(),
        outlook: format!("Version {} at work.", env!("CARGO_PKG_VERSION")),
        now: seconds(now),
        actions: in_hand.into_iter().map(action).collect(),
        ended: ended.into_iter().map(action).collect(),
        ..View::default()
    }
}

/// The list of the page that shows a release.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    InHand,
    Ended,
    /// Neither.
    Elsewhere,
}

impl Place {
    fn of(release: &ReleaseStatus, now: Timestamp) -> Self {
        let is_recent = |until: Timestamp| until + BETWEEN_JOBS > now;
        match release.state {
            ReleaseState::InHand => Self::InHand,
            ReleaseState::HandedBack | ReleaseState::LeaseLost => {
                match release.until.is_some_and(is_recent) {
                    true => Self::InHand,
                    false => Self::Elsewhere,
                }
            }
            ReleaseState::Succeeded | ReleaseState::Failed(..) | ReleaseState::Closed => {
                Self::Ended
            }
        }
    }
}

fn action(release: &ReleaseStatus) -> ActionShown {
    let (status, error) = match &release.state {
        ReleaseState::InHand => ("InProgress", None),
        ReleaseState::HandedBack => ("handed back", None),
        ReleaseState::LeaseLost => ("another worker has it", None),
        ReleaseState::Closed => ("closed by the pipeline", None),
        ReleaseState::Succeeded => ("Succeeded", None),
        ReleaseState::Failed(kind, message) => {
            ("Failed", Some((format!("{kind:?}"), message.clone())))
        }
    };
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
        assert_eq!(keys(&view.ended), ["live", "failed", "closed"]);
        let failed = &view.ended[1];
        let error = failed.error.as_ref().expect("it failed");
        assert_eq!((&*error.0, &*error.1), ("JobFailed", "An alarm went off."));
        assert_eq!((failed.since, failed.until), (Some(10.0), Some(80.0)));
        assert_eq!(failed.link.as_deref(), Some("https://console/d-1"));
    }
}
