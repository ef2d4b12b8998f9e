//! The live page of a worker at work, read-only: what it has in hand, and how
//! what it had lately has ended.

use std::sync::Arc;

use axum::Router;

use crate::page::{self, ActionShown, Kind, View};
use crate::worker::{Hands, ReleaseStanding, ReleaseState};

/// The page, at `/page/`.
pub(super) fn page(hands: &Hands) -> Router {
    let hands = hands.clone();
    page::routes("/page/", Arc::new(move || view(&hands.releases())))
}

fn view(releases: &[ReleaseStanding]) -> View {
    View {
        kind: Kind::Worker,
        title: "bluegreen-worker".into(),
        outlook: format!("Version {} at work.", env!("CARGO_PKG_VERSION")),
        actions: releases.iter().map(action).collect(),
        ..View::default()
    }
}

fn action(release: &ReleaseStanding) -> ActionShown {
    let (status, summary) = match release.state {
        ReleaseState::InHand => ("InProgress", Some(release.summary.clone())),
        ReleaseState::HandedBack => ("handed back", Some(release.summary.clone())),
        ReleaseState::Succeeded => ("Succeeded", None),
        // The message is the author's; the pipeline shows it.
        ReleaseState::Failed(kind) => ("Failed", Some(format!("{kind:?}; the pipeline says why."))),
    };
    let mut variables = std::collections::BTreeMap::new();
    variables.insert("action execution".into(), release.key.to_string());
    variables.insert("in hand since".into(), release.since.to_string());
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
        summary,
        variables,
        step: Some(release.step.into()),
        ..ActionShown::default()
    }
}
