//! The rules for an action's declaration.

use std::path::Path;

use super::builtin::{BUILT_IN, is_further_image};
use super::declaration::Declaration;
use super::problem::{MAX_INPUTS, MAX_VALUE, Problem};
use super::template::is_unknown;
use crate::cli::remark::Remark;
use crate::job::action_type::{PROPERTIES, PROVIDER, properties};
use crate::job::request::ConfigurationProblem;
use crate::job::{Engine, Excerpt, nearest};
use crate::messages::configuration;
use crate::release::finding::{Place, Severity};

/// The problems of an action's configuration, each at its property, if the
/// action's declaration is known.
pub(super) fn configuration_remarks(
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
    let is_reported = |problem: &ConfigurationProblem| {
        let unusable = |property| declaration.is_some_and(|it| it.has_unusable(property));
        matches!(problem, ConfigurationProblem::Missing { property } if unusable(property))
    };
    problems
        .iter()
        .filter(|problem| !is_reported(problem))
        .map(remark)
        .collect()
}

/// The problems of a configuration that is declared nowhere.
pub(in crate::cli) fn assumed_remarks(
    problems: &[ConfigurationProblem],
    file: &Path,
) -> Vec<Remark> {
    configuration_remarks(problems, None, file)
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
    let mut add = |problem: Problem, place: &Place| {
        remarks.push(remark(declaration, problem, place));
    };
    let engine = declaration.engine();
    for (key, value) in declaration.configuration() {
        let place = declaration.property(&key);
        let property = Excerpt::of(&key);
        if let Some(problem) = foreign_property(&key, engine) {
            add(problem, &place);
        }
        match value.chars().count() {
            0 => add(Problem::empty(&property), &place),
            1..=MAX_VALUE => {}
            characters => add(Problem::too_long(&property, characters), &place),
        }
    }
    for key in declaration.not_text() {
        let problem = Problem::not_text(&Excerpt::of(key));
        add(problem, &declaration.property(key));
    }
    // The built-in action is checked as if it had been migrated.
    let wanted = [("category", "Deploy"), ("owner", "Custom")];
    let is_own = declaration.provider() == PROVIDER;
    for (member, wanted) in wanted.into_iter().filter(|_| is_own) {
        let found = declaration.type_id(member);
        if ![wanted, ""].contains(&found) && !is_unknown(found) {
            let problem = Problem::other_type(member, &Excerpt::of(found), wanted);
            add(problem, &declaration.member("actionTypeId"));
        }
    }
    if !declaration.outputs().is_empty() {
        add(Problem::outputs(), &declaration.member("outputArtifacts"));
    }
    let inputs = declaration.inputs();
    let place = declaration.member("inputArtifacts");
    if inputs.len() > MAX_INPUTS {
        add(Problem::too_many_inputs(inputs.len()), &place);
    }
    for input in inputs.iter().filter(|input| !is_unknown(input)) {
        if let Some(problem) = unavailable(declaration, input, made) {
            add(problem, &place);
        }
    }
    if let Some(role) = declaration.text("roleArn") {
        let role = Excerpt::of(if is_unknown(role) { "…" } else { role });
        let problem = Problem::own_role(&role, declaration.provider() == BUILT_IN);
        add(problem, &declaration.member("roleArn"));
    }
    let own = declaration.pipeline_region();
    if let Some(region) = declaration.text("region")
        && !is_unknown(region)
        && own.as_deref() != Some(region)
    {
        let own = own.as_deref().map(Excerpt::of);
        let problem = Problem::own_region(&Excerpt::of(region), own.as_ref());
        add(problem, &declaration.member("region"));
    }
    remarks
}

/// The problem with a property that the action's version does not have.
fn foreign_property(key: &str, engine: Engine) -> Option<Problem> {
    let mut own = properties(engine).map(|property| property.name);
    if own.any(|name| name == key) {
        return None;
    }
    let name = Excerpt::of(key);
    let other = PROPERTIES.iter().find(|property| property.name == key);
    if let Some(of) = other.and_then(|property| property.only) {
        return Some(Problem::other_version(&name, of, engine));
    }
    if is_further_image(key) {
        return None;
    }
    let nearest = nearest(key, properties(engine).map(|property| property.name));
    Some(Problem::unknown_property(&name, nearest, engine))
}

/// Why an input artifact is not there when the action begins, or is not clear.
fn unavailable(declaration: &Declaration, input: &String, made: &[Made]) -> Option<Problem> {
    let makers = made.iter().filter(|made| made.outputs.contains(input));
    let makers: Vec<&Made> = makers.collect();
    let artifact = Excerpt::of(input);
    let maker = |index: usize| Excerpt::of(&makers[index].action);
    match makers.as_slice() {
        [] if !declaration.are_artifacts_known() => None,
        [] => {
            let known = made.iter().flat_map(|made| made.outputs.iter());
            let nearest = nearest(input, known.map(String::as_str)).map(Excerpt::of);
            Some(Problem::no_producer(&artifact, nearest.as_ref()))
        }
        [only] if only.is_before => None,
        [_] => Some(Problem::made_later(&artifact, &maker(0))),
        [_, _, ..] => Some(Problem::made_twice(&artifact, &maker(0), &maker(1))),
    }
}

/// A problem with its place in the pipeline's file.
pub(super) fn remark(declaration: &Declaration, problem: Problem, place: &Place) -> Remark {
    let source = &declaration.source;
    let Problem { severity, words } = problem;
    Remark::new(severity, "pipeline", place, &source.file, words).with_source(&source.bytes)
}
