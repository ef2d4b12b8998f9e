//! `data`: documents beside the policies, and the parameters of controls.

use rego::syntax::{file_of, name_of, package_of};
use rego::{Notations, in_one_line, yaml_words};
use regorus::unstable::{Module, Ref};
use regorus::{Engine, Value};
use serde_json::json;

use super::question::{Question, Text};

/// The member of `data` with the parameters. No document may define it.
const PARAMETERS: &str = "control_parameters";

/// `data` of a question, and how its numbers are written. `at` is called with
/// the path of each file before it is read.
pub(super) fn read(
    question: &Question,
    modules: &[Ref<Module>],
    problems: &mut Vec<String>,
    at: &mut dyn FnMut(&str),
) -> (Value, Notations) {
    let (mut engine, mut notations) = (Engine::new(), Notations::default());
    let mut note = |added: Result<Notations, String>| match added {
        Ok(added) => notations.extend(&added),
        Err(problem) => problems.push(problem),
    };
    note(add_parameters(&mut engine, question));
    for file in &question.data {
        at(&file.path);
        note(add(&mut engine, modules, file));
    }
    (engine.get_data(), notations)
}

/// Adds the parameters of the controls. They are always present, so that a
/// control that reads them is never undefined.
fn add_parameters(engine: &mut Engine, question: &Question) -> Result<Notations, String> {
    let text = json!({ PARAMETERS: question.parameters }).to_string();
    Value::from_json_str(&text)
        .and_then(|value| engine.add_data(value))
        .map_err(|error| format!("{PARAMETERS}: {}", in_one_line(&error)))?;
    Ok(Notations::of_json(&text))
}

/// Merges a document into `data`, and returns how its numbers are written. In
/// YAML that is without meaning: OPA converts them.
fn add(engine: &mut Engine, modules: &[Ref<Module>], file: &Text) -> Result<Notations, String> {
    let is_json = file.path.to_ascii_lowercase().ends_with(".json");
    let value = if is_json {
        Value::from_json_str(&file.text)
    } else {
        Value::from_yaml_str(&file.text)
    };
    let mut value = value.map_err(|error| format!("{}: {}", file.path, in_one_line(&error)))?;
    if !matches!(value, Value::Object(_)) {
        return Err(format!("{}: a data document must be an object", file.path));
    }
    if !is_json {
        if let Some((line, word)) = yaml_words::first(&file.text, &value) {
            return Err(format!(
                "{}:{line}: OPA reads {word} as a truth value, a number or bytes; write it in \
                 quotes, or true, false or the number itself",
                file.path
            ));
        }
        value = yaml_words::with_text_keys(value).ok_or_else(|| {
            format!(
                "{}: OPA reads this otherwise: a key is a text, a whole number or a truth value \
                 and occurs once, `<<` merges, and an integer has 64 bits",
                file.path
            )
        })?;
    }
    if let Some(clash) = clash(modules, &value) {
        return Err(format!("{}: {clash}", file.path));
    }
    engine.add_data(value).map_err(|error| {
        let hint = "only documents that rules read as `data` belong beside them";
        format!("{}: {}; {hint}", file.path, in_one_line(&error))
    })?;
    Ok(match is_json {
        true => Notations::of_json(&file.text),
        false => Notations::default(),
    })
}

/// Why a document conflicts with rules. It would silently replace their values.
fn clash(modules: &[Ref<Module>], document: &Value) -> Option<String> {
    if document[PARAMETERS] != Value::Undefined {
        return Some(format!(
            "`{PARAMETERS}` is what the terms say; write it there"
        ));
    }
    modules.iter().find_map(|module| {
        let (package, mut value) = (package_of(module), document);
        for part in &package {
            value = &value[part.as_str()];
            if *value == Value::Undefined {
                return None;
            }
        }
        let names = module.policy.iter().map(|rule| name_of(rule));
        // Data may lie in a package if no rule has its name.
        let mut taken = names
            .filter(|name| !matches!(value, Value::Object(_)) || value[*name] != Value::Undefined);
        let (package, file) = (package.join("."), file_of(module));
        taken.next().map(|name| {
            format!("`{package}.{name}` is a rule ({file}), and cannot be data as well")
        })
    })
}
