//! Releases to a service that ECS deploys itself.

mod waits;

use std::time::Duration;

use serde_json::json;

use super::{Files, IMAGE, compare, file, lines};
use crate::job::DeployTarget;
use crate::job::request::Request;
use crate::release::deployment_configuration::{
    DeploymentConfiguration, ServiceLoadBalancer, Strategy,
};
use crate::release::finding::Absent;
use crate::release::plan::{Inputs, Lookups, Plan, PlannedTaskDefinition, check, plan};
use crate::release::preflight::RegistryAnswer;
use crate::release::target::{Group, ReleaseTarget, Service, ServiceName};

const HOUR: Duration = Duration::from_secs(3600);

/// A request without an AppSpec.
fn request(files: &Files) -> Request {
    Request {
        target: DeployTarget::service("prod", "web"),
        app_spec: None,
        ..files.request()
    }
}

/// The target that the default files need, without findings.
fn target() -> ReleaseTarget {
    let name = ServiceName {
        cluster: "prod".to_owned(),
        service: "web".to_owned(),
    };
    ReleaseTarget {
        group: Group {
            services: vec![name.clone()],
            ..Group::of(DeployTarget::Service(name.clone()))
        },
        service: Some(Service {
            cluster: name.cluster,
            name: name.service,
            status: "ACTIVE".to_owned(),
            deployment_controller: "ECS".to_owned(),
            deployment_configuration: DeploymentConfiguration {
                strategy: Strategy::Linear {
                    percent: 25.0,
                    every: HOUR,
                },
                bake_time: HOUR,
                ..DeploymentConfiguration::default()
            },
            load_balancers: vec![load_balancer("web", 8080)],
            launch_type: Some("FARGATE".to_owned()),
            desired_count: 2,
            ..Service::default()
        }),
        forwarded: Vec::new(),
        alarms_on: Vec::new(),
    }
}

fn load_balancer(container: &str, port: u16) -> ServiceLoadBalancer {
    ServiceLoadBalancer {
        container: container.to_owned(),
        port,
        ..ServiceLoadBalancer::default()
    }
}

fn service(target: &mut ReleaseTarget) -> &mut Service {
    target.service.as_mut().expect("there is one")
}

fn configuration(target: &mut ReleaseTarget) -> &mut DeploymentConfiguration {
    &mut service(target).deployment_configuration
}

fn planned(files: &Files, target: ReleaseTarget, lookups: Lookups) -> Result<Plan, String> {
    let looked = Inputs { target, lookups };
    plan(&request(files), &files.bundle(), &looked).map_err(|findings| lines(&findings))
}

type Change = fn(&mut ReleaseTarget);

