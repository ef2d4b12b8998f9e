//! `DescribeListeners`, `DescribeTargetGroups` and `DescribeTargetHealth`.

use serde_json::{Value, json};

use super::call::{check_balancer, unspecified};
use super::rules::{by_arn, forward, listener_routes};
use crate::api::{Answer, ApiError};
use crate::ecs::{has_target_group, target_group_arn, target_group_name};
use crate::routes::routes;
use crate::share::Share;
use crate::wire::query::Form;
use crate::world::World;

/// Target groups by name or ARN, or all that were created.
pub(super) fn describe_target_groups(world: &World, form: &Form) -> Answer {
    let (mut names, arns) = (
        form.list("Names.member"),
        form.list("TargetGroupArns.member"),
    );
    if form.text("LoadBalancerArn").is_some() {
        return Err(unspecified("names or ARNs of target groups"));
    }
    if names.is_empty() && arns.is_empty() {
        names.extend(world.elb.target_groups.keys().map(String::as_str));
    }
    let by_arn = |given: &str| {
        let name = target_group_name(given)?;
        target_group(world, name).filter(|group| group["TargetGroupArn"] == given)
    };
    let by_name = names.into_iter().map(|name| target_group(world, name));
    let groups: Option<Vec<Value>> = by_name.chain(arns.into_iter().map(by_arn)).collect();
    let groups = groups.ok_or_else(target_groups_not_found)?;
    Ok(json!({ "TargetGroups": groups }))
}

/// Listeners by ARN, or all of a load balancer.
pub(super) fn describe_listeners(world: &World, form: &Form) -> Answer {
    let mut arns = form.list("ListenerArns.member");
    if let Some(balancer) = form.text("LoadBalancerArn") {
        check_balancer(world, balancer)?;
        let listeners = world.elb.listeners.iter();
        let own = listeners.filter(|(_, shown)| shown["LoadBalancerArn"] == balancer);
        arns.extend(own.map(|(arn, _)| arn.as_str()));
    } else if arns.is_empty() {
        return Err(unspecified("listener ARNs or a load balancer ARN"));
    }
    let listeners: Option<Vec<Value>> = arns.into_iter().map(|arn| listener(world, arn)).collect();
    let listeners = listeners.ok_or_else(listener_not_found)?;
    Ok(json!({ "Listeners": listeners }))
}

pub(super) fn listener_not_found() -> ApiError {
    ApiError::new("ListenerNotFound", "One or more listeners not found")
}

/// A listener that was created, or one that a deployment group or a service
/// names. It forwards to the target group that was set by hand, otherwise to
/// those that deployments have chosen, otherwise to those it was created with.
fn listener(world: &World, arn: &str) -> Option<Value> {
    let created = world.elb.listeners.get(arn);
    let service = world.codedeploy.service_behind(arn);
    let by_ecs = listener_routes(world, arn);
    if created.is_none() && service.is_none() && by_ecs.is_none() {
        return None;
    }
    let by_hand = world.elb.set_by_hand.get(arn);
    let forwarded = match by_hand {
        Some(name) => Some(vec![(group_arn(world, name), Share::ALL)]),
        None => by_ecs.or_else(|| {
            let (cluster, service) = service?;
            Some(by_arn(world, routes(world, &cluster, &service).production))
        }),
    };
    let forwarded = forwarded.unwrap_or_default();
    let mut shown = created
        .cloned()
        .unwrap_or_else(|| json!({ "ListenerArn": arn }));
    if !forwarded.is_empty() {
        shown["DefaultActions"] = json!([forward(&forwarded)]);
    }
    Some(shown)
}

/// A target group that was created, or one that a deployment group or a service
/// names.
fn target_group(world: &World, name: &str) -> Option<Value> {
    let created = world.elb.target_groups.get(name).cloned();
    created.or_else(|| {
        let arn = group_arn(world, name);
        let is_named =
            world.codedeploy.has_target_group(name) || has_target_group(&world.ecs, &arn);
        is_named.then(|| {
            json!({
                "TargetGroupArn": arn,
                "TargetGroupName": name,
                "TargetType": "ip",
            })
        })
    })
}

pub(super) fn describe_health(world: &World, form: &Form) -> Answer {
    let given = form.required("TargetGroupArn")?;
    let name = target_group_name(given).unwrap_or_default();
    if target_group(world, name).is_none() || group_arn(world, name) != given {
        return Err(not_found(&format!("Target groups '{given}' not found")));
    }
    let targets = world.ecs.targets(given);
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

/// The ARN of the target group with this name.
pub(crate) fn group_arn(world: &World, name: &str) -> String {
    target_group_arn(&world.arn_prefix("ecs"), name)
}

pub(super) fn target_groups_not_found() -> ApiError {
    not_found("One or more target groups not found")
}

fn not_found(text: &str) -> ApiError {
    ApiError::new("TargetGroupNotFound", text)
}
