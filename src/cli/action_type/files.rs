//! The files in `action-type/`: the action type for CloudFormation and
//! Terraform, and pipeline stages for users to paste.

use super::{Format, StageFormat};
use crate::cli::json_text;
use crate::job::action_type::definition_with;
use crate::job::{ActionVersion, Engine};

/// A file's text. The names of version 2 end in `-2`.
macro_rules! file {
    ($engine:expr, $name:literal, $ending:literal) => {
        match $engine {
            Engine::CodeDeploy => {
                include_str!(concat!("../../../action-type/", $name, ".", $ending))
            }
            Engine::Ecs => include_str!(concat!("../../../action-type/", $name, "-2.", $ending)),
        }
    };
}

/// The action type. The links of JSON lead to `region`; CloudFormation and
/// Terraform know their own.
pub(super) fn action_type(
    format: Format,
    version: &ActionVersion,
    queryable: Option<&str>,
    region: &str,
) -> String {
    let engine = version.engine();
    let (text, name, switch) = match format {
        Format::Json => return json_text(&definition_with(version, region, queryable)),
        Format::Cloudformation => {
            let text = file!(engine, "rust-blue-green-deploy", "yaml");
            (
                text,
                queryable.map(|name| format!("Name: {name}\n")),
                "Queryable: ",
            )
        }
        Format::Terraform => {
            let text = file!(engine, "rust-blue-green-deploy", "tf");
            (
                text,
                queryable.map(|name| format!("\"{name}\"\n")),
                "queryable   = ",
            )
        }
    };
    let text = with_version(text, version);
    let Some(property) = name.and_then(|name| text.find(&name)) else {
        return text;
    };
    // The switch comes after the property's name.
    let (before, after) = text.split_at(property);
    let (off, on) = (format!("{switch}false"), format!("{switch}true"));
    before.to_owned() + &after.replacen(&off, &on, 1)
}

/// A stage that uses the action type.
pub(super) fn stage(format: StageFormat, version: &ActionVersion) -> String {
    let engine = version.engine();
    let text = match format {
        StageFormat::Json => file!(engine, "pipeline-stage", "json"),
        StageFormat::Cloudformation => file!(engine, "pipeline-stage", "yaml"),
        StageFormat::Cdk => file!(engine, "pipeline-stage", "ts"),
        StageFormat::Terraform => file!(engine, "pipeline-stage", "tf"),
    };
    with_version(text, version)
}

/// The file for a version with an ending, such as `1-b`.
fn with_version(text: &str, version: &ActionVersion) -> String {
    let plain = ActionVersion::from(version.engine());
    text.replace(&format!("\"{plain}\""), &format!("\"{version}\""))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use clap::ValueEnum as _;
    use serde_json::{Value, json};

    use super::*;
    use crate::job::action_type::{INPUTS, PROVIDER, definition, properties};
    use crate::job::request::Request;

    /// The words of a file, one space apart.
    fn words(text: &str) -> String {
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_files_define_the_action_type_that_is_registered() {
        for engine in Engine::ALL {
            let settings = &definition(&engine.into(), "R")["settings"];
            let (least, most) = INPUTS;
            for (format, beginning, separator, numbers) in [
                (
                    Format::Cloudformation,
                    "- Name: ",
                    ": ",
                    format!("MinimumCount: {least} MaximumCount: {most}"),
                ),
                (
                    Format::Terraform,
                    "configuration_property { name = ",
                    " = ",
                    format!("minimum_count = {least} maximum_count = {most}"),
                ),
            ] {
                let text = words(&action_type(format, &engine.into(), None, "R"));
                assert!(text.contains(&numbers), "{text}");
                assert!(text.contains(PROVIDER), "{text}");
                for link in ["entityUrlTemplate", "executionUrlTemplate"] {
                    let link = settings[link].as_str().unwrap();
                    let path = link.split_once(".com").unwrap().1.replace("=R", "=$");
                    assert!(text.contains(&path), "{path}: {text}");
                }
                let listed = text.split(beginning).skip(1);
                let listed = listed.map(|one| one.trim_end_matches([' ', '}']).to_lowercase());
                let expected = properties(engine).map(|property| {
                    let is_yaml = format == Format::Cloudformation;
                    let name = match is_yaml {
                        true => property.name.to_owned(),
                        false => json!(property.name).to_string(),
                    };
                    let kind = if is_yaml { "String" } else { "\"String\"" };
                    let members = [
                        ("description", json!(property.description).to_string()),
                        ("required", property.required.to_string()),
                        ("key", "false".into()),
                        ("secret", "false".into()),
                        ("queryable", "false".into()),
                        ("type", kind.into()),
                    ];
                    let members = members.map(|(name, value)| format!("{name}{separator}{value}"));
                    format!("{name} {}", members.join(" ")).to_lowercase()
                });
                assert_eq!(listed.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
            }
        }
    }

    #[test]
    fn a_version_with_an_ending_can_have_one_queryable_property() {
        let version = ActionVersion::parse("1-b").unwrap();
        for (format, default, name) in [
            (
                Format::Cloudformation,
                "Default: \"1-b\"",
                "Name: DeploymentGroupName ",
            ),
            (
                Format::Terraform,
                "default = \"1-b\"",
                "name = \"DeploymentGroupName\" ",
            ),
        ] {
            let text = action_type(format, &version, Some("DeploymentGroupName"), "R");
            let text = words(&text).to_lowercase();
            assert!(text.contains(&default.to_lowercase()), "{text}");
            let on = text.replace(" = ", ": ").matches("queryable: true").count();
            assert_eq!(on, 1, "{text}");
            let (_, after) = text.split_once(&name.to_lowercase()).unwrap();
            let (_, switch) = after.split_once("queryable").unwrap();
            assert!(
                switch
                    .trim_start_matches([' ', ':', '='])
                    .starts_with("true")
            );
        }
    }

    #[test]
    fn the_stages_show_a_configuration_that_works() {
        for engine in Engine::ALL {
            let version = engine.into();
            let shown: Value = serde_json::from_str(&stage(StageFormat::Json, &version)).unwrap();
            let action = &shown["actions"][0];
            let configuration: BTreeMap<String, String> =
                serde_json::from_value(action["configuration"].clone()).unwrap();
            let inputs = action["inputArtifacts"].as_array().unwrap().iter();
            let inputs: Vec<&str> = inputs.map(|one| one["name"].as_str().unwrap()).collect();
            assert_eq!(Engine::of_properties(&configuration), engine);
            assert!(Request::parse(&configuration, &inputs).is_ok());
            for property in properties(engine) {
                assert!(
                    configuration.contains_key(property.name),
                    "{}",
                    property.name
                );
            }
            for format in StageFormat::value_variants() {
                let text = words(&stage(*format, &version)).replace("\": \"", ": \"");
                let text = text.replace(" = ", ": ");
                for (name, value) in &configuration {
                    let pair = format!("{name}: \"{value}\"");
                    assert!(text.contains(&pair), "{pair}: {text}");
                }
                let text = text.to_lowercase();
                for input in &inputs {
                    assert!(text.contains(&input.to_lowercase()), "{input}: {text}");
                }
                assert!(text.contains(&PROVIDER.to_lowercase()), "{text}");
            }
        }
    }

    #[test]
    fn a_stage_names_its_version_once() {
        let version = ActionVersion::parse("2-b").unwrap();
        for format in StageFormat::value_variants() {
            assert_eq!(stage(*format, &version).matches("\"2-b\"").count(), 1);
        }
    }
}
