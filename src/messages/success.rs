//! The summary of a release that is live.

use super::limit::fit;
use crate::job::report::MAX_SUMMARY;
use crate::rollout::decision::Success;

/// What is live now, with the warnings that were met on the way.
#[must_use]
pub fn summary(success: &Success) -> String {
    let Success {
        release,
        deployment,
        old_tasks_remain,
    } = success;
    let mut text = format!(
        "{} is live (deployment {deployment}).",
        revision(release.task_definition.as_str())
    );
    if *old_tasks_remain {
        text.push_str(" All traffic has moved; the old tasks still wait for their end.");
    }
    for warning in &release.warnings {
        text.push('\n');
        text.push_str(warning);
    }
    fit(&text, MAX_SUMMARY)
}

/// `family:revision`, which is what people call it.
fn revision(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, revision)| revision)
}
