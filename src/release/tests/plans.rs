//! The contents of a plan, and the effect of registries and registered
//! revisions.

use serde_json::{Value, json};

use super::target::{planned, target};
use super::{Files, TASKDEF, compare, lines};
use crate::job::TaskDefinitionArn;
use crate::release::finding::Absent;
use crate::release::images::manifest::Platform;
use crate::release::plan::{
    Lookups, MAX_IMAGE_LOOKUPS, Plan, PlannedTaskDefinition, Revision, check, image_references,
    named_revision, questions,
};
use crate::release::preflight::{ImageQuery, RegistryAnswer};

const DIGEST: &str = "sha256:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa";
const ARN: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";

fn with_options(options: &str) -> Files {
    Files {
        options: options.to_owned(),
        ..Files::default()
    }
}

fn registered(plan: Plan) -> Value {
    match plan.task_definition {
        PlannedTaskDefinition::Register(value) => value,
        PlannedTaskDefinition::Existing(arn) => panic!("{arn} is not to be registered"),
    }
}

#[test]
fn a_plan_is_what_will_be_sent() {
    let plan = planned(&Files::default(), target(), Lookups::default()).expect("it plans");
    assert_eq!(plan.service.service, "web");
    let uri = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4";
    assert_eq!(plan.images, [("IMAGE1_NAME".to_owned(), uri.to_owned())]);
    let content = plan
        .app_spec
        .as_ref()
        .expect("a group has one")
        .content(&TaskDefinitionArn::new(ARN));
    assert_eq!(
        content.json,
        r#"{"version":0.0,"Resources":[{"TargetService":{"Type":"AWS::ECS::Service","Properties":{"TaskDefinition":"arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7","LoadBalancerInfo":{"ContainerName":"web","ContainerPort":8080}}}}],"Hooks":[{"AfterInstall":"smoke-test"}]}"#
    );
    assert_eq!(
        content.sha256,
        "85fbed4ffb2ae98149922f64efb4e2fde40c675edf698d55ceb9153b6760fa31"
    );
    let expected: Value =
        serde_json::from_str(&TASKDEF.replace("<IMAGE1_NAME>", uri)).expect("it is JSON");
    assert_eq!(registered(plan), expected);
}

#[test]
fn numbers_and_unknown_members_reach_ecs_as_they_were_written() {
    let odd = "\"somethingNew\": {\"n\": 12345678901234567890, \"f\": 1.50, \"long\": 0.1000000000000000055511151231257827, \"empty\": [], \"none\": \"\"}, \"family\"";
    let files = Files::default().with("\"family\"", odd);
    let plan = planned(&files, target(), Lookups::default()).expect("it plans");
    assert_eq!(
        registered(plan)["somethingNew"].to_string(),
        r#"{"n":12345678901234567890,"f":1.50,"long":0.1000000000000000055511151231257827,"empty":[],"none":""}"#
    );
}

#[test]
fn what_was_rendered_renders_to_itself_without_a_word() {
    let leftovers =
        "\"revision\": 7, \"taskRoleArn\": null, \"dockerLabels\": {\"a\": null}, \"family\"";
    let files = Files::default().with("\"family\"", leftovers);
    let once = check(&files.request(), &files.bundle()).task_definition;
    let once = once.expect("it renders");
    let mut again = files.clone();
    again.taskdef = once.to_string().into_bytes();
    let twice = check(&again.request(), &again.bundle());
    assert_eq!(twice.task_definition, Some(once));
    let unused = "warning taskdef.json: <IMAGE1_NAME> does not occur, so the image IMAGE1_NAME is not released → write <IMAGE1_NAME> as an image, or remove IMAGE1_NAME from the action";
    let known: Vec<String> = lines(&twice.findings)
        .lines()
        .filter(|line| !line.contains("dockerLabels"))
        .map(str::to_owned)
        .collect();
    assert_eq!(known, [unused]);
}

const URI: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4";

fn answered(answer: RegistryAnswer) -> Lookups {
    Lookups {
        images: [(URI.to_owned(), answer)].into(),
        ..Lookups::default()
    }
}

