//! Load balancers, target groups, listeners and rules, as far as services
//! deployed by CodeDeploy or by ECS need them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::describe::{
    describe_health, describe_listeners, describe_target_groups, group_arn, target_groups_not_found,
};
use super::rules::{create_rule, describe_rules};

use crate::api::{Answer, ApiError};
use crate::wire::query::Form;
use crate::world::World;

/// The service in ARNs.
const SERVICE: &str = "elasticloadbalancing";

/// State of Elastic Load Balancing: the objects that `Describe…` returns, by
/// name or ARN.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LoadBalancing {
    balancers: BTreeMap<String, Value>,
    pub(super) target_groups: BTreeMap<String, Value>,
    pub(super) listeners: BTreeMap<String, Value>,
    /// Rules that were created; every listener also has a default rule.
    pub(super) rules: BTreeMap<String, Value>,
    /// Target groups to which listeners were set by hand, by the listener's
    /// ARN.
    pub(super) set_by_hand: BTreeMap<String, String>,
}

impl LoadBalancing {
    /// Sets a listener's default action to the target group of this name. It
    /// overrides what deployments have done.
    pub fn set_listener(&mut self, listener: &str, target_group: &str) {
        let target_group = target_group.to_owned();
        self.set_by_hand.insert(listener.to_owned(), target_group);
    }
}

/// Handles one call of the query protocol.
pub fn call(world: &mut World, operation: &str, form: &Form) -> Answer {
    match operation {
        "CreateLoadBalancer" => create_balancer(world, form),
        "DescribeLoadBalancers" => describe_balancers(world, form),
        "CreateTargetGroup" => create_target_group(world, form),
        "CreateListener" => create_listener(world, form),
        "CreateRule" => create_rule(world, form),
        "DescribeRules" => describe_rules(world, form),
        "DescribeListeners" => describe_listeners(world, form),
        "DescribeTargetGroups" => describe_target_groups(world, form),
        "DescribeTargetHealth" => describe_health(world, form),
        _ => Err(ApiError::invalid_action(operation)),
    }
}

fn create_balancer(world: &mut World, form: &Form) -> Answer {
    let name = name(form)?;
    let subnets = form.list("Subnets.member");
    if subnets.len() < 2 {
        return Err(invalid(
            "At least two subnets in two different Availability Zones must be specified",
        ));
    }
    if world.elb.balancers.contains_key(name) {
        return Err(ApiError::new(
            "DuplicateLoadBalancerName",
            format!(
                "A load balancer with the same name '{name}' exists, but with different settings"
            ),
        ));
    }
    let id = &world.names.hex()[..16];
    let (kind, path) = match form.text("Type") {
        None | Some("application") => ("application", "app"),
        Some("network") => ("network", "net"),
        Some(other) => {
            return Err(invalid(format!(
                "Load balancers of the type '{other}' are not simulated"
            )));
        }
    };
    let arn = world.arn(SERVICE, &format!("loadbalancer/{path}/{name}/{id}"));
    let shown = json!({
        "LoadBalancerArn": arn,
        "DNSName": format!("{name}-1234567890.{}.elb.amazonaws.com", world.region),
        "CreatedTime": world.now().to_string(),
        "LoadBalancerName": name,
        "Scheme": form.text("Scheme").unwrap_or("internet-facing"),
        "VpcId": "vpc-0f1e2d3c4b5a69788",
        "State": { "Code": "active" },
        "Type": kind,
        "AvailabilityZones": subnets
            .iter()
            .map(|subnet| json!({ "SubnetId": subnet }))
            .collect::<Vec<_>>(),
        "SecurityGroups": form.list("SecurityGroups.member"),
        "IpAddressType": "ipv4",
    });
    world.elb.balancers.insert(name.to_owned(), shown.clone());
    Ok(json!({ "LoadBalancers": [shown] }))
}

fn describe_balancers(world: &World, form: &Form) -> Answer {
    let (names, arns) = (
        form.list("Names.member"),
        form.list("LoadBalancerArns.member"),
    );
    let asked = names.len() + arns.len();
    let is_meant = |shown: &&Value| {
        let has = |member: &str, among: &[&str]| {
            shown[member].as_str().is_some_and(|it| among.contains(&it))
        };
        asked == 0 || has("LoadBalancerName", &names) || has("LoadBalancerArn", &arns)
    };
    let found: Vec<&Value> = world.elb.balancers.values().filter(is_meant).collect();
    if found.len() < asked {
        return Err(balancer_not_found());
    }
    Ok(json!({ "LoadBalancers": found }))
}

