//! How each rule came to its findings about an input, or to none.

use std::collections::{BTreeMap, BTreeSet};

use super::controls::Level;
use super::evaluator::Evaluator;
use super::found::read_findings;
use super::question::{Definition, Explanation};
use super::reached::{self, Reached, add_reached};
use super::steps::{self, Tried};

/// Explains these rules; the engine has its input. A rule without an answer is
/// explained too.
pub(super) fn explain(
    engine: &mut Evaluator,
    rules: &BTreeMap<String, Level>,
    at: &mut dyn FnMut(&str),
) -> Vec<Explanation> {
    let tried = steps::definitions(engine, &rules.keys().cloned().collect::<BTreeSet<_>>());
    engine.watch();
    // Each rule in an engine of its own, so that what it reached is its own.
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

/// Those whose conditions were tried, or else how far each came.
fn definitions(
    engine: &mut Evaluator,
    path: &str,
    tried: &[Tried],
    lines: &Reached,
) -> Vec<Definition> {
    let own = tried.iter().filter(|tried| tried.path == path);
    let own: Vec<Definition> = own.map(|tried| tried.definition.clone()).collect();
    if own.iter().any(|definition| definition.steps.is_empty()) {
        return reached::definitions(engine, path, lines);
    }
    own
}
