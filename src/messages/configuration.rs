//! Messages for problems of the action's configuration.

use super::Words;
use super::words::{all_of, did_you_mean, one_of};
use crate::job::Excerpt;
use crate::job::options::MAX_DEPLOYMENT_CONFIG;
use crate::job::options::OptionProblem;
use crate::job::request::ConfigurationProblem;

/// The message for one problem. It contains the property's name.
#[must_use]
pub fn words(problem: &ConfigurationProblem) -> Words {
    match problem {
        ConfigurationProblem::Missing { property } => Words::new(
            format!("{property} is missing"),
            "set it in the action's configuration",
        ),
        ConfigurationProblem::HalfAPair { present, absent } => Words::new(
            format!("{present} is set, but {absent} is not"),
            format!("set {absent} too, or remove {present}"),
        ),
        ConfigurationProblem::NotACodeDeployName { property, value } => Words::new(
            format!(
                "{property}: “{value}” cannot be the name of a CodeDeploy application or deployment group"
            ),
            "give its name, not its ARN: 1 to 100 letters, digits and . _ + = , @ -",
        ),
        ConfigurationProblem::NotAnEcsName { property, value } => Words::new(
            format!("{property}: “{value}” cannot be the name of an ECS cluster or service"),
            "give its name, not its ARN: 1 to 255 letters, digits, - and _",
        ),
        ConfigurationProblem::NoSuchArtifact {
            property,
            name,
            nearest,
            inputs,
        } => no_such_artifact(property, name, nearest.as_ref(), inputs),
        ConfigurationProblem::NotAPath { property, path } => Words::new(
            format!("{property}: “{path}” is not a path inside an artifact"),
            "write it relative to the artifact's root, with / between folders and without ..",
        ),
        ConfigurationProblem::MalformedImage { item } => Words::new(
            format!("Images: “{item}” is not an image"),
            "write NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, with commas between images",
        ),
        ConfigurationProblem::NotAnImageName { property, name } => Words::new(
            format!("{property}: “{name}” cannot be the name of a placeholder"),
            "write what stands between < and > in the task definition, without < and >",
        ),
        ConfigurationProblem::ImageTwice { name } => Words::new(
            format!("Images: {name} is given twice"),
            "give every image its own name; one name may be used several times in the task definition",
        ),
        ConfigurationProblem::TooManyImages { count, limit } => Words::new(
            format!("Images: {count} images are given, and at most {limit} are handled"),
            "remove the images that the task definition does not use",
        ),
        ConfigurationProblem::TooLong {
            property,
            bytes,
            limit,
        } => Words::new(
            format!("{property} has {bytes} bytes, and at most {limit} are read"),
            "shorten it",
        ),
        ConfigurationProblem::Option(problem) => option(problem),
    }
}

fn no_such_artifact(
    property: &str,
    name: &Excerpt,
    nearest: Option<&Excerpt>,
    inputs: &[Excerpt],
) -> Words {
    let what = format!("{property}: the action has no input artifact “{name}”");
    let remedy = match (nearest, inputs) {
        (_, []) => format!("add {name} to the action's input artifacts; it has none"),
        (Some(nearest), _) => format!(
            "did you mean {nearest}? The action's input artifacts are {}",
            all_of(inputs)
        ),
        (None, _) => format!(
            "add {name} to the action's input artifacts, which are {}",
            all_of(inputs)
        ),
    };
    Words::new(what, remedy)
}

fn option(problem: &OptionProblem) -> Words {
    match problem {
        OptionProblem::NoValue { pair, nearest } => Words::new(
            format!("Options: “{pair}” has no value"),
            match nearest {
                Some(key) => format!("write {key}=…"),
                None => "write Key=Value, with ; between pairs".to_owned(),
            },
        ),
        OptionProblem::UnknownKey {
            key,
            nearest,
            known,
        } => Words::new(
            format!("Options: “{key}” is not an option"),
            did_you_mean(*nearest, format!("the options are {}", all_of(known))),
        ),
        OptionProblem::Twice { key } => Words::new(
            format!("Options: {key} is given twice"),
            "remove one of the two",
        ),
        OptionProblem::UnknownValue {
            key,
            value,
            nearest,
            accepted,
        } => Words::new(
            format!("Options: {key} cannot be “{value}”"),
            match nearest {
                Some(nearest) => format!("did you mean {nearest}? It takes {}", one_of(accepted)),
                None => format!("it takes {}", one_of(accepted)),
            },
        ),
        OptionProblem::NotADuration { key, value } => Words::new(
            format!("Options: {key} “{value}” is not a duration"),
            "write a whole number and its unit, such as 90s, 20m or 23h",
        ),
        OptionProblem::DurationOutOfRange { key, value } => Words::new(
            format!("Options: {key} “{value}” is out of range"),
            "write a time from 1m to 24h, the time that AWS's guide gives a custom action",
        ),
        OptionProblem::NotADeploymentConfig { value } => Words::new(
            format!(
                "Options: DeploymentConfigName “{value}” is not the name of a deployment configuration"
            ),
            format!(
                "write 1 to {MAX_DEPLOYMENT_CONFIG} characters, such as CodeDeployDefault.ECSAllAtOnce"
            ),
        ),
        OptionProblem::OnlyForCodeDeploy { key } => Words::new(
            format!("Options: {key} has no meaning for ECS's own deployments"),
            match *key {
                "DeploymentConfigName" => {
                    "remove it, and set the strategy in the service's deploymentConfiguration"
                }
                _ => "remove it: there is no AppSpec",
            },
        ),
        OptionProblem::NotARole { value } => Words::new(
            format!("Options: RoleArn “{value}” is not the ARN of an IAM role"),
            "write it as arn:aws:iam::111122223333:role/name",
        ),
    }
}
