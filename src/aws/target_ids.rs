//! Finds the id of a deployment's target.
//!
//! An ECS deployment has one target, whose id is `<cluster>:<service>`
//! (docs/aws.md §5.4, §8). The deployment group names the service, and it is
//! read before every start. A worker that takes over a deployment has not read
//! the group and must ask CodeDeploy for the id; so must one that is told that
//! there is no such target.

use std::collections::BTreeMap;

use parking_lot::Mutex;

use crate::job::DeployTarget;
use crate::ports::CallError;
use crate::release::target::Group;
use crate::rollout::seen::DeploymentSeen;

/// Groups to remember: more groups than have releases at the same time. A
/// forgotten one costs a call.
const MAX_GROUPS: usize = 1000;

/// The target ids of deployment groups.
#[derive(Debug, Default)]
pub(super) struct TargetIds(Mutex<BTreeMap<DeployTarget, String>>);

impl TargetIds {
    /// Remembers the service that a group deploys.
    pub(super) fn remember(&self, group: &Group) {
        let [service] = group.services.as_slice() else {
            return;
        };
        let name = group.target.clone();
        let id = format!("{}:{}", service.cluster, service.service);
        let mut ids = self.0.lock();
        if ids.len() >= MAX_GROUPS && !ids.contains_key(&name) {
            // Any entry will do.
            ids.pop_first();
        }
        ids.insert(name, id);
    }

    /// The id of the deployment's target: the one that CodeDeploy returned
    /// before, or the one that follows from the group.
    pub(super) fn of(&self, seen: &DeploymentSeen) -> Option<String> {
        let given = seen.target.as_ref().map(|target| target.id.clone());
        given
            .filter(|id| !id.is_empty())
            .or_else(|| self.0.lock().get(&seen.deploys_to).cloned())
    }
}

/// Whether CodeDeploy says that the deployment has no target with this id.
pub(super) fn is_unknown_target(error: &CallError) -> bool {
    matches!(
        error.code.as_str(),
        "DeploymentTargetDoesNotExistException" | "InvalidDeploymentTargetIdException"
    )
}
