//! STS: `GetCallerIdentity` and `AssumeRole`.

use serde_json::json;

use crate::api::{Answer, ApiError};
use crate::keys::Caller;
use crate::world::World;

use super::query::Form;

/// Handles one call of the query protocol.
pub(super) fn call(world: &mut World, caller: &Caller, operation: &str, form: &Form) -> Answer {
    match operation {
        "GetCallerIdentity" => Ok(identity(world, caller)),
        "AssumeRole" => assume(world, caller, form),
        _ => Err(ApiError::invalid_action(operation)),
    }
}

fn identity(world: &World, caller: &Caller) -> serde_json::Value {
    let user = match caller {
        Caller::Account => "AIDASIMULATOR0000000".to_owned(),
        Caller::Job(session) | Caller::Role(session) => {
            format!("AROASIMULATOR0000000:{}", session.access_key_id)
        }
    };
    json!({
        "Arn": caller.arn(&world.account),
        "UserId": user,
        "Account": world.account,
    })
}

/// A missing role, a role that does not trust the caller, and a wrong external
/// id all give the same error.
fn assume(world: &mut World, caller: &Caller, form: &Form) -> Answer {
    let role = form.text("RoleArn").unwrap_or_default();
    let name = form.text("RoleSessionName").unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&name.len()) || !name.chars().all(is_name) {
        return Err(ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{name}' at 'roleSessionName' failed to \
                 satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
            ),
        ));
    }
    let trusts = match (world.keys.roles.get(role), caller) {
        (_, Caller::Job(_)) | (None, _) => false,
        (Some(None), Caller::Account | Caller::Role(_)) => true,
        (Some(Some(required)), Caller::Account | Caller::Role(_)) => {
            form.text("ExternalId") == Some(required)
        }
    };
    if !trusts {
        let who = caller.arn(&world.account);
        return Err(ApiError {
            status: 403,
            code: "AccessDenied",
            message: format!(
                "User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}"
            ),
        });
    }
    let role_name = role.rsplit('/').next().unwrap_or_default();
    let account = role.split(':').nth(4).unwrap_or_default();
    let arn = format!("arn:aws:sts::{account}:assumed-role/{role_name}/{name}");
    let now = world.now();
    let session = world.keys.assume(&mut world.names, now, arn.clone());
    Ok(json!({
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.session_token,
            "Expiration": session.expires.to_string(),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("AROASIMULATOR0000000:{name}"),
            "Arn": arn,
        },
    }))
}
