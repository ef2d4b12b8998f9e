//! A pipeline's JSON, and the action in it that releases.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

use super::builtin::{BUILT_IN, translate};
use super::declaration::{Declaration, Source};
use super::problem::Problem;
use super::rules::{Made, check, configuration_remarks, remark};
use crate::cli::bundle::Action;
use crate::cli::check::{Misuse, Remark};
use crate::job::Excerpt;
use crate::job::action_type::PROVIDER;
use crate::job::offer::PipelineContext;
use crate::job::request::Request;
use crate::messages::finding;
use crate::release::bundle::MAX_FILE_BYTES;
use crate::release::finding::{Place, Severity};

/// A pipeline, linted.
pub(in crate::cli) struct Pipeline {
    remarks: Vec<Remark>,
    /// The actions that release, or would after a change of their provider.
    releasing: Vec<Declared>,
    wanted: Option<String>,
}

/// An action of the pipeline.
pub(in crate::cli) struct Declared {
    pub(in crate::cli) action: Action,
    /// Its pipeline and stage, and the ARN where the metadata have it.
    pub(in crate::cli) context: PipelineContext,
    /// The action that makes each artifact.
    pub(in crate::cli) makers: BTreeMap<String, String>,
}

/// What a file is that only describes how a pipeline is made.
fn other_kind(bytes: &[u8]) -> Option<&'static str> {
    let text = std::str::from_utf8(bytes).ok()?;
    let text = text.trim_start_matches('\u{feff}').trim_start();
    let is_terraform = |line: &str| {
        let mut words = line.split_whitespace();
        let kinds = [
            "resource",
            "module",
            "data",
            "provider",
            "variable",
            "locals",
            "terraform",
        ];
        words.next().is_some_and(|word| kinds.contains(&word)) && line.trim_end().ends_with('{')
    };
    if !text.starts_with(['{', '[']) && text.lines().any(is_terraform) {
        return Some("Terraform");
    }
    // A pipeline's own JSON, whatever its configuration mentions.
    if text.contains("\"stages\"") {
        return None;
    }
    let is_template =
        text.contains("AWSTemplateFormatVersion") || text.contains("AWS::CodePipeline::Pipeline");
    is_template.then_some("a CloudFormation template")
}

fn makers(made: &[Made]) -> BTreeMap<String, String> {
    let pairs = made.iter().flat_map(|made| {
        let outputs = made.outputs.iter().cloned();
        outputs.map(|output| (output, made.action.clone()))
    });
    pairs.collect()
}

