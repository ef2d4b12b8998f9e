//! The problems of a pipeline's declaration, with their messages.

use crate::job::action_type::{PROVIDER, properties};
use crate::job::{ActionVersion, Engine, Excerpt};
use crate::messages::Words;
use crate::release::finding::Severity;

/// Maximum length of a declared value in characters (docs/aws.md §1.1).
pub(super) const MAX_VALUE: usize = 1_000;
/// Maximum number of input artifacts of an action (docs/aws.md §1.1).
pub(super) const MAX_INPUTS: usize = 5;

/// One problem.
pub(super) struct Problem {
    pub(super) severity: Severity,
    pub(super) words: Words,
}

impl Problem {
    fn new(severity: Severity, what: String, remedy: impl Into<String>) -> Self {
        let remedy = remedy.into();
        let words = Words { what, remedy };
        Self { severity, words }
    }

    fn error(what: String, remedy: impl Into<String>) -> Self {
        Self::new(Severity::Error, what, remedy)
    }

    fn warning(what: String, remedy: impl Into<String>) -> Self {
        Self::new(Severity::Warning, what, remedy)
    }

    fn note(what: String, remedy: impl Into<String>) -> Self {
        Self::new(Severity::Note, what, remedy)
    }

    /// Neither our action nor the built-in one.
    pub(super) fn no_action(whole: &str) -> Self {
        Self::error(
            format!("the {whole} has no {PROVIDER} action"),
            format!("give an action the owner Custom and the provider {PROVIDER}"),
        )
    }

    /// A property that the action type does not declare.
    pub(super) fn unknown_property(name: &Excerpt, nearest: Option<&str>, engine: Engine) -> Self {
        let remedy = match nearest {
            Some(nearest) => format!("did you mean {nearest}?"),
            None => {
                let all = properties(engine).map(|property| property.name);
                let all = all.collect::<Vec<_>>().join(", ");
                format!("remove it; the properties are {all}")
            }
        };
        Self::warning(format!("“{name}” is not a property of the action"), remedy)
    }

    /// A property of another version than the action's.
    pub(super) fn other_version(name: &Excerpt, of: Engine, engine: Engine) -> Self {
        let remedy = match engine {
            Engine::Ecs => {
                "remove it; version 2 names the service with ClusterName and ServiceName, has no \
                 AppSpec, and lets ECS shift the traffic. For CodeDeploy, give the action version 1"
            }
            Engine::CodeDeploy => {
                "remove it; version 1 names the deployment group with ApplicationName and \
                 DeploymentGroupName. For ECS's own deployments, give the action version 2"
            }
        };
        let (of, own) = (ActionVersion::from(of), ActionVersion::from(engine));
        Self::warning(
            format!(
                "{name} is a property of version {of} of the action, and this action has version \
                 {own}"
            ),
            remedy,
        )
    }

    /// The built-in action's properties for further images, where they are
    /// correct or not. `images` is what has their values here.
    pub(super) fn further_images(images: &str, is_built_in: bool) -> Self {
        let severity = match is_built_in {
            true => Severity::Note,
            false => Severity::Error,
        };
        let images = serde_json::Value::from(images);
        Self::new(
            severity,
            "a custom action has ten properties, and Image2 to Image4 are not among them".into(),
            format!("remove them and paste this one: \"Images\": {images}"),
        )
    }

    /// Only one of two properties that belong together is set.
    pub(super) fn half_a_pair(present: &str, absent: &str) -> Self {
        Self::error(
            format!("{present} is set, but {absent} is not"),
            format!("set {absent} too, or remove {present}"),
        )
    }

    pub(super) fn too_long(property: &Excerpt, characters: usize) -> Self {
        Self::error(
            format!(
                "{property} has {characters} characters, and CodePipeline takes at most \
                 {MAX_VALUE}"
            ),
            "shorten it; Images needs no path where the file is imageDetail.json",
        )
    }

    /// An empty value, which CodePipeline rejects (docs/aws.md §1.1).
    pub(super) fn empty(property: &Excerpt) -> Self {
        Self::error(
            format!("{property} is empty, which CodePipeline does not take"),
            format!("give {property} a value, or remove it"),
        )
    }

    /// A value that is no string, which CodePipeline rejects (docs/aws.md §1.1).
    pub(super) fn not_text(property: &Excerpt) -> Self {
        Self::error(
            format!("{property} is not a string, and CodePipeline takes only strings"),
            format!("put the value of {property} between quotes"),
        )
    }

