//! Assumes the role that an action names, if the operator allows it.

use tracing::debug;

use super::context::Context;
use super::interrupted::Interrupted;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::rollout::failure::Failure;

/// Maximum length of a session name (STS's API reference).
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
    let readers = context.shared.role_readers.of(role, &ports, &context.clock);
    Ok(context.clone().with_ports(ports, readers))
}

/// The account of the release's target, if the named role leads to another one
/// than the pipeline's `own`, which is the worker's too. There the target's name may
/// stand for something else. `None` if the pipeline's is not known: then releases
/// to two targets wait for each other, which is safer than two to one that do
/// not.
pub(super) fn other_account<'a>(own: &str, request: &'a Request) -> Option<&'a str> {
    let account = request.options.role_account();
    account.filter(|account| !own.is_empty() && *account != own)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_is_elsewhere_only_if_both_accounts_are_known_and_differ() {
        let request = |options: &str| {
            let properties = [
                ("ApplicationName", "shop"),
                ("DeploymentGroupName", "web"),
                ("TaskDefinitionTemplateArtifact", "Source"),
                ("AppSpecTemplateArtifact", "Source"),
                ("Options", options),
            ];
            let owned = properties.map(|(name, value)| (name.to_owned(), value.to_owned()));
            Request::parse(&owned.into(), &["Source"]).unwrap()
        };
        let (own, other) = ("111122223333", "444455556666");
        let with_role = request(&format!("RoleArn=arn:aws:iam::{other}:role/deploy"));
        assert_eq!(other_account(own, &with_role), Some(other));
        assert_eq!(other_account(other, &with_role), None);
        assert_eq!(other_account("", &with_role), None);
        assert_eq!(other_account(own, &request("WhenBusy=Fail")), None);
    }
}