fn create_target_group(world: &mut World, form: &Form) -> Answer {
    let name = name(form)?;
    if world.elb.target_groups.contains_key(name) {
        return Err(ApiError::new(
            "DuplicateTargetGroupName",
            format!(
                "A target group with the same name '{name}' exists, but with different settings"
            ),
        ));
    }
    let shown = json!({
        "TargetGroupArn": group_arn(world, name),
        "TargetGroupName": name,
        "Protocol": form.required("Protocol")?,
        "Port": number(form, "Port")?,
        "VpcId": form.required("VpcId")?,
        "HealthCheckPath": form.text("HealthCheckPath").unwrap_or("/"),
        "TargetType": form.text("TargetType").unwrap_or("instance"),
        "IpAddressType": "ipv4",
    });
    world
        .elb
        .target_groups
        .insert(name.to_owned(), shown.clone());
    Ok(json!({ "TargetGroups": [shown] }))
}

fn create_listener(world: &mut World, form: &Form) -> Answer {
    let balancer = form.required("LoadBalancerArn")?;
    check_balancer(world, balancer)?;
    let group = form.text("DefaultActions.member.1.TargetGroupArn");
    let group = group.unwrap_or_default();
    check_target_group(world, group)?;
    let port = number(form, "Port")?;
    let taken = |it: &Value| it["LoadBalancerArn"] == balancer && it["Port"] == port;
    if world.elb.listeners.values().any(taken) {
        return Err(ApiError::new(
            "DuplicateListener",
            "A listener already exists on this port for this load balancer",
        ));
    }
    let own = balancer.split("loadbalancer/").nth(1).unwrap_or_default();
    let id = &world.names.hex()[..16];
    let arn = world.arn(SERVICE, &format!("listener/{own}/{id}"));
    let shown = json!({
        "ListenerArn": arn,
        "LoadBalancerArn": balancer,
        "Port": port,
        "Protocol": form.text("Protocol").unwrap_or("HTTP"),
        "DefaultActions": [{ "Type": "forward", "TargetGroupArn": group }],
    });
    world.elb.listeners.insert(arn, shown.clone());
    Ok(json!({ "Listeners": [shown] }))
}

/// A load balancer to refer to must have been created.
pub(super) fn check_balancer(world: &World, arn: &str) -> Result<(), ApiError> {
    let mut balancers = world.elb.balancers.values();
    match balancers.any(|balancer| balancer["LoadBalancerArn"] == arn) {
        true => Ok(()),
        false => Err(balancer_not_found()),
    }
}

/// The error for a call that does not say what it is about.
pub(super) fn unspecified(wanted: &str) -> ApiError {
    invalid(format!("You must specify {wanted}"))
}

fn invalid(message: impl Into<String>) -> ApiError {
    ApiError::new("ValidationError", message)
}

fn balancer_not_found() -> ApiError {
    ApiError::new(
        "LoadBalancerNotFound",
        "One or more load balancers not found",
    )
}

/// A target group to forward to must have been created.
pub(super) fn check_target_group(world: &World, arn: &str) -> Result<(), ApiError> {
    let mut groups = world.elb.target_groups.values();
    match groups.any(|group| group["TargetGroupArn"] == arn) {
        true => Ok(()),
        false => Err(target_groups_not_found()),
    }
}

/// The name of a load balancer or target group: 1 to 32 letters, digits and
/// hyphens.
fn name(form: &Form) -> Result<&str, ApiError> {
    let name = form.required("Name")?;
    let well_formed = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if (1..=32).contains(&name.len()) && name.chars().all(well_formed) {
        Ok(name)
    } else {
        Err(invalid(format!(
            "The name '{name}' must have 1 to 32 letters, digits and hyphens"
        )))
    }
}

pub(super) fn number(form: &Form, name: &str) -> Result<u16, ApiError> {
    let number = form.required(name)?.parse();
    number.map_err(|_| invalid(format!("'{name}' must be a number from 0 to 65535")))
}
