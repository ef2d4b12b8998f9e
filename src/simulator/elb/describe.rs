//! `DescribeListeners` by ARN, `DescribeTargetGroups` by name, and `DescribeTargetHealth`.

use serde_json::{Value, json};

use super::describe_target_health;
use crate::simulator::api::{Answer, ApiError};
use crate::simulator::codedeploy::routes;
use crate::simulator::ecs::target_group_arn;
use crate::simulator::wire::query::Form;
use crate::simulator::world::World;

pub(super) fn describe_target_groups(world: &World, form: &Form) -> Answer {
    let names = form.list("Names.member");
    let groups: Option<Vec<Value>> = names.into_iter().map(|name| shown(world, name)).collect();
    match groups {
        Some(groups) => Ok(json!({ "TargetGroups": groups })),
        None => Err(not_found("One or more target groups not found")),
    }
}

pub(super) fn describe_listeners(world: &World, form: &Form) -> Answer {
    let arns = form.list("ListenerArns.member");
    let listeners: Option<Vec<Value>> = arns.into_iter().map(|arn| listener(world, arn)).collect();
    match listeners {
        Some(listeners) => Ok(json!({ "Listeners": listeners })),
        None => Err(ApiError::new(
            "ListenerNotFound",
            "One or more listeners not found",
        )),
    }
}

/// A listener that was created, or one that a deployment group names. It
/// forwards to the target group that was set by hand, otherwise to those that
/// deployments have chosen, otherwise to those it was created with.
fn listener(world: &World, arn: &str) -> Option<Value> {
    let created = world.elb.listeners.get(arn);
    let service = world.codedeploy.service_behind(arn);
    if created.is_none() && service.is_none() {
        return None;
    }
    let by_hand = world.elb.set_by_hand.get(arn);
    let forwarded = match (by_hand, service) {
        (Some(name), _) => vec![(name.clone(), 100)],
        (None, Some((cluster, service))) => routes(world, &cluster, &service).production,
        (None, None) => Vec::new(),
    };
    let mut shown = created
        .cloned()
        .unwrap_or_else(|| json!({ "ListenerArn": arn }));
    if !forwarded.is_empty() {
        let group = |(name, weight): &(String, u32)| json!({ "TargetGroupArn": self::arn(world, name), "Weight": weight });
        let groups: Vec<Value> = forwarded.iter().map(group).collect();
        let mut action = json!({ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } });
        // An only target group is named separately as well.
        if let [only] = groups.as_slice() {
            action["TargetGroupArn"] = only["TargetGroupArn"].clone();
        }
        shown["DefaultActions"] = json!([action]);
    }
    Some(shown)
}

/// A target group that was created, or one that a deployment group names.
fn shown(world: &World, name: &str) -> Option<Value> {
    let created = world.elb.target_groups.get(name).cloned();
    created.or_else(|| {
        world.codedeploy.has_target_group(name).then(|| {
            json!({
                "TargetGroupArn": arn(world, name),
                "TargetGroupName": name,
                "TargetType": "ip",
            })
        })
    })
}

pub(super) fn describe_health(world: &World, form: &Form) -> Answer {
    let given = form.required("TargetGroupArn")?;
    let name = given.split('/').nth(1).unwrap_or_default();
    if shown(world, name).is_none() || arn(world, name) != given {
        return Err(not_found(&format!("Target groups '{given}' not found")));
    }
    let targets = describe_target_health(world, given);
    let targets: Vec<Value> = targets
        .iter()
        .map(|target| {
            let reason = target.state.reason();
            json!({
                "Target": { "Id": target.id, "Port": target.port },
                "HealthCheckPort": target.port,
                "TargetHealth": {
                    "State": target.state.as_str(),
                    "Reason": reason.map(|(code, _)| code),
                    "Description": reason.map(|(_, text)| text),
                },
            })
        })
        .collect();
    Ok(json!({ "TargetHealthDescriptions": targets }))
}

fn arn(world: &World, name: &str) -> String {
    let prefix = format!("arn:aws:ecs:{}:{}", world.region, world.account);
    target_group_arn(&prefix, name)
}

fn not_found(text: &str) -> ApiError {
    ApiError::new("TargetGroupNotFound", text)
}
