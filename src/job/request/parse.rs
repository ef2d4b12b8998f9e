//! Parses the action's properties into a request, and collects all problems.

use std::collections::{BTreeMap, BTreeSet};

use super::images::{DEFAULT_IMAGE_FILE, MAX_IMAGE_NAME, parse_images};
use super::problem::ConfigurationProblem;
use super::{FileRef, ImageRequest, Request, holds_variable};
use crate::job::offer::JobData;
use crate::job::options::{OptionProblem, Options};
use crate::job::{DeployTarget, Engine, Excerpt, nearest};

/// Maximum size of a property's value in bytes. A value may be written with
/// 1,000 characters; resolved variables may make it longer, up to the 100 KB
/// that the whole configuration may have (docs/aws.md §1.1).
pub const MAX_PROPERTY_BYTES: usize = 100 * 1024;

/// The names of applications and deployment groups (docs/aws.md §5.1).
const CODEDEPLOY_NAME: NameRule = NameRule {
    longest: 100,
    others: b"._+=,@-",
};

/// The names of clusters and services (ECS's API reference).
const ECS_NAME: NameRule = NameRule {
    longest: 255,
    others: b"_-",
};

/// Maximum length of a path inside an artifact. Longer ones are not plausible.
const MAX_PATH: usize = 1000;

impl Request {
    /// Parses the properties of a job.
    ///
    /// # Errors
    ///
    /// Every problem of the configuration.
    pub fn of_job(job: &JobData) -> Result<Self, Vec<ConfigurationProblem>> {
        let artifacts = job.artifacts.iter();
        let artifacts: Vec<&str> = artifacts.map(|artifact| artifact.name.as_str()).collect();
        Self::parse(&job.configuration, &artifacts)
    }

    /// Parses the action's properties. Ignores unknown properties, because
    /// CodePipeline may add its own (docs/aws.md §1.1). A blank property counts
    /// as absent.
    ///
    /// # Errors
    ///
    /// Every problem of the configuration.
    pub fn parse(
        configuration: &BTreeMap<String, String>,
        artifacts: &[&str],
    ) -> Result<Self, Vec<ConfigurationProblem>> {
        let engine = Engine::of_properties(configuration);
        Self::read(engine, configuration, artifacts, Source::Job)
    }

    /// Parses a pipeline's declaration of the action, whose version decides the
    /// engine and whose values may contain unresolved variables. A value with a
    /// variable is kept as it is, an artifact named by a variable is taken to
    /// be the first one, and an option with a variable in its value has its
    /// default.
    ///
    /// # Errors
    ///
    /// Every problem that no value of a variable could fix.
    pub fn parse_declaration(
        engine: Engine,
        configuration: &BTreeMap<String, String>,
        artifacts: &[&str],
    ) -> Result<Self, Vec<ConfigurationProblem>> {
        Self::read(engine, configuration, artifacts, Source::Declaration)
    }

    fn read(
        engine: Engine,
        configuration: &BTreeMap<String, String>,
        artifacts: &[&str],
        source: Source,
    ) -> Result<Self, Vec<ConfigurationProblem>> {
        let mut reader = Reader {
            configuration,
            artifacts,
            source,
            problems: Vec::new(),
        };
        let target = reader.target(engine);
        let task_definition = reader.template(
            "TaskDefinitionTemplateArtifact",
            "TaskDefinitionTemplatePath",
            "taskdef.json",
        );
        let app_spec = match engine {
            Engine::CodeDeploy => reader.template(
                "AppSpecTemplateArtifact",
                "AppSpecTemplatePath",
                "appspec.yaml",
            ),
            Engine::Ecs => None,
        };
        let images = reader.images();
        let options = reader.options(engine);
        match (target, task_definition) {
            (Some(target), Some(task_definition)) if reader.problems.is_empty() => Ok(Self {
                target,
                task_definition,
                app_spec,
                images,
                options,
            }),
            _ => Err(reader.problems),
        }
    }
}

const APPLICATION: &str = "ApplicationName";
const GROUP: &str = "DeploymentGroupName";
const CLUSTER: &str = "ClusterName";
const SERVICE: &str = "ServiceName";

/// Where a configuration comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// A job, in which CodePipeline has resolved the variables.
    Job,
    /// A pipeline declaration in a file.
    Declaration,
}

impl Source {
    /// Whether CodePipeline still has to resolve this value.
    pub(super) fn resolves_later(self, value: &str) -> bool {
        self == Self::Declaration && holds_variable(value)
    }
}

/// What a name may be: so many letters, digits and other characters at most.
struct NameRule {
    longest: usize,
    others: &'static [u8],
}

impl NameRule {
    fn allows(&self, name: &str) -> bool {
        let may = |byte: u8| byte.is_ascii_alphanumeric() || self.others.contains(&byte);
        name.len() <= self.longest && name.bytes().all(may)
    }
}

