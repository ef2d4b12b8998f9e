//! The configuration of version 2 of the action: releases by ECS itself.

use std::collections::BTreeMap;

use super::words;
use crate::job::request::Request;
use crate::job::{DeployTarget, Engine};

const INPUTS: [&str; 2] = ["SourceArtifact", "BuildOutput"];

/// A complete configuration with `changes`. An empty value unsets the property.
fn configuration(changes: &[(&str, &str)]) -> BTreeMap<String, String> {
    let complete = [
        ("ClusterName", "prod"),
        ("ServiceName", "web"),
        ("TaskDefinitionTemplateArtifact", "SourceArtifact"),
    ];
    let all = complete.iter().chain(changes);
    all.map(|(key, value)| ((*key).to_owned(), (*value).to_owned()))
        .collect()
}

fn request(changes: &[(&str, &str)]) -> Request {
    Request::parse(&configuration(changes), &INPUTS).expect("should parse")
}

fn problems(changes: &[(&str, &str)]) -> Vec<String> {
    let parsed = Request::parse(&configuration(changes), &INPUTS);
    let problems = parsed.expect_err("should not parse");
    problems.iter().map(|p| words(p).to_string()).collect()
}

#[test]
fn three_properties_are_enough_and_no_app_spec_is_read() {
    let request = request(&[
        ("Image1ArtifactName", "BuildOutput"),
        ("Image1ContainerName", "A"),
    ]);
    assert_eq!(request.target, DeployTarget::service("prod", "web"));
    assert_eq!(request.app_spec, None);
    let files = request.files().into_iter().map(|file| file.path.as_str());
    assert_eq!(
        files.collect::<Vec<_>>(),
        ["imageDetail.json", "taskdef.json"]
    );
}

#[test]
fn every_slip_has_its_words() {
    for (property, value, expected) in [
        (
            "ClusterName",
            "",
            "ClusterName is missing → set it in the action's configuration",
        ),
        (
            "ServiceName",
            " ",
            "ServiceName is missing → set it in the action's configuration",
        ),
        (
            "ClusterName",
            "arn:aws:ecs:eu-west-1:111122223333:cluster/prod",
            "ClusterName: “arn:aws:ecs:eu-west-1:111122223333:cluster/prod” cannot be the name of an ECS cluster or service → give its name, not its ARN: 1 to 255 letters, digits, - and _",
        ),
        (
            "ServiceName",
            "web.api",
            "ServiceName: “web.api” cannot be the name of an ECS cluster or service → give its name, not its ARN: 1 to 255 letters, digits, - and _",
        ),
        (
            "Options",
            "DeploymentConfigName=CodeDeployDefault.ECSAllAtOnce",
            "Options: DeploymentConfigName has no meaning for ECS's own deployments → remove it, and set the strategy in the service's deploymentConfiguration",
        ),
        (
            "Options",
            "TaskDefinition=FromAppSpec",
            "Options: TaskDefinition has no meaning for ECS's own deployments → remove it: there is no AppSpec",
        ),
    ] {
        assert_eq!(
            problems(&[(property, value)]),
            [expected],
            "{property}={value}"
        );
    }
    let missing = Request::parse_declaration(Engine::Ecs, &BTreeMap::new(), &INPUTS);
    assert_eq!(missing.expect_err("nothing is set").len(), 3);
}

#[test]
fn names_have_at_most_255_characters() {
    for property in ["ClusterName", "ServiceName"] {
        request(&[(property, &"a".repeat(255))]);
        assert_eq!(problems(&[(property, &"a".repeat(256))]).len(), 1);
    }
}

#[test]
fn the_version_of_a_declaration_decides_what_is_missing() {
    let declared = configuration(&[("ServiceName", "web-#{variables.Stage}")]);
    let own = Request::parse_declaration(Engine::Ecs, &declared, &INPUTS).expect("it is fine");
    assert_eq!(own.target.properties()[1].1, "web-#{variables.Stage}");
    let other = Request::parse_declaration(Engine::CodeDeploy, &declared, &INPUTS);
    let missing = other.expect_err("version 1 has other properties");
    let missing: Vec<String> = missing.iter().map(|one| words(one).what).collect();
    assert_eq!(
        missing,
        [
            "ApplicationName is missing",
            "DeploymentGroupName is missing",
            "AppSpecTemplateArtifact is missing"
        ]
    );
}
