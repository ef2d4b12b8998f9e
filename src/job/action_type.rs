//! The custom action type as registered with CodePipeline. The files in
//! `action-type/`, the simulator and the documentation are generated from it.

mod cloudformation;
mod compare;
mod stage;
mod terraform;

use serde_json::{Value, json};

use super::{DeploymentId, TaskDefinitionArn};

pub use cloudformation::cloudformation;
pub use compare::differences;
pub use stage::{CONFIGURATION, cdk_stage, cloudformation_stage, json_stage, terraform_stage};
pub use terraform::terraform;

/// The action type's provider.
pub const PROVIDER: &str = "RustBlueGreenDeploy";

/// One of the ten properties that a custom action type may have (docs/aws.md
/// §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    pub name: &'static str,
    pub required: bool,
    /// The description in the console: at most 160 characters.
    pub description: &'static str,
}

const fn required(name: &'static str, description: &'static str) -> Property {
    Property {
        name,
        required: true,
        description,
    }
}

const fn optional(name: &'static str, description: &'static str) -> Property {
    Property {
        name,
        required: false,
        description,
    }
}

/// The properties. The first eight are those of the built-in action.
pub const PROPERTIES: [Property; 10] = [
    required("ApplicationName", "The CodeDeploy application."),
    required(
        "DeploymentGroupName",
        "The CodeDeploy deployment group; it deploys one ECS service.",
    ),
    required(
        "TaskDefinitionTemplateArtifact",
        "The input artifact that holds the task definition.",
    ),
    required(
        "AppSpecTemplateArtifact",
        "The input artifact that holds the AppSpec.",
    ),
    optional(
        "TaskDefinitionTemplatePath",
        "Where the task definition is in its artifact. Default: taskdef.json",
    ),
    optional(
        "AppSpecTemplatePath",
        "Where the AppSpec is in its artifact. Default: appspec.yaml",
    ),
    optional(
        "Image1ArtifactName",
        "The input artifact that holds imageDetail.json. Goes with Image1ContainerName.",
    ),
    optional(
        "Image1ContainerName",
        "The placeholder in the task definition, without < and >, that becomes the image's URI.",
    ),
    optional(
        "Images",
        "Further images: NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, comma-separated.",
    ),
    optional(
        "Options",
        "Key=Value pairs separated by ; such as CompleteWhen=TrafficShifted; Timeout=2h; OnTimeout=Rollback",
    ),
];

/// Minimum and maximum number of input artifacts.
pub const INPUTS: (u8, u8) = (1, 5);

impl Property {
    /// Whether workers can poll for jobs by this property's value (docs/aws.md
    /// §1.1).
    #[must_use]
    pub fn can_be_queryable(&self) -> bool {
        self.required
    }
}

/// The input of `CreateCustomActionType`, without a queryable property.
#[must_use]
pub fn definition(version: &str, region: &str) -> Value {
    definition_with(version, region, None)
}

/// The input of `CreateCustomActionType`. If `queryable` names a property,
/// workers can poll for jobs by its value. CodePipeline has no placeholder for
/// the Region (docs/aws.md §1.1), so the links contain it.
#[must_use]
pub fn definition_with(version: &str, region: &str, queryable: Option<&str>) -> Value {
    let console = console(region);
    let properties: Vec<Value> = PROPERTIES
        .iter()
        .map(|property| {
            json!({
                "name": property.name,
                "required": property.required,
                "key": false,
                "secret": false,
                "queryable": queryable == Some(property.name),
                "description": property.description,
                "type": "String",
            })
        })
        .collect();
    json!({
        "category": "Deploy",
        "provider": PROVIDER,
        "version": version,
        "settings": {
            "entityUrlTemplate": format!("{console}{ENTITY}?region={region}"),
            "executionUrlTemplate": format!("{console}{EXECUTION}?region={region}"),
        },
        "configurationProperties": properties,
        "inputArtifactDetails": { "minimumCount": INPUTS.0, "maximumCount": INPUTS.1 },
        "outputArtifactDetails": { "minimumCount": 0, "maximumCount": 0 },
    })
}

/// Path of the deployment group's page in the console.
const ENTITY: &str =
    "/applications/{Config:ApplicationName}/deployment-groups/{Config:DeploymentGroupName}";

/// Path of the deployment's page in the console.
const EXECUTION: &str = "/deployments/{ExternalExecutionId}";

/// Link to a deployment in the console, in the Region of its task definition.
/// `None` if the ARN has no Region.
#[must_use]
pub fn deployment_link(beside: &TaskDefinitionArn, id: &DeploymentId) -> Option<String> {
    let region = beside.as_str().split(':').nth(3)?;
    let console = console(region);
    (!region.is_empty()).then(|| format!("{console}/deployments/{id}?region={region}"))
}

/// URL of the CodeDeploy console in the Region's partition.
fn console(region: &str) -> String {
    if region.starts_with("cn-") {
        format!("https://{region}.console.amazonaws.cn/codesuite/codedeploy")
    } else if region.starts_with("us-gov-") {
        "https://console.amazonaws-us-gov.com/codesuite/codedeploy".into()
    } else {
        format!("https://{region}.console.aws.amazon.com/codesuite/codedeploy")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definition_keeps_codepipelines_limits() {
        for property in PROPERTIES {
            assert!((1..=50).contains(&property.name.len()), "{}", property.name);
            let length = property.description.chars().count();
            assert!((1..=160).contains(&length), "{}: {length}", property.name);
        }
        for region in ["eu-west-1", "cn-north-1", "us-gov-west-1"] {
            let settings = &definition("1", region)["settings"];
            for template in ["entityUrlTemplate", "executionUrlTemplate"] {
                let template = settings[template].as_str().unwrap();
                assert!(template.contains(&format!("region={region}")), "{template}");
                assert!(template.len() <= 2048);
            }
        }
    }

    #[test]
    fn links_open_the_partitions_own_console() {
        let link = |region| {
            definition("1", region)["settings"]["executionUrlTemplate"]
                .as_str()
                .unwrap()
                .to_owned()
        };
        assert_eq!(
            link("eu-west-1"),
            "https://eu-west-1.console.aws.amazon.com/codesuite/codedeploy/deployments/\
             {ExternalExecutionId}?region=eu-west-1"
        );
        assert!(link("cn-north-1").starts_with("https://cn-north-1.console.amazonaws.cn/"));
        assert!(link("us-gov-west-1").starts_with("https://console.amazonaws-us-gov.com/"));
    }
}
