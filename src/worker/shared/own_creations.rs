//! What this worker has done itself: the revisions and deployments that it has
//! created, and its requests to stop that got no answer, among them those of a
//! worker that died, whose journal this one has read. AWS may show the former
//! late, or not with the members by which they are recognised. Without this a
//! release whose token names its revision before it deploys could register one
//! after another, and one whose deployment is shown without its description
//! would fail. The latter are in no token, because they may not have arrived; a
//! deployment that ends after one was not stopped by hand.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::job::{DeploymentId, Key, TaskDefinitionArn};
use crate::rollout::step::Stopping;
use crate::worker::journal::IntendedStop;

/// Creations of one kind to remember: one for each job that may be in progress.
const MAX_KNOWN: usize = 1_000;

/// The revisions and deployments that this worker has created.
#[derive(Debug, Default)]
pub(in crate::worker) struct OwnCreations {
    revisions: Recent<(TaskDefinitionArn, [u8; 32])>,
    deployments: Recent<(DeploymentId, Key)>,
    stops: Recent<IntendedStop>,
}

impl OwnCreations {
    /// Remembers what `revision` was registered from.
    pub(in crate::worker) fn add_revision(&self, revision: TaskDefinitionArn, body: &Value) {
        self.revisions.add((revision, digest(body)));
    }

    /// Whether this worker has registered `revision` from `body`.
    pub(in crate::worker) fn has_revision(
        &self,
        revision: &TaskDefinitionArn,
        body: &Value,
    ) -> bool {
        self.revisions.has(&(revision.clone(), digest(body)))
    }

    /// Remembers which release `deployment` was created for.
    pub(in crate::worker) fn add_deployment(&self, deployment: DeploymentId, release: Key) {
        self.deployments.add((deployment, release));
    }

    /// Whether this worker has created `deployment` for `release`.
    pub(in crate::worker) fn has_deployment(
        &self,
        deployment: &DeploymentId,
        release: &Key,
    ) -> bool {
        self.deployments.has(&(deployment.clone(), release.clone()))
    }

    /// Remembers a request to stop a deployment whose answer was lost.
    pub(in crate::worker) fn add_stop(&self, stop: IntendedStop) {
        self.stops.add(stop);
    }

    /// The last such request.
    pub(in crate::worker) fn stop_of(&self, deployment: &DeploymentId) -> Option<Stopping> {
        let stops = self.stops.0.lock();
        let mut newest_first = stops.iter().rev();
        let stop = newest_first.find(|stop| stop.deployment == *deployment)?;
        Some(stop.stopping)
    }
}

/// The last [`MAX_KNOWN`] values, the oldest first.
#[derive(Debug)]
struct Recent<T>(Mutex<VecDeque<T>>);

impl<T> Default for Recent<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: PartialEq> Recent<T> {
    fn add(&self, value: T) {
        let mut known = self.0.lock();
        if known.len() == MAX_KNOWN {
            known.pop_front();
        }
        known.push_back(value);
    }

    fn has(&self, value: &T) -> bool {
        self.0.lock().contains(value)
    }
}

fn digest(body: &Value) -> [u8; 32] {
    Sha256::digest(body.to_string()).into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn revision(number: usize) -> TaskDefinitionArn {
        TaskDefinitionArn::new(format!(
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:{number}"
        ))
    }

    #[test]
    fn a_revision_is_known_by_its_name_and_by_what_was_registered() {
        let own = OwnCreations::default();
        let body = json!({ "family": "web", "cpu": "256" });
        own.add_revision(revision(1), &body);
        assert!(own.has_revision(&revision(1), &body));
        assert!(!own.has_revision(&revision(2), &body));
        assert!(!own.has_revision(&revision(1), &json!({ "family": "web", "cpu": "512" })));
    }

    #[test]
    fn a_deployment_is_known_by_its_id_and_its_release() {
        let own = OwnCreations::default();
        let deployment = DeploymentId::new("d-OURS00000");
        own.add_deployment(deployment.clone(), Key::new("1"));
        assert!(own.has_deployment(&deployment, &Key::new("1")));
        assert!(!own.has_deployment(&deployment, &Key::new("2")));
        assert!(!own.has_deployment(&DeploymentId::new("d-THEIRS000"), &Key::new("1")));
    }

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let own = OwnCreations::default();
        let body = json!({ "family": "web" });
        for number in 1..=MAX_KNOWN {
            own.add_revision(revision(number), &body);
        }
        assert!(own.has_revision(&revision(1), &body));
        own.add_revision(revision(MAX_KNOWN + 1), &body);
        assert!(!own.has_revision(&revision(1), &body));
        assert!(own.has_revision(&revision(2), &body));
    }
}
