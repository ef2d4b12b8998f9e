//! Finds causes in a service's events: tasks that did not start or are
//! unhealthy.

use super::reason::lack;
use super::{Cause, HealthCheck};
use crate::release::target::ServiceEvent;

/// The cause in the latest event that names one.
pub(super) fn cause(events: &[ServiceEvent]) -> Option<Cause> {
    events.iter().find_map(|event| of(&event.message))
}

fn of(text: &str) -> Option<Cause> {
    let lower = text.to_lowercase();
    if let Some(addresses) = super::reason::addresses(&lower) {
        return Some(addresses);
    }
    if lower.contains("unable to assume") {
        let role = super::reason::arn(text, ":role/");
        return Some(Cause::RoleNotAssumed { role });
    }
    if lower.contains("unable to place a task") || lower.contains("capacity is unavailable") {
        return Some(Cause::NotPlaced {
            lacks: lack(&lower),
        });
    }
    if lower.contains("is unhealthy in") || lower.contains("failed health checks") {
        let check = if let Some(codes) = codes(text) {
            HealthCheck::Codes(codes)
        } else if lower.contains("timed out") {
            HealthCheck::NoAnswer
        } else {
            HealthCheck::TargetGroup
        };
        return Some(Cause::FailedHealthChecks { check });
    }
    None
}

/// The codes in `… failed with these codes: [502]`.
pub(super) fn codes(text: &str) -> Option<String> {
    /// A longer list is no more informative.
    const MAX_CODES: usize = 60;
    let (_, rest) = text.split_once("codes: [")?;
    let (codes, _) = rest.split_once(']')?;
    let plain = codes
        .chars()
        .all(|c| c.is_ascii_digit() || ", -".contains(c));
    (plain && !codes.is_empty() && codes.len() <= MAX_CODES).then(|| codes.to_owned())
}