fn image(platforms: &[(&str, &str)]) -> RegistryAnswer {
    let platform = |(os, architecture): &(&str, &str)| Platform {
        os: (*os).to_owned(),
        architecture: (*architecture).to_owned(),
    };
    RegistryAnswer::Found {
        digest: DIGEST.to_owned(),
        platforms: platforms.iter().map(platform).collect(),
        is_index: platforms.len() > 1,
    }
}

#[test]
fn what_the_registry_said_has_its_words() {
    let not_readable = RegistryAnswer::NotReadable {
        reason: "ecr:BatchGetImage is denied".to_owned(),
    };
    let rows = [
        ("", image(&[("linux", "amd64")]), ""),
        ("", image(&[]), ""),
        (
            "",
            image(&[("linux", "arm64"), ("windows", "amd64")]),
            "error imageDetail.json: the task runs on linux/amd64, and 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4 is made for linux/arm64 and windows/amd64 → build it for linux/amd64, or change runtimePlatform",
        ),
        (
            "",
            RegistryAnswer::Missing(Absent::Repository),
            "error imageDetail.json: there is no repository web in account 111122223333, eu-west-1, so no image can be pulled from it → correct the image's name, account and Region, or create the repository and push the image",
        ),
        (
            "PinDigest=true",
            RegistryAnswer::FetchedOnPull,
            "error imageDetail.json: PinDigest=true, and the digest of 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4 is not known → give the image by its digest, or leave PinDigest out\nnote imageDetail.json: 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4 is not in ECR yet; its registry fetches it when it is first pulled",
        ),
        (
            "",
            RegistryAnswer::Missing(Absent::Image),
            "error imageDetail.json: the repository web in account 111122223333, eu-west-1, has no image with the tag 1.4 → check that the build pushed it, and that no life-cycle rule has removed or archived it",
        ),
        (
            "",
            RegistryAnswer::Missing(Absent::Archived),
            "error imageDetail.json: the repository web in account 111122223333, eu-west-1, has the tag 1.4 archived, and an archived image cannot be pulled → restore the image to the storage class STANDARD, or push it again",
        ),
        (
            "",
            not_readable.clone(),
            "warning imageDetail.json: it was not checked that 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4 exists: ecr:BatchGetImage is denied → let the worker reach ECR, and its role use ecr:BatchGetImage on the repository",
        ),
        (
            "PinDigest=true",
            not_readable,
            "error imageDetail.json: PinDigest=true, and the digest of 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4 is not known → give the image by its digest, or leave PinDigest out\nwarning imageDetail.json: it was not checked that 111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4 exists: ecr:BatchGetImage is denied → let the worker reach ECR, and its role use ecr:BatchGetImage on the repository",
        ),
    ];
    compare(rows.map(|(options, answer, expected)| {
        let input = format!("{answer:?}");
        let found = match planned(&with_options(options), target(), answered(answer)) {
            Ok(plan) => lines(&plan.findings),
            Err(lines) => lines,
        };
        (input, found, expected)
    }));
}

#[test]
fn a_pinned_image_is_registered_by_its_digest() {
    let lookups = answered(image(&[("linux", "amd64")]));
    let plan = planned(&with_options("PinDigest=true"), target(), lookups);
    let value = registered(plan.expect("it plans"));
    assert_eq!(
        value["containerDefinitions"][0]["image"],
        format!("111122223333.dkr.ecr.eu-west-1.amazonaws.com/web@{DIGEST}")
    );
}

/// The image may be labelled wrongly, or the instance may emulate the platform.
#[test]
fn docker_runs_a_single_image_whatever_it_is_made_for() {
    let runtime = "\"runtimePlatform\": {\"cpuArchitecture\": \"ARM64\", \"operatingSystemFamily\": \"LINUX\"}, \"family\"";
    let on_fargate = Files::default().with("\"family\"", runtime);
    let on_ec2 = on_fargate.clone().with("[\"FARGATE\"]", "[\"EC2\"]");
    let severities = |files: &Files, platforms| {
        let planned = planned(files, target(), answered(image(platforms)));
        let told = match planned {
            Ok(plan) => lines(&plan.findings),
            Err(lines) => lines,
        };
        let about = told.lines().filter(|line| line.contains("is made for"));
        let severity = |line: &str| line.split(' ').next().unwrap_or_default().to_owned();
        about.map(severity).collect::<Vec<String>>()
    };
    let single: &[_] = &[("linux", "amd64")];
    assert_eq!(severities(&on_ec2, single), ["warning"]);
    assert_eq!(severities(&on_fargate, single), ["error"]);
    assert!(severities(&on_fargate, &[("linux", "arm64")]).is_empty());
    assert_eq!(severities(&on_ec2, &[("windows", "arm64")]), ["error"]);
    let index: &[_] = &[("linux", "amd64"), ("linux", "s390x")];
    assert_eq!(severities(&on_ec2, index), ["error"]);
}

