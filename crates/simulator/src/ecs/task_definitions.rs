//! Task definitions: register, describe, list and deregister
//! (docs/aws.md §4.1, §4.2).

use serde_json::{Value, json};

use crate::api::Answer;
use crate::json::Members;
use crate::world::World;

use super::call::{MAX_PAGE, client, invalid, page};
use super::check;
use super::names::family_and_revision;
use super::revision::Revision;
use super::state::Ecs;

pub(super) fn register(world: &mut World, body: &Value, input: Members<'_>) -> Answer {
    check::validate(body)?;
    let family = input.text("family")?.unwrap_or_default().to_owned();
    let now = world.now();
    let prefix = world.arn("ecs", &format!("task-definition/{family}"));
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
    let page = page(arns, input, MAX_PAGE)?;
    Ok(json!({ "taskDefinitionArns": page.items, "nextToken": page.next }))
}

pub(super) fn deregister(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("taskDefinition")?.unwrap_or_default();
    if family_and_revision(name).1.is_none() {
        return Err(invalid("Task definition revision must be specified."));
    }
    let now = world.now();
    let arn = find(&world.ecs, name).map(|revision| revision.arn.clone());
    let mut revisions = world.ecs.families.values_mut().flatten();
    let revision = revisions
        .find(|revision| Some(&revision.arn) == arn.as_ref())
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
