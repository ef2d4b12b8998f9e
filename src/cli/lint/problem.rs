//! The problems of a pipeline's declaration, and their messages.

use crate::job::action_type::{PROVIDER, properties};
use crate::job::{ActionVersion, Engine, Excerpt};
use crate::messages::Words;
use crate::release::finding::Severity;

/// Maximum length of a declared value in characters (docs/aws.md §1.1).
pub(super) const MAX_VALUE: usize = 1_000;
/// Maximum number of input artifacts of an action (docs/aws.md §1.1).
pub(super) const MAX_INPUTS: usize = 5;

/// One problem.
pub(super) enum Problem {
    /// Neither our action nor the built-in one.
    NoAction {
        whole: &'static str,
    },
    /// A property that the action type does not declare.
    UnknownProperty {
        name: Excerpt,
        nearest: Option<&'static str>,
        engine: Engine,
    },
    /// A property of another version than the action's.
    OtherVersions {
        name: Excerpt,
        of: Engine,
        engine: Engine,
    },
    /// The built-in action's properties for further images.
    FurtherImages {
        line: String,
    },
    /// Only one of two properties that belong together is set.
    HalfAPair {
        present: String,
        absent: String,
    },
    TooLong {
        property: Excerpt,
        characters: usize,
    },
    /// An empty value, which CodePipeline rejects (docs/aws.md §1.1).
    Empty {
        property: Excerpt,
    },
    /// A value that is no string, which CodePipeline rejects (docs/aws.md §1.1).
    NotText {
        property: Excerpt,
    },
    TooManyInputs {
        count: usize,
    },
    /// No action produces this artifact.
    NobodyMakes {
        artifact: Excerpt,
        nearest: Option<Excerpt>,
    },
    /// A role, which CodePipeline accepts only for AWS's own actions.
    OwnRole {
        role: Excerpt,
        is_built_in: bool,
    },
    /// A Region for the action.
    OwnRegion {
        region: Excerpt,
        pipeline: Option<Excerpt>,
    },
    /// The artifact does not exist yet when the action begins.
    MadeLater {
        artifact: Excerpt,
        action: Excerpt,
    },
    /// Two actions produce the same artifact.
    MadeTwice {
        artifact: Excerpt,
        actions: [Excerpt; 2],
    },
    /// A file of another kind.
    NotAPipeline {
        found: &'static str,
    },
    /// Values that only CloudFormation can compute.
    NotLiteral {
        action: Excerpt,
        unknown: Vec<Excerpt>,
    },
    /// The built-in action. It becomes our action with another owner and
    /// provider.
    BuiltIn {
        action: Excerpt,
    },
}

impl Problem {
    pub(super) fn severity(&self) -> Severity {
        match self {
            Self::NoAction { .. }
            | Self::FurtherImages { .. }
            | Self::HalfAPair { .. }
            | Self::TooLong { .. }
            | Self::Empty { .. }
            | Self::NotText { .. }
            | Self::TooManyInputs { .. }
            | Self::NobodyMakes { .. }
            | Self::MadeLater { .. }
            | Self::MadeTwice { .. }
            | Self::NotAPipeline { .. } => Severity::Error,
            Self::UnknownProperty { .. }
            | Self::OtherVersions { .. }
            | Self::OwnRole {
                is_built_in: false, ..
            }
            | Self::OwnRegion {
                pipeline: Some(_), ..
            } => Severity::Warning,
            Self::BuiltIn { .. }
            | Self::NotLiteral { .. }
            | Self::OwnRole {
                is_built_in: true, ..
            }
            | Self::OwnRegion { pipeline: None, .. } => Severity::Note,
        }
    }