#[test]
fn only_fargate_has_a_default_for_a_part_of_the_platform() {
    let files = Files::default().with(
        "\"family\"",
        "\"runtimePlatform\": {\"operatingSystemFamily\": \"LINUX\"}, \"family\"",
    );
    assert_eq!(asked(&files), [(URI.to_owned(), false, true)]);
    let on_ec2 = files.with("[\"FARGATE\"]", "[\"EC2\"]");
    assert_eq!(asked(&on_ec2), [(URI.to_owned(), false, false)]);
}

#[test]
fn images_are_known_before_planning_with_their_registry() {
    let files = Files::default();
    let references = image_references(&files.request(), &files.bundle());
    let (name, reference) = &references[0];
    let registry = reference.ecr().expect("it lies in ECR");
    assert_eq!(name, "IMAGE1_NAME");
    assert_eq!(registry.account, "111122223333");
    assert_eq!(registry.region, "eu-west-1");
    assert_eq!(reference.tag.as_deref(), Some("1.4"));
}

/// The images to look up: URI, and whether the digest and the platform are
/// needed.
fn asked(files: &Files) -> Vec<(String, bool, bool)> {
    let asked = questions(&files.request(), &files.bundle(), None);
    let asked = asked.images.into_iter();
    asked
        .map(
            |ImageQuery {
                 reference,
                 digest_wanted,
                 platform_wanted,
             }| { (reference.to_string(), digest_wanted, platform_wanted) },
        )
        .collect()
}

const SIDECAR: &str = "111122223333.dkr.ecr.us-east-1.amazonaws.com/proxy:2";

fn with_sidecars() -> Files {
    let more = format!(
        "\"portMappings\": [{{\"containerPort\": 8080}}]}}, \
         {{\"name\": \"proxy\", \"image\": \"{SIDECAR}\"}}, \
         {{\"name\": \"again\", \"image\": \"{SIDECAR}\"}}, \
         {{\"name\": \"public\", \"image\": \"public.ecr.aws/x/y:1\""
    );
    Files::default().with("\"portMappings\": [{\"containerPort\": 8080}]", &more)
}

#[test]
fn every_image_in_ecr_is_asked_for_once() {
    assert_eq!(asked(&Files::default()), [(URI.to_owned(), false, true)]);
    assert_eq!(
        asked(&with_sidecars()),
        [
            (URI.to_owned(), false, true),
            (SIDECAR.to_owned(), false, true)
        ]
    );
    let pinned = Files {
        options: "PinDigest=true".into(),
        ..with_sidecars()
    };
    assert_eq!(asked(&pinned)[0], (URI.to_owned(), true, true));
    assert_eq!(asked(&pinned)[1], (SIDECAR.to_owned(), false, true));
    let elsewhere =
        Files::default().with("111122223333.dkr.ecr.eu-west-1.amazonaws.com", "ghcr.io");
    assert_eq!(asked(&elsewhere), []);
}

#[test]
fn so_many_images_are_asked_for_and_no_more() {
    let more: Vec<String> = (0..=MAX_IMAGE_LOOKUPS)
        .map(|n| format!("{{\"name\": \"c{n}\", \"image\": \"{SIDECAR}.{n}\"}}"))
        .collect();
    let files = Files::default().with(
        "\"containerDefinitions\": [",
        &format!("\"containerDefinitions\": [{},", more.join(",")),
    );
    assert_eq!(asked(&files).len(), MAX_IMAGE_LOOKUPS);
}

