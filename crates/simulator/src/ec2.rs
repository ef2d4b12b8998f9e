//! Simulated EC2: an account's default network, and security groups, which are
//! stored but not enforced.

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::wire::query::Form;
use crate::world::World;

const VPC: &str = "vpc-0f1e2d3c4b5a69788";
const SUBNETS: [(&str, &str, &str); 2] = [
    ("subnet-0a1b2c3d4e5f60718", "a", "172.31.0.0/20"),
    ("subnet-08172635445f6e7d8", "b", "172.31.16.0/20"),
];

/// EC2's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Ec2 {
    security_groups: Vec<SecurityGroup>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct SecurityGroup {
    id: String,
    name: String,
    inbound: Vec<InboundRule>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct InboundRule {
    protocol: String,
    from_port: String,
    to_port: String,
    /// The allowed source.
    cidr: String,
}

/// Handles one call of EC2's dialect of the query protocol.
pub fn call(world: &mut World, operation: &str, form: &Form) -> Answer {
    match operation {
        "DescribeVpcs" => describe_vpcs(world, form),
        "DescribeSubnets" => describe_subnets(world, form),
        "CreateSecurityGroup" => create_group(world, form),
        "AuthorizeSecurityGroupIngress" => authorize(world, form),
        _ => Err(ApiError::new(
            "InvalidAction",
            format!("The action {operation} is not valid for this web service."),
        )),
    }
}

fn describe_vpcs(world: &World, form: &Form) -> Answer {
    let vpc = json!({
        "vpcId": VPC,
        "ownerId": world.account,
        "state": "available",
        "cidrBlock": "172.31.0.0/16",
        "isDefault": true,
    });
    let known = [("is-default", "true"), ("vpc-id", VPC)];
    let shown = Value::from_iter(passes(form, &known)?.then_some(vpc));
    Ok(json!({ "vpcSet": shown }))
}

fn describe_subnets(world: &World, form: &Form) -> Answer {
    let mut shown = Vec::new();
    for (id, zone, block) in SUBNETS {
        let zone = format!("{}{zone}", world.region);
        let known = [
            ("default-for-az", "true"),
            ("vpc-id", VPC),
            ("subnet-id", id),
            ("availability-zone", zone.as_str()),
        ];
        if passes(form, &known)? {
            shown.push(json!({
                "subnetId": id,
                "vpcId": VPC,
                "ownerId": world.account,
                "state": "available",
                "availabilityZone": zone,
                "cidrBlock": block,
                "defaultForAz": true,
                "mapPublicIpOnLaunch": true,
            }));
        }
    }
    Ok(json!({ "subnetSet": shown }))
}

/// Whether an object with these attributes matches the request's filters. A
/// filter for any other attribute is an error.
fn passes(form: &Form, known: &[(&str, &str)]) -> Result<bool, ApiError> {
    for number in 1.. {
        let Some(name) = form.text(&format!("Filter.{number}.Name")) else {
            break;
        };
        let values = form.list(&format!("Filter.{number}.Value"));
        match known.iter().find(|(attribute, _)| *attribute == name) {
            Some((_, value)) if values.contains(value) => {}
            Some(_) => return Ok(false),
            None => {
                let message = format!("The filter '{name}' is invalid");
                return Err(ApiError::new("InvalidParameterValue", message));
            }
        }
    }
    Ok(true)
}

fn create_group(world: &mut World, form: &Form) -> Answer {
    let name = form.required("GroupName")?.to_owned();
    form.required("GroupDescription")?;
    let vpc = form.text("VpcId").unwrap_or(VPC);
    if vpc != VPC {
        return Err(ApiError::new(
            "InvalidVpcID.NotFound",
            format!("The vpc ID '{vpc}' does not exist"),
        ));
    }
    let groups = &mut world.ec2.security_groups;
    if groups.iter().any(|group| group.name == name) {
        return Err(ApiError::new(
            "InvalidGroup.Duplicate",
            format!("The security group '{name}' already exists for VPC '{vpc}'"),
        ));
    }
    let id = format!("sg-{}", &world.names.hex()[..17]);
    groups.push(SecurityGroup {
        id: id.clone(),
        name,
        inbound: Vec::new(),
    });
    Ok(json!({ "groupId": id }))
}

fn authorize(world: &mut World, form: &Form) -> Answer {
    let id = form.required("GroupId")?;
    let rule = |prefix: &str, cidr: &str| {
        let text = |name: &str| {
            let text = form.text(&format!("{prefix}{name}"));
            text.unwrap_or_default().to_owned()
        };
        InboundRule {
            protocol: text("IpProtocol"),
            from_port: text("FromPort"),
            to_port: text("ToPort"),
            cidr: text(cidr),
        }
    };
    // A single rule, or the first one of a list.
    let rule = match form.text("IpProtocol") {
        Some(_) => rule("", "CidrIp"),
        None => rule("IpPermissions.1.", "IpRanges.1.CidrIp"),
    };
    let mut groups = world.ec2.security_groups.iter_mut();
    let Some(group) = groups.find(|group| group.id == id) else {
        return Err(ApiError::new(
            "InvalidGroup.NotFound",
            format!("The security group '{id}' does not exist"),
        ));
    };
    if group.inbound.contains(&rule) {
        return Err(ApiError::new(
            "InvalidPermission.Duplicate",
            "the specified rule already exists",
        ));
    }
    group.inbound.push(rule);
    Ok(json!({ "return": true }))
}
