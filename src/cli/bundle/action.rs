//! The pipeline action that releases a bundle.

use std::collections::BTreeMap;

use super::artifacts::Files;
use crate::job::request::{ConfigurationProblem, FileRef, Request};
use crate::job::{ActionVersion, Engine};
use crate::release::bundle::Bundle;
use crate::release::finding::Findings;
use crate::release::task_definition::TaskDefinition;

/// The file in the bundle with the action.
pub(in crate::cli) const FILE: &str = "action.json";

/// An action's declaration, as far as a release depends on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cli) struct Action {
    pub(in crate::cli) name: String,
    /// Which version's properties it has.
    pub(in crate::cli) engine: Engine,
    pub(in crate::cli) configuration: BTreeMap<String, String>,
    pub(in crate::cli) inputs: Vec<String>,
}

impl Action {
    /// The request in its configuration.
    ///
    /// # Errors
    ///
    /// Every problem that no value of a variable could fix.
    pub(in crate::cli) fn request(&self) -> Result<Request, Vec<ConfigurationProblem>> {
        let inputs: Vec<&str> = self.inputs.iter().map(String::as_str).collect();
        Request::parse_declaration(self.engine, &self.configuration, &inputs)
    }

    /// Assumes one artifact with all files under their own names, and an image
    /// for each placeholder that is a container's image.
    pub(super) fn assume(files: &Files) -> Self {
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
        let mut names = files
            .get("taskdef.json")
            .map_or_else(Vec::new, |bytes| image_placeholders(bytes))
            .into_iter();
        if let Some(name) = names.next() {
            configuration.insert("Image1ArtifactName".into(), ARTIFACT.into());
            configuration.insert("Image1ContainerName".into(), name);
        }
        // A file names only one image; a build would write one for each.
        let further = names.map(|name| format!("{name}={ARTIFACT}/imageDetail-{name}.json"));
        let further: Vec<String> = further.collect();
        if !further.is_empty() {
            configuration.insert("Images".into(), further.join(","));
        }
        Self {
            name: "Release".into(),
            engine: Engine::CodeDeploy,
            configuration,
            inputs: vec![ARTIFACT.into()],
        }
    }
}

/// The engine of a declared action. An unknown version, as in a template that
/// computes it, leaves the properties to decide.
pub(in crate::cli) fn engine(version: &str, configuration: &BTreeMap<String, String>) -> Engine {
    ActionVersion::parse(version).map_or_else(
        |_| Engine::of_properties(configuration),
        |version| version.engine(),
    )
}

/// The artifact of an assumed action.
const ARTIFACT: &str = "Bundle";

/// Each `<NAME>` that is the whole image of a container, once. One that also
/// stands in the place of a role or a size is for the build to replace. An
/// unreadable file has none; checking it reports the problem.
fn image_placeholders(bytes: &[u8]) -> Vec<String> {
    let file = FileRef {
        artifact: ARTIFACT.into(),
        path: "taskdef.json".into(),
    };
    let mut bundle = Bundle::default();
    bundle.files.insert(file.clone(), Ok(bytes.to_owned()));
    let mut ignored = Findings::default();
    let Some(task_definition) = TaskDefinition::read(&bundle, &file, &mut ignored) else {
        return Vec::new();
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '-';
    let mut names: Vec<String> = Vec::new();
    for container in task_definition.containers() {
        let image = container.text("image").unwrap_or_default();
        let name = image.strip_prefix('<').and_then(|it| it.strip_suffix('>'));
        if let Some(name) = name
            && !name.is_empty()
            && name.chars().all(is_part)
            && names.iter().all(|known| known != name)
            && !task_definition.has_beside_images(image)
        {
            names.push(name.to_owned());
        }
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_version_decides_the_engine_and_the_properties_do_without_one() {
        let of = |version: &str, property: &str| {
            let configuration = BTreeMap::from([(property.to_owned(), "web".to_owned())]);
            engine(version, &configuration)
        };
        assert_eq!(of("2", "ApplicationName"), Engine::Ecs);
        assert_eq!(of("1-b", "ClusterName"), Engine::CodeDeploy);
        for unknown in ["", "7", "${ActionVersion}"] {
            assert_eq!(of(unknown, "ClusterName"), Engine::Ecs);
            assert_eq!(of(unknown, "ApplicationName"), Engine::CodeDeploy);
        }
    }

    #[test]
    fn without_a_declaration_one_is_assumed_that_fits_the_files() {
        let files: Files = [
            (
                "taskdef.json",
                r#"{"containerDefinitions":[
                    {"command":["<html>","<WEB_IMAGE>"],"image":"<WEB_IMAGE>"},
                    {"image":"<LOG>"}, {"image":"public.ecr.aws/nginx:1"},
                    {"name":"<ALL>","image":"<ALL>"}]}"#,
            ),
            ("appspec.yml", "version: 0.0"),
            ("imageDetail.json", "{}"),
        ]
        .into_iter()
        .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
        .collect();
        let action = Action::assume(&files);
        assert_eq!(action.inputs, ["Bundle"]);
        assert_eq!(action.configuration["AppSpecTemplatePath"], "appspec.yml");
        assert_eq!(action.configuration["Image1ContainerName"], "WEB_IMAGE");
        assert_eq!(
            action.configuration["Images"],
            "LOG=Bundle/imageDetail-LOG.json"
        );
    }
}