/// Rows of options, a change to the target, and all expected findings.
fn changed(rows: &[(&str, Change, &'static str)]) {
    let found = |options: &str, change: Change| {
        let mut target = target();
        change(&mut target);
        let files = Files {
            options: options.to_owned(),
            ..Files::default()
        };
        match planned(&files, target, Lookups::default()) {
            Ok(plan) => lines(&plan.findings),
            Err(lines) => lines,
        }
    };
    let rows = rows.iter().enumerate();
    compare(rows.map(|(row, (options, change, expected))| {
        let input = format!("row {row} with {options}");
        (input, found(options, *change), *expected)
    }));
}

#[test]
fn every_mismatch_has_its_words() {
    changed(&[
        ("", |_| {}, ""),
        (
            "",
            |s| s.service = None,
            "error service web in cluster prod: the service web in the cluster prod does not exist → create it, or name a service that exists",
        ),
        (
            "",
            |s| service(s).status = "INACTIVE".to_owned(),
            "error service web in cluster prod: the service web in the cluster prod is INACTIVE → create it again; only an ACTIVE service can be deployed",
        ),
        (
            "",
            |s| service(s).deployment_controller = "CODE_DEPLOY".to_owned(),
            "error service web in cluster prod: the service is deployed by CodeDeploy, not by ECS itself → release it with version 1 of this action, or change its deployment controller to ECS with UpdateService, which cannot be undone",
        ),
        (
            "",
            |s| service(s).deployment_controller = "EXTERNAL".to_owned(),
            "error service web in cluster prod: the service is deployed by an external controller, not by ECS itself → release it with the tool that manages its task sets, or change its deployment controller to ECS with UpdateService",
        ),
        (
            "",
            |s| service(s).deployment_controller = "NEXT".to_owned(),
            "note service web in cluster prod: the service has the deployment controller NEXT, which this worker does not know",
        ),
        (
            "",
            |s| configuration(s).strategy = Strategy::Unrecognised("TIDAL".to_owned()),
            "note service web in cluster prod: ECS deploys the service with the strategy TIDAL, which this worker does not know: the time that its shift takes is not checked",
        ),
        ("", |s| configuration(s).strategy = Strategy::Rolling, ""),
        (
            "",
            |s| service(s).desired_count = 0,
            "warning service web in cluster prod: the service web in the cluster prod has a desired count of 0, so no new task will show whether the release works → raise the desired count before releasing",
        ),
        (
            "",
            |s| s.alarms_on = vec!["web-5xx".to_owned()],
            "warning service web in cluster prod: the alarm web-5xx is on, and ECS ignores an alarm that is on when a deployment starts → to have the deployment watched, release when the alarm is off",
        ),
        (
            "",
            |s| s.alarms_on = vec!["web-5xx".to_owned(), "web-slow".to_owned()],
            "warning service web in cluster prod: the alarms web-5xx and web-slow are on, and ECS ignores an alarm that is on when a deployment starts → to have the deployment watched, release when the alarms are off",
        ),
    ]);
}

#[test]
fn what_load_balancers_need_is_in_the_task_definition() {
    changed(&[
        (
            "",
            |s| service(s).load_balancers.push(load_balancer("wep", 8080)),
            "error service web in cluster prod: the task definition has no container “wep” → did you mean web? Its containers are web",
        ),
        // Two target groups of one container need one finding.
        (
            "",
            |s| {
                service(s).load_balancers =
                    vec![load_balancer("web", 80), load_balancer("web", 80)];
            },
            "error service web in cluster prod: the container web maps 8080, and traffic goes to 80 → add containerPort 80 to its portMappings, or change the port that traffic goes to",
        ),
        // A service without load balancers, and what ECS did not report.
        ("", |s| service(s).load_balancers.clear(), ""),
        (
            "",
            |s| service(s).load_balancers = vec![ServiceLoadBalancer::default()],
            "",
        ),
    ]);
}

#[test]
fn a_stop_that_rolls_back_has_its_words() {
    changed(&[
        (
            "OnTimeout=Stop",
            |_| {},
            "note service web in cluster prod: OnTimeout=Stop rolls back: ECS has no stop that leaves the traffic as it is",
        ),
        (
            "OnTimeout=Rollback;OnAbandon=Stop;OnTaskFailure=Stop",
            |_| {},
            "note service web in cluster prod: OnAbandon=Stop and OnTaskFailure=Stop roll back: ECS has no stop that leaves the traffic as it is",
        ),
        ("OnTimeout=Leave;OnAbandon=Rollback", |_| {}, ""),
    ]);
}

#[test]
fn a_service_on_fargate_needs_a_task_definition_for_it() {
    let files = Files::default().with("[\"FARGATE\"]", "[\"EC2\"]");
    let found = planned(&files, target(), Lookups::default());
    compare([(
        "EC2".to_owned(),
        found.map(|_| String::new()).unwrap_or_else(|lines| lines),
        "error taskdef.json: the service runs on Fargate, and the task definition does not ask for it → add FARGATE to requiresCompatibilities",
    )]);
}

#[test]
fn a_plan_needs_no_app_spec() {
    let mut files = Files {
        options: "PinDigest=true".to_owned(),
        ..Files::default()
    };
    files.appspec = b"not read".to_vec();
    let uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4";
    let digest = format!("sha256:{}", "a".repeat(64));
    let found = RegistryAnswer::Found {
        digest: digest.clone(),
        platforms: Vec::new(),
        is_index: false,
    };
    let lookups = Lookups {
        images: [(uri.to_owned(), found)].into(),
        ..Lookups::default()
    };
    let plan = planned(&files, target(), lookups).expect("it plans");
    assert_eq!(lines(&plan.findings), "");
    assert_eq!(plan.app_spec, None);
    assert_eq!(plan.service.service, "web");
    let pinned = format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/web@{digest}");
    let PlannedTaskDefinition::Register(body) = plan.task_definition else {
        panic!("a new revision is registered")
    };
    assert_eq!(body["containerDefinitions"][0]["image"], json!(pinned));
    assert_eq!(plan.images, [("IMAGE1_NAME".to_owned(), pinned)]);
}

#[test]
fn the_files_are_checked_as_for_a_group() {
    let files = Files::default().with("\"family\"", "\"famly\"");
    let without_app_spec = check(&request(&files), &files.bundle());
    assert_eq!(lines(&without_app_spec.findings), files.found());
    assert_eq!(without_app_spec.app_spec, None);
    let uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4";
    assert!(IMAGE.contains(uri));
    let lookups = Lookups {
        images: [(uri.to_owned(), RegistryAnswer::Missing(Absent::Image))].into(),
        ..Lookups::default()
    };
    let refused = planned(&Files::default(), target(), lookups).expect_err("it is missing");
    assert!(refused.starts_with("error imageDetail.json"), "{refused}");
    let mut unread = Files::default().bundle();
    unread.files.remove(&file("taskdef.json"));
    let looked = Inputs {
        target: target(),
        lookups: Lookups::default(),
    };
    let refused = plan(&request(&Files::default()), &unread, &looked);
    let refused = lines(&refused.expect_err("nothing to register"));
    assert!(refused.starts_with("error taskdef.json"), "{refused}");
}
