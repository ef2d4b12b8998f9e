//! Behind the wire: what every call goes through, whichever way it came. The
//! fault strikes, the service acts, the ledger is written.

use std::time::Duration;

use serde_json::Value;

use crate::simulator::api::Failure;
use crate::simulator::faults::Kind;
use crate::simulator::ledger::{Entry, Outcome};
use crate::simulator::world::World;

use super::exchange::Exchange;
use super::fault::{Instead, instead};

/// A call as faults and the ledger know it.
pub(in crate::simulator) struct Asked<'a> {
    /// As IAM names it.
    pub(in crate::simulator) service: &'a str,
    pub(in crate::simulator) operation: &'a str,
    pub(in crate::simulator) is_s3: bool,
    /// What the ledger notes; null if it cannot be read.
    pub(in crate::simulator) input: Value,
}

/// What the caller hears.
pub(in crate::simulator) enum Heard<T> {
    Answer(T),
    Rejection(Failure),
    /// What no service would say, though the call may have taken effect.
    Garbage,
    /// The connection ends, and the call may have taken effect.
    Nothing,
}

/// What a service did: its answer, and the session of a role that asked.
pub(in crate::simulator) type Done<T> = (Result<T, Failure>, Option<String>);

impl Exchange {
    /// Has a call carried out by `perform`, unless a fault strikes it.
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
    /// The refusal of IAM, naming principal, action and resource.
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
