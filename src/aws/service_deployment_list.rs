//! Lists the deployments of a service (docs/aws.md §6.4).

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{CreatedAt, ServiceDeploymentBrief, ServiceDeploymentStatus};
use aws_smithy_types::DateTime;
use jiff::Timestamp;

use super::error::call_error;
use super::pagination::Pages;
use super::service_deployment_seen::status_named;
use super::values::timestamp;
use crate::job::{DeploymentId, ServiceName};
use crate::ports::CallError;
use crate::release::target::LastDeployment;
use crate::rollout::seen::DeploymentStatus;

const LIST: &str = "ecs:ListServiceDeployments";

/// The maximum number of pages of a list, at up to 100 deployments each. A page
/// may be partly filled, and the order is not documented: the newest deployment
/// is only known once the list has been read to its end.
const PAGES: usize = 100;

/// Which of a service's deployments to list.
#[derive(Clone, Copy)]
pub(super) enum Listed {
    /// Those that have not ended.
    Active,
    /// Those that were created since then.
    Since(Timestamp),
}

const ACTIVE: [ServiceDeploymentStatus; 5] = [
    ServiceDeploymentStatus::Pending,
    ServiceDeploymentStatus::InProgress,
    ServiceDeploymentStatus::StopRequested,
    ServiceDeploymentStatus::RollbackRequested,
    ServiceDeploymentStatus::RollbackInProgress,
];

/// When it was created.
pub(super) fn created(brief: &ServiceDeploymentBrief) -> Option<Timestamp> {
    brief.created_at().and_then(timestamp)
}

/// Lists a service's deployments.
pub(super) async fn list(
    client: &Client,
    name: &ServiceName,
    which: Listed,
) -> Result<Vec<ServiceDeploymentBrief>, CallError> {
    let resource = name.to_string();
    let mut pages = Pages::new(LIST, &resource, PAGES);
    let mut listed = Vec::new();
    loop {
        let call = client
            .list_service_deployments()
            .cluster(&name.cluster)
            .service(&name.service)
            .max_results(100)
            .set_next_token(pages.token());
        let call = match which {
            Listed::Active => call.set_status(Some(ACTIVE.to_vec())),
            Listed::Since(since) => {
                let after = DateTime::from_secs(since.as_second());
                call.created_at(CreatedAt::builder().after(after).build())
            }
        };
        let page = call.send().await;
        let page = page.map_err(|error| call_error(LIST, Some(&resource), &error))?;
        listed.extend_from_slice(page.service_deployments());
        if !pages.advance_to_end(page.next_token())? {
            return Ok(listed);
        }
    }
}

/// Converts it to the last deployment of its service. A rollback is part of the
/// deployment itself, so one that was rolled back has failed.
pub(super) fn last(brief: &ServiceDeploymentBrief) -> Option<LastDeployment> {
    let status = status_named(brief.status().map_or("", |status| status.as_str()));
    let is_undone = [
        DeploymentStatus::RolledBack,
        DeploymentStatus::RollbackFailed,
    ];
    let is_undone = is_undone.contains(&status);
    let status = if is_undone { "Failed" } else { status.word() };
    Some(LastDeployment {
        id: DeploymentId::new(brief.service_deployment_arn()?),
        status: status.to_owned(),
        created: created(brief),
        ended: brief.finished_at().and_then(timestamp),
    })
}
