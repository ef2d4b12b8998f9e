//! The action type as a Terraform file for any Region and partition.

use std::fmt::Write as _;

use serde_json::json;

use super::links::templates;
use super::{INPUTS, PROVIDER, properties};
use crate::job::ActionVersion;

/// The Terraform file. Its variable is the action type's version.
#[must_use]
pub fn terraform(version: &ActionVersion, queryable: Option<&str>) -> String {
    let engine = version.engine();
    let mut listed = String::new();
    for property in properties(engine) {
        let _ = write!(
            listed,
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
    let (entity, execution) = templates(engine);
    let plain = ActionVersion::from(engine);
    format!(
        r#"# The CodePipeline action type {PROVIDER}, in this account and Region.

# An action type cannot be changed. To change it, use a new version, such as
# {plain}-b.
variable "action_version" {{
  type    = string
  default = "{version}"

  validation {{
    condition     = can(regex("^{plain}(-[0-9A-Za-z_-]{{1,7}})?$", var.action_version))
    error_message = "The version is {plain}, or begins with {plain}-."
  }}
}}

data "aws_region" "here" {{}}
data "aws_partition" "here" {{}}

locals {{
  region = data.aws_region.here.id
  consoles = {{
    aws        = "https://${{local.region}}.console.aws.amazon.com"
    aws-cn     = "https://${{local.region}}.console.amazonaws.cn"
    aws-us-gov = "https://console.amazonaws-us-gov.com"
  }}
  console = local.consoles[data.aws_partition.here.partition]
}}

resource "aws_codepipeline_custom_action_type" "blue_green" {{
  category      = "Deploy"
  provider_name = "{PROVIDER}"
  version       = var.action_version

  settings {{
    entity_url_template    = "${{local.console}}{entity}?region=${{local.region}}"
    execution_url_template = "${{local.console}}{execution}?region=${{local.region}}"
  }}

  input_artifact_details {{
    minimum_count = {least}
    maximum_count = {most}
  }}

  output_artifact_details {{
    minimum_count = 0
    maximum_count = 0
  }}
{listed}}}
"#
    )
}
