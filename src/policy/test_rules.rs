//! Runs the rules whose names start with `test_`, as `opa test` does.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use regorus::{Engine, Value};

use super::engine::{in_one_line, prepare};
use super::explain::{Reached, add_reached, unreached};
use super::question::{TestReport, TestResult};

/// Runs each in an engine of its own, so that none sees another's traces.
pub(super) fn run(
    mut engine: Engine,
    tests: &BTreeSet<String>,
    at: &mut dyn FnMut(&str),
) -> TestReport {
    engine.set_input(Value::new_object());
    engine.set_enable_coverage(true);
    let (mut results, mut reached) = (Vec::new(), Reached::new());
    // What is wrong with the set as a whole is what each test will say.
    let _ = prepare(&mut engine);
    for path in tests {
        at(path);
        let name = path.strip_prefix("data.").unwrap_or(path);
        let mut engine = engine.clone();
        // Some built-in functions panic over odd arguments. That is one test's
        // failure, and the engine is its own.
        let asked = AssertUnwindSafe(|| engine.eval_rule(path.clone()));
        let value = match catch_unwind(asked) {
            Ok(answer) => answer.map_err(|error| in_one_line(&error)),
            Err(_) => Err("the engine has panicked over it".to_owned()),
        };
        let prints = engine.take_prints().unwrap_or_default();
        add_reached(&engine, &mut reached);
        match value {
            // A table of cases: one result for each.
            Ok(Value::Object(cases)) => results.extend(cases.iter().map(|(case, value)| {
                let case = case.to_string();
                result(format!("{name}[{case}]"), Ok(value), prints.clone())
            })),
            Ok(value) => results.push(result(name.to_owned(), Ok(&value), prints)),
            Err(problem) => results.push(result(name.to_owned(), Err(problem), prints)),
        }
    }
    let (unreached, rules) = unreached(&mut engine, &reached);
    TestReport {
        results,
        rules,
        unreached,
    }
}

fn result(name: String, value: Result<&Value, String>, prints: Vec<String>) -> TestResult {
    let failure = match value {
        Ok(Value::Bool(true)) => None,
        Ok(Value::Undefined) => Some("it is undefined".to_owned()),
        Ok(value) => Some(format!("it is {value}")),
        Err(problem) => Some(problem),
    };
    TestResult {
        name,
        failure,
        prints,
    }
}
