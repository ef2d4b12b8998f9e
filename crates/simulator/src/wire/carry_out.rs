//! Carries out a call: applies a fault, lets the service handle the call, and
//! writes the ledger.
//!
//! The fault is chosen when the call arrives, so that occurrences count in the
//! order of arrival even if a fault delays the call. The service's change and
//! the ledger's entry are then made under one lock of the world, so that the
//! order of the ledger is the order of the effects.

use std::time::Duration;

use serde_json::Value;

use crate::api::Failure;
use crate::faults::Kind;
use crate::keys::Caller;
use crate::ledger::{Entry, Outcome};
use crate::world::World;

use super::exchange::Exchange;
use super::message::Reply;

/// A call as the faults and the ledger see it.
pub(super) struct CallInfo<'a> {
    /// Name in IAM.
    pub(super) service: &'a str,
    pub(super) operation: &'a str,
    pub(super) is_s3: bool,
    /// Input for the ledger; null if it cannot be parsed.
    pub(super) input: Value,
}

/// What the caller receives.
pub(super) enum Response {
    Reply(Reply),
    Error(Failure),
    /// A response that no service would send. The call may have taken effect.
    Garbage,
    /// The connection closes without a response. The call may have taken
    /// effect.
    Nothing,
}

/// The result of a call, and the caller's role session if it has one.
pub(super) type Done = (Result<Reply, Failure>, Option<String>);

impl Exchange {
    /// Carries out a call with `perform`, which receives the ledger's input,
    /// unless a fault prevents it.
    pub(super) async fn carry_out(
        &self,
        call: CallInfo<'_>,
        perform: impl FnOnce(&mut World, &Value) -> Done,
    ) -> Response {
        let (service, operation) = (call.service, call.operation);
        let fault = {
            let mut world = self.current_world();
            let now = world.now();
            world.faults.strike((service, operation), now)
        };
        if let Some(Kind::Slow { seconds }) = &fault {
            let time = Duration::from_secs_f64(*seconds);
            self.clock().sleep(time).await;
        }
        apply(&mut self.current_world(), call, fault, perform)
    }
}

fn apply(
    world: &mut World,
    call: CallInfo<'_>,
    fault: Option<Kind>,
    perform: impl FnOnce(&mut World, &Value) -> Done,
) -> Response {
    let mut role = None;
    let result = match instead(fault.as_ref(), &call, world) {
        Instead::Nothing => {
            let done = perform(world, &call.input);
            role = done.1;
            done.0.map(Some)
        }
        Instead::Error(failure) => Err(failure),
        Instead::Cut => Ok(None),
    };
    let at = world.now();
    let took_effect = matches!(result, Ok(Some(_)));
    let outcome = match (&fault, &result) {
        (Some(kind), _) => Outcome::Fault(kind.clone()),
        (None, Ok(_)) => Outcome::Ok,
        (None, Err(failure)) => Outcome::Error(failure.code.clone()),
    };
    world.ledger.write(|sequence| Entry {
        sequence,
        at,
        service: call.service.into(),
        operation: call.operation.into(),
        input: call.input,
        role,
        outcome,
        took_effect,
    });
    match (fault, result) {
        (Some(Kind::CutAfter | Kind::CutBefore), _) | (_, Ok(None)) => Response::Nothing,
        (Some(Kind::Garbage), _) => Response::Garbage,
        (_, Ok(Some(reply))) => Response::Reply(reply),
        (_, Err(failure)) => Response::Error(failure),
    }
}

/// What happens instead of the call.
enum Instead {
    /// The call is carried out. Its response may still be lost or replaced.
    Nothing,
    Error(Failure),
    Cut,
}

fn instead(kind: Option<&Kind>, call: &CallInfo<'_>, world: &World) -> Instead {
    let Some(kind) = kind else {
        return Instead::Nothing;
    };
    let word = |s3, other| if call.is_s3 { s3 } else { other };
    Instead::Error(match kind {
        Kind::CutAfter | Kind::Slow { .. } | Kind::Garbage => return Instead::Nothing,
        Kind::CutBefore => return Instead::Cut,
        Kind::Throttle if call.is_s3 => {
            Failure::new(503, "SlowDown", "Please reduce your request rate.")
        }
        Kind::Throttle => Failure::new(400, "ThrottlingException", "Rate exceeded"),
        Kind::InternalError => Failure::new(
            500,
            word("InternalError", "InternalFailure"),
            "We encountered an internal error. Please try again.",
        ),
        Kind::Unavailable => Failure::new(
            503,
            "ServiceUnavailable",
            "The service is temporarily unavailable.",
        ),
        Kind::Denied => call.denied(world, &Caller::Account),
        Kind::Error {
            status,
            code,
            message,
        } => Failure::new(*status, code, message),
    })
}

impl CallInfo<'_> {
    /// IAM's error, with principal, action and resource.
    pub(super) fn denied(&self, world: &World, caller: &Caller) -> Failure {
        let (service, operation) = (self.service, self.operation);
        if self.is_s3 {
            return Failure::denied();
        }
        let who = caller.arn(&world.account);
        let input = &self.input;
        let resource = match (&input["applicationName"], &input["deploymentGroupName"]) {
            (Value::String(application), Value::String(group)) => world.arn(
                "codedeploy",
                &format!("deploymentgroup:{application}/{group}"),
            ),
            (_, _) => "*".to_owned(),
        };
        Failure::new(
            400,
            "AccessDeniedException",
            format!(
                "User: {who} is not authorized to perform: {service}:{operation} on resource: \
                 {resource} because no identity-based policy allows the {service}:{operation} action"
            ),
        )
    }
}
