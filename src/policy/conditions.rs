//! Explains the definitions of rules condition by condition: how often each
//! condition was met, which one failed, and with which values.
//!
//! The work is done by generated rules (see
//! [`generated_rules`](super::generated_rules)). One rule per prefix of a body
//! counts its solutions: the first prefix without any ends with the condition
//! that failed. A second round of rules then evaluates the values that it failed
//! with.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{Module, Ref, Rule};

use super::condition_values::{Globals, Watched, one_line, shown, values, watched};
use super::evaluator::{Evaluator, GENERATED};
use super::generated_rules::{Condition, OURS, can_be_read, conditions, count, header, with_files};
use super::question::{Definition, Outcome, Step};
use super::rules::name_of;

/// Explains every definition of the rules at these paths. A definition that
/// cannot be tried condition by condition has no `steps`.
pub(super) fn definitions(engine: &mut Evaluator, paths: &BTreeSet<String>) -> Vec<Tried> {
    let modules = modules(engine);
    let mut all: Vec<Body<'_>> = modules.iter().flat_map(|it| bodies(it, paths)).collect();
    for (number, body) in all.iter_mut().enumerate() {
        // Files of one package share a namespace.
        body.name = format!("{OURS}{number}");
    }
    let names = |package: &str| -> BTreeSet<String> {
        let own = modules.iter().filter(|module| module.package == package);
        own.flat_map(|module| &module.module.policy)
            .map(|rule| name_of(rule).to_owned())
            .collect()
    };
    // First find where each definition fails, then with which values.
    let texts: Vec<String> = all.iter().map(Body::counts).collect();
    let (mut counting, are_in) = with_files(engine, &texts);
    let mut found = Vec::new();
    let (mut asking, mut asked) = (Vec::new(), Vec::new());
    for (body, is_in) in all.iter().zip(are_in) {
        let mut tried = Tried {
            path: body.path.clone(),
            definition: Definition {
                place: body.place.clone(),
                steps: Vec::new(),
            },
        };
        if is_in {
            tried.definition.steps = body.steps(&mut counting);
            let steps = &tried.definition.steps;
            let failed = steps
                .iter()
                .position(|step| step.outcome == Outcome::Failed);
            if let Some(failed) = failed {
                let mut globals = names(&body.module.package);
                let imports = body.module.module.imports.iter();
                globals.extend(imports.filter_map(|import| {
                    let path = import.refr.span().text();
                    let last = path.rsplit('.').next().map(str::to_owned);
                    let name = import.r#as.as_ref().map(|name| name.text().to_owned());
                    name.or(last)
                }));
                let (before, rest) = body.conditions.split_at(failed);
                let watched = watched(before, &rest[0], &Globals { names: globals });
                if !watched.is_empty() {
                    asking.push(body.values(before, &rest[0], &watched));
                    asked.push((found.len(), failed, body.rule_path("values"), watched));
                }
            }
        }
        found.push(tried);
    }
    let (mut engine, are_in) = with_files(engine, &asking);
    for ((at, failed, path, watched), is_in) in asked.into_iter().zip(are_in) {
        if is_in {
            found[at].definition.steps[failed].values = seen(&mut engine, &path, &watched);
        }
    }
    found
}

/// A definition with the path of its rule.
pub(super) struct Tried {
    pub(super) path: String,
    pub(super) definition: Definition,
}

fn seen(engine: &mut Evaluator, path: &str, watched: &[Watched]) -> Vec<String> {
    match engine.eval_rule(path) {
        Ok(ways) => shown(watched, &ways),
        Err(problem) => vec![without_our_place(&problem)],
    }
}

/// A file of the set.
pub(super) struct File {
    pub(super) package: String,
    pub(super) path: String,
    pub(super) module: Ref<Module>,
}

pub(super) fn modules(engine: &mut Evaluator) -> Vec<File> {
    let packages = engine.get_policy_package_components().unwrap_or_default();
    let modules = engine.get_modules().iter().zip(packages);
    modules
        .map(|(module, package)| File {
            package: package.components.join("."),
            path: package.source_file,
            module: module.clone(),
        })
        .collect()
}

/// One body of a definition.
struct Body<'a> {
    module: &'a File,
    path: String,
    place: String,
    /// Unique among all bodies.
    name: String,
    conditions: Vec<Condition<'a>>,
}

fn bodies<'a>(file: &'a File, paths: &BTreeSet<String>) -> Vec<Body<'a>> {
    let mut found = Vec::new();
    for rule in &file.module.policy {
        let path = format!("data.{}.{}", file.package, name_of(rule));
        let Rule::Spec { bodies, .. } = &**rule else {
            continue;
        };
        if !paths.contains(&path) {
            continue;
        }
        for body in bodies {
            let line = rule.span().line;
            let conditions = conditions(rule, body);
            if conditions.is_empty() {
                continue;
            }
            found.push(Body {
                module: file,
                path: path.clone(),
                place: format!("{}:{line}", file.path),
                name: String::new(),
                conditions,
            });
        }
    }
    found
}

impl Body<'_> {
    fn rule_path(&self, what: &str) -> String {
        format!("data.{}.{}_{what}", self.module.package, self.name)
    }

    /// The source of one rule for each prefix of the body, which counts its
    /// solutions.
    fn counts(&self) -> String {
        let mut text = header(&self.module.module);
        for length in 1..=self.conditions.len() {
            let ways = count(&self.conditions[..length]);
            text.push_str(&format!("{}_{length} := {ways}\n", self.name));
        }
        text
    }

    fn values(
        &self,
        before: &[Condition<'_>],
        failed: &Condition<'_>,
        watched: &[Watched],
    ) -> String {
        let values = values(before, failed, watched);
        let text = format!(
            "{}{}_values := {values}\n",
            header(&self.module.module),
            self.name
        );
        if can_be_read(&text) {
            text
        } else {
            String::new()
        }
    }

    /// The result of each condition. Conditions after a failed one are not
    /// evaluated.
    fn steps(&self, engine: &mut Evaluator) -> Vec<Step> {
        let mut goes_on = true;
        let steps = self.conditions.iter().enumerate().map(|(at, condition)| {
            let outcome = match goes_on {
                false => Outcome::NotReached,
                true => self.outcome(engine, at + 1),
            };
            goes_on &= matches!(outcome, Outcome::Met(_));
            Step {
                line: condition.line,
                text: one_line(condition.shown),
                outcome,
                values: Vec::new(),
            }
        });
        steps.collect()
    }

    fn outcome(&self, engine: &mut Evaluator, length: usize) -> Outcome {
        match engine.eval_rule(&self.rule_path(&length.to_string())) {
            Ok(Value::Number(ways)) => match ways.as_u64() {
                Some(0) | None => Outcome::Failed,
                Some(ways) => Outcome::Met(ways),
            },
            Ok(_) => Outcome::Failed,
            Err(problem) => Outcome::Error(without_our_place(&problem)),
        }
    }
}

/// Removes the place in a generated file from a message.
fn without_our_place(text: &str) -> String {
    match text.strip_prefix(GENERATED) {
        Some(rest) => rest.trim_start_matches([':', ' ']).splitn(3, ':').last(),
        None => Some(text),
    }
    .unwrap_or_default()
    .trim()
    .to_owned()
}

#[cfg(test)]
mod tests;
