//! `ListDeployments`, newest first.

use serde_json::json;

use crate::api::{Answer, ApiError};
use crate::json::Members;
use crate::world::World;

use super::call::page;
use super::deployment::Deployment;
use super::{applications, groups};

const STATUSES: &[&str] = &[
    "Created",
    "Queued",
    "InProgress",
    "Baking",
    "Succeeded",
    "Failed",
    "Stopped",
    "Ready",
];

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let (application, group) = scope(world, input)?;
    let statuses = input.texts("includeOnlyStatuses")?;
    if let Some(unknown) = statuses.iter().find(|status| !STATUSES.contains(status)) {
        return Err(ApiError::new(
            "InvalidDeploymentStatusException",
            format!("Invalid deployment status: {unknown}"),
        ));
    }
    let range = input.object_or_empty("createTimeRange")?;
    let (start, end) = (range.time("start")?, range.time("end")?);
    if start.zip(end).is_some_and(|(start, end)| start > end) {
        return Err(ApiError::new(
            "InvalidTimeRangeException",
            "The start of the time range is after its end",
        ));
    }
    let wanted = |one: &&Deployment| {
        application.is_none_or(|name| one.application == name)
            && group.is_none_or(|name| one.group == name)
            && (statuses.is_empty() || statuses.contains(&one.status()))
            && start.is_none_or(|start| one.created_at >= start)
            && end.is_none_or(|end| one.created_at <= end)
    };
    let ids: Vec<&str> = world
        .codedeploy
        .deployments
        .iter()
        .rev()
        .filter(wanted)
        .map(|one| one.id.as_str())
        .collect();
    let page = page(ids, input)?;
    Ok(json!({ "deployments": page.items, "nextToken": page.next }))
}

/// The application and group of the filter: both, only the first, or neither.
fn scope<'i>(
    world: &World,
    input: Members<'i>,
) -> Result<(Option<&'i str>, Option<&'i str>), ApiError> {
    let application = input.raw("applicationName").is_some();
    let group = input.raw("deploymentGroupName").is_some();
    if group {
        let (application, group, _) = groups::requested_group(&world.codedeploy, input)?;
        Ok((Some(application), Some(group)))
    } else if application {
        let (application, _) = applications::requested_application(&world.codedeploy, input)?;
        Ok((Some(application), None))
    } else {
        Ok((None, None))
    }
}
