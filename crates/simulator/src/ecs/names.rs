//! Parses and builds names and ARNs of ECS resources and target groups.

use crate::ids;

/// Longest name of a cluster, service, family, container or volume.
const MAX_NAME: usize = 255;

/// The default cluster.
pub(super) const DEFAULT_CLUSTER: &str = "default";

/// Whether a text has only letters, digits, `_` and `-`, and not too many.
pub(super) fn is_name(text: &str) -> bool {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.len() <= MAX_NAME && text.chars().all(allowed)
}

/// The name of a cluster or service, from its name or ARN.
pub(crate) fn resource_name(name_or_arn: &str) -> &str {
    name_or_arn.rsplit('/').next().unwrap_or(name_or_arn)
}

/// The family and the optional revision in `family`, `family:revision` or the
/// ARN of either.
pub(super) fn family_and_revision(text: &str) -> (&str, Option<u64>) {
    let name = text
        .split_once(":task-definition/")
        .map_or(text, |(_, name)| name);
    match name.rsplit_once(':') {
        Some((family, revision)) => match revision.parse() {
            Ok(revision) => (family, Some(revision)),
            Err(_) => (name, None),
        },
        None => (name, None),
    }
}

/// The ARN of a target group. `ecs_prefix` is the prefix of the account's ECS
/// ARNs.
pub(crate) fn target_group_arn(ecs_prefix: &str, name: &str) -> String {
    let prefix = ecs_prefix.replacen(":ecs:", ":elasticloadbalancing:", 1);
    format!("{prefix}:targetgroup/{name}/{}", ids::of_name(name))
}

/// The digest of an image: its own, or one derived from its tag.
pub(super) fn image_digest(image: &str) -> String {
    match image.split_once('@') {
        Some((_, digest)) => digest.to_owned(),
        None => format!("sha256:{}", ids::sha256(image)),
    }
}

/// The name in a target group's ARN.
pub(crate) fn target_group_name(arn: &str) -> Option<&str> {
    arn.split('/').nth(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_definition_is_found_under_any_of_its_names() {
        fn check(text: &str, expected: (&str, Option<u64>)) {
            assert_eq!(family_and_revision(text), expected, "{text}");
        }
        check("webapp", ("webapp", None));
        check("webapp:7", ("webapp", Some(7)));
        check("webapp:latest", ("webapp:latest", None));
        check(
            "arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:7",
            ("webapp", Some(7)),
        );
    }

    #[test]
    fn a_target_group_keeps_its_name_in_its_arn() {
        let arn = target_group_arn("arn:aws:ecs:eu-west-1:111122223333", "webapp-blue");
        assert!(
            arn.starts_with("arn:aws:elasticloadbalancing:eu-west-1:111122223333:targetgroup/")
        );
        assert_eq!(target_group_name(&arn), Some("webapp-blue"));
    }
}
