//! The action type as a Terraform file for any Region and partition.

use std::fmt::Write as _;

use serde_json::json;

use super::{ENTITY, EXECUTION, INPUTS, PROPERTIES, PROVIDER};

/// The Terraform file. Its variable is the action type's version.
#[must_use]
pub fn terraform(version: &str, queryable: Option<&str>) -> String {
    let mut properties = String::new();
    for property in PROPERTIES {
        let _ = write!(
            properties,
            "\n  configuration_property {{\n    name        = {}\n    description = {}\n    \
             required    = {}\n    key         = false\n    secret      = false\n    \
             queryable   = {}\n    type        = \"String\"\n  }}\n",
            json!(property.name),
            json!(property.description),
            property.required,
            queryable == Some(property.name),
        );
    }
    let (least, most) = INPUTS;
    format!(
        r#"# The CodePipeline action type {PROVIDER}, in this account and Region.

# An action type cannot be changed. To change it, use a new version.
variable "action_version" {{
  type    = string
  default = "{version}"
}}

data "aws_region" "here" {{}}
data "aws_partition" "here" {{}}

locals {{
  region = data.aws_region.here.id
  console = {{
    aws        = "https://${{local.region}}.console.aws.amazon.com"
    aws-cn     = "https://${{local.region}}.console.amazonaws.cn"
    aws-us-gov = "https://console.amazonaws-us-gov.com"
  }}
  codedeploy = "${{local.console[data.aws_partition.here.partition]}}/codesuite/codedeploy"
}}

resource "aws_codepipeline_custom_action_type" "blue_green" {{
  category      = "Deploy"
  provider_name = "{PROVIDER}"
  version       = var.action_version

  settings {{
    entity_url_template    = "${{local.codedeploy}}{ENTITY}?region=${{local.region}}"
    execution_url_template = "${{local.codedeploy}}{EXECUTION}?region=${{local.region}}"
  }}

  input_artifact_details {{
    minimum_count = {least}
    maximum_count = {most}
  }}

  output_artifact_details {{
    minimum_count = 0
    maximum_count = 0
  }}
{properties}}}
"#
    )
}
