//! The promise of the checks: whatever the files are, what is found has words
//! of a length that people read, and what may be registered stays as it is
//! when it is rendered again.

use bluegreen_worker::job::TaskDefinitionArn;
use bluegreen_worker::job::report::MAX_MESSAGE;
use bluegreen_worker::job::request::{FileRef, Request};
use bluegreen_worker::messages::failure::message;
use bluegreen_worker::messages::finding::line;
use bluegreen_worker::release::bundle::Bundle;
use bluegreen_worker::release::finding::{MAX_FINDINGS, Severity};
use bluegreen_worker::release::plan::{Checked, check};
use bluegreen_worker::rollout::failure::Failure;

const TASK_DEFINITION: &[u8] = include_bytes!("../../examples/webapp/taskdef.json");
const APP_SPEC: &[u8] = include_bytes!("../../examples/webapp/appspec.yaml");
const IMAGE: &[u8] = include_bytes!("../../examples/webapp/imageDetail.json");

const REVISION: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/webapp:7";

/// Bytes of one finding's line.
const MAX_LINE: usize = 2000;

/// Checks a release whose task definition is `data`.
///
/// # Panics
///
/// When the promise is broken.
pub fn task_definition(data: &[u8]) {
    let checked = checked(data, APP_SPEC);
    let is_good = |checked: &Checked| {
        let mut findings = checked.findings.iter();
        findings.all(|finding| finding.severity != Severity::Error)
    };
    if let Some(rendered) = &checked.task_definition
        && is_good(&checked)
    {
        let again = self::checked(rendered.to_string().as_bytes(), APP_SPEC);
        assert!(is_good(&again), "{:#?}", again.findings);
        assert_eq!(again.task_definition.as_ref(), Some(rendered));
    }
}

/// Checks a release whose AppSpec is `data`, and what is sent of it.
///
/// # Panics
///
/// When the promise is broken.
pub fn app_spec(data: &[u8]) {
    if let Some(app_spec) = checked(TASK_DEFINITION, data).app_spec {
        let revision = TaskDefinitionArn::new(REVISION);
        let sent = app_spec.content(&revision).json;
        let again = checked(TASK_DEFINITION, sent.as_bytes()).app_spec;
        let again = again.expect("what is sent can be read");
        // A task definition that was missing has its place once it is there.
        let value = |text: &str| serde_json::from_str::<serde_json::Value>(text).expect("JSON");
        assert_eq!(value(&again.content(&revision).json), value(&sent));
    }
}

fn checked(task_definition: &[u8], app_spec: &[u8]) -> Checked {
    let files = [
        ("taskdef.json", task_definition),
        ("appspec.yaml", app_spec),
        ("imageDetail.json", IMAGE),
    ];
    let entry = |(path, bytes): (&str, &[u8])| {
        let file = FileRef {
            artifact: "Bundle".into(),
            path: path.into(),
        };
        (file, Ok(bytes.to_vec()))
    };
    let bundle = Bundle {
        files: files.map(entry).into(),
    };
    let checked = check(&request(), &bundle);
    // Of each severity so many, and one that counts the rest.
    assert!(checked.findings.len() <= 3 * (MAX_FINDINGS + 1));
    for finding in &checked.findings {
        let line = line(finding);
        assert!(line.len() <= MAX_LINE, "{} bytes: {line}", line.len());
    }
    let message = message(&Failure::Refused(checked.findings.clone()));
    assert!(message.chars().count() <= MAX_MESSAGE);
    checked
}

fn request() -> Request {
    let configuration = [
        ("ApplicationName", "webapp"),
        ("DeploymentGroupName", "webapp"),
        ("TaskDefinitionTemplateArtifact", "Bundle"),
        ("AppSpecTemplateArtifact", "Bundle"),
        ("Image1ArtifactName", "Bundle"),
        ("Image1ContainerName", "IMAGE1_NAME"),
    ];
    let configuration = configuration.map(|(key, value)| (key.into(), value.into()));
    Request::parse(&configuration.into(), &["Bundle"]).expect("the configuration is complete")
}
