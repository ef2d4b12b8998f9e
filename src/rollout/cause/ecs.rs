//! Causes in ECS's `statusReason` (docs/aws.md §6.7). Fields decide first:
//! alarms, the circuit breaker and hooks are known from them.

use super::Cause;

/// The cause that the text names.
pub(super) fn cause(reason: &str) -> Option<Cause> {
    let reason = reason.to_lowercase();
    let has = |words: &str| reason.contains(words);
    if has("infrastructure role") || has("not authorized to perform: elasticloadbalancing") {
        return Some(Cause::ServiceRole);
    }
    if has("invalid networking configuration") || has("one or more rules not found") {
        return Some(Cause::ReleaseTarget);
    }
    if has("pause hook timed out") {
        return Some(Cause::NotContinued);
    }
    has("circuit breaker").then_some(Cause::NeverHealthy)
}
