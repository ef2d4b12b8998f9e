//! `DescribeServiceDeployments` and `ListServiceDeployments`
//! (docs/aws.md §6.4).

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::ecs::call::{found_or_missing, invalid, page, service_not_found};
use crate::ecs::service::Service;
use crate::ecs::services::requested_service;
use crate::ecs::state::Ecs;
use crate::json::Members;
use crate::world::World;

use super::show;
use super::state::{STATUSES, ServiceDeployment};

/// Maximum number of ARNs in one call.
const MAX_DESCRIBED: usize = 20;
/// Deployments on a page, unless the request says otherwise.
const PAGE: usize = 20;

pub(in crate::ecs) fn describe(world: &World, input: Members<'_>) -> Answer {
    let arns = described_arns(input, "serviceDeploymentArns")?;
    let find = |arn: &str| {
        let (service, deployment) = find(world, arn)?;
        let last = deployment.final_response.clone();
        Some(last.unwrap_or_else(|| show::deployment(service, deployment, &world.ecs.settings)))
    };
    let (deployments, failures) = found_or_missing(arns, str::to_owned, find);
    Ok(json!({ "serviceDeployments": deployments, "failures": failures }))
}

/// The ARNs of a request to describe.
pub(super) fn described_arns<'i>(
    input: Members<'i>,
    member: &str,
) -> Result<Vec<&'i str>, ApiError> {
    let arns = input.texts(member)?;
    match (1..=MAX_DESCRIBED).contains(&arns.len()) {
        true => Ok(arns),
        false => Err(invalid(format!(
            "{member} must have 1 to {MAX_DESCRIBED} ARNs"
        ))),
    }
}

pub(in crate::ecs) fn list(world: &World, input: Members<'_>) -> Answer {
    let (cluster, name) = requested_service(world, input)?;
    let service = world
        .ecs
        .service(cluster, name)
        .filter(|service| service.is_active())
        .ok_or_else(service_not_found)?;
    let statuses = input.texts("status")?;
    if let Some(unknown) = statuses.iter().find(|status| !STATUSES.contains(status)) {
        return Err(invalid(format!("Invalid status: {unknown}")));
    }
    let range = input.object_or_empty("createdAt")?;
    let (after, before) = (range.time("after")?, range.time("before")?);
    let newest_first = service.deployments.all.iter().rev();
    let briefs: Vec<Value> = newest_first
        .filter(|one| is_shown(world, one))
        .filter(|one| statuses.is_empty() || statuses.contains(&one.phase.status()))
        .filter(|one| after.is_none_or(|after| one.created_at > after))
        .filter(|one| before.is_none_or(|before| one.created_at < before))
        .map(|one| show::brief(service, one))
        .collect();
    let page = page(briefs, input, PAGE)?;
    Ok(json!({ "serviceDeployments": page.items, "nextToken": page.next }))
}

/// The service deployment with this ARN that responses may show.
pub(super) fn find<'w>(
    world: &'w World,
    arn: &str,
) -> Option<(&'w Service, &'w ServiceDeployment)> {
    find_any(&world.ecs, arn).filter(|(_, deployment)| is_shown(world, deployment))
}

/// The service deployment with this ARN.
pub(super) fn find_any<'e>(
    ecs: &'e Ecs,
    arn: &str,
) -> Option<(&'e Service, &'e ServiceDeployment)> {
    let service = at_path(ecs, arn, "service-deployment")?;
    let mut all = service.deployments.all.iter();
    let deployment = all.find(|one| deployment_arn(service, &one.id) == arn)?;
    Some((service, deployment))
}

fn is_shown(world: &World, deployment: &ServiceDeployment) -> bool {
    deployment.visible_at <= world.now() && deployment.is_kept(world.now())
}

/// The service in an ARN of the form `…:KIND/CLUSTER/SERVICE/ID`.
pub(super) fn at_path<'e>(ecs: &'e Ecs, arn: &str, kind: &str) -> Option<&'e Service> {
    let (prefix, path) = arn.rsplit_once(':')?;
    let mut parts = path.split('/');
    let is_kind = parts.next() == Some(kind);
    let service = ecs.service(parts.next()?, parts.next()?)?;
    (is_kind && service.arn_prefix == prefix && service.is_active()).then_some(service)
}

pub(super) fn deployment_arn(service: &Service, id: &str) -> String {
    service.part_arn("service-deployment", id)
}
