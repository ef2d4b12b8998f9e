//! The summary of a successful release.

use super::limit::fit;
use crate::job::report::MAX_SUMMARY;
use crate::rollout::decision::{Live, Success};

/// What is live now, and the warnings of the rollout.
#[must_use]
pub fn summary(success: &Success) -> String {
    let Success { release, live } = success;
    let revision = revision(release.task_definition.as_str());
    let mut text = match live {
        Live::Deployed(deployment) => format!("{revision} is live (deployment {deployment})."),
        Live::Shifted(deployment) => format!(
            "{revision} is live (deployment {deployment}). All traffic has moved; the old tasks \
             will be stopped later."
        ),
        Live::Already => format!("Nothing to do: {revision} is the same and runs already."),
    };
    for warning in release.warnings.iter() {
        text.push('\n');
        text.push_str(warning);
    }
    fit(&text, MAX_SUMMARY)
}

/// `family:revision`, the usual short name.
fn revision(arn: &str) -> &str {
    arn.rsplit_once('/').map_or(arn, |(_, revision)| revision)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::job::{DeploymentId, TaskDefinitionArn};
    use crate::rollout::step::{Release, Warnings};

    #[test]
    fn the_success_message_lists_the_warnings() {
        let summary = |live| {
            summary(&Success {
                release: Release {
                    task_definition: TaskDefinitionArn::new(
                        "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7",
                    ),
                    images: Vec::new(),
                    warnings: Warnings {
                        checks: vec!["note: taskdef.json: `status` was taken off".into()],
                        policies: vec!["warning: [policy main.warn] mind the gap".into()],
                    },
                },
                live,
            })
        };
        assert_eq!(
            summary(Live::Deployed(DeploymentId::new("d-A1B2C3D4E"))),
            "web:7 is live (deployment d-A1B2C3D4E).\nnote: taskdef.json: `status` was taken off\n\
             warning: [policy main.warn] mind the gap"
        );
        assert_eq!(
            summary(Live::Already),
            "Nothing to do: web:7 is the same and runs already.\n\
             note: taskdef.json: `status` was taken off\n\
             warning: [policy main.warn] mind the gap"
        );
    }
}
