//! Releases whose AWS state does not meet their requirements.

use std::time::Duration;

use serde_json::json;

use super::{Files, compare, lines};
use crate::job::DeployTarget;
use crate::release::deployment_configuration::Strategy;
use crate::release::plan::{Inputs, Lookups, Plan, plan};
use crate::release::target::{Group, ReadyOption, ReleaseTarget, Service, ServiceName, TaskSet};

const HOUR: Duration = Duration::from_secs(3600);

/// The target that the default files need, without findings.
pub(super) fn target() -> ReleaseTarget {
    let name = ServiceName {
        cluster: "prod".to_owned(),
        service: "web".to_owned(),
    };
    ReleaseTarget {
        group: Group {
            compute_platform: Some("ECS".to_owned()),
            deployment_type: Some("BLUE_GREEN".to_owned()),
            deployment_config: Some("CodeDeployDefault.ECSCanary10Percent5Minutes".to_owned()),
            listeners: vec![listener("app")],
            termination_wait: HOUR,
            services: vec![name.clone()],
            ..Group::of(DeployTarget::group("web", "web-blue-green"))
        },
        service: Some(Service {
            cluster: name.cluster,
            name: name.service,
            status: "ACTIVE".to_owned(),
            deployment_controller: "CODE_DEPLOY".to_owned(),
            launch_type: Some("FARGATE".to_owned()),
            desired_count: 2,
            ..Service::default()
        }),
        forwarded: Vec::new(),
        alarms_on: Vec::new(),
    }
}

fn listener(kind: &str) -> String {
    format!("arn:aws:elasticloadbalancing:eu-west-1:111122223333:listener/{kind}/web/1/2")
}

fn service(target: &mut ReleaseTarget) -> &mut Service {
    target.service.as_mut().expect("there is one")
}

fn on_spot(target: &mut ReleaseTarget) {
    service(target).task_sets = vec![TaskSet {
        status: "PRIMARY".to_owned(),
        capacity_providers: vec![
            json!({"capacityProvider": "FARGATE_SPOT", "weight": 3, "base": 0}),
            json!({"capacityProvider": "FARGATE", "weight": 1}),
        ],
        ..TaskSet::default()
    }];
}

pub(super) fn planned(
    files: &Files,
    target: ReleaseTarget,
    lookups: Lookups,
) -> Result<Plan, String> {
    let looked = Inputs { target, lookups };
    plan(&files.request(), &files.bundle(), &looked).map_err(|findings| lines(&findings))
}

type Change = fn(&mut ReleaseTarget);

