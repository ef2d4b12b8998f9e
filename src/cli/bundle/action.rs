//! The pipeline action that releases a bundle.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::BundleProblem;
use super::artifacts::Files;

/// The bundle's file that holds the action.
pub(in crate::cli) const FILE: &str = "action.json";

/// An action's declaration, as far as a release depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Action {
    pub(in crate::cli) name: String,
    pub(in crate::cli) configuration: BTreeMap<String, String>,
    pub(in crate::cli) inputs: Vec<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Declaration {
    name: String,
    configuration: BTreeMap<String, String>,
    input_artifacts: Vec<Input>,
}

#[derive(Deserialize)]
struct Input {
    name: String,
}

impl Action {
    /// The bundle's own action, or one that fits its files.
    pub(super) fn of(files: &Files) -> Result<Self, BundleProblem> {
        match files.get(FILE) {
            Some(bytes) => Self::parse(bytes),
            None => Ok(Self::assume(files)),
        }
    }

    fn parse(bytes: &[u8]) -> Result<Self, BundleProblem> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let declaration: Declaration =
            serde_json::from_slice(bytes).map_err(|error| BundleProblem::NotAnAction {
                place: format!("{FILE}:{}:{}", error.line(), error.column()),
                detail: error.to_string(),
            })?;
        let inputs = declaration.input_artifacts;
        Ok(Self {
            name: declaration.name,
            configuration: declaration.configuration,
            inputs: inputs.into_iter().map(|input| input.name).collect(),
        })
    }

    /// One artifact with everything in it, the files under the names that they
    /// have, and the image for the first placeholder of the task definition.
    fn assume(files: &Files) -> Self {
        const ARTIFACT: &str = "Bundle";
        let app_spec = ["appspec.yaml", "appspec.yml", "appspec.json"];
        let app_spec = app_spec.into_iter().find(|name| files.contains_key(*name));
        let mut configuration: BTreeMap<String, String> = [
            ("ApplicationName", "rehearsal"),
            ("DeploymentGroupName", "rehearsal"),
            ("TaskDefinitionTemplateArtifact", ARTIFACT),
            ("AppSpecTemplateArtifact", ARTIFACT),
            ("AppSpecTemplatePath", app_spec.unwrap_or("appspec.yaml")),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let template = files
            .get("taskdef.json")
            .map(|bytes| String::from_utf8_lossy(bytes));
        let placeholder = template.as_deref().and_then(first_placeholder);
        if let (Some(name), true) = (placeholder, files.contains_key("imageDetail.json")) {
            configuration.insert("Image1ArtifactName".into(), ARTIFACT.into());
            configuration.insert("Image1ContainerName".into(), name.to_owned());
        }
        Self {
            name: "Release".into(),
            configuration,
            inputs: vec![ARTIFACT.into()],
        }
    }
}

/// The first `<NAME>` of a text.
fn first_placeholder(text: &str) -> Option<&str> {
    let part_of_name = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    text.split('<').skip(1).find_map(|rest| {
        let (name, _) = rest.split_once('>')?;
        (!name.is_empty() && name.chars().all(part_of_name)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_declaration_is_taken_as_a_pipeline_has_it() {
        let action = Action::parse(include_bytes!("../../../examples/webapp/action.json")).unwrap();
        assert_eq!(action.name, "Release");
        assert_eq!(action.inputs, ["SourceOutput", "BuildOutput"]);
        assert_eq!(action.configuration["Image1ContainerName"], "IMAGE1_NAME");
    }

    #[test]
    fn a_broken_declaration_is_named_with_its_place() {
        let problem = Action::parse(b"{\n  \"name\": }").unwrap_err();
        assert!(
            problem
                .to_string()
                .starts_with("action.json:2:11 is no pipeline action"),
            "{problem}"
        );
    }

    #[test]
    fn without_a_declaration_one_is_assumed_that_fits_the_files() {
        let files: Files = [
            (
                "taskdef.json",
                r#"{"containerDefinitions":[{"image":"<WEB_IMAGE>"}]}"#,
            ),
            ("appspec.yml", "version: 0.0"),
            ("imageDetail.json", "{}"),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .collect();
        let action = Action::of(&files).unwrap();
        assert_eq!(action.inputs, ["Bundle"]);
        assert_eq!(action.configuration["AppSpecTemplatePath"], "appspec.yml");
        assert_eq!(action.configuration["Image1ContainerName"], "WEB_IMAGE");
        assert_eq!(first_placeholder("a < b > c <X1> <Y>"), Some("X1"));
    }
}
