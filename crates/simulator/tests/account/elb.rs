//! Load balancers, target groups and listeners.

use simulator::ecs::Fixture;
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

/// The number of objects that a call lists, or the code of its error.
fn listed(
    world: &mut World,
    (operation, member): (&str, &str),
    fields: &[(&str, &str)],
) -> Result<usize, String> {
    let answer = call(world, operation, &Form::new(fields)).map_err(|error| error.code)?;
    Ok(answer[member].as_array().unwrap().len())
}

#[test]
fn what_belongs_to_a_balancer_is_listed_without_its_arns() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    Fixture {
        balancers: 2,
        ..Fixture::default()
    }
    .build(&mut world)
    .unwrap();
    let names = Form::new(&[("Names.member.1", "shop")]);
    let answer = call(&mut world, "DescribeLoadBalancers", &names).unwrap();
    let balancer = answer["LoadBalancers"][0]["LoadBalancerArn"].clone();
    let of_balancer = [("LoadBalancerArn", balancer.as_str().unwrap())];
    let of_none = [("LoadBalancerArn", "arn:none")];
    let groups = ("DescribeTargetGroups", "TargetGroups");
    assert_eq!(listed(&mut world, groups, &[]), Ok(4));
    // Which of them a balancer uses is not simulated.
    assert_eq!(
        listed(&mut world, groups, &of_balancer),
        Err("ValidationError".to_owned())
    );
    let listeners = ("DescribeListeners", "Listeners");
    assert_eq!(listed(&mut world, listeners, &of_balancer), Ok(2));
    assert_eq!(
        listed(&mut world, listeners, &of_none),
        Err("LoadBalancerNotFound".to_owned())
    );
    assert_eq!(
        listed(&mut world, listeners, &[]),
        Err("ValidationError".to_owned())
    );
    let rules = ("DescribeRules", "Rules");
    assert_eq!(
        listed(&mut world, rules, &[]),
        Err("ValidationError".to_owned())
    );
}