#[test]
fn an_image_in_the_task_definition_is_reported_there() {
    let lookups = Lookups {
        images: [
            (URI.to_owned(), image(&[("linux", "amd64")])),
            (SIDECAR.to_owned(), RegistryAnswer::Missing(Absent::Image)),
        ]
        .into(),
        ..Lookups::default()
    };
    let refused = planned(&with_sidecars(), target(), lookups);
    let refused = refused.expect_err("it cannot run");
    let told: Vec<&str> = refused
        .lines()
        .filter(|line| line.contains("proxy"))
        .collect();
    assert_eq!(
        told,
        [
            "error taskdef.json:13:78 containerDefinitions[1].image: the repository proxy in account 111122223333, us-east-1, has no image with the tag 2 → check that the build pushed it, and that no life-cycle rule has removed or archived it"
        ]
    );
}

#[test]
fn the_platform_of_an_image_that_no_container_runs_does_not_matter() {
    let files = Files::default()
        .with("\"image\": \"<IMAGE1_NAME>\"", "\"image\": \"ghcr.io/x:1\", \"environment\": [{\"name\": \"JOB\", \"value\": \"<IMAGE1_NAME>\"}]");
    assert_eq!(asked(&files), [(URI.to_owned(), false, false)]);
    let foreign = answered(image(&[("linux", "arm64")]));
    assert!(planned(&files, target(), foreign).is_ok());
    let missing = answered(RegistryAnswer::Missing(Absent::Image));
    assert!(planned(&files, target(), missing).is_err());
}

#[test]
fn a_revision_named_in_short_is_deployed_by_its_arn() {
    let files = with_options("TaskDefinition=FromAppSpec").with("<TASK_DEFINITION>", "web:7");
    let mut definition: Value = serde_json::from_str(TASKDEF).expect("it is JSON");
    definition["taskDefinitionArn"] = ARN.into();
    let lookups = Lookups {
        revision: Revision::Described(definition),
        ..Lookups::default()
    };
    let plan = planned(&files, target(), lookups).expect("it plans");
    let existing = PlannedTaskDefinition::Existing(TaskDefinitionArn::new(ARN));
    assert_eq!(plan.task_definition, existing);
}

#[test]
fn a_registered_revision_is_what_is_checked_and_deployed() {
    let files = with_options("TaskDefinition=FromAppSpec").with("<TASK_DEFINITION>", ARN);
    let named = named_revision(&files.request(), &files.bundle()).expect("it is named");
    assert_eq!(named.as_str(), ARN);
    assert_eq!(
        named_revision(&Files::default().request(), &files.bundle()),
        None
    );

    let described = |name: &str, status: &str| {
        let mut definition: Value = serde_json::from_str(TASKDEF).expect("it is JSON");
        definition["containerDefinitions"][0]["name"] = name.into();
        definition["revision"] = 7.into();
        definition["status"] = status.into();
        definition["taskDefinitionArn"] = ARN.into();
        Revision::Described(json!({"taskDefinition": definition, "tags": []}))
    };
    let planned = |revision| {
        let lookups = Lookups {
            revision,
            ..Lookups::default()
        };
        planned(&files, target(), lookups)
    };
    let plan = planned(described("web", "ACTIVE")).expect("it plans");
    let existing = PlannedTaskDefinition::Existing(TaskDefinitionArn::new(ARN));
    assert_eq!(plan.task_definition, existing);
    assert_eq!(plan.findings, []);
    let refused = |revision| planned(revision).expect_err("it is refused");
    compare([
        (
            "another name".to_owned(),
            refused(described("api", "ACTIVE")),
            "error appspec.yaml:8:26 Resources[0].TargetService.Properties.LoadBalancerInfo.ContainerName: the task definition has no container “web” → name one of its containers, which are api",
        ),
        (
            "inactive".to_owned(),
            refused(described("web", "INACTIVE")),
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: the revision arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7 is INACTIVE → name an active revision, or let the action register one (TaskDefinition=Register)",
        ),
        (
            "missing".to_owned(),
            refused(Revision::Missing),
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: the revision arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7 does not exist → name an active revision, or let the action register one (TaskDefinition=Register)",
        ),
        (
            "no answer at all".to_owned(),
            refused(Revision::Described(Value::Null)),
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: the revision arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7 was not looked up, so nothing was checked against it",
        ),
        (
            "not asked".to_owned(),
            refused(Revision::NotRead),
            "error appspec.yaml:6:25 Resources[0].TargetService.Properties.TaskDefinition: the revision arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7 was not looked up, so nothing was checked against it",
        ),
    ]);
}
