//! `data`: documents beside the policies, and the parameters of controls.

use regorus::{Engine, Value};
use serde_json::json;

use super::parser::in_one_line;
use super::question::{Question, Text};
use super::rego::Notations;
use super::syntax::name_of;
use super::yaml_words;

/// The member of `data` with the parameters. No document may define it.
const PARAMETERS: &str = "control_parameters";

/// Adds the parameters of the controls, and returns how their numbers are
/// written. They are always present, so that a control that reads them is never
/// undefined.
///
/// # Errors
///
/// What is wrong with them.
pub(super) fn add_parameters(
    engine: &mut Engine,
    question: &Question,
) -> Result<Notations, String> {
    let text = json!({ PARAMETERS: question.parameters }).to_string();
    Value::from_json_str(&text)
        .and_then(|value| engine.add_data(value))
        .map_err(|error| format!("{PARAMETERS}: {}", in_one_line(&error)))?;
    Ok(Notations::of_json(&text))
}

/// Merges a document into `data`, and returns how its numbers are written. In
/// YAML that is without meaning: OPA converts them.
///
/// # Errors
///
/// What is wrong with it, with its file.
pub(super) fn add(engine: &mut Engine, file: &Text) -> Result<Notations, String> {
    let is_json = file.path.to_ascii_lowercase().ends_with(".json");
    let value = if is_json {
        Value::from_json_str(&file.text)
    } else {
        Value::from_yaml_str(&file.text)
    };
    let value = value.map_err(|error| format!("{}: {}", file.path, in_one_line(&error)))?;
    if !matches!(value, Value::Object(_)) {
        return Err(format!("{}: a data document must be an object", file.path));
    }
    if !is_json && let Some((line, word)) = yaml_words::first(&file.text, &value) {
        return Err(format!(
            "{}:{line}: OPA reads {word} as a truth value or a number; write it in quotes, or \
             true, false or the number itself",
            file.path
        ));
    }
    if let Some(clash) = clash(engine, &value) {
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
fn clash(engine: &mut Engine, document: &Value) -> Option<String> {
    if document[PARAMETERS] != Value::Undefined {
        return Some(format!(
            "`{PARAMETERS}` is what the terms say; write it there"
        ));
    }
    let packages = engine.get_policy_package_components().unwrap_or_default();
    let mut modules = engine.get_modules().iter().zip(packages);
    modules.find_map(|(module, package)| {
        let mut value = document;
        for part in &package.components {
            value = &value[part.as_str()];
            if *value == Value::Undefined {
                return None;
            }
        }
        let names = module.policy.iter().map(|rule| name_of(rule));
        // Data may lie in a package if no rule has its name.
        let mut taken = names
            .filter(|name| !matches!(value, Value::Object(_)) || value[*name] != Value::Undefined);
        let (package, file) = (package.components.join("."), package.source_file);
        taken.next().map(|name| {
            format!("`{package}.{name}` is a rule ({file}), and cannot be data as well")
        })
    })
}
