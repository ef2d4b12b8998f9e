//! STS in the query protocol: `GetCallerIdentity` and `AssumeRole`.

use serde_json::{Map, Value};

use crate::api::Failure;
use crate::keys::{Caller, Session};
use crate::s3::error::escape;
use crate::world::World;

use super::message::{Reply, Request};

/// The operation of a query-protocol request, if it is one.
pub(super) fn operation(request: &Request) -> Option<String> {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if request.method != "POST" || request.path != "/" || !is_form {
        return None;
    }
    parameter(request, "Action")
}

/// The input for the ledger.
pub(super) fn input(request: &Request) -> Value {
    let asked = request.form().into_iter();
    let asked = asked
        .filter(|(name, _)| name != "Action" && name != "Version")
        .map(|(name, value)| (name, Value::from(value)));
    Value::Object(asked.collect::<Map<_, _>>())
}

/// Every caller may get its identity, also with a job's credentials.
pub(super) fn answer(
    world: &mut World,
    caller: &Caller,
    operation: &str,
    request: &Request,
) -> Result<Reply, Failure> {
    match operation {
        "GetCallerIdentity" => Ok(identity(world, caller)),
        "AssumeRole" => assume(world, caller, request),
        _ => Err(Failure::new(
            400,
            "InvalidAction",
            format!("{operation} is not simulated"),
        )),
    }
}

fn identity(world: &mut World, caller: &Caller) -> Reply {
    let account = &world.account;
    let (arn, user) = (arn(account, caller), user(caller));
    let result = format!("<Arn>{arn}</Arn><UserId>{user}</UserId><Account>{account}</Account>");
    reply(world, "GetCallerIdentity", &result)
}

fn arn(account: &str, caller: &Caller) -> String {
    match caller {
        Caller::Account => format!("arn:aws:iam::{account}:user/simulator"),
        Caller::Job(session) | Caller::Role(session) => session.arn(account),
    }
}

fn user(caller: &Caller) -> String {
    match caller {
        Caller::Account => "AIDASIMULATOR0000000".to_owned(),
        Caller::Job(session) | Caller::Role(session) => {
            format!("AROASIMULATOR0000000:{}", session.access_key_id)
        }
    }
}

/// A missing role, a role that does not trust the caller, and a wrong external
/// id all give the same error.
fn assume(world: &mut World, caller: &Caller, request: &Request) -> Result<Reply, Failure> {
    let role = parameter(request, "RoleArn").unwrap_or_default();
    let name = parameter(request, "RoleSessionName").unwrap_or_default();
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if !(2..=64).contains(&name.len()) || !name.chars().all(is_name) {
        return Err(Failure::new(
            400,
            "ValidationError",
            format!(
                "1 validation error detected: Value '{name}' at 'roleSessionName' failed to \
                 satisfy constraint: Member must satisfy regular expression pattern: [\\w+=,.@-]*"
            ),
        ));
    }
    let given = parameter(request, "ExternalId");
    let trusts = match (world.keys.roles.get(&role), caller) {
        (_, Caller::Job(_)) | (None, _) => false,
        (Some(None), Caller::Account | Caller::Role(_)) => true,
        (Some(wanted), Caller::Account | Caller::Role(_)) => *wanted == given,
    };
    if !trusts {
        let who = arn(&world.account, caller);
        return Err(Failure::new(
            403,
            "AccessDenied",
            format!("User: {who} is not authorized to perform: sts:AssumeRole on resource: {role}"),
        ));
    }
    let path = role.rsplit('/').next().unwrap_or_default();
    let account = role.split(':').nth(4).unwrap_or_default();
    let session = format!("arn:aws:sts::{account}:assumed-role/{path}/{name}");
    let now = world.now();
    let Session {
        access_key_id,
        secret_access_key,
        session_token,
        expires,
        ..
    } = world.keys.assume(&mut world.names, now, session.clone());
    let result = format!(
        "<Credentials><AccessKeyId>{access_key_id}</AccessKeyId>\
         <SecretAccessKey>{secret_access_key}</SecretAccessKey>\
         <SessionToken>{session_token}</SessionToken>\
         <Expiration>{expires}</Expiration></Credentials>\
         <AssumedRoleUser><AssumedRoleId>AROASIMULATOR0000000:{name}</AssumedRoleId>\
         <Arn>{session}</Arn></AssumedRoleUser>",
    );
    Ok(reply(world, "AssumeRole", &result))
}

fn reply(world: &mut World, operation: &str, result: &str) -> Reply {
    let id = world.names.uuid();
    let body = format!(
        "<{operation}Response xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <{operation}Result>{result}</{operation}Result><ResponseMetadata>\
         <RequestId>{id}</RequestId></ResponseMetadata></{operation}Response>"
    );
    Reply::new(200, body).with("content-type", "text/xml")
}

fn parameter(request: &Request, wanted: &str) -> Option<String> {
    request
        .form()
        .into_iter()
        .find(|(name, _)| name == wanted)
        .map(|(_, value)| value)
}

pub(super) fn error(failure: &Failure, request_id: &str) -> Reply {
    let body = format!(
        "<ErrorResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\"><Error>\
         <Type>Sender</Type><Code>{}</Code><Message>{}</Message></Error>\
         <RequestId>{request_id}</RequestId></ErrorResponse>",
        escape(&failure.code),
        escape(&failure.message),
    );
    Reply::new(failure.status, body).with("content-type", "text/xml")
}
