//! Causes in ECS's `statusReason` (docs/aws.md §6.7). Fields decide first:
//! alarms, the circuit breaker and hooks are known from them.

use super::Cause;

/// The cause that the text names.
pub(super) fn cause(reason: &str) -> Option<Cause> {
    let text = reason.to_lowercase();
    let has = |words: &str| text.contains(words);
    if has("infrastructure role") || has("not authorized to perform: elasticloadbalancing") {
        return Some(Cause::ServiceRole);
    }
    if has("invalid networking configuration") || has("one or more rules not found") {
        return Some(Cause::ReleaseTarget);
    }
    if has("pause hook timed out") {
        return Some(Cause::NotContinued);
    }
    if has("circuit breaker") {
        return Some(Cause::NeverHealthy);
    }
    failed_hook(reason)
}

/// `… because STAGE lifecycle hook(s) failed. … ARN …`
fn failed_hook(reason: &str) -> Option<Cause> {
    let (before, after) = reason.split_once(" lifecycle hook(s) failed")?;
    let (_, stage) = before.rsplit_once(' ')?;
    let arn = after
        .split_whitespace()
        .find(|word| word.starts_with("arn:"));
    Some(Cause::HookFailed {
        event: stage.to_owned(),
        function: arn.map(|arn| arn.trim_end_matches(['.', ',', ';']).to_owned()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hook_that_only_the_text_names_is_the_cause() {
        let arn = "arn:aws:lambda:eu-west-1:111122223333:function:smoke";
        let because = "Service deployment rolled back because";
        for (text, function) in [
            (
                format!("Lifecycle hook target {arn} returned FAILED status."),
                Some(arn),
            ),
            (
                format!(
                    "ECS was unable to parse the response from {arn} due to HookStatus must not be null"
                ),
                Some(arn),
            ),
            (String::new(), None),
        ] {
            let reason = format!("{because} POST_SCALE_UP lifecycle hook(s) failed. {text}");
            let expected = Cause::HookFailed {
                event: "POST_SCALE_UP".into(),
                function: function.map(str::to_owned),
            };
            assert_eq!(cause(&reason), Some(expected), "{reason}");
        }
        let role = "TEST_TRAFFIC_SHIFT lifecycle hook(s) failed. User: arn:aws:sts::111122223333:\
                    assumed-role/ecs/ECSNetworkingWithELB is not authorized to perform: \
                    elasticloadbalancing:ModifyListener";
        assert_eq!(
            cause(&format!("{because} {role}")),
            Some(Cause::ServiceRole)
        );
    }
}
