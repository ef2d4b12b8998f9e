//! The pipeline action that releases a bundle.

use std::collections::BTreeMap;

use super::artifacts::Files;
use crate::job::request::{ConfigurationProblem, DEFAULT_IMAGE_FILE, FileRef, Request};
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

    /// Assumes one artifact with all files, and an image for each placeholder
    /// that is a container's image.
    pub(super) fn assume(files: &Files) -> Self {
        let Templates {
            task_definition,
            app_spec,
        } = Templates::of(files);
        let mut configuration: BTreeMap<String, String> = [
            ("ApplicationName", "rehearsal"),
            ("DeploymentGroupName", "rehearsal"),
            ("TaskDefinitionTemplateArtifact", ARTIFACT),
            ("TaskDefinitionTemplatePath", task_definition),
            ("AppSpecTemplateArtifact", ARTIFACT),
            ("AppSpecTemplatePath", app_spec),
        ]
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect();
        let mut names = files
            .get(task_definition)
            .map_or_else(Vec::new, |bytes| image_placeholders(bytes))
            .into_iter();
        let mut images = Vec::new();
        if let Some(name) = names.next() {
            match called(files, &[DEFAULT_IMAGE_FILE]).as_slice() {
                [only] if !folder(only).is_empty() => {
                    images.push(format!("{name}={ARTIFACT}/{only}"));
                }
                _ => {
                    configuration.insert("Image1ArtifactName".into(), ARTIFACT.into());
                    configuration.insert("Image1ContainerName".into(), name);
                }
            }
        }
        // A file names only one image; a build would write one for each.
        images.extend(names.map(|name| format!("{name}={ARTIFACT}/imageDetail-{name}.json")));
        if !images.is_empty() {
            configuration.insert("Images".into(), images.join(","));
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

/// Where a bundle without a declaration has its templates.
struct Templates<'a> {
    task_definition: &'a str,
    app_spec: &'a str,
}

impl<'a> Templates<'a> {
    /// Those in the root, in the only folder that has both, or the only ones.
    /// Without any, the names that an action assumes.
    fn of(files: &'a Files) -> Self {
        let task_definitions = called(files, &TASK_DEFINITIONS);
        let app_specs = called(files, &APP_SPECS);
        let mut both = task_definitions.iter().flat_map(|task_definition| {
            let is_beside = |app_spec: &&&str| folder(app_spec) == folder(task_definition);
            let beside = app_specs.iter().filter(is_beside);
            beside.map(|app_spec| (*task_definition, *app_spec))
        });
        if let (Some((task_definition, app_spec)), None) = (both.next(), both.next()) {
            return Self {
                task_definition,
                app_spec,
            };
        }
        let only = |found: &[&'a str], usual: &'static str| match found {
            [only] => *only,
            [root, ..] if folder(root).is_empty() => *root,
            _ => usual,
        };
        Self {
            task_definition: only(&task_definitions, TASK_DEFINITIONS[0]),
            app_spec: only(&app_specs, APP_SPECS[0]),
        }
    }
}

/// Usual names, the one that an action assumes first.
pub(super) const TASK_DEFINITIONS: [&str; 3] = [
    "taskdef.json",
    "task-definition.json",
    "task_definition.json",
];
pub(super) const APP_SPECS: [&str; 3] = ["appspec.yaml", "appspec.yml", "appspec.json"];

/// The files with one of these names, those in the root first, in the order of
/// the names.
fn called<'a>(files: &'a Files, names: &[&str]) -> Vec<&'a str> {
    let rank = |path: &str| {
        let name = path.rsplit('/').next().unwrap_or(path);
        names.iter().position(|known| *known == name)
    };
    let found = files.keys().map(String::as_str);
    let mut found: Vec<&str> = found.filter(|path| rank(path).is_some()).collect();
    found.sort_by_key(|path| (!folder(path).is_empty(), rank(path)));
    found
}

fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

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

    #[test]
    fn templates_are_found_in_the_root_or_in_the_only_folder_that_has_them() {
        for (names, task_definition, app_spec) in [
            (&[][..], "taskdef.json", "appspec.yaml"),
            (
                &["appspec.json", "appspec.yml"],
                "taskdef.json",
                "appspec.yml",
            ),
            (
                &["ecs/taskdef.json", "ecs/appspec.yml", "src/appspec.yml"],
                "ecs/taskdef.json",
                "ecs/appspec.yml",
            ),
            (
                &[
                    "a/taskdef.json",
                    "a/appspec.yml",
                    "b/taskdef.json",
                    "b/appspec.yml",
                ],
                "taskdef.json",
                "appspec.yaml",
            ),
            (
                &[
                    "appspec.yml",
                    "taskdef.json",
                    "b/taskdef.json",
                    "b/appspec.yml",
                ],
                "taskdef.json",
                "appspec.yml",
            ),
            (
                &["appspec.yml", "ecs/task-definition.json"],
                "ecs/task-definition.json",
                "appspec.yml",
            ),
        ] {
            let file = |name: &&str| ((*name).to_owned(), Vec::new());
            let files: Files = names.iter().map(file).collect();
            let found = Templates::of(&files);
            assert_eq!(found.task_definition, task_definition, "{names:?}");
            assert_eq!(found.app_spec, app_spec, "{names:?}");
        }
    }

    #[test]
    fn an_image_file_beside_the_templates_is_named_in_images() {
        let task_definition = br#"{"containerDefinitions":[{"image":"<WEB>"}]}"#;
        let files: Files = [
            ("ecs/taskdef.json", &task_definition[..]),
            ("ecs/imageDetail.json", b"{}"),
        ]
        .into_iter()
        .map(|(name, bytes)| (name.to_owned(), bytes.to_owned()))
        .collect();
        let action = Action::assume(&files);
        assert_eq!(
            action.configuration["Images"],
            "WEB=Bundle/ecs/imageDetail.json"
        );
    }
}
