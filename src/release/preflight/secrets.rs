//! Secrets and variables of a container: their names, and the sources of
//! secrets.

use std::collections::BTreeSet;

use serde_json::Value;

use super::checks::{Checks, steps, within};
use crate::job::{Excerpt, is_account};
use crate::release::document::Step;
use crate::release::finding::{ContainerProblem, EcsRule, SecretProblem, Severity};
use crate::release::placeholder;
use crate::release::task_definition::Container;

/// Maximum length of a Systems Manager parameter name in characters.
const MAX_PARAMETER: usize = 2048;

pub(super) fn check(checks: &mut Checks<'_>) {
    for container in checks.task_definition.containers() {
        names(checks, &container);
        for (index, variable) in container.list("environment") {
            if variable.get("valueFrom").is_some() {
                let place = within(&container, steps!["environment", index, "valueFrom"]);
                checks.warning(&place, SecretProblem::AmongVariables);
            }
        }
        for (index, secret) in container.list("secrets") {
            let place = within(&container, steps!["secrets", index, "valueFrom"]);
            source(checks, secret, &place, Severity::Error);
        }
        let log = container.get("logConfiguration");
        let options = log.and_then(|log| log.get("secretOptions")?.as_array());
        for (index, secret) in options.into_iter().flatten().enumerate() {
            let steps = steps!["logConfiguration", "secretOptions", index, "valueFrom"];
            // ECS's error for secrets has not been observed for these.
            source(
                checks,
                secret,
                &within(&container, steps),
                Severity::Warning,
            );
        }
        for (index, file) in container.list("environmentFiles") {
            let place = within(&container, steps!["environmentFiles", index, "value"]);
            environment_file(checks, file, &place);
        }
    }
}

/// ECS rejects a secret with the name of a variable or of another secret of the
/// container.
fn names(checks: &mut Checks<'_>, container: &Container<'_>) {
    let variables = container.list("environment");
    let mut taken: BTreeSet<&str> = variables.filter_map(|(_, value)| name(value)).collect();
    for (index, secret) in container.list("secrets") {
        let Some(name) = name(secret) else {
            continue;
        };
        if !taken.insert(name) {
            let place = within(container, steps!["secrets", index, "name"]);
            let name = Excerpt::of(name);
            checks.error(&place, ContainerProblem::SecretNameTaken { name });
        }
    }
}

fn name(value: &Value) -> Option<&str> {
    value.get("name")?.as_str().filter(|name| !name.is_empty())
}

/// Checks for an ARN, or the name of a parameter in the same Region. ECS
/// rejects other values: "The Systems Manager parameter name specified for
/// secret … is invalid. The parameter name can be up to 2048 characters and
/// include the following letters and symbols: a-zA-Z0-9_.-" (aws/copilot-cli
/// 3446). The value is not repeated in the finding, because it may be the
/// secret itself.
fn source(checks: &mut Checks<'_>, secret: &Value, place: &[Step<'_>], severity: Severity) {
    let Some(text) = secret.get("valueFrom").and_then(Value::as_str) else {
        return; // Already reported.
    };
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_.-/".contains(c);
    let problem = if placeholder::first(text).is_some() {
        return; // Already reported.
    } else if text.is_empty() {
        SecretProblem::Empty
    } else if text.starts_with("arn:") {
        return arn(checks, text, place);
    } else if text.len() > MAX_PARAMETER || !text.chars().all(is_name) {
        SecretProblem::NotAName
    } else {
        return;
    };
    match severity {
        Severity::Error => checks.error(place, problem),
        Severity::Warning | Severity::Note => checks.warning(place, problem),
    }
}

/// The agent takes a secret's ARN as it is, or with a key, a stage and a version
/// behind it. Of any other number of parts it says "an invalid ARN format for
/// the AWS Secrets Manager secret was specified", and the task does not start
/// (aws/amazon-ecs-agent, asmsecret.go).
fn arn(checks: &mut Checks<'_>, arn: &str, place: &[Step<'_>]) {
    const WHOLE: [usize; 2] = [7, 10];
    let parts: Vec<&str> = arn.split(':').collect();
    match parts.get(2).copied() {
        Some("secretsmanager") if !WHOLE.contains(&parts.len()) => {
            checks.warning(place, SecretProblem::Incomplete);
        }
        Some("secretsmanager" | "ssm") => {}
        Some(_) | None => return checks.warning(place, SecretProblem::OtherService),
    }
    // ECS's answer to such an ARN has not been observed. AWS's own parameters
    // are in no account.
    let account = parts.get(4).copied().unwrap_or_default();
    if !account.is_empty() && !is_account(account) {
        let account = Excerpt::of(account);
        checks.warning(place, SecretProblem::NotAnAccount { account });
    }
}

/// API reference, ContainerDefinition: the file must have a .env file
/// extension.
fn environment_file(checks: &mut Checks<'_>, file: &Value, place: &[Step<'_>]) {
    let Some(value) = file.get("value").and_then(Value::as_str) else {
        return; // Already reported.
    };
    if placeholder::first(value).is_some() {
        return; // Already reported.
    }
    let parts: Vec<&str> = value.splitn(6, ':').collect();
    let object = match parts.as_slice() {
        ["arn", _, "s3", "", "", object] => object.split_once('/'),
        _ => None,
    };
    let fits = object.is_some_and(|(bucket, key)| !bucket.is_empty() && key.ends_with(".env"));
    if !fits {
        let value = Excerpt::of(value);
        checks.error(place, EcsRule::NotAnEnvironmentFile { value });
    }
}
