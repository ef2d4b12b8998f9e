//! Task definitions: register, describe, list and deregister
//! (docs/aws.md §4.1, §4.2).

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{Members, page};
use crate::world::World;

use super::call::{client, invalid};
use super::check;
use super::names::family_and_revision;
use super::revision::Revision;
use super::state::Ecs;

/// Default number of elements per page.
const PAGE: usize = 100;

pub(super) fn register(world: &mut World, body: &Value, input: Members<'_>) -> Answer {
    check::request(body)?;
    let family = input.text("family")?.unwrap_or_default().to_owned();
    let now = world.now();
    let prefix = format!(
        "arn:aws:ecs:{}:{}:task-definition/{family}",
        world.region, world.account
    );
    let revisions = world.ecs.families.entry(family).or_default();
    let number = revisions.last().map_or(1, |last| last.number + 1);
    let revision = Revision {
        arn: format!("{prefix}:{number}"),
        number,
        registered_at: now,
        deregistered_at: None,
        received: body.clone(),
    };
    let answer = revision.show_with_tags(&world.account);
    revisions.push(revision);
    Ok(answer)
}

pub(super) fn describe(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("taskDefinition")?.unwrap_or_default();
    let revision =
        find(&world.ecs, name).ok_or_else(|| client("Unable to describe task definition."))?;
    if input.texts("include")?.contains(&"TAGS") {
        Ok(revision.show_with_tags(&world.account))
    } else {
        Ok(json!({ "taskDefinition": revision.show(&world.account) }))
    }
}

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let family = input.text("familyPrefix")?;
    let wanted = input.text("status")?.unwrap_or("ACTIVE");
    if !["ACTIVE", "INACTIVE", "DELETE_IN_PROGRESS"].contains(&wanted) {
        return Err(invalid(format!("Invalid status: {wanted}")));
    }
    let mut arns: Vec<&str> = world
        .ecs
        .families
        .iter()
        .filter(|(name, _)| family.is_none_or(|family| family == *name))
        .flat_map(|(_, revisions)| revisions)
        .filter(|revision| revision.status() == wanted)
        .map(|revision| revision.arn.as_str())
        .collect();
    if input.text("sort")? == Some("DESC") {
        arns.reverse();
    }
    let size = page_size(input)?;
    let page = page(arns, input.text("nextToken")?, size)
        .ok_or_else(|| invalid("Invalid token in ListTaskDefinitions request."))?;
    Ok(json!({ "taskDefinitionArns": page.items, "nextToken": page.next }))
}

pub(super) fn deregister(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("taskDefinition")?.unwrap_or_default();
    let (family, number) = family_and_revision(name);
    if number.is_none() {
        return Err(invalid("Task definition revision must be specified."));
    }
    let now = world.now();
    let revision = world
        .ecs
        .families
        .get_mut(family)
        .and_then(|revisions| {
            revisions
                .iter_mut()
                .find(|revision| Some(revision.number) == number)
        })
        .ok_or_else(|| client("The specified task definition does not exist."))?;
    revision.deregistered_at.get_or_insert(now);
    Ok(json!({ "taskDefinition": revision.show(&world.account) }))
}

/// The revision with this ARN or `family:revision`. For a family alone, its
/// newest active revision.
pub(crate) fn find<'a>(ecs: &'a Ecs, name: &str) -> Option<&'a Revision> {
    let (family, number) = family_and_revision(name);
    let mut revisions = ecs.families.get(family)?.iter().rev();
    match number {
        Some(number) => revisions
            .find(|revision| revision.number == number)
            .filter(|revision| !name.starts_with("arn:") || revision.arn == name),
        None => revisions.find(|revision| revision.deregistered_at.is_none()),
    }
}

/// The page size of a request, between 1 and 100.
pub(super) fn page_size(input: Members<'_>) -> Result<usize, ApiError> {
    match input.number("maxResults")? {
        None => Ok(PAGE),
        Some(size) => usize::try_from(size)
            .ok()
            .filter(|size| (1..=PAGE).contains(size))
            .ok_or_else(|| invalid("maxResults must be between 1 and 100.")),
    }
}
