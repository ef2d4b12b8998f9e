//! The rules for an action's declaration.

use std::path::Path;

use super::builtin::{BUILT_IN, is_further_image};
use super::declaration::Declaration;
use super::problem::{MAX_INPUTS, MAX_VALUE, Problem};
use super::template::is_unknown;
use crate::cli::remark::Remark;
use crate::job::action_type::{PROPERTIES, Property, properties};
use crate::job::request::ConfigurationProblem;
use crate::job::{Excerpt, nearest};
use crate::messages::configuration;
use crate::release::finding::{Place, Severity};

/// The problems that [`crate::job::request::Request::parse`] found, each at its
/// property.
pub(in crate::cli) fn configuration_remarks(
    problems: &[ConfigurationProblem],
    declaration: Option<&Declaration>,
    file: &Path,
) -> Vec<Remark> {
    let remark = |problem: &ConfigurationProblem| {
        let place = declaration.map_or_else(Place::default, |d| d.property(property(problem)));
        let words = configuration::words(problem);
        let remark = Remark::new(Severity::Error, "configuration", &place, file, words);
        match declaration {
            Some(declaration) => remark.with_source(&declaration.source.bytes),
            None => remark,
        }
    };
    problems.iter().map(remark).collect()
}

/// The property that a problem is about.
fn property(problem: &ConfigurationProblem) -> &'static str {
    match problem {
        ConfigurationProblem::Missing { property }
        | ConfigurationProblem::NotACodeDeployName { property, .. }
        | ConfigurationProblem::NotAnEcsName { property, .. }
        | ConfigurationProblem::NoSuchArtifact { property, .. }
        | ConfigurationProblem::NotAPath { property, .. }
        | ConfigurationProblem::NotAnImageName { property, .. }
        | ConfigurationProblem::TooLong { property, .. } => property,
        ConfigurationProblem::HalfAPair { present, .. } => present,
        ConfigurationProblem::MalformedImage { .. }
        | ConfigurationProblem::ImageTwice { .. }
        | ConfigurationProblem::TooManyImages { .. } => "Images",
        ConfigurationProblem::Option(_) => "Options",
    }
}

/// The output artifacts of another action.
pub(super) struct Made {
    pub(super) action: String,
    pub(super) outputs: Vec<String>,
    /// The action ends before ours begins.
    pub(super) is_before: bool,
}

/// Checks CodePipeline's own rules for an action's properties and artifacts.
/// `made` are the artifacts that other actions produce.
pub(super) fn check(declaration: &Declaration, made: &[Made]) -> Vec<Remark> {
    let mut remarks = Vec::new();
    let mut add = |problem: &Problem, place: &Place| {
        remarks.push(remark(declaration, problem, place));
    };
    let engine = declaration.engine();
    for (key, value) in declaration.configuration() {
        let place = declaration.property(&key);
        let property = Excerpt::of(&key);
        let characters = value.chars().count();
        let mut known = properties(engine).map(|property| property.name);
        let other = PROPERTIES.iter().find(|property| property.name == key);
        if let Some(Property {
            only: Some(only), ..
        }) = other.filter(|property| !property.is_of(engine))
        {
            let (name, of) = (property.clone(), *only);
            add(&Problem::OtherVersions { name, of, engine }, &place);
        } else if !known.any(|name| name == key) && !is_further_image(&key) {
            let nearest = nearest(&key, properties(engine).map(|property| property.name));
            let name = property.clone();
            let problem = Problem::UnknownProperty {
                name,
                nearest,
                engine,
            };
            add(&problem, &place);
        }
        if characters > MAX_VALUE {
            let problem = Problem::TooLong {
                property,
                characters,
            };
            add(&problem, &place);
        } else if characters == 0 {
            add(&Problem::Empty { property }, &place);
        }
    }
    for key in declaration.not_text() {
        let property = Excerpt::of(key);
        add(&Problem::NotText { property }, &declaration.property(key));
    }
    let inputs = declaration.inputs();
    let place = declaration.member("inputArtifacts");
    if inputs.len() > MAX_INPUTS {
        let count = inputs.len();
        add(&Problem::TooManyInputs { count }, &place);
    }
    let known = |input: &&String| !is_unknown(input);
    for input in inputs.iter().filter(known) {
        let makers = made.iter().filter(|made| made.outputs.contains(input));
        let makers: Vec<&Made> = makers.collect();
        let artifact = Excerpt::of(input);
        match makers.as_slice() {
            [] if !declaration.are_artifacts_known() => {}
            [] => {
                let known = made.iter().flat_map(|made| made.outputs.iter());
                let nearest = nearest(input, known.map(String::as_str)).map(Excerpt::of);
                add(&Problem::NobodyMakes { artifact, nearest }, &place);
            }
            [only] if !only.is_before => {
                let action = Excerpt::of(&only.action);
                add(&Problem::MadeLater { artifact, action }, &place);
            }
            [_] => {}
            [first, second, ..] => {
                let actions = [Excerpt::of(&first.action), Excerpt::of(&second.action)];
                add(&Problem::MadeTwice { artifact, actions }, &place);
            }
        }
    }
    if let Some(role) = declaration.text("roleArn") {
        let problem = Problem::OwnRole {
            role: Excerpt::of(if is_unknown(role) { "…" } else { role }),
            is_built_in: declaration.provider() == BUILT_IN,
        };
        add(&problem, &declaration.member("roleArn"));
    }
    if let Some(region) = declaration.text("region")
        && !is_unknown(region)
        && declaration
            .pipeline_region()
            .is_none_or(|its| its != region)
    {
        let problem = Problem::OwnRegion {
            region: Excerpt::of(region),
            pipeline: declaration.pipeline_region().map(|its| Excerpt::of(&its)),
        };
        add(&problem, &declaration.member("region"));
    }
    remarks
}

/// A problem with its place in the pipeline's file.
pub(super) fn remark(declaration: &Declaration, problem: &Problem, place: &Place) -> Remark {
    let source = &declaration.source;
    let (severity, words) = (problem.severity(), problem.words());
    Remark::new(severity, "pipeline", place, &source.file, words).with_source(&source.bytes)
}