    /// The action type of another category or owner, which CodePipeline does not
    /// have, and no worker polls for.
    pub(super) fn other_type(member: &str, found: &Excerpt, wanted: &str) -> Self {
        Self::error(
            format!("the action type's {member} is “{found}”, and that of {PROVIDER} is {wanted}"),
            format!("set {member} to {wanted}"),
        )
    }

    pub(super) fn outputs() -> Self {
        Self::error(
            "the action has output artifacts, and its action type has none".to_owned(),
            "remove them",
        )
    }

    pub(super) fn too_many_inputs(count: usize) -> Self {
        Self::error(
            format!(
                "the action has {count} input artifacts, and CodePipeline gives it at most \
                 {MAX_INPUTS}"
            ),
            "put several files into one artifact; Images takes \
             NAME=Artifact/path/to/imageDetail.json",
        )
    }

    /// No action produces this artifact.
    pub(super) fn no_producer(artifact: &Excerpt, nearest: Option<&Excerpt>) -> Self {
        Self::error(
            format!("no action of the pipeline produces the artifact “{artifact}”"),
            match nearest {
                Some(nearest) => format!("did you mean {nearest}?"),
                None => "add it to an earlier action's output artifacts".to_owned(),
            },
        )
    }

    /// A role, which CodePipeline accepts only for AWS's own actions.
    pub(super) fn own_role(role: &Excerpt, is_built_in: bool) -> Self {
        let (severity, purpose) = match is_built_in {
            true => (Severity::Note, "to have it released here, "),
            false => (Severity::Warning, ""),
        };
        Self::new(
            severity,
            "a worker's action does not take the roleArn beside its configuration".into(),
            format!("{purpose}move it into the configuration: \"Options\": \"RoleArn={role}\""),
        )
    }

    /// A Region for the action, other than the pipeline's if that is known.
    pub(super) fn own_region(region: &Excerpt, pipeline: Option<&Excerpt>) -> Self {
        let remedy = "a custom action runs in its pipeline's Region; remove region, or release \
                      from a pipeline there";
        match pipeline {
            Some(pipeline) => Self::warning(
                format!("the action is for {region}, and its pipeline is in {pipeline}"),
                remedy,
            ),
            None => Self::note(
                format!("the action has a Region of its own, {region}"),
                remedy,
            ),
        }
    }

    /// The artifact does not exist yet when the action begins.
    pub(super) fn made_later(artifact: &Excerpt, action: &Excerpt) -> Self {
        Self::error(
            format!(
                "the artifact “{artifact}” is not there yet: “{action}” does not end before this \
                 action begins"
            ),
            format!("move “{action}” into an earlier stage, or give this action a higher runOrder"),
        )
    }

    /// Two actions produce the same artifact.
    pub(super) fn made_twice(artifact: &Excerpt, first: &Excerpt, second: &Excerpt) -> Self {
        Self::error(
            format!("“{first}” and “{second}” both produce the artifact “{artifact}”"),
            "give each output artifact a name of its own",
        )
    }

    /// A file of another kind.
    pub(super) fn not_a_pipeline(found: &str) -> Self {
        Self::error(
            format!("this is {found}, not a pipeline as `aws codepipeline get-pipeline` prints it"),
            "save the output of `aws codepipeline get-pipeline --name NAME` and give that file",
        )
    }

    /// Values that only CloudFormation can compute.
    pub(super) fn not_literal(action: &Excerpt, unknown: &[Excerpt]) -> Self {
        let unknown: Vec<String> = unknown.iter().map(ToString::to_string).collect();
        let unknown = unknown.join(", ");
        Self::note(
            format!("only CloudFormation knows all of “{action}”: no check looks into {unknown}"),
            "give the deployed pipeline, as `aws codepipeline get-pipeline` prints it, to have it \
             checked too",
        )
    }

    /// The built-in action. It becomes our action with another owner and
    /// provider.
    pub(super) fn built_in(action: &Excerpt) -> Self {
        Self::note(
            format!("“{action}” is the built-in CodeDeployToECS action"),
            format!(
                "to have it released here, set its owner to Custom, its provider to {PROVIDER} and \
                 its version to that of the action type; the files stay"
            ),
        )
    }
}
