//! The custom action type as registered with CodePipeline, in its two versions.

mod compare;
mod links;

use serde_json::{Value, json};

use super::{ActionVersion, Engine};

pub use compare::{differences, queryable};
pub use links::deployment_link;

/// The action type's provider.
pub const PROVIDER: &str = "RustBlueGreenDeploy";

/// One of the at most ten properties that a custom action type may have
/// (docs/aws.md §1.1).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Property {
    pub name: &'static str,
    /// Only required properties can be queryable (docs/aws.md §1.1).
    pub required: bool,
    /// The description in the console: at most 160 characters.
    pub description: &'static str,
    /// The engine whose version has the property; `None` for both.
    pub only: Option<Engine>,
}

const fn required(name: &'static str, description: &'static str) -> Property {
    Property {
        name,
        required: true,
        description,
        only: None,
    }
}

const fn optional(name: &'static str, description: &'static str) -> Property {
    Property {
        required: false,
        ..required(name, description)
    }
}

/// The properties of both versions. Version 1 has the first eight of the
/// built-in action.
pub const PROPERTIES: [Property; 12] = [
    required("ApplicationName", "The CodeDeploy application.").only(Engine::CodeDeploy),
    required(
        "DeploymentGroupName",
        "The CodeDeploy deployment group; it deploys one ECS service.",
    )
    .only(Engine::CodeDeploy),
    required("ClusterName", "The ECS cluster.").only(Engine::Ecs),
    required(
        "ServiceName",
        "The ECS service; it has the deployment controller ECS.",
    )
    .only(Engine::Ecs),
    required(
        "TaskDefinitionTemplateArtifact",
        "The input artifact that holds the task definition.",
    ),
    required(
        "AppSpecTemplateArtifact",
        "The input artifact that holds the AppSpec.",
    )
    .only(Engine::CodeDeploy),
    optional(
        "TaskDefinitionTemplatePath",
        "Where the task definition is in its artifact. Default: taskdef.json",
    ),
    optional(
        "AppSpecTemplatePath",
        "Where the AppSpec is in its artifact. Default: appspec.yaml",
    )
    .only(Engine::CodeDeploy),
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

/// The properties of the engine's version, in the order of the console.
pub fn properties(engine: Engine) -> impl Iterator<Item = &'static Property> {
    PROPERTIES
        .iter()
        .filter(move |property| property.only.is_none_or(|only| only == engine))
}

impl Property {
    const fn only(mut self, engine: Engine) -> Self {
        self.only = Some(engine);
        self
    }
}

/// The definitions of both versions.
#[must_use]
pub fn definitions(region: &str) -> Vec<Value> {
    let versions = Engine::ALL.map(ActionVersion::from);
    versions
        .iter()
        .map(|version| definition(version, region))
        .collect()
}

/// The input of `CreateCustomActionType`, without a queryable property.
#[must_use]
pub fn definition(version: &ActionVersion, region: &str) -> Value {
    definition_with(version, region, None)
}

/// The input of `CreateCustomActionType`. If `queryable` names a property,
/// workers can poll for jobs by its value. CodePipeline has no placeholder for
/// the Region (docs/aws.md §1.1), so the links contain it.
#[must_use]
pub fn definition_with(version: &ActionVersion, region: &str, queryable: Option<&str>) -> Value {
    let engine = version.engine();
    let properties: Vec<Value> = properties(engine)
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
    let (entity, execution) = links::templates(engine);
    json!({
        "category": "Deploy",
        "provider": PROVIDER,
        "version": version.as_str(),
        "settings": {
            "entityUrlTemplate": links::link(region, entity),
            "executionUrlTemplate": links::link(region, execution),
        },
        "configurationProperties": properties,
        "inputArtifactDetails": { "minimumCount": INPUTS.0, "maximumCount": INPUTS.1 },
        "outputArtifactDetails": { "minimumCount": 0, "maximumCount": 0 },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_definitions_keep_codepipelines_limits() {
        for property in PROPERTIES {
            assert!((1..=50).contains(&property.name.len()), "{}", property.name);
            let length = property.description.chars().count();
            assert!((1..=160).contains(&length), "{}: {length}", property.name);
        }
        for engine in Engine::ALL {
            assert!(properties(engine).count() <= 10, "{engine:?}");
            for region in ["eu-west-1", "cn-north-1", "us-gov-west-1"] {
                let settings = &definition(&engine.into(), region)["settings"];
                for template in ["entityUrlTemplate", "executionUrlTemplate"] {
                    let template = settings[template].as_str().unwrap();
                    assert!(template.contains(&format!("region={region}")), "{template}");
                    assert!(template.len() <= 2048);
                }
            }
        }
    }

    #[test]
    fn links_name_only_required_properties_of_their_version() {
        for engine in Engine::ALL {
            let (entity, execution) = links::templates(engine);
            for template in [entity, execution] {
                for rest in template.split("{Config:").skip(1) {
                    let name = rest.split('}').next().unwrap();
                    let mut own = properties(engine).filter(|property| property.required);
                    assert!(own.any(|property| property.name == name), "{template}");
                }
            }
        }
    }

    #[test]
    fn each_version_has_its_own_required_properties() {
        let names = |engine| {
            let required = properties(engine).filter(|property| property.required);
            required.map(|property| property.name).collect::<Vec<_>>()
        };
        assert_eq!(
            names(Engine::CodeDeploy),
            [
                "ApplicationName",
                "DeploymentGroupName",
                "TaskDefinitionTemplateArtifact",
                "AppSpecTemplateArtifact",
            ]
        );
        assert_eq!(
            names(Engine::Ecs),
            [
                "ClusterName",
                "ServiceName",
                "TaskDefinitionTemplateArtifact"
            ]
        );
        assert_eq!(properties(Engine::CodeDeploy).count(), 10);
        assert_eq!(properties(Engine::Ecs).count(), 8);
    }
}
