//! `DescribeTargetGroups` by name and `DescribeTargetHealth`, in the query
//! protocol.

use std::fmt::Write as _;

use crate::simulator::api::Failure;
use crate::simulator::ecs::target_group_arn;
use crate::simulator::s3::error::escape;
use crate::simulator::world::World;

use super::describe_target_health;

/// The version that a request names.
pub(in crate::simulator) const VERSION: &str = "2015-12-01";

/// Names the answers' elements.
pub(in crate::simulator) const NAMESPACE: &str =
    "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/";

/// What one call answers: the content of its result element.
pub(in crate::simulator) fn call(
    world: &World,
    operation: &str,
    parameters: &[(String, String)],
) -> Result<String, Failure> {
    match operation {
        "DescribeTargetGroups" => groups(world, parameters),
        "DescribeTargetHealth" => health(world, parameters),
        _ => Err(Failure::new(
            400,
            "InvalidAction",
            format!("{operation} is not simulated"),
        )),
    }
}

fn groups(world: &World, parameters: &[(String, String)]) -> Result<String, Failure> {
    let names = parameters
        .iter()
        .filter(|(name, _)| name.starts_with("Names.member."));
    let mut groups = String::new();
    for (_, name) in names {
        if !world.codedeploy.has_target_group(name) {
            return Err(not_found("One or more target groups not found"));
        }
        let arn = arn(world, name);
        let _ = write!(
            groups,
            "<member><TargetGroupArn>{arn}</TargetGroupArn><TargetGroupName>{}\
             </TargetGroupName><TargetType>ip</TargetType></member>",
            escape(name)
        );
    }
    Ok(format!("<TargetGroups>{groups}</TargetGroups>"))
}

fn health(world: &World, parameters: &[(String, String)]) -> Result<String, Failure> {
    let given = parameters
        .iter()
        .find(|(name, _)| name == "TargetGroupArn")
        .map(|(_, arn)| arn.as_str())
        .unwrap_or_default();
    let name = given.split('/').nth(1).unwrap_or_default();
    if !world.codedeploy.has_target_group(name) || arn(world, name) != given {
        return Err(not_found(&format!("Target groups '{given}' not found")));
    }
    let mut targets = String::new();
    for target in describe_target_health(world, given) {
        let reason = match target.state.reason() {
            Some((code, text)) => {
                format!("<Reason>{code}</Reason><Description>{text}</Description>")
            }
            None => String::new(),
        };
        let _ = write!(
            targets,
            "<member><Target><Id>{}</Id><Port>{port}</Port></Target><HealthCheckPort>{port}\
             </HealthCheckPort><TargetHealth><State>{}</State>{reason}</TargetHealth></member>",
            escape(&target.id),
            target.state.as_str(),
            port = target.port,
        );
    }
    Ok(format!(
        "<TargetHealthDescriptions>{targets}</TargetHealthDescriptions>"
    ))
}

fn arn(world: &World, name: &str) -> String {
    let prefix = format!("arn:aws:ecs:{}:{}", world.region, world.account);
    target_group_arn(&prefix, name)
}

fn not_found(text: &str) -> Failure {
    Failure::new(400, "TargetGroupNotFound", text)
}
