//! Taking the role that an action names, where the operator allows it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use tracing::debug;

use super::hands::Hands;
use super::new_tasks::NewTasksReader;
use super::observer::Observer;
use crate::job::AllowedRole;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::ports::Trouble;
use crate::rollout::failure::Failure;

/// The characters that a session's name may have, as STS has it.
const MAX_SESSION: usize = 64;

/// The hands that carry out the release: the worker's own, or the same with
/// the credentials of the role that the action names.
pub(super) async fn in_role(
    hands: &Hands,
    job: &Job,
    request: &Request,
) -> Result<Result<Hands, Failure>, Trouble> {
    let Some(named) = &request.options.role_arn else {
        return Ok(Ok(hands.clone()));
    };
    let Some(role) = hands.roles.iter().find(|role| role.arn == *named) else {
        let role = named.clone();
        return Ok(Err(Failure::RoleNotAllowed { role }));
    };
    let own = &hands.ports;
    let ports = own.roles.assume(role, &session(job), own).await?;
    debug!(role = named, "the release is carried out with another role");
    let new = || {
        let clock = &hands.clock;
        (
            Observer::new(ports.deployments.clone(), clock.clone()),
            NewTasksReader::new(ports.services.clone(), clock.clone()),
        )
    };
    let (observer, new_tasks) = hands.role_observers.of(role, new);
    Ok(Ok(hands.clone().with_ports(ports, observer, new_tasks)))
}

/// Looks at deployments, shared by all jobs of a role: with the credentials of
/// the job that came first, for as long as one of them is in hand.
#[derive(Default)]
pub(super) struct RoleObservers(Mutex<Vec<OfRole>>);

struct OfRole {
    role: AllowedRole,
    observer: Weak<Observer>,
    new_tasks: Arc<NewTasksReader>,
}

impl RoleObservers {
    fn of(
        &self,
        role: &AllowedRole,
        new: impl FnOnce() -> (Observer, NewTasksReader),
    ) -> (Arc<Observer>, Arc<NewTasksReader>) {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|one| one.observer.strong_count() > 0);
        let found = known.iter().find(|one| one.role == *role);
        if let Some(found) = found
            && let Some(observer) = found.observer.upgrade()
        {
            return (observer, found.new_tasks.clone());
        }
        let (observer, new_tasks) = new();
        let (observer, new_tasks) = (Arc::new(observer), Arc::new(new_tasks));
        known.push(OfRole {
            role: role.clone(),
            observer: Arc::downgrade(&observer),
            new_tasks: new_tasks.clone(),
        });
        (observer, new_tasks)
    }
}

/// What CloudTrail shows of every call: the pipeline's execution.
fn session(job: &Job) -> String {
    let execution = job.data.pipeline.pipeline_execution.as_deref();
    let execution = execution.unwrap_or(job.id.as_str());
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    let name = format!("bluegreen-worker@{execution}");
    name.chars().filter(allowed).take(MAX_SESSION).collect()
}
