//! Listener rules: `CreateRule`, `DescribeRules`, and where rules and listeners
//! forward to.

use serde_json::{Value, json};

use super::call::{check_target_group, number, unspecified};
use super::describe::{group_arn, listener_not_found};
use crate::api::{Answer, ApiError};
use crate::ecs::rule_routes;
use crate::ids;
use crate::share::Share;
use crate::wire::query::Form;
use crate::world::World;

pub(super) fn create_rule(world: &mut World, form: &Form) -> Answer {
    let listener = form.required("ListenerArn")?;
    if !world.elb.listeners.contains_key(listener) {
        return Err(listener_not_found());
    }
    let priority = number(form, "Priority")?.to_string();
    let own = rule_prefix(listener);
    let is_taken = |rule: &Value| {
        let is_here = rule["RuleArn"]
            .as_str()
            .is_some_and(|it| it.starts_with(&own));
        is_here && rule["Priority"] == priority.as_str()
    };
    if world.elb.rules.values().any(is_taken) {
        return Err(ApiError::new(
            "PriorityInUse",
            "The specified priority is in use",
        ));
    }
    let group = form.required("Actions.member.1.TargetGroupArn")?;
    check_target_group(world, group)?;
    let rule = format!("{own}{}", &world.names.hex()[..16]);
    let shown = json!({
        "RuleArn": rule,
        "Priority": priority,
        "Conditions": conditions(form),
        "Actions": [{ "Type": "forward", "TargetGroupArn": group }],
        "IsDefault": false,
    });
    world.elb.rules.insert(rule.clone(), shown);
    Ok(json!({ "Rules": [shown_rule(world, &rule)] }))
}

fn conditions(form: &Form) -> Vec<Value> {
    (1..)
        .map_while(|number| {
            let name = format!("Conditions.member.{number}");
            let field = form.text(&format!("{name}.Field"))?;
            let plain = form.list(&format!("{name}.Values.member"));
            let in_path = form.list(&format!("{name}.PathPatternConfig.Values.member"));
            let values = [plain, in_path].concat();
            Some(json!({ "Field": field, "Values": values }))
        })
        .collect()
}

/// Rules by their ARNs, or all of a listener, the default rule at the end.
pub(super) fn describe_rules(world: &World, form: &Form) -> Answer {
    let arns = form.list("RuleArns.member");
    let rules: Option<Vec<Value>> = match form.text("ListenerArn") {
        Some(listener) if arns.is_empty() => {
            if !world.elb.listeners.contains_key(listener) {
                return Err(listener_not_found());
            }
            let own = rule_prefix(listener);
            let created = world.elb.rules.keys().filter(|arn| arn.starts_with(&own));
            let arns = created.cloned().chain([default_rule(listener)]);
            arns.map(|arn| shown_rule(world, &arn)).collect()
        }
        None if arns.is_empty() => {
            return Err(unspecified("rule ARNs or a listener ARN"));
        }
        Some(_) | None => arns.iter().map(|arn| shown_rule(world, arn)).collect(),
    };
    let not_found = || ApiError::new("RuleNotFound", "One or more rules not found");
    Ok(json!({ "Rules": rules.ok_or_else(not_found)? }))
}

fn shown_rule(world: &World, arn: &str) -> Option<Value> {
    let created = world.elb.rules.get(arn).cloned();
    let mut shown = created.or_else(|| {
        let mut listeners = world.elb.listeners.iter();
        let (_, listener) = listeners.find(|(listener, _)| default_rule(listener) == arn)?;
        Some(json!({
            "RuleArn": arn,
            "Priority": "default",
            "Conditions": [],
            "Actions": listener["DefaultActions"],
            "IsDefault": true,
        }))
    })?;
    if let Some(routes) = rule_routes(&world.ecs, arn) {
        shown["Actions"] = json!([forward(&routes)]);
    }
    Some(shown)
}

/// What ECS made of a listener: of itself if it belongs to a Network Load
/// Balancer, otherwise of its default rule.
pub(super) fn listener_routes(world: &World, listener: &str) -> Option<Vec<(String, Share)>> {
    let own = rule_routes(&world.ecs, listener);
    own.or_else(|| rule_routes(&world.ecs, &default_rule(listener)))
}

/// Where CodeDeploy forwards, by the names of the target groups.
pub(super) fn by_arn(world: &World, groups: Vec<(String, Share)>) -> Vec<(String, Share)> {
    let by_arn = groups.into_iter();
    by_arn
        .map(|(name, share)| (group_arn(world, &name), share))
        .collect()
}

/// An action that forwards to these target groups. A weight is a number of
/// percent, or of tenths of it where they do not suffice.
pub(super) fn forward(groups: &[(String, Share)]) -> Value {
    let is_whole = groups.iter().all(|(_, share)| share.tenths() % 10 == 0);
    let weight = |share: Share| match is_whole {
        true => share.whole_percent(),
        false => share.tenths(),
    };
    let group =
        |(arn, share): &(String, Share)| json!({ "TargetGroupArn": arn, "Weight": weight(*share) });
    let groups: Vec<Value> = groups.iter().map(group).collect();
    let mut action = json!({ "Type": "forward", "ForwardConfig": { "TargetGroups": groups } });
    // An only target group is named separately as well.
    if let [only] = groups.as_slice() {
        action["TargetGroupArn"] = only["TargetGroupArn"].clone();
    }
    action
}

fn default_rule(listener: &str) -> String {
    format!("{}{}", rule_prefix(listener), ids::of_name(listener))
}

/// The beginning of the ARNs of a listener's rules.
fn rule_prefix(listener: &str) -> String {
    format!("{}/", listener.replacen(":listener/", ":listener-rule/", 1))
}
