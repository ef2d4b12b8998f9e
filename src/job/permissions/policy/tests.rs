//! The policies of one version or both, and of roles.

use super::*;

fn scope() -> Scope {
    Scope {
        purposes: Purpose::ALL.to_vec(),
        partition: "aws".into(),
        region: "eu-west-1".into(),
        account: "111122223333".into(),
        versions: [Engine::CodeDeploy.into()].into(),
        application: "shop".into(),
        group: "web".into(),
        cluster: "prod".into(),
        service: "web".into(),
        pass_roles: vec!["arn:aws:iam::111122223333:role/web-task".into()],
        journal: S3Place::parse("s3://journal/fleet/"),
        policies: S3Place::parse("s3://rules").into_iter().collect(),
        event_bus: Some("releases".into()),
        roles: vec!["arn:aws:iam::222233334444:role/deploy".into()],
        for_role: false,
    }
}

fn resource_of(policy: &Value, action: &str) -> Value {
    let mut statements = policy["Statement"].as_array().unwrap().iter();
    let with = statements.find(|statement| {
        let actions = statement["Action"].as_array();
        actions.is_some_and(|actions| actions.contains(&json!(action)))
    });
    with.map_or(Value::Null, |with| with["Resource"].clone())
}

#[test]
fn resources_are_as_narrow_as_the_action_knows_them() {
    let policy = policy(&scope());
    for (action, resource) in [
        (
            "codepipeline:PollForJobs",
            "arn:aws:codepipeline:eu-west-1:111122223333:actiontype:\
             Custom/Deploy/RustBlueGreenDeploy/1",
        ),
        (
            "codedeploy:CreateDeployment",
            "arn:aws:codedeploy:eu-west-1:111122223333:deploymentgroup:shop/web",
        ),
        ("codedeploy:StopDeployment", "*"),
        (
            "events:PutEvents",
            "arn:aws:events:eu-west-1:111122223333:event-bus/releases",
        ),
        ("sts:AssumeRole", "arn:aws:iam::222233334444:role/deploy"),
    ] {
        assert_eq!(resource_of(&policy, action), resource, "{action}");
    }
    let objects = scope().arns(Resource::JournalObjects);
    assert_eq!(objects, ["arn:aws:s3:::journal/fleet/*"]);
    assert_eq!(
        scope().arns(Resource::PolicyObjects),
        ["arn:aws:s3:::rules/*"]
    );
    let archive = Scope {
        policies: S3Place::parse("s3://rules/team.zip").into_iter().collect(),
        ..scope()
    };
    let archive = archive.arns(Resource::PolicyObjects);
    assert_eq!(archive, ["arn:aws:s3:::rules/team.zip"]);
    // A journal is never an archive, whatever its prefix is called.
    let journal = Scope {
        journal: S3Place::parse("s3://journal/jobs.zip"),
        ..scope()
    };
    let journal = journal.arns(Resource::JournalObjects);
    assert_eq!(journal, ["arn:aws:s3:::journal/jobs.zip/*"]);
    let twice = Scope {
        policies: ["s3://rules/a", "s3://others", "s3://rules/b"]
            .iter()
            .filter_map(|place| S3Place::parse(place))
            .collect(),
        ..scope()
    };
    assert_eq!(
        twice.arns(Resource::PolicyBuckets),
        ["arn:aws:s3:::rules", "arn:aws:s3:::others"]
    );
}

#[test]
fn each_version_is_allowed_its_own_calls() {
    let of = |engines: &[Engine]| {
        let versions = engines.iter().map(|engine| (*engine).into()).collect();
        policy(&Scope {
            versions,
            ..scope()
        })
    };
    let ecs = of(&[Engine::Ecs]);
    let arn = |end: &str| format!("arn:aws:ecs:eu-west-1:111122223333:{end}");
    let service = arn("service/prod/web");
    let deployments = json!([service, arn("service-deployment/prod/web/*")]);
    for (action, resource) in [
        ("ecs:UpdateService", &json!(service)),
        ("ecs:DescribeServices", &json!(service)),
        ("ecs:ListServiceDeployments", &json!(service)),
        ("ecs:DescribeServiceDeployments", &deployments),
        ("ecs:StopServiceDeployment", &deployments),
        ("ecs:ContinueServiceDeployment", &deployments),
        (
            "ecs:DescribeServiceRevisions",
            &json!([service, arn("service-revision/prod/web/*")]),
        ),
        (
            "ecs:RegisterTaskDefinition",
            &json!(arn("task-definition/*")),
        ),
    ] {
        assert_eq!(&resource_of(&ecs, action), resource, "{action}");
    }
    assert!(!ecs.to_string().contains("codedeploy:"), "{ecs:#}");
    let codedeploy = of(&[Engine::CodeDeploy]).to_string();
    for call in CALLS.iter().filter(|call| call.only == Some(Engine::Ecs)) {
        let is_shared = call.action == "ecs:DescribeServices";
        assert_eq!(codedeploy.contains(call.action), is_shared, "{call:?}");
    }
    let both = of(&Engine::ALL);
    let polled = resource_of(&both, "codepipeline:PollForJobs");
    let polled: Vec<&str> = polled
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|arn| arn.as_str()?.rsplit('/').next())
        .collect();
    assert_eq!(polled, ["1", "2"]);
    let text = both.to_string();
    assert!(text.contains("codedeploy:CreateDeployment") && text.contains("ecs:UpdateService"));
}

#[test]
fn roles_are_passed_to_tasks_only() {
    let policy = policy(&scope());
    let statements = policy["Statement"].as_array().unwrap();
    let pass = statements
        .iter()
        .find(|one| one["Action"] == "iam:PassRole")
        .unwrap();
    assert_eq!(
        pass["Condition"]["StringEquals"]["iam:PassedToService"],
        "ecs-tasks.amazonaws.com"
    );
}

#[test]
fn every_purpose_has_permissions_of_its_own() {
    for purpose in Purpose::ALL {
        let scope = Scope {
            purposes: vec![purpose],
            ..scope()
        };
        let policy = policy(&scope);
        let statements = policy["Statement"].as_array().unwrap();
        assert!(!statements.is_empty(), "{purpose:?} allows nothing");
    }
}

#[test]
fn nothing_is_allowed_for_an_unused_purpose() {
    for purpose in Purpose::ALL {
        let scope = Scope {
            purposes: vec![purpose],
            ..scope()
        };
        for statement in policy(&scope)["Statement"].as_array().unwrap() {
            let sid = statement["Sid"].as_str().unwrap();
            let own = sid.starts_with(&format!("{purpose:?}")) || sid == "PassTaskRoles";
            assert!(own, "{purpose:?}: {sid}");
        }
    }
}

#[test]
fn a_role_that_releases_are_carried_out_with_takes_no_jobs() {
    let scope = Scope {
        for_role: true,
        ..scope()
    };
    let text = policy(&scope).to_string();
    assert!(!text.contains("codepipeline:"), "{text}");
    assert!(!text.contains("events:"), "{text}");
    assert!(text.contains("codedeploy:CreateDeployment"));
    let trusted = trust("arn:aws:iam::111122223333:role/worker", Some("shop-42"));
    let condition = &trusted["Statement"][0]["Condition"]["StringEquals"];
    assert_eq!(condition["sts:ExternalId"], "shop-42");
}
