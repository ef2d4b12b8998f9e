//! Runs the rules whose names start with `test_`, as `opa test` does.

use std::collections::BTreeSet;

use regorus::{Engine, Value};

use super::engine::in_one_line;
use super::question::TestResult;

/// Runs each in an engine of its own, so that none sees another's traces.
pub(super) fn run(
    mut engine: Engine,
    tests: &BTreeSet<String>,
    at: &mut dyn FnMut(&str),
) -> Vec<TestResult> {
    engine.set_input(Value::new_object());
    let mut results = Vec::new();
    for path in tests {
        at(path);
        let name = path.strip_prefix("data.").unwrap_or(path);
        let mut engine = engine.clone();
        match engine.eval_rule(path.clone()) {
            // A table of cases: one result for each.
            Ok(Value::Object(cases)) => results.extend(cases.iter().map(|(case, value)| {
                let case = case.to_string();
                result(format!("{name}[{case}]"), Ok(value))
            })),
            Ok(value) => results.push(result(name.to_owned(), Ok(&value))),
            Err(error) => results.push(result(name.to_owned(), Err(in_one_line(&error)))),
        }
    }
    results
}

fn result(name: String, value: Result<&Value, String>) -> TestResult {
    let failure = match value {
        Ok(Value::Bool(true)) => None,
        Ok(Value::Undefined) => Some("it is undefined".to_owned()),
        Ok(value) => Some(format!("it is {value}")),
        Err(problem) => Some(problem),
    };
    TestResult { name, failure }
}
