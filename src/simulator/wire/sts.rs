//! STS in the query protocol: who am I?

use crate::simulator::api::Failure;
use crate::simulator::keys::Caller;
use crate::simulator::s3::error::escape;
use crate::simulator::world::World;

use super::message::{Reply, Request, parameters};

/// The operation of a query-protocol request, if it is one.
pub(super) fn operation(request: &Request) -> Option<String> {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if request.method != "POST" || request.path != "/" || !is_form {
        return None;
    }
    let body = str::from_utf8(&request.body).ok()?;
    parameters(body)
        .into_iter()
        .find(|(name, _)| name == "Action")
        .map(|(_, action)| action)
}

/// Everybody may ask, with a job's credentials too.
pub(super) fn answer(
    world: &mut World,
    caller: &Caller,
    operation: &str,
) -> Result<Reply, Failure> {
    if operation != "GetCallerIdentity" {
        return Err(Failure::new(
            400,
            "InvalidAction",
            format!("{operation} is not simulated"),
        ));
    }
    let (account, id) = (&world.account, world.names.uuid());
    let (arn, user) = match caller {
        Caller::Account => (
            format!("arn:aws:iam::{account}:user/simulator"),
            "AIDASIMULATOR0000000".to_owned(),
        ),
        Caller::Job(session) => (
            session.arn(account),
            format!("AROASIMULATOR0000000:{}", session.access_key_id),
        ),
    };
    let body = format!(
        "<GetCallerIdentityResponse xmlns=\"https://sts.amazonaws.com/doc/2011-06-15/\">\
         <GetCallerIdentityResult><Arn>{arn}</Arn>\
         <UserId>{user}</UserId><Account>{account}</Account>\
         </GetCallerIdentityResult><ResponseMetadata><RequestId>{id}</RequestId>\
         </ResponseMetadata></GetCallerIdentityResponse>"
    );
    Ok(Reply::new(200, body).with("content-type", "text/xml"))
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
