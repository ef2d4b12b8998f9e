//! Roles and their policies.

use simulator::iam::call;
use simulator::wire::Form;
use simulator::world::World;

const POLICY: &str = r#"{"Version":"2012-10-17","Statement":[]}"#;

#[test]
fn a_task_role_has_the_path_of_its_arn() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    for (role, arn) in [
        ("worker", "arn:aws:iam::111122223333:role/worker"),
        (
            "arn:aws:iam::111122223333:role/a/b/c",
            "arn:aws:iam::111122223333:role/a/b/c",
        ),
    ] {
        world.add_task_role(role);
        let name = role.rsplit('/').next().unwrap();
        let found = call(&mut world, "GetRole", &Form::new(&[("RoleName", name)]));
        assert_eq!(found.unwrap()["Role"]["Arn"], arn);
    }
    let none = call(&mut world, "GetRole", &Form::new(&[("RoleName", "none")]));
    assert_eq!(none.unwrap_err().code, "NoSuchEntity");
}

#[test]
fn a_role_is_made_once_and_takes_policies() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    let role = [("RoleName", "worker"), ("AssumeRolePolicyDocument", POLICY)];
    let made = call(&mut world, "CreateRole", &Form::new(&role)).unwrap();
    assert_eq!(made["Role"]["Arn"], "arn:aws:iam::111122223333:role/worker");
    let again = call(&mut world, "CreateRole", &Form::new(&role)).unwrap_err();
    let no_path = [("RoleName", "x"), role[1], ("Path", "a/")];
    let refused = call(&mut world, "CreateRole", &Form::new(&no_path)).unwrap_err();
    assert_eq!(refused.code, "ValidationError");
    assert_eq!((again.status, &*again.code), (409, "EntityAlreadyExists"));
    let put = |name, document| {
        Form::new(&[
            ("RoleName", name),
            ("PolicyName", "p"),
            ("PolicyDocument", document),
        ])
    };
    assert!(call(&mut world, "PutRolePolicy", &put("worker", POLICY)).is_ok());
    for (form, code) in [
        (put("worker", "{"), "MalformedPolicyDocument"),
        (put("other", POLICY), "NoSuchEntity"),
    ] {
        let refused = call(&mut world, "PutRolePolicy", &form).unwrap_err();
        assert_eq!(refused.code, code);
    }
}

#[test]
fn a_policy_is_attached_once() {
    let mut world = World::new("2026-01-01T00:00:00Z".parse().unwrap());
    world.add_task_role("worker");
    let policy = "arn:aws:iam::aws:policy/ReadOnlyAccess";
    let attach = Form::new(&[("RoleName", "worker"), ("PolicyArn", policy)]);
    for _ in 0..2 {
        call(&mut world, "AttachRolePolicy", &attach).unwrap();
    }
    let state = serde_json::to_string(&world.iam).unwrap();
    assert_eq!(state.matches(policy).count(), 1);
}
