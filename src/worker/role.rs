//! Assumes the role that an action names, if the operator allows it.

use std::sync::{Arc, Mutex, PoisonError, Weak};

use clock::Clock;
use tracing::debug;

use super::context::Context;
use super::observe::Interrupted;
use super::observe::new_tasks::NewTasksReader;
use super::observe::batch_reader::BatchReader;
use crate::job::AllowedRole;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::ports::Ports;
use crate::rollout::failure::Failure;

/// The longest session name that STS accepts.
const MAX_SESSION: usize = 64;

/// Returns the context for the release: the worker's own, or one with the
/// credentials of the role that the action names.
pub(super) async fn in_role(
    context: &Context,
    job: &Job,
    request: &Request,
) -> Result<Context, Interrupted> {
    let Some(named) = &request.options.role_arn else {
        return Ok(context.clone());
    };
    let Some(role) = context
        .settings
        .roles
        .iter()
        .find(|role| role.arn == *named)
    else {
        let role = named.clone();
        return Err(Failure::RoleNotAllowed { role }.into());
    };
    let own = &context.ports;
    let ports = own.roles.assume(role, &session(job), own).await?;
    debug!(role = named, "the release is carried out with another role");
    let readers = context
        .shared
        .role_readers
        .of(role, &ports, &context.clock);
    Ok(context.clone().with_ports(ports, readers))
}

/// The readers of deployments and of the tasks they start.
#[derive(Clone)]
pub(super) struct SharedReaders {
    pub(super) deployments: Arc<BatchReader>,
    pub(super) new_tasks: Arc<NewTasksReader>,
}

impl SharedReaders {
    pub(super) fn new(ports: &Ports, clock: &Clock) -> Self {
        let new_tasks = NewTasksReader::new(ports.services.clone(), clock.clone());
        Self {
            deployments: Arc::new(BatchReader::new(ports.deployments.clone(), clock.clone())),
            new_tasks: Arc::new(new_tasks),
        }
    }
}

/// The readers of each role, shared by all jobs with that role. They use the
/// credentials of the first of these jobs and live as long as any of them.
#[derive(Default)]
pub(super) struct RoleReaders(Mutex<Vec<Known>>);

struct Known {
    role: AllowedRole,
    deployments: Weak<BatchReader>,
    new_tasks: Weak<NewTasksReader>,
}

impl RoleReaders {
    fn of(&self, role: &AllowedRole, ports: &Ports, clock: &Clock) -> SharedReaders {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        known.retain(|known| known.deployments.strong_count() > 0);
        let found = known.iter().find(|known| known.role == *role);
        if let Some(readers) = found.and_then(Known::readers) {
            return readers;
        }
        let readers = SharedReaders::new(ports, clock);
        known.push(Known {
            role: role.clone(),
            deployments: Arc::downgrade(&readers.deployments),
            new_tasks: Arc::downgrade(&readers.new_tasks),
        });
        readers
    }
}

impl Known {
    fn readers(&self) -> Option<SharedReaders> {
        Some(SharedReaders {
            deployments: self.deployments.upgrade()?,
            new_tasks: self.new_tasks.upgrade()?,
        })
    }
}

/// The session name that CloudTrail shows for every call: the pipeline's
/// execution.
fn session(job: &Job) -> String {
    let execution = job.data.pipeline.pipeline_execution.as_deref();
    let execution = execution.unwrap_or(job.id.as_str());
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    let name = format!("bluegreen-worker@{execution}");
    name.chars().filter(allowed).take(MAX_SESSION).collect()
}
