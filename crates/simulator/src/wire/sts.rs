//! STS: `GetCallerIdentity` and `AssumeRole`.

use std::time::Duration;

use serde_json::json;

use crate::api::{Answer, ApiError};
use crate::keys::Caller;
use crate::world::World;

use super::query::Form;

/// Longest session of a role that a session of a role has assumed, in seconds
/// (STS's own limit).
const LONGEST_CHAINED: u64 = 3600;

/// Handles one call of the query protocol.
pub(super) fn call(world: &mut World, caller: &Caller, operation: &str, form: &Form) -> Answer {
    match operation {
        "GetCallerIdentity" => Ok(identity(world, caller)),
        "AssumeRole" => assume(world, caller, form),
        _ => Err(ApiError::invalid_action(operation)),
    }
}

fn identity(world: &World, caller: &Caller) -> serde_json::Value {
    let arn = caller.arn(&world.account);
    let user = match caller {
        Caller::Account => "AIDASIMULATOR0000000".to_owned(),
        Caller::Job(_) | Caller::Role(_) => {
            let session = arn.rsplit('/').next().unwrap_or_default();
            format!("AROASIMULATOR0000000:{session}")
        }
    };
    json!({
        "Arn": arn,
        "UserId": user,
        "Account": world.account,
    })
}

/// A missing role, a role that does not trust the caller, and a wrong external
/// id all give the same error.
fn assume(world: &mut World, caller: &Caller, form: &Form) -> Answer {
    let arn = form.required("RoleArn")?;
    let name = form.required("RoleSessionName")?;
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
    let trusting = match caller {
        Caller::Job(_) => None,
        Caller::Account | Caller::Role(_) => world.trusting_role(arn, caller, form)?,
    };
    let Some(role) = trusting else {
        let who = caller.arn(&world.account);
        let message =
            format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {arn}");
        return Err(ApiError::with_status(403, "AccessDenied", message));
    };
    let seconds = seconds(form)?;
    let refused = |why: &str| Err(ApiError::new("ValidationError", why));
    if seconds > LONGEST_CHAINED && caller.role().is_some() {
        return refused(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by \
             role chaining",
        );
    }
    if seconds > role.longest_session {
        return refused(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        );
    }
    let account = &world.account;
    let arn = format!("arn:aws:sts::{account}:assumed-role/{}/{name}", role.name);
    let times = (world.now(), Duration::from_secs(seconds));
    let session = world.keys.assume(&mut world.names, times, arn.clone());
    Ok(json!({
        "Credentials": {
            "AccessKeyId": session.access_key_id,
            "SecretAccessKey": session.secret_access_key,
            "SessionToken": session.session_token,
            "Expiration": session.expires.to_string(),
        },
        "AssumedRoleUser": {
            "AssumedRoleId": format!("{}:{name}", role.id),
            "Arn": arn,
        },
    }))
}

/// How long the session shall last: an hour, unless the caller says otherwise.
fn seconds(form: &Form) -> Result<u64, ApiError> {
    let Some(given) = form.text("DurationSeconds") else {
        return Ok(3600);
    };
    let seconds = given.parse().ok().filter(|it| (900..=43_200).contains(it));
    seconds.ok_or_else(|| {
        ApiError::new(
            "ValidationError",
            format!(
                "1 validation error detected: Value '{given}' at 'durationSeconds' failed to \
                 satisfy constraint: Member must have value between 900 and 43200"
            ),
        )
    })
}