impl Pipeline {
    /// Reads and lints a file that `aws codepipeline get-pipeline` printed,
    /// with or without the metadata around the pipeline.
    pub(in crate::cli) fn read(file: &Path, wanted: Option<&str>) -> Result<Self, Misuse> {
        let unreadable = |problem: std::io::Error| {
            Misuse(format!("{} cannot be read: {problem}", file.display()))
        };
        let mut bytes = Vec::new();
        let opened = File::open(file).map_err(unreadable)?;
        // One byte more shows that there is more.
        let mut limited = opened.take(MAX_FILE_BYTES + 1);
        limited.read_to_end(&mut bytes).map_err(unreadable)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(Misuse(format!(
                "{} has more than {MAX_FILE_BYTES} bytes, which no pipeline has",
                file.display()
            )));
        }
        Ok(Self::parse(file, &bytes, wanted))
    }

    fn parse(file: &Path, bytes: &[u8], wanted: Option<&str>) -> Self {
        let mut pipeline = Self {
            remarks: Vec::new(),
            releasing: Vec::new(),
            wanted: wanted.map(str::to_owned),
        };
        if let Some(found) = other_kind(bytes) {
            let words = Problem::NotAPipeline { found }.words();
            let place = Place::default();
            let remark = Remark::new(Severity::Error, "pipeline", &place, file, words);
            pipeline.remarks.push(remark);
            return pipeline;
        }
        match Source::parse(file, bytes) {
            Ok(source) => pipeline.lint(file, source),
            Err(findings) => pipeline.remarks.extend(findings.iter().map(|found| {
                let place = Place {
                    artifact: None,
                    ..found.place.clone()
                };
                let words = finding::words(&found.kind);
                Remark::new(found.severity, "pipeline", &place, file, words).with_source(bytes)
            })),
        }
        pipeline
    }

    fn lint(&mut self, file: &Path, source: Source) {
        let all = Declaration::all(source);
        let releases = |action: &&Declaration| [PROVIDER, BUILT_IN].contains(&action.provider());
        for declaration in all.iter().filter(releases) {
            let others = all
                .iter()
                .filter(|other| !std::ptr::eq(*other, declaration));
            let made = others.map(|other| Made {
                action: other.name().to_owned(),
                outputs: other.outputs(),
                is_before: other.runs_before(declaration),
            });
            let made: Vec<Made> = made.collect();
            self.lint_action(file, declaration, &made);
        }
        if self.releasing.is_empty() {
            let (place, words) = (Place::default(), Problem::NoAction.words());
            self.remarks.push(Remark::new(
                Severity::Error,
                "pipeline",
                &place,
                file,
                words,
            ));
        }
    }

    fn lint_action(&mut self, file: &Path, declaration: &Declaration, made: &[Made]) {
        let mut configuration = declaration.configuration();
        let is_built_in = declaration.provider() == BUILT_IN;
        if is_built_in {
            let action = Excerpt::of(declaration.name());
            let place = declaration.member("actionTypeId");
            let problem = Problem::BuiltIn { action };
            self.remarks.push(remark(declaration, &problem, &place));
        }
        for problem in translate(&mut configuration) {
            let place = match &problem {
                Problem::HalfAPair { present, .. } => declaration.property(present),
                Problem::NoAction
                | Problem::UnknownProperty { .. }
                | Problem::FurtherImages { .. }
                | Problem::TooLong { .. }
                | Problem::Empty { .. }
                | Problem::TooManyInputs { .. }
                | Problem::NobodyMakes { .. }
                | Problem::OwnRole { .. }
                | Problem::OwnRegion { .. }
                | Problem::MadeLater { .. }
                | Problem::MadeTwice { .. }
                | Problem::NotAPipeline { .. }
                | Problem::BuiltIn { .. } => declaration.member("configuration"),
            };
            let mut remark = remark(declaration, &problem, &place);
            // Nothing is wrong with them where they are.
            if is_built_in && matches!(problem, Problem::FurtherImages { .. }) {
                remark.severity = Severity::Note;
            }
            self.remarks.push(remark);
        }
        self.remarks.extend(check(declaration, made));
        let inputs = declaration.inputs();
        let names: Vec<&str> = inputs.iter().map(String::as_str).collect();
        if let Err(problems) = Request::parse_declaration(&configuration, &names) {
            let remarks = configuration_remarks(&problems, Some(declaration), file);
            self.remarks.extend(remarks);
        }
        self.releasing.push(Declared {
            action: Action {
                name: declaration.name().to_owned(),
                configuration,
                inputs,
            },
            context: declaration.context(),
            makers: makers(made),
        });
    }

    /// Everything that was found.
    pub(in crate::cli) fn remarks(&self) -> &[Remark] {
        &self.remarks
    }

    /// The action to release with; `None` where the pipeline has none, of
    /// which its remarks tell.
    pub(in crate::cli) fn action(&self) -> Result<Option<&Declared>, Misuse> {
        let names = || {
            let names = self.releasing.iter().map(|one| one.action.name.as_str());
            names.collect::<Vec<&str>>().join(", ")
        };
        match (&self.wanted, self.releasing.as_slice()) {
            (_, []) => Ok(None),
            (Some(wanted), all) => match all.iter().find(|one| one.action.name == *wanted) {
                Some(action) => Ok(Some(action)),
                None => Err(Misuse(format!(
                    "no action {wanted} of the pipeline releases; those that do are {}",
                    names()
                ))),
            },
            (None, [only]) => Ok(Some(only)),
            (None, _) => Err(Misuse(format!(
                "the pipeline has several actions that release ({}); choose one with --action",
                names()
            ))),
        }
    }
}
