//! Taking the role that an action names, where the operator allows it.

use tracing::debug;

use super::hands::Hands;
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
    Ok(Ok(hands.clone().with_ports(ports)))
}

/// What CloudTrail shows of every call: the pipeline's execution.
fn session(job: &Job) -> String {
    let execution = job.data.pipeline.pipeline_execution.as_deref();
    let execution = execution.unwrap_or(job.id.as_str());
    let allowed = |c: &char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(*c);
    let name = format!("bluegreen-worker@{execution}");
    name.chars().filter(allowed).take(MAX_SESSION).collect()
}
