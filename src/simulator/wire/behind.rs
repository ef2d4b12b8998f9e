//! The common path of every call, over HTTP or in process: applies a fault,
//! lets the service handle the call, and writes the ledger.
//!
//! The fault is chosen when the call arrives, so that occurrences count in the
//! order of arrival even if a fault delays the call. The service's change and
//! the ledger's entry are then made under one lock of the world, so that the
//! order of the ledger is the order of the effects.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::api::Failure;
use crate::simulator::faults::Kind;
use crate::simulator::ledger::{Entry, Outcome};
use crate::simulator::world::World;

use super::exchange::Exchange;
use super::fault::{Instead, instead};

/// A call as the faults and the ledger see it.
pub(in crate::simulator) struct Asked<'a> {
    /// Name in IAM.
    pub(in crate::simulator) service: &'a str,
    pub(in crate::simulator) operation: &'a str,
    pub(in crate::simulator) is_s3: bool,
    /// Input for the ledger; null if it cannot be parsed.
    pub(in crate::simulator) input: Value,
}

/// What the caller receives.
pub(in crate::simulator) enum Heard<T> {
    Answer(T),
    Rejection(Failure),
    /// A response that no service would send. The call may have taken effect.
    Garbage,
    /// The connection closes without a response. The call may have taken
    /// effect.
    Nothing,
}

/// The result of a call, and the caller's role session if it has one.
pub(in crate::simulator) type Done<T> = (Result<T, Failure>, Option<String>);

impl Exchange {
    /// Carries out a call with `perform`, unless a fault prevents it.
    pub(in crate::simulator) async fn hear<T>(
        &self,
        asked: Asked<'_>,
        perform: impl FnOnce(&mut World, &Value) -> Done<T>,
    ) -> Heard<T> {
        let (service, operation) = (asked.service, asked.operation);
        let fault = self.present().faults.strike(service, operation);
        if let Some(Kind::Slow { seconds }) = &fault {
            let time = Duration::from_secs_f64(*seconds);
            self.clock().sleep(time).await;
        }
        carry_out(&mut self.present(), asked, fault, perform)
    }
}

fn carry_out<T>(
    world: &mut World,
    asked: Asked<'_>,
    fault: Option<Kind>,
    perform: impl FnOnce(&mut World, &Value) -> Done<T>,
) -> Heard<T> {
    let mut role = None;
    let result = match instead(fault.as_ref(), &asked, world) {
        Instead::Nothing => {
            let done = perform(world, &asked.input);
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
        service: asked.service.into(),
        operation: asked.operation.into(),
        input: asked.input,
        role,
        outcome,
        took_effect,
    });
    match (fault, result) {
        (Some(Kind::CutAfter | Kind::CutBefore), _) | (_, Ok(None)) => Heard::Nothing,
        (Some(Kind::Garbage), _) => Heard::Garbage,
        (_, Ok(Some(answer))) => Heard::Answer(answer),
        (_, Err(failure)) => Heard::Rejection(failure),
    }
}

impl Asked<'_> {
    /// IAM's error, with principal, action and resource.
    pub(super) fn denied(&self, world: &World, who: &str) -> Failure {
        let (service, operation) = (self.service, self.operation);
        if self.is_s3 {
            return Failure::new(403, "AccessDenied", "Access Denied");
        }
        let input = &self.input;
        let resource = match (&input["applicationName"], &input["deploymentGroupName"]) {
            (Value::String(application), Value::String(group)) => format!(
                "arn:aws:codedeploy:{}:{}:deploymentgroup:{application}/{group}",
                world.region, world.account
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
