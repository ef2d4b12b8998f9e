//! From the action's properties to a request, or to all their problems.

use std::collections::{BTreeMap, BTreeSet};

use super::images::{DEFAULT_IMAGE_FILE, Images, image_name};
use super::problem::ConfigurationProblem;
use super::{FileRef, ImageRequest, Request};
use crate::job::options::Options;
use crate::job::{Excerpt, nearest};

/// Bytes of one property's value that are read. A written value may have 1,000
/// characters; resolved variables may make it longer, up to the 100 KB that
/// the whole configuration may have (aws-facts §1.1).
pub const MAX_PROPERTY_BYTES: usize = 100 * 1024;

/// Characters of an application's or deployment group's name
/// (aws-facts §5.1).
const MAX_NAME: usize = 100;

/// Characters of a path inside an artifact; longer ones are nobody's.
const MAX_PATH: usize = 1000;

impl Request {
    /// Reads the action's properties. Properties that are not ours are
    /// ignored, because the service may add its own (aws-facts §1.1); a blank
    /// property counts as absent.
    ///
    /// # Errors
    ///
    /// Every problem of the configuration.
    pub fn parse(
        configuration: &BTreeMap<String, String>,
        artifacts: &[&str],
    ) -> Result<Self, Vec<ConfigurationProblem>> {
        let mut reader = Reader {
            configuration,
            artifacts,
            problems: Vec::new(),
        };
        let application = reader.name("ApplicationName");
        let deployment_group = reader.name("DeploymentGroupName");
        let task_definition = reader.template(
            "TaskDefinitionTemplateArtifact",
            "TaskDefinitionTemplatePath",
            "taskdef.json",
        );
        let app_spec = reader.template(
            "AppSpecTemplateArtifact",
            "AppSpecTemplatePath",
            "appspec.yaml",
        );
        let images = reader.images();
        let options = reader.options();
        match (application, deployment_group, task_definition, app_spec) {
            (Some(application), Some(deployment_group), Some(task_definition), Some(app_spec))
                if reader.problems.is_empty() =>
            {
                Ok(Self {
                    application,
                    deployment_group,
                    task_definition,
                    app_spec,
                    images,
                    options,
                })
            }
            _ => Err(reader.problems),
        }
    }
}

struct Reader<'a> {
    configuration: &'a BTreeMap<String, String>,
    artifacts: &'a [&'a str],
    problems: Vec<ConfigurationProblem>,
}

impl<'a> Reader<'a> {
    fn optional(&mut self, property: &'static str) -> Option<&'a str> {
        let value = self.configuration.get(property)?;
        if value.len() > MAX_PROPERTY_BYTES {
            self.problems.push(ConfigurationProblem::TooLong {
                property,
                bytes: value.len(),
                limit: MAX_PROPERTY_BYTES,
            });
            return None;
        }
        Some(value.trim()).filter(|value| !value.is_empty())
    }

    fn required(&mut self, property: &'static str) -> Option<&'a str> {
        let before = self.problems.len();
        let value = self.optional(property);
        if value.is_none() && self.problems.len() == before {
            self.problems
                .push(ConfigurationProblem::Missing { property });
        }
        value
    }

    fn name(&mut self, property: &'static str) -> Option<String> {
        let value = self.required(property)?;
        let well_formed = value.len() <= MAX_NAME
            && value
                .bytes()
                .all(|byte| byte.is_ascii_alphanumeric() || b"._+=,@-".contains(&byte));
        if well_formed {
            return Some(value.to_owned());
        }
        self.problems
            .push(ConfigurationProblem::NotACodeDeployName {
                property,
                value: Excerpt::of(value),
            });
        None
    }

    fn template(
        &mut self,
        artifact_property: &'static str,
        path_property: &'static str,
        default: &'static str,
    ) -> Option<FileRef> {
        let source = self
            .required(artifact_property)
            .and_then(|name| artifact(artifact_property, name, self.artifacts, &mut self.problems));
        let file = self.optional(path_property).unwrap_or(default);
        let file = path(path_property, file, &mut self.problems);
        Some(FileRef {
            artifact: source?,
            path: file?,
        })
    }

    fn images(&mut self) -> Vec<ImageRequest> {
        let mut images: Vec<ImageRequest> = self.first_image().into_iter().collect();
        if let Some(text) = self.optional("Images") {
            match Images::parse(text, self.artifacts) {
                Ok(further) => images.extend(further.0),
                Err(problems) => self.problems.extend(problems),
            }
        }
        let mut names = BTreeSet::new();
        for image in &images {
            if !names.insert(image.name.as_str()) {
                self.problems.push(ConfigurationProblem::ImageTwice {
                    name: Excerpt::of(&image.name),
                });
            }
        }
        images
    }

    fn first_image(&mut self) -> Option<ImageRequest> {
        const ARTIFACT: &str = "Image1ArtifactName";
        const NAME: &str = "Image1ContainerName";
        let (present, absent) = match (self.optional(ARTIFACT), self.optional(NAME)) {
            (Some(source), Some(name)) => {
                let source = artifact(ARTIFACT, source, self.artifacts, &mut self.problems);
                let name = image_name(NAME, name, &mut self.problems);
                return Some(ImageRequest {
                    name: name?,
                    file: FileRef {
                        artifact: source?,
                        path: DEFAULT_IMAGE_FILE.to_owned(),
                    },
                });
            }
            (None, None) => return None,
            (Some(_), None) => (ARTIFACT, NAME),
            (None, Some(_)) => (NAME, ARTIFACT),
        };
        self.problems
            .push(ConfigurationProblem::HalfAPair { present, absent });
        None
    }

    fn options(&mut self) -> Options {
        let text = self.optional("Options").unwrap_or_default();
        Options::parse(text).unwrap_or_else(|problems| {
            self.problems.extend(problems);
            Options::default()
        })
    }
}

/// The name of one of the job's input artifacts.
pub(super) fn artifact(
    property: &'static str,
    name: &str,
    inputs: &[&str],
    problems: &mut Vec<ConfigurationProblem>,
) -> Option<String> {
    if inputs.contains(&name) {
        return Some(name.to_owned());
    }
    problems.push(ConfigurationProblem::NoSuchArtifact {
        property,
        name: Excerpt::of(name),
        nearest: nearest(name, inputs.iter().copied()).map(Excerpt::of),
        inputs: inputs.iter().copied().map(Excerpt::of).collect(),
    });
    None
}

/// A path inside an artifact, as its archive writes it: relative, with `/`,
/// and never upwards. A leading `./` is dropped.
pub(super) fn path(
    property: &'static str,
    text: &str,
    problems: &mut Vec<ConfigurationProblem>,
) -> Option<String> {
    let relative = text.trim_start_matches("./");
    let well_formed = !relative.is_empty()
        && relative.len() <= MAX_PATH
        && !relative.contains(|c: char| c.is_control() || c == '\\')
        && relative
            .split('/')
            .all(|part| !part.is_empty() && part != "." && part != "..");
    if well_formed {
        return Some(relative.to_owned());
    }
    problems.push(ConfigurationProblem::NotAPath {
        property,
        path: Excerpt::of(text),
    });
    None
}
