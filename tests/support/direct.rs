//! A worker's way to the pretend account without a wire: a tenth of the work,
//! where it is not the wire that is tried.

use std::sync::Arc;

use async_trait::async_trait;
use bluegreen_worker::job::AllowedRole;
use bluegreen_worker::ports::{CallError, CallErrorKind, Ports, Roles};
use bluegreen_worker::simulator::ports::ports;

use crate::support::Harness;

/// The way to the world without a wire.
pub(crate) fn direct(harness: &Harness) -> Ports {
    ports(&harness.exchange, "1", Arc::new(NoRoles))
}

/// Nobody on a walk asks for a role.
struct NoRoles;

#[async_trait]
impl Roles for NoRoles {
    async fn assume(&self, role: &AllowedRole, _: &str, _: &Ports) -> Result<Ports, CallError> {
        Err(CallError {
            call: "sts:AssumeRole",
            resource: Some(role.arn.clone()),
            kind: CallErrorKind::Denied,
            code: "AccessDenied".into(),
            message: "there are no roles here".into(),
            request_id: None,
        })
    }
}
