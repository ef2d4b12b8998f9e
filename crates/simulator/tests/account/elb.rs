//! Load balancers, target groups and listeners.

use simulator::elb::call;
use simulator::wire::Form;
use simulator::world::World;

#[test]
fn a_listener_wants_a_balancer_and_a_target_group() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let balancer = Form::new(&[
        ("Name", "web"),
        ("Subnets.member.1", "subnet-1"),
        ("Subnets.member.2", "subnet-2"),
    ]);
    let made = call(&mut world, "CreateLoadBalancer", &balancer).unwrap();
    let balancer = made["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let group = Form::new(&[
        ("Name", "web-blue"),
        ("Protocol", "HTTP"),
        ("Port", "80"),
        ("VpcId", "vpc-1"),
    ]);
    let made = call(&mut world, "CreateTargetGroup", &group).unwrap();
    let group = made["TargetGroups"][0]["TargetGroupArn"].clone();
    let listener = |world: &mut World, group: &str| {
        let form = Form::new(&[
            ("LoadBalancerArn", balancer.as_str().unwrap()),
            ("Port", "80"),
            ("DefaultActions.member.1.TargetGroupArn", group),
        ]);
        call(world, "CreateListener", &form)
    };
    let none = listener(&mut world, "arn:other").unwrap_err();
    assert_eq!(none.code, "TargetGroupNotFound");
    let group = group.as_str().unwrap();
    assert!(listener(&mut world, group).is_ok());
    let again = listener(&mut world, group).unwrap_err();
    assert_eq!(again.code, "DuplicateListener");
}