struct Reader<'a> {
    configuration: &'a BTreeMap<String, String>,
    artifacts: &'a [&'a str],
    source: Source,
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

    fn target(&mut self, engine: Engine) -> Option<DeployTarget> {
        match engine {
            Engine::CodeDeploy => {
                let application = self.codedeploy_name(APPLICATION);
                let group = self.codedeploy_name(GROUP);
                Some(DeployTarget::group(application?, group?))
            }
            Engine::Ecs => {
                let cluster = self.ecs_name(CLUSTER);
                let service = self.ecs_name(SERVICE);
                Some(DeployTarget::service(cluster?, service?))
            }
        }
    }

    fn codedeploy_name(&mut self, property: &'static str) -> Option<String> {
        let problem = |value| ConfigurationProblem::NotACodeDeployName { property, value };
        self.name(property, &CODEDEPLOY_NAME, problem)
    }

    fn ecs_name(&mut self, property: &'static str) -> Option<String> {
        let problem = |value| ConfigurationProblem::NotAnEcsName { property, value };
        self.name(property, &ECS_NAME, problem)
    }

    fn name(
        &mut self,
        property: &'static str,
        rule: &NameRule,
        problem: impl FnOnce(Excerpt) -> ConfigurationProblem,
    ) -> Option<String> {
        let value = self.required(property)?;
        if rule.allows(value) || self.source.resolves_later(value) {
            return Some(value.to_owned());
        }
        self.problems.push(problem(Excerpt::of(value)));
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
            .and_then(|name| self.values().artifact(artifact_property, name));
        let file = self.optional(path_property).unwrap_or(default);
        let file = self.values().path(path_property, file);
        Some(FileRef {
            artifact: source?,
            path: file?,
        })
    }

    fn values(&mut self) -> Values<'_> {
        Values {
            artifacts: self.artifacts,
            source: self.source,
            problems: &mut self.problems,
        }
    }

    fn images(&mut self) -> Vec<ImageRequest> {
        let mut images: Vec<ImageRequest> = self.first_image().into_iter().collect();
        if let Some(text) = self.optional("Images") {
            match parse_images(text, self.artifacts, self.source) {
                Ok(further) => images.extend(further),
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
                let source = self.values().artifact(ARTIFACT, source);
                let name = self.values().image_name(NAME, name);
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

    fn options(&mut self, engine: Engine) -> Options {
        let text = self.optional("Options").unwrap_or_default();
        let resolves_later = |value: &str| self.source.resolves_later(value);
        let options = Options::read_all(text, resolves_later).unwrap_or_else(|problems| {
            let problems = problems.into_iter().map(ConfigurationProblem::Option);
            self.problems.extend(problems);
            Options::default()
        });
        let of_codedeploy = match engine {
            Engine::CodeDeploy => Vec::new(),
            Engine::Ecs => options.only_for_codedeploy(),
        };
        self.problems.extend(
            of_codedeploy
                .into_iter()
                .map(|key| ConfigurationProblem::Option(OptionProblem::OnlyForCodeDeploy { key })),
        );
        options
    }
}

/// Parses single values and records their problems.
pub(super) struct Values<'a> {
    pub(super) artifacts: &'a [&'a str],
    pub(super) source: Source,
    pub(super) problems: &'a mut Vec<ConfigurationProblem>,
}

impl Values<'_> {
    /// Parses the name of an input artifact of the job.
    pub(super) fn artifact(&mut self, property: &'static str, name: &str) -> Option<String> {
        if self.artifacts.contains(&name) {
            return Some(name.to_owned());
        }
        // An input whose name contains a variable may be the one.
        let mut names = self.artifacts.iter().chain([&name]);
        if names.any(|name| self.source.resolves_later(name)) {
            return Some((*self.artifacts.first().unwrap_or(&name)).to_owned());
        }
        let inputs = self.artifacts.iter().copied();
        self.problems.push(ConfigurationProblem::NoSuchArtifact {
            property,
            name: Excerpt::of(name),
            nearest: nearest(name, inputs.clone()).map(Excerpt::of),
            inputs: inputs.map(Excerpt::of).collect(),
        });
        None
    }

    /// Parses a path inside an artifact, as in its archive: relative, with `/`,
    /// and without `..`. Drops a leading `./`.
    pub(super) fn path(&mut self, property: &'static str, text: &str) -> Option<String> {
        let relative = text.trim_start_matches("./");
        let well_formed = !relative.is_empty()
            && relative.len() <= MAX_PATH
            && !relative.contains(|c: char| c.is_control() || c == '\\')
            && relative
                .split('/')
                .all(|part| !part.is_empty() && part != "." && part != "..");
        if well_formed || self.source.resolves_later(text) {
            return Some(relative.to_owned());
        }
        self.problems.push(ConfigurationProblem::NotAPath {
            property,
            path: Excerpt::of(text),
        });
        None
    }

    /// Parses the name between `<` and `>`. Rejects the punctuation of the
    /// property and of the placeholder.
    pub(super) fn image_name(&mut self, property: &'static str, name: &str) -> Option<String> {
        let fits = (1..=MAX_IMAGE_NAME).contains(&name.chars().count());
        let clean = !name
            .chars()
            .any(|c| c.is_control() || c.is_whitespace() || "<>=,\"\\".contains(c));
        if (fits && clean) || self.source.resolves_later(name) {
            return Some(name.to_owned());
        }
        self.problems.push(ConfigurationProblem::NotAnImageName {
            property,
            name: Excerpt::of(name),
        });
        None
    }
}
