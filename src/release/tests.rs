//! Tests of whole releases with one change each, and the exact messages.

mod app_spec_hooks;
mod app_specs;
mod hostile;
mod images;
mod mistakes;
mod odd_but_good;
mod plans;
mod preflight;
mod presence;
mod properties;
mod rules;
mod service;
mod syntax;
mod target;
mod task_definitions;

use std::collections::BTreeMap;

use super::bundle::Bundle;
use super::finding::{Finding, Severity};
use super::plan::{Lookups, Plan, check};
use crate::job::request::{FileRef, Request};
use crate::messages::finding::line;

pub(super) const TASKDEF: &str = r#"{
  "family": "web",
  "executionRoleArn": "arn:aws:iam::111122223333:role/ecsTaskExecutionRole",
  "networkMode": "awsvpc",
  "requiresCompatibilities": ["FARGATE"],
  "cpu": "256",
  "memory": "512",
  "containerDefinitions": [
    {
      "name": "web",
      "image": "<IMAGE1_NAME>",
      "essential": true,
      "portMappings": [{"containerPort": 8080}]
    }
  ]
}
"#;

pub(super) const APPSPEC: &str = "version: 0.0
Resources:
  - TargetService:
      Type: AWS::ECS::Service
      Properties:
        TaskDefinition: <TASK_DEFINITION>
        LoadBalancerInfo:
          ContainerName: web
          ContainerPort: 8080
Hooks:
  - AfterInstall: smoke-test
";

pub(super) const IMAGE: &str =
    "{\"ImageURI\": \"111122223333.dkr.ecr.eu-west-1.amazonaws.com/web:1.4\"}\n";

/// A plan without findings, for the tests of other modules.
pub(crate) fn a_plan() -> Plan {
    target::planned(&Files::default(), target::target(), Lookups::default()).expect("it plans")
}

/// The three files of a release, and its options.
#[derive(Clone)]
pub(super) struct Files {
    pub(super) taskdef: Vec<u8>,
    pub(super) appspec: Vec<u8>,
    pub(super) image: Vec<u8>,
    pub(super) options: String,
}

impl Default for Files {
    fn default() -> Self {
        Self {
            taskdef: TASKDEF.into(),
            appspec: APPSPEC.into(),
            image: IMAGE.into(),
            options: String::new(),
        }
    }
}

impl Files {
    /// Replaces `from` with `to` in the one file that has it.
    pub(super) fn with(mut self, from: &str, to: &str) -> Self {
        let mut changed = 0;
        for file in [&mut self.taskdef, &mut self.appspec, &mut self.image] {
            let text = String::from_utf8(file.clone()).expect("the files are text");
            if text.contains(from) {
                *file = text.replacen(from, to, 1).into_bytes();
                changed += 1;
            }
        }
        assert_eq!(changed, 1, "{from} must stand in one file");
        self
    }

    pub(super) fn bundle(&self) -> Bundle {
        let files = [
            ("taskdef.json", &self.taskdef),
            ("appspec.yaml", &self.appspec),
            ("imageDetail.json", &self.image),
        ];
        let entry = |(path, bytes): (&str, &Vec<u8>)| (file(path), Ok(bytes.clone()));
        Bundle {
            files: files.map(entry).into(),
        }
    }

    pub(super) fn request(&self) -> Request {
        let configuration: BTreeMap<String, String> = [
            ("ApplicationName", "web"),
            ("DeploymentGroupName", "web"),
            ("TaskDefinitionTemplateArtifact", "Source"),
            ("AppSpecTemplateArtifact", "Source"),
            ("Image1ArtifactName", "Source"),
            ("Image1ContainerName", "IMAGE1_NAME"),
            ("Options", self.options.as_str()),
        ]
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .into();
        Request::parse(&configuration, &["Source"]).expect("the configuration is fine")
    }

    /// The findings without AWS, one per line.
    pub(super) fn found(&self) -> String {
        lines(&check(&self.request(), &self.bundle()).findings)
    }
}

pub(super) fn file(path: &str) -> FileRef {
    FileRef {
        artifact: "Source".to_owned(),
        path: path.to_owned(),
    }
}

pub(super) fn lines(findings: &[Finding]) -> String {
    let line = |finding: &Finding| {
        let severity = match finding.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "note",
        };
        let line = line(finding).replace(" (artifact Source)", "");
        format!("{severity} {line}")
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// Compares a whole table, so that one run shows every row that differs.
pub(super) fn compare(rows: impl IntoIterator<Item = (String, String, &'static str)>) {
    let off: Vec<String> = rows
        .into_iter()
        .filter(|(_, found, expected)| found != expected)
        .map(|(input, found, expected)| format!("{input}\n  is: {found}\n not: {expected}"))
        .collect();
    assert!(off.is_empty(), "\n{}", off.join("\n"));
}

/// Rows of a text, its replacement, and all expected findings.
pub(super) fn changes(rows: &[(&str, &str, &'static str)]) {
    compare(rows.iter().map(|(from, to, expected)| {
        let found = Files::default().with(from, to).found();
        (format!("{from} => {to}"), found, *expected)
    }));
}

#[test]
fn the_files_are_fine_as_they_stand() {
    assert_eq!(Files::default().found(), "");
}
