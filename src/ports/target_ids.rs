//! By which id to ask for a deployment's target.
//!
//! An ECS deployment has one target, whose id is `<cluster>:<service>`
//! (aws-facts §5.4, §8). Which service that is, the deployment group says, and
//! it is read before every start. A worker that takes over a deployment has not
//! read it, and must ask for the id; so must one to whom CodeDeploy says that
//! there is no such target.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard};

use super::CallError;
use crate::release::target::Group;
use crate::rollout::seen::DeploymentSeen;

/// Groups whose service is remembered: more than have a release at a time. One
/// that is forgotten costs a call.
const MAX_GROUPS: usize = 1000;

/// The ids of the targets of groups, by application and group.
#[derive(Debug, Default)]
pub struct TargetIds(Mutex<BTreeMap<(String, String), String>>);

impl TargetIds {
    /// Remembers which service a group deploys.
    pub fn note(&self, group: &Group) {
        let [service] = group.services.as_slice() else {
            return;
        };
        let name = (group.application.clone(), group.name.clone());
        let id = format!("{}:{}", service.cluster, service.service);
        let mut ids = self.ids();
        if ids.len() >= MAX_GROUPS && !ids.contains_key(&name) {
            ids.pop_first();
        }
        ids.insert(name, id);
    }

    /// The id that the deployment's target has: as CodeDeploy gave it before,
    /// or as it follows from the group.
    #[must_use]
    pub fn of(&self, seen: &DeploymentSeen) -> Option<String> {
        let given = seen.target.as_ref().map(|target| target.id.clone());
        given.filter(|id| !id.is_empty()).or_else(|| {
            let name = (seen.application.clone(), seen.group.clone());
            self.ids().get(&name).cloned()
        })
    }

    fn ids(&self) -> MutexGuard<'_, BTreeMap<(String, String), String>> {
        self.0.lock().expect("nobody panics with the lock")
    }
}

/// Whether CodeDeploy says that the deployment has no target of this id.
#[must_use]
pub fn is_no_target(error: &CallError) -> bool {
    matches!(
        error.code.as_str(),
        "DeploymentTargetDoesNotExistException" | "InvalidDeploymentTargetIdException"
    )
}
