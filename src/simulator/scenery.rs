//! A ready account: the action type, the artifact bucket, and what the other
//! services bring.

use jiff::Timestamp;
use serde_json::{Value, json};

use super::codepipeline::{self, ActionTypeId};
use super::world::World;

/// The provider of the action type that the worker polls for.
const PROVIDER: &str = "RustBlueGreenDeploy";

/// Name, whether required, and description of each property.
const PROPERTIES: [(&str, bool, &str); 10] = [
    ("ApplicationName", true, "CodeDeploy application"),
    ("DeploymentGroupName", true, "CodeDeploy deployment group"),
    (
        "TaskDefinitionTemplateArtifact",
        true,
        "Artifact with the task definition",
    ),
    ("AppSpecTemplateArtifact", true, "Artifact with the AppSpec"),
    ("TaskDefinitionTemplatePath", false, "Default: taskdef.json"),
    ("AppSpecTemplatePath", false, "Default: appspec.yaml"),
    (
        "Image1ArtifactName",
        false,
        "Artifact with imageDetail.json",
    ),
    (
        "Image1ContainerName",
        false,
        "Placeholder of the image, without < and >",
    ),
    (
        "Images",
        false,
        "Further images: NAME=Artifact, comma-separated",
    ),
    ("Options", false, "Key=Value pairs, separated by semicolons"),
];

impl ActionTypeId {
    /// The action type of the ready account.
    #[must_use]
    pub fn blue_green() -> Self {
        Self::custom("Deploy", PROVIDER, "1")
    }
}

impl World {
    /// An account in which a release of `webapp` can start at once.
    #[must_use]
    pub fn webapp(now: Timestamp) -> Self {
        let mut world = Self::new(now);
        let bucket = world.artifact_bucket();
        world.s3.create_bucket(&bucket);
        let definition = action_type(&world.region);
        codepipeline::call(&mut world, "CreateCustomActionType", &definition)
            .expect("the definition keeps to the service's rules, which a test shows");
        world
    }
}

fn action_type(region: &str) -> Value {
    let console = format!("https://{region}.console.aws.amazon.com/codesuite/codedeploy");
    let properties: Vec<Value> = PROPERTIES
        .iter()
        .map(|(name, required, description)| {
            json!({
                "name": name, "required": required, "key": *name == "ApplicationName",
                "secret": false, "queryable": false,
                "description": description, "type": "String",
            })
        })
        .collect();
    json!({
        "category": "Deploy",
        "provider": PROVIDER,
        "version": "1",
        "settings": {
            "entityUrlTemplate": format!(
                "{console}/applications/{{Config:ApplicationName}}/deployment-groups/{{Config:DeploymentGroupName}}"
            ),
            "executionUrlTemplate": format!("{console}/deployments/{{ExternalExecutionId}}"),
        },
        "configurationProperties": properties,
        "inputArtifactDetails": { "minimumCount": 1, "maximumCount": 5 },
        "outputArtifactDetails": { "minimumCount": 0, "maximumCount": 0 },
    })
}