    pub(super) fn words(&self) -> Words {
        let (what, remedy) = match self {
            Self::NoAction { whole } => (
                format!("the {whole} has no {PROVIDER} action"),
                format!("give an action the owner Custom and the provider {PROVIDER}"),
            ),
            Self::UnknownProperty {
                name,
                nearest,
                engine,
            } => (
                format!("“{name}” is not a property of the action"),
                match nearest {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => format!(
                        "remove it; the properties are {}",
                        all_of(*engine)
                    ),
                },
            ),
            Self::OtherVersions { name, of, engine } => other_versions(name, *of, *engine),
            Self::FurtherImages { line } => (
                "a custom action has ten properties, and Image2 to Image4 are not among them"
                    .to_owned(),
                format!("remove them and paste this one: {line}"),
            ),
            Self::HalfAPair { present, absent } => (
                format!("{present} is set, but {absent} is not"),
                format!("set {absent} too, or remove {present}"),
            ),
            Self::TooLong {
                property,
                characters,
            } => (
                format!("{property} has {characters} characters, and CodePipeline takes at most {MAX_VALUE}"),
                "shorten it; Images needs no path where the file is imageDetail.json".to_owned(),
            ),
            Self::Empty { property } => (
                format!("{property} is empty, which CodePipeline does not take"),
                format!("give {property} a value, or remove it"),
            ),
            Self::NotText { property } => (
                format!("{property} is not a string, and CodePipeline takes only strings"),
                format!("put the value of {property} between quotes"),
            ),
            Self::TooManyInputs { count } => (
                format!("the action has {count} input artifacts, and CodePipeline gives it at most {MAX_INPUTS}"),
                "put several files into one artifact; Images takes NAME=Artifact/path/to/imageDetail.json".to_owned(),
            ),
            Self::NobodyMakes { artifact, nearest } => (
                format!("no action of the pipeline puts out the artifact “{artifact}”"),
                match nearest {
                    Some(nearest) => format!("did you mean {nearest}?"),
                    None => "add it to an earlier action's output artifacts".to_owned(),
                },
            ),
            Self::OwnRole { role, is_built_in } => (
                "a worker's action does not take the roleArn beside its configuration".to_owned(),
                format!(
                    "{}move it into the configuration: \"Options\": \"RoleArn={role}\"",
                    if *is_built_in { "to have it released here, " } else { "" }
                ),
            ),
            Self::OwnRegion { region, pipeline } => (
                match pipeline {
                    Some(pipeline) => format!("the action is for {region}, and its pipeline is in {pipeline}"),
                    None => format!("the action has a Region of its own, {region}"),
                },
                "a custom action runs in its pipeline's Region; remove region, or release from a pipeline there".to_owned(),
            ),
            Self::MadeLater { artifact, action } => (
                format!("the artifact “{artifact}” is not there yet: “{action}” does not end before this action begins"),
                format!("move “{action}” into an earlier stage, or give this action a higher runOrder"),
            ),
            Self::MadeTwice { artifact, actions: [first, second] } => (
                format!("“{first}” and “{second}” both put out the artifact “{artifact}”"),
                "give each output artifact a name of its own".to_owned(),
            ),
            Self::NotAPipeline { found } => (
                format!("this is {found}, not a pipeline as `aws codepipeline get-pipeline` prints it"),
                "save the output of `aws codepipeline get-pipeline --name NAME` and give that file".to_owned(),
            ),
            Self::NotLiteral { action, unknown } => (
                format!(
                    "only CloudFormation knows all of “{action}”: no check looks into {}",
                    unknown.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
                ),
                "give the deployed pipeline, as `aws codepipeline get-pipeline` prints it, to have it checked too".to_owned(),
            ),
            Self::BuiltIn { action } => (
                format!("“{action}” is the built-in CodeDeployToECS action"),
                format!("to have it released here, set its owner to Custom, its provider to {PROVIDER} and its version to that of the action type; the files stay"),
            ),
        };
        Words { what, remedy }
    }
}

fn all_of(engine: Engine) -> String {
    let names = properties(engine).map(|property| property.name);
    names.collect::<Vec<_>>().join(", ")
}

fn other_versions(name: &Excerpt, of: Engine, engine: Engine) -> (String, String) {
    let what = format!(
        "{name} is a property of version {} of the action, and this action has version {}",
        ActionVersion::from(of),
        ActionVersion::from(engine),
    );
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
    (what, remedy.to_owned())
}
