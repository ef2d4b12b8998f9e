//! Pipeline stages with this action, for users to paste.

use std::fmt::Write as _;

use serde_json::{Map, Value, json};

use super::{INPUTS, PROVIDER, properties};
use crate::job::{ActionVersion, Engine};

/// The values in the snippets: those of the built-in action's example, one more
/// image and an option.
const VALUES: [(&str, &str); 12] = [
    ("ApplicationName", "webapp"),
    ("DeploymentGroupName", "webapp"),
    ("ClusterName", "webapp"),
    ("ServiceName", "webapp"),
    ("TaskDefinitionTemplateArtifact", "SourceOutput"),
    ("AppSpecTemplateArtifact", "SourceOutput"),
    ("TaskDefinitionTemplatePath", "taskdef.json"),
    ("AppSpecTemplatePath", "appspec.yaml"),
    ("Image1ArtifactName", "BuildOutput"),
    ("Image1ContainerName", "IMAGE1_NAME"),
    ("Images", "SIDECAR=SidecarOutput"),
    ("Options", "Timeout=2h; OnTimeout=Rollback"),
];

/// The configuration in the snippets: each property of the version.
pub fn configuration(engine: Engine) -> impl Iterator<Item = (&'static str, &'static str)> {
    let has = move |name: &str| properties(engine).any(|property| property.name == name);
    VALUES.into_iter().filter(move |(name, _)| has(name))
}

/// The input artifacts that the configuration refers to.
const ARTIFACTS: [&str; 3] = ["SourceOutput", "BuildOutput", "SidecarOutput"];

/// The stage as in the output of `aws codepipeline get-pipeline`.
#[must_use]
pub fn json_stage(version: &ActionVersion) -> Value {
    let configuration: Map<String, Value> = configuration(version.engine())
        .map(|(name, value)| (name.to_owned(), json!(value)))
        .collect();
    json!({
        "name": "Deploy",
        "actions": [{
            "name": "Release",
            "actionTypeId": {
                "category": "Deploy",
                "owner": "Custom",
                "provider": PROVIDER,
                "version": version.as_str(),
            },
            "runOrder": 1,
            "configuration": configuration,
            "inputArtifacts": ARTIFACTS.map(|name| json!({ "name": name })),
            "outputArtifacts": [],
            "namespace": "Release",
        }],
    })
}

/// An item of `Stages` of an `AWS::CodePipeline::Pipeline`.
#[must_use]
pub fn cloudformation_stage(version: &ActionVersion) -> String {
    let mut text = format!(
        "- Name: Deploy\n  Actions:\n    - Name: Release\n      ActionTypeId:\n        \
         Category: Deploy\n        Owner: Custom\n        Provider: {PROVIDER}\n        \
         Version: \"{version}\"\n      RunOrder: 1\n      Namespace: Release\n      \
         InputArtifacts:\n"
    );
    for name in ARTIFACTS {
        let _ = writeln!(text, "        - Name: {name}");
    }
    text.push_str("      Configuration:\n");
    for (name, value) in configuration(version.engine()) {
        let _ = writeln!(text, "        {name}: {}", json!(value));
    }
    text
}

/// A `stage` block of an `aws_codepipeline`.
#[must_use]
pub fn terraform_stage(version: &ActionVersion) -> String {
    let artifacts = json!(ARTIFACTS).to_string().replace(',', ", ");
    let mut text = format!(
        "stage {{\n  name = \"Deploy\"\n\n  action {{\n    name            = \"Release\"\n    \
         category        = \"Deploy\"\n    owner           = \"Custom\"\n    \
         provider        = \"{PROVIDER}\"\n    version         = \"{version}\"\n    \
         run_order       = 1\n    namespace       = \"Release\"\n    \
         input_artifacts = {artifacts}\n\n    configuration = {{\n"
    );
    for (name, value) in configuration(version.engine()) {
        let _ = writeln!(text, "      {name:<30} = {}", json!(value));
    }
    text.push_str("    }\n  }\n}\n");
    text
}

/// A CDK action in TypeScript, and a stage with it.
#[must_use]
pub fn cdk_stage(version: &ActionVersion) -> String {
    let (least, most) = INPUTS;
    let mut listed = String::new();
    for (name, value) in configuration(version.engine()) {
        let _ = writeln!(listed, "    {name}: {},", json!(value));
    }
    let inputs = ARTIFACTS.map(lower).join(", ");
    format!(
        r#"import {{ Artifact, ActionCategory, ActionConfig, IStage, ActionBindOptions }} from "aws-cdk-lib/aws-codepipeline";
import {{ Action }} from "aws-cdk-lib/aws-codepipeline-actions";
import {{ Construct }} from "constructs";

/** Releases to ECS; the properties are those of the action in the console. */
export class {PROVIDER}Action extends Action {{
  constructor(
    actionName: string,
    inputs: Artifact[],
    private readonly configuration: Record<string, string>,
  ) {{
    super({{
      actionName,
      category: ActionCategory.DEPLOY,
      owner: "Custom",
      provider: "{PROVIDER}",
      version: "{version}",
      artifactBounds: {{ minInputs: {least}, maxInputs: {most}, minOutputs: 0, maxOutputs: 0 }},
      inputs,
    }});
  }}

  protected bound(_scope: Construct, _stage: IStage, _options: ActionBindOptions): ActionConfig {{
    return {{ configuration: this.configuration }};
  }}
}}

pipeline.addStage({{
  stageName: "Deploy",
  actions: [
    new {PROVIDER}Action("Release", [{inputs}], {{
{listed}    }}),
  ],
}});
"#,
        listed = listed.replace("    ", "      "),
    )
}

/// Converts `SourceOutput` to a TypeScript variable name.
fn lower(name: &str) -> String {
    let (first, rest) = name.split_at(1);
    first.to_lowercase() + rest
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::job::request::Request;

    #[test]
    fn the_snippets_show_a_configuration_that_works() {
        for engine in Engine::ALL {
            let shown: BTreeMap<String, String> = configuration(engine)
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .collect();
            assert_eq!(Engine::of_properties(&shown), engine);
            assert!(Request::parse(&shown, &ARTIFACTS).is_ok());
            for property in properties(engine) {
                assert!(shown.contains_key(property.name), "{}", property.name);
            }
        }
    }
}
