//! EC2's default network and security groups.

use serde_json::json;
use simulator::ec2::call;
use simulator::wire::Form;
use simulator::world::World;

const VPC: &str = "vpc-0f1e2d3c4b5a69788";

#[test]
fn the_default_network_is_found_by_its_filters() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let ask = |world: &mut World, name: &str, value: &str| {
        let form = Form::new(&[("Filter.1.Name", name), ("Filter.1.Value.1", value)]);
        call(world, "DescribeSubnets", &form)
    };
    let found = ask(&mut world, "vpc-id", VPC).unwrap();
    assert_eq!(found["subnetSet"].as_array().map(Vec::len), Some(2));
    let none = ask(&mut world, "vpc-id", "vpc-1").unwrap();
    assert_eq!(none["subnetSet"], json!([]));
    let refused = ask(&mut world, "colour", "red").unwrap_err();
    assert_eq!(refused.code, "InvalidParameterValue");
}

#[test]
fn a_rule_is_added_once() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let group = Form::new(&[
        ("GroupName", "web"),
        ("GroupDescription", "d"),
        ("VpcId", VPC),
    ]);
    let made = call(&mut world, "CreateSecurityGroup", &group).unwrap();
    let id = made["groupId"].as_str().unwrap();
    let rule = Form::new(&[
        ("GroupId", id),
        ("IpProtocol", "tcp"),
        ("FromPort", "80"),
        ("ToPort", "80"),
        ("CidrIp", "0.0.0.0/0"),
    ]);
    let first = call(&mut world, "AuthorizeSecurityGroupIngress", &rule).unwrap();
    assert_eq!(first["return"], true);
    let again = call(&mut world, "AuthorizeSecurityGroupIngress", &rule).unwrap_err();
    assert_eq!(again.code, "InvalidPermission.Duplicate");
}
