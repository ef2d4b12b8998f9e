//! Explains how each rule came to its findings about an input, or to none.

use std::collections::{BTreeMap, BTreeSet};

use super::conditions::{self, Tried};
use super::evaluator::Evaluator;
use super::level::Level;
use super::line_coverage::{self, Reached, add_reached};
use super::question::{Definition, Explanation};
use super::rule_findings::read_findings;

/// Explains the rules. The evaluator already has its input. A rule whose
/// evaluation fails is explained too.
pub(super) fn explain(
    engine: &mut Evaluator,
    rules: &BTreeMap<String, Level>,
    at: &mut dyn FnMut(&str),
) -> Vec<Explanation> {
    let tried = conditions::definitions(engine, &rules.keys().cloned().collect::<BTreeSet<_>>());
    engine.watch();
    // Each rule has an evaluator of its own, so that the lines reached are its
    // own.
    let explain = |(path, level): (&String, &Level)| {
        at(path);
        let mut engine = engine.clone();
        let outcome = match engine.eval_rule(path) {
            Ok(value) => read_findings(path, *level, value).map(|found| {
                let messages = found.into_iter().map(|finding| finding.message);
                messages.collect()
            }),
            Err(problem) => Err(problem),
        };
        let mut lines = Reached::new();
        add_reached(&engine, &mut lines);
        Explanation {
            rule: path.strip_prefix("data.").unwrap_or(path).to_owned(),
            outcome,
            definitions: definitions(&mut engine, path, &tried, &lines),
            prints: engine.take_prints(),
        }
    };
    rules.iter().map(explain).collect()
}

/// The definitions of a rule with the result of each condition. If one of them
/// could not be tried condition by condition, the lines that were reached
/// instead.
fn definitions(
    engine: &mut Evaluator,
    path: &str,
    tried: &[Tried],
    lines: &Reached,
) -> Vec<Definition> {
    let own = tried.iter().filter(|tried| tried.path == path);
    let own: Vec<Definition> = own.map(|tried| tried.definition.clone()).collect();
    if own.iter().any(|definition| definition.steps.is_empty()) {
        return line_coverage::definitions(engine, path, lines);
    }
    own
}
