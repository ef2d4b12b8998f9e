//! New tasks that fail the load balancer's health checks.

use super::events::codes;
use super::{Cause, HealthCheck};
use crate::rollout::evidence::TargetHealth;

/// The cause if a target is unhealthy; the first with a known reason counts.
pub(super) fn cause(targets: &[TargetHealth]) -> Option<Cause> {
    let unhealthy = || targets.iter().filter(|target| target.is_unhealthy());
    unhealthy().next()?;
    let check = unhealthy().find_map(check);
    Some(Cause::FailedHealthChecks {
        check: check.unwrap_or(HealthCheck::TargetGroup),
    })
}

/// By Elastic Load Balancing's reason code (docs/aws.md §4.5).
fn check(target: &TargetHealth) -> Option<HealthCheck> {
    match target.reason.as_deref()? {
        "Target.Timeout" => Some(HealthCheck::NoAnswer),
        "Target.ResponseCodeMismatch" => {
            codes(target.description.as_deref()?).map(HealthCheck::Codes)
        }
        _ => None,
    }
}
