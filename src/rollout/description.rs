//! The deployment's description: it is shown in the console, and carries the
//! release's key, by which the deployment is found again after a crash.

use jiff::Timestamp;

use super::seen::DeploymentSeen;
use super::step::Deploying;
use crate::job::offer::{Job, PipelineContext};
use crate::job::request::Request;
use crate::job::{Engine, Key, TaskDefinitionArn};

/// Characters that a description may have (docs/aws.md §5.1).
pub const MAX_DESCRIPTION: usize = 256;

/// Precedes the key; a search for a release looks for both.
const KEY: &str = "bluegreen-worker key=";
/// Precedes the time at which the release began, to the second.
const SINCE: &str = " since=";
/// Precedes the revision.
const REVISION: &str = " task-definition=";
/// Precedes the pipeline's name.
const PIPELINE: &str = " pipeline=";

/// Writes the description. The key and the start of the release always fit; the
/// revision and then the pipeline are added if they fit.
#[must_use]
pub fn write(
    key: &Key,
    since: Timestamp,
    revision: &TaskDefinitionArn,
    pipeline: &PipelineContext,
) -> String {
    let since = to_the_second(since);
    let mut text = format!("{KEY}{key}{SINCE}{since}");
    for (label, value) in [(REVISION, short(revision)), (PIPELINE, &pipeline.pipeline)] {
        let length = text.chars().count() + label.len() + value.chars().count();
        if !value.is_empty() && length <= MAX_DESCRIPTION {
            text.push_str(label);
            text.push_str(value);
        }
    }
    text
}

/// Whether a deployment with this description belongs to the release with this
/// key.
#[must_use]
pub fn carries(description: &str, key: &Key) -> bool {
    description
        .strip_prefix(KEY)
        .and_then(|rest| rest.strip_prefix(key.as_str()))
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Whether the deployment that a token names belongs to this release: it is in
/// the action's deployment group, has the release's key, and deploys the
/// revision that the token names. One of ECS's own is in the action's service
/// and deploys that revision, which was registered for this release. A token is
/// not authenticated; without this check it could have another release's
/// deployment stopped, or reported as this release.
#[must_use]
pub fn is_own(seen: &DeploymentSeen, step: &Deploying, job: &Job, request: &Request) -> bool {
    let is_of_target = seen.deploys_to == request.target;
    if seen.deploys_to.engine() == Engine::Ecs {
        return is_of_target && seen.revision() == Some(&step.release.task_definition);
    }
    let text = seen.description.as_deref().unwrap_or_default();
    // Without an action execution the key is the id of the job, which differs
    // from job to job.
    let has_key = match &job.data.pipeline.action_execution {
        Some(_) => carries(text, &job.key()),
        None => text.starts_with(KEY),
    };
    let has_revision =
        revision(text).is_none_or(|written| written == short(&step.release.task_definition));
    is_of_target && has_key && has_revision
}

/// The newest of the deployments that belong to the release.
#[must_use]
pub fn newest_own(seen: Vec<Option<DeploymentSeen>>, key: &Key) -> Option<DeploymentSeen> {
    let own = seen.into_iter().flatten().filter(|seen| {
        let text = seen.description.as_deref();
        text.is_some_and(|text| carries(text, key))
    });
    own.max_by_key(|seen| seen.created)
}

/// The revision as `family:revision`, if the description has it.
#[must_use]
pub fn revision(description: &str) -> Option<&str> {
    value(description, REVISION)
}

/// The key of the release that created the deployment, if this software did.
#[must_use]
pub fn key(description: &str) -> Option<&str> {
    let rest = description.strip_prefix(KEY)?;
    rest.split(' ').next().filter(|key| !key.is_empty())
}

/// The name of the pipeline that created the deployment, if the description has
/// it.
#[must_use]
pub fn pipeline(description: &str) -> Option<&str> {
    key(description)?;
    value(description, PIPELINE)
}

/// Whether a deployment with this description belongs to a release that began
/// after `since`. `false` for deployments that this software did not create.
#[must_use]
pub fn is_of_later_release(description: &str, since: Timestamp) -> bool {
    description.starts_with(KEY)
        && value(description, SINCE)
            .and_then(|begin| begin.parse::<Timestamp>().ok())
            .is_some_and(|begin| begin > to_the_second(since))
}

/// `family:revision`.
fn short(revision: &TaskDefinitionArn) -> &str {
    let arn = revision.as_str();
    arn.rsplit_once('/').map_or(arn, |(_, revision)| revision)
}

fn value<'a>(description: &'a str, label: &str) -> Option<&'a str> {
    let (_, rest) = description.split_once(label)?;
    rest.split(' ').next().filter(|value| !value.is_empty())
}

fn to_the_second(moment: Timestamp) -> Timestamp {
    Timestamp::from_second(moment.as_second()).unwrap_or(moment)
}

#[cfg(test)]
mod tests {
    use super::*;

    const BEGIN: Timestamp = Timestamp::UNIX_EPOCH;

    fn context(pipeline: &str) -> PipelineContext {
        PipelineContext {
            pipeline: pipeline.into(),
            ..PipelineContext::default()
        }
    }

    #[test]
    fn what_is_written_is_found_again() {
        let key = Key::new("5b8e4b4e-0000-4000-8000-1234567890ab");
        let arn =
            TaskDefinitionArn::new("arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7");
        let text = write(&key, BEGIN, &arn, &context("shop"));
        assert_eq!(
            text,
            "bluegreen-worker key=5b8e4b4e-0000-4000-8000-1234567890ab \
             since=1970-01-01T00:00:00Z task-definition=web:7 pipeline=shop"
        );
        assert!(carries(&text, &key));
        assert_eq!(revision(&text), Some("web:7"));
        assert_eq!(super::key(&text), Some(key.as_str()));
        assert_eq!(pipeline(&text), Some("shop"));
        assert!(
            !carries(&text, &Key::new("5b8e4b4e")),
            "a part of a key is no key"
        );
        assert!(!carries("released by hand", &key));
        assert_eq!(revision("released by hand"), None);
        assert_eq!(pipeline("released by hand pipeline=shop"), None);
    }

    #[test]
    fn long_names_give_way_and_the_key_stays() {
        let key = Key::new("k".repeat(36));
        let family = "f".repeat(255);
        let arn = TaskDefinitionArn::new(format!("arn:aws:ecs:r:a:task-definition/{family}:7"));
        let text = write(&key, BEGIN, &arn, &context(&"p".repeat(100)));
        assert!(text.chars().count() <= MAX_DESCRIPTION);
        assert!(carries(&text, &key));
        assert_eq!(revision(&text), None);
    }

    #[test]
    fn releases_are_ordered_by_their_begin() {
        let arn = TaskDefinitionArn::new("web:7");
        let text = |begin| write(&Key::new("k"), begin, &arn, &context("shop"));
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(is_of_later_release(&text(at(61)), at(60)));
        assert!(!is_of_later_release(&text(at(60)), at(60)));
        assert!(!is_of_later_release(&text(at(59)), at(60)));
        let by_hand = "released by hand since=2026-01-01T00:00:00Z";
        assert!(!is_of_later_release(by_hand, BEGIN));
    }
}
