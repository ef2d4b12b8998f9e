//! Which lines were evaluated: by the tests of a set, or by a rule whose
//! conditions cannot be tried one by one.

use std::collections::{BTreeMap, BTreeSet};

use regorus::unstable::{Rule, RuleBody};

use super::evaluator::Evaluator;
use super::files;
use super::question::{Definition, Outcome, Step, Text};

/// The lines that were evaluated, by file.
pub(super) type Reached = BTreeMap<String, BTreeSet<u32>>;

/// Adds the lines that an evaluator has recorded.
pub(super) fn add_reached(engine: &Evaluator, reached: &mut Reached) {
    for (file, lines) in engine.reached() {
        reached.entry(file).or_default().extend(lines);
    }
}

/// Every definition of a rule, with each condition either reached or not.
pub(super) fn definitions(
    engine: &mut Evaluator,
    rule: &str,
    reached: &Reached,
) -> Vec<Definition> {
    let mut found = Vec::new();
    each_rule(engine, |path, file, rule_node| {
        if path == rule {
            found.extend(definition(file, rule_node, reached));
        }
    });
    found
}

/// The place and name of each rule with a body that was not evaluated to the
/// end, and the number of all rules with a body. Tests are not included.
pub(super) fn unreached(engine: &mut Evaluator, reached: &Reached) -> (Vec<String>, usize) {
    let (mut missed, mut count) = (Vec::new(), 0);
    each_rule(engine, |path, file, rule| {
        let is_test = files::is_test(&file.path) || path.contains(".test_");
        let definitions = definition(file, rule, reached);
        if is_test || definitions.is_empty() {
            return;
        }
        count += 1;
        let is_whole = |definition: &Definition| {
            let mut steps = definition.steps.iter();
            steps.all(|step| step.outcome == Outcome::Reached)
        };
        if !definitions.iter().all(is_whole) {
            let name = path.strip_prefix("data.").unwrap_or(path);
            missed.push(format!("{}:{}: {name}", file.path, rule.span().line));
        }
    });
    (missed, count)
}

fn each_rule(engine: &mut Evaluator, mut visit: impl FnMut(&str, &Text, &Rule)) {
    let packages = engine.get_policy_package_components().unwrap_or_default();
    for (module, package) in engine.get_modules().iter().zip(packages) {
        let source = module.package.span.source.clone();
        let file = Text {
            path: package.source_file,
            text: source.get_contents().clone(),
        };
        let package = package.components.join(".");
        for rule in &module.policy {
            if let Rule::Spec { .. } = &**rule {
                let name = super::rules::name_of(rule);
                visit(&format!("data.{package}.{name}"), &file, rule);
            }
        }
    }
}

/// One definition for each body. A rule without a body needs no explanation.
fn definition(file: &Text, rule: &Rule, reached: &Reached) -> Vec<Definition> {
    let Rule::Spec { bodies, .. } = rule else {
        return Vec::new();
    };
    let lines = reached.get(&file.path);
    let steps = |body: &RuleBody| -> Vec<Step> {
        let mut steps: Vec<Step> = Vec::new();
        for statement in &body.query.stmts {
            let span = &statement.span;
            let outcome = match lines.is_some_and(|lines| lines.contains(&span.line)) {
                true => Outcome::Reached,
                false => Outcome::NotReached,
            };
            let text = file.text.lines().nth(span.line as usize - 1);
            let text = text.unwrap_or_default().trim().to_owned();
            if steps.last().is_none_or(|last| last.line != span.line) {
                steps.push(Step {
                    line: span.line,
                    text,
                    outcome,
                    values: Vec::new(),
                });
            }
        }
        steps
    };
    bodies
        .iter()
        .filter(|body| !body.query.stmts.is_empty())
        .map(|body| Definition {
            place: format!("{}:{}", file.path, rule.span().line),
            steps: steps(body),
        })
        .collect()
}