/// Rows of options, a change to the target, and all expected findings.
fn changed(rows: &[(&str, Change, &'static str)]) {
    let rows = rows.iter().enumerate();
    compare(rows.map(|(row, (options, change, expected))| {
        let input = format!("row {row} with {options}");
        (input, found(options, *change), *expected)
    }));
}

fn found(options: &str, change: Change) -> String {
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
}

#[test]
fn every_mismatch_has_its_words() {
    changed(&[
        ("", |_| {}, ""),
        (
            "",
            |s| s.group.compute_platform = Some("Lambda".to_owned()),
            "error deployment group web-blue-green of web: the application deploys to Lambda, not to ECS → name an application with the compute platform ECS",
        ),
        (
            "",
            |s| s.group.deployment_type = Some("IN_PLACE".to_owned()),
            "error deployment group web-blue-green of web: the deployment group deploys IN_PLACE, not BLUE_GREEN → name a deployment group for ECS blue/green",
        ),
        (
            "",
            |s| s.group.services.clear(),
            "error deployment group web-blue-green of web: the deployment group has 0 ECS services, and deploys exactly one → set the group's ECS service",
        ),
        (
            "",
            |s| s.group.services.extend(s.group.services.clone()),
            "error deployment group web-blue-green of web: the deployment group has 2 ECS services, and deploys exactly one → set the group's ECS service",
        ),
        (
            "",
            |s| s.service = None,
            "error deployment group web-blue-green of web: the service web in the cluster prod does not exist → create it, or name a service that exists",
        ),
        (
            "",
            |s| service(s).status = "DRAINING".to_owned(),
            "error deployment group web-blue-green of web: the service web in the cluster prod is DRAINING → create it again; only an ACTIVE service can be deployed",
        ),
        (
            "",
            |s| service(s).deployment_controller = "ECS".to_owned(),
            "error deployment group web-blue-green of web: the service web in the cluster prod is deployed by ECS's own rolling deployments, not by CodeDeploy → release it with version 2 of this action, which drives ECS's own deployments, or create a service with the deployment controller CODE_DEPLOY: an existing one can be taken from it, but not to it",
        ),
        (
            "",
            |s| {
                service(s).deployment_controller = "ECS".to_owned();
                service(s).deployment_configuration.strategy = Strategy::BlueGreen;
            },
            "error deployment group web-blue-green of web: the service web in the cluster prod is deployed by ECS's own blue/green deployments, not by CodeDeploy → release it with version 2 of this action, which drives ECS's own deployments, or create a service with the deployment controller CODE_DEPLOY: an existing one can be taken from it, but not to it",
        ),
        (
            "",
            |s| service(s).deployment_controller = "EXTERNAL".to_owned(),
            "error deployment group web-blue-green of web: the service web in the cluster prod is deployed by an external controller, not by CodeDeploy → release it with the tool that manages its task sets, or create a service with the deployment controller CODE_DEPLOY: an existing one can be taken from it, but not to it",
        ),
        (
            "",
            |s| service(s).desired_count = 0,
            "warning deployment group web-blue-green of web: the service web in the cluster prod has a desired count of 0, so no new task will show whether the release works → raise the desired count before releasing",
        ),
    ]);
}

#[test]
fn a_listener_that_forwards_past_the_running_tasks_has_its_words() {
    fn forwards(target: &mut ReleaseTarget, groups: &[&str]) {
        target.group.target_groups = vec!["web-blue".to_owned(), "web-green".to_owned()];
        service(target).task_sets = vec![TaskSet {
            status: "PRIMARY".to_owned(),
            target_groups: vec!["web-blue".to_owned()],
            ..TaskSet::default()
        }];
        target.forwarded = groups.iter().map(|&group| group.to_owned()).collect();
    }
    changed(&[
        (
            "",
            |s| forwards(s, &["web-green"]),
            "warning deployment group web-blue-green of web: the production listener forwards to web-green, and the tasks that run are in web-blue → set the listener's default action to web-blue; a template that sets it undoes what CodeDeploy has moved",
        ),
        ("", |s| forwards(s, &["web-blue"]), ""),
        ("", |s| forwards(s, &["web-green", "web-blue"]), ""),
        // A rule may send the traffic to the tasks, or the listener was not
        // read.
        ("", |s| forwards(s, &["maintenance"]), ""),
        ("", |s| forwards(s, &[]), ""),
        (
            "",
            |s| {
                forwards(s, &["web-green"]);
                service(s).task_sets.clear();
            },
            "",
        ),
    ]);
}

#[test]
fn waits_and_ways_to_move_traffic_have_their_words() {
    changed(&[
        (
            "",
            |s| s.group.termination_wait = HOUR * 24,
            "error deployment group web-blue-green of web: the deployment group waits up to 24 h, and the action ends after 23 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the old tasks to end, or shorten the group's waits",
        ),
        (
            "CompleteWhen=TrafficShifted",
            |s| s.group.termination_wait = HOUR * 24,
            "",
        ),
        (
            "Timeout=90m",
            |s| s.group.termination_wait = HOUR * 3 / 2,
            "error deployment group web-blue-green of web: the deployment group waits up to 90 min, and the action ends after 90 min → set CompleteWhen=TrafficShifted in Options, which does not wait for the old tasks to end, or shorten the group's waits",
        ),
        (
            "",
            |s| s.group.ready = ReadyOption::WaitFor(HOUR / 2),
            "warning deployment group web-blue-green of web: the deployment group waits up to 30 min to be continued, and stops then → continue it in CodeDeploy, or set ContinueWhenReady=Always in Options",
        ),
        (
            "ContinueWhenReady=Always",
            |s| s.group.ready = ReadyOption::WaitFor(HOUR / 2),
            "",
        ),
        (
            "",
            |s| s.group.ready = ReadyOption::WaitFor(HOUR * 23),
            "warning deployment group web-blue-green of web: the deployment group waits up to 23 h to be continued, and stops then → continue it in CodeDeploy, or set ContinueWhenReady=Always in Options\nwarning deployment group web-blue-green of web: the deployment group waits up to 24 h, and the action ends after 23 h → set CompleteWhen=TrafficShifted in Options, which does not wait for the old tasks to end, or shorten the group's waits",
        ),
        (
            "",
            on_spot,
            "warning appspec.yaml: the running tasks use FARGATE_SPOT and FARGATE, which the AppSpec leaves out: the new tasks will not → add CapacityProviderStrategy to the AppSpec, or set CapacityProviders=Keep in Options",
        ),
        (
            "CapacityProviders=Keep",
            on_spot,
            "note appspec.yaml: FARGATE_SPOT and FARGATE copied from the running tasks",
        ),
        (
            "",
            |s| s.group.listeners = vec![listener("net")],
            "error deployment group web-blue-green of web: CodeDeployDefault.ECSCanary10Percent5Minutes moves traffic step by step, which a Network Load Balancer cannot → use CodeDeployDefault.ECSAllAtOnce",
        ),
        (
            "DeploymentConfigName=CodeDeployDefault.ECSAllAtOnce",
            |s| s.group.listeners = vec![listener("net")],
            "",
        ),
        (
            "",
            |s| {
                s.group.listeners = vec![listener("net")];
                s.group.deployment_config = Some("slowly".to_owned());
                s.group.is_gradual = Some(true);
            },
            "error deployment group web-blue-green of web: slowly moves traffic step by step, which a Network Load Balancer cannot → use CodeDeployDefault.ECSAllAtOnce",
        ),
        (
            "",
            |s| {
                s.group.listeners = vec![listener("net")];
                s.group.deployment_config = Some("at-once".to_owned());
                s.group.is_gradual = Some(false);
            },
            "",
        ),
        (
            "DeploymentConfigName=other",
            |s| {
                s.group.listeners = vec![listener("net")];
                s.group.is_gradual = Some(true);
            },
            "warning deployment group web-blue-green of web: a Network Load Balancer moves traffic all at once, and it was not looked up whether other does → if it moves traffic step by step, use CodeDeployDefault.ECSAllAtOnce",
        ),
        (
            "DeploymentConfigName=CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
            |s| s.group.listeners = vec![listener("net")],
            "error deployment group web-blue-green of web: CodeDeployDefault.ECSLinear10PercentEvery1Minutes moves traffic step by step, which a Network Load Balancer cannot → use CodeDeployDefault.ECSAllAtOnce",
        ),
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
fn kept_capacity_providers_stand_in_the_app_spec() {
    let mut target = target();
    on_spot(&mut target);
    let files = Files {
        options: "CapacityProviders=Keep".to_owned(),
        ..Files::default()
    };
    let plan = planned(&files, target.clone(), Lookups::default()).expect("it plans");
    let strategy = |plan: &Plan| {
        let arn = crate::job::TaskDefinitionArn::new("web:8");
        let content: serde_json::Value = serde_json::from_str(
            &plan
                .app_spec
                .as_ref()
                .expect("a group has one")
                .content(&arn)
                .json,
        )
        .expect("it is JSON");
        content["Resources"][0]["TargetService"]["Properties"]["CapacityProviderStrategy"].clone()
    };
    assert_eq!(
        strategy(&plan),
        json!([
            {"CapacityProvider": "FARGATE_SPOT", "Base": 0, "Weight": 3},
            {"CapacityProvider": "FARGATE", "Weight": 1},
        ])
    );
    let own = "ContainerPort: 8080\n        CapacityProviderStrategy: [{CapacityProvider: FARGATE, Weight: 1}]";
    let files = files.with("ContainerPort: 8080", own);
    let plan = planned(&files, target, Lookups::default()).expect("it plans");
    assert_eq!(
        strategy(&plan),
        json!([{"CapacityProvider": "FARGATE", "Weight": 1}])
    );
}
