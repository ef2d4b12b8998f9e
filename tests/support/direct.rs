//! In-process ports to the simulated account. They take a tenth of the time of
//! HTTP, for tests that do not concern the wire protocol.

use std::sync::Arc;

use async_trait::async_trait;
use bluegreen_worker::job::AllowedRole;
use bluegreen_worker::ports::{CallError, CallErrorKind, Ports, Roles};
use bluegreen_worker::simulator::ports::ports;

use crate::support::Harness;

/// In-process ports to the world.
pub(crate) fn direct(harness: &Harness) -> Ports {
    ports(&harness.exchange, "1", Arc::new(NoRoles))
}

/// Roles are not used in these tests.
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
