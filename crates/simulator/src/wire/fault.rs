//! The effect of a fault on a call before the service handles it.

use crate::api::Failure;
use crate::faults::Kind;
use crate::keys::Caller;
use crate::world::World;

use super::carry_out::CallInfo;

/// What happens instead of the call.
pub(super) enum Instead {
    /// The call is carried out. Its response may still be lost or replaced.
    Nothing,
    Error(Failure),
    Cut,
}

pub(super) fn instead(kind: Option<&Kind>, call: &CallInfo<'_>, world: &World) -> Instead {
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
