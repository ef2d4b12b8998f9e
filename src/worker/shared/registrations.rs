//! The revisions that this worker has registered. ECS may show a new revision
//! late, or with members that this build does not know, and then it cannot be
//! recognised by what it contains. Without this a release whose token names its
//! revision before it deploys would register one after another.

use std::collections::VecDeque;

use parking_lot::Mutex;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::job::TaskDefinitionArn;

/// Revisions to remember: one for each job that may be in progress.
const MAX_KNOWN: usize = 1_000;

/// The revisions and the digests of what was registered, the oldest first.
#[derive(Debug, Default)]
pub(in crate::worker) struct Registrations(Mutex<VecDeque<(TaskDefinitionArn, [u8; 32])>>);

impl Registrations {
    /// Remembers what `revision` was registered from.
    pub(in crate::worker) fn note(&self, revision: TaskDefinitionArn, body: &Value) {
        let mut known = self.0.lock();
        if known.len() == MAX_KNOWN {
            known.pop_front();
        }
        known.push_back((revision, digest(body)));
    }

    /// Whether this worker has registered `revision` from `body`.
    pub(in crate::worker) fn has(&self, revision: &TaskDefinitionArn, body: &Value) -> bool {
        let digest = digest(body);
        let known = self.0.lock();
        known
            .iter()
            .any(|(arn, of)| arn == revision && *of == digest)
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
        let registrations = Registrations::default();
        let body = json!({ "family": "web", "cpu": "256" });
        registrations.note(revision(1), &body);
        assert!(registrations.has(&revision(1), &body));
        assert!(!registrations.has(&revision(2), &body));
        assert!(!registrations.has(&revision(1), &json!({ "family": "web", "cpu": "512" })));
    }

    #[test]
    fn the_oldest_is_forgotten_at_the_limit() {
        let registrations = Registrations::default();
        let body = json!({ "family": "web" });
        for number in 1..=MAX_KNOWN {
            registrations.note(revision(number), &body);
        }
        assert!(registrations.has(&revision(1), &body));
        registrations.note(revision(MAX_KNOWN + 1), &body);
        assert!(!registrations.has(&revision(1), &body));
        assert!(registrations.has(&revision(2), &body));
    }
}
