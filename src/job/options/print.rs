//! Formats options as the property's text.

use std::fmt;

use super::Options;
use super::choices::Choice;
use crate::job::duration;

/// Prints the options that differ from their defaults as `Key=Value` pairs
/// separated by `;`. Parsing the text gives the same options.
impl fmt::Display for Options {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let default = Self::default();
        let mut pairs: Vec<String> = Vec::new();
        let mut put = |key: &str, value: Option<String>| {
            if let Some(value) = value {
                pairs.push(format!("{key}={value}"));
            }
        };
        put(
            "CompleteWhen",
            changed(self.complete_when, default.complete_when),
        );
        put("WhenBusy", changed(self.when_busy, default.when_busy));
        put(
            "Timeout",
            (self.timeout != default.timeout).then(|| duration::compact(self.timeout)),
        );
        put("OnTimeout", changed(self.on_timeout, default.on_timeout));
        put("OnAbandon", changed(self.on_abandon, default.on_abandon));
        put(
            "OnTaskFailure",
            changed(self.on_task_failure, default.on_task_failure),
        );
        put(
            "ContinueWhenReady",
            changed(self.continue_when_ready, default.continue_when_ready),
        );
        put("DeploymentConfigName", self.deployment_config.clone());
        put(
            "TaskDefinition",
            changed(self.task_definition, default.task_definition),
        );
        put(
            "CapacityProviders",
            changed(self.capacity_providers, default.capacity_providers),
        );
        put("PinDigest", changed(self.pin_digest, default.pin_digest));
        put(
            "SkipIfUnchanged",
            changed(self.skip_if_unchanged, default.skip_if_unchanged),
        );
        put("RoleArn", self.role_arn.clone());
        f.write_str(&pairs.join(";"))
    }
}

fn changed<T: Choice>(value: T, default: T) -> Option<String> {
    (value != default).then(|| value.word().to_owned())
}
