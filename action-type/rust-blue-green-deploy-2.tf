# The CodePipeline action type RustBlueGreenDeploy, in this account and Region.

# An action type cannot be changed. To change it, use a new version, such as
# 2-b.
variable "action_version" {
  type    = string
  default = "2"

  validation {
    condition     = can(regex("^2(-[0-9A-Za-z_-]{1,7})?$", var.action_version))
    error_message = "The version is 2, or begins with 2-."
  }
}

data "aws_region" "here" {}
data "aws_partition" "here" {}

locals {
  region = data.aws_region.here.id
  consoles = {
    aws        = "https://${local.region}.console.aws.amazon.com"
    aws-cn     = "https://${local.region}.console.amazonaws.cn"
    aws-us-gov = "https://console.amazonaws-us-gov.com"
  }
  console = local.consoles[data.aws_partition.here.partition]
}

resource "aws_codepipeline_custom_action_type" "blue_green" {
  category      = "Deploy"
  provider_name = "RustBlueGreenDeploy"
  version       = var.action_version

  settings {
    entity_url_template    = "${local.console}/ecs/v2/clusters/{Config:ClusterName}/services/{Config:ServiceName}?region=${local.region}"
    execution_url_template = "${local.console}/ecs/v2/clusters/{Config:ClusterName}/services/{Config:ServiceName}/deployments?region=${local.region}"
  }

  input_artifact_details {
    minimum_count = 1
    maximum_count = 5
  }

  output_artifact_details {
    minimum_count = 0
    maximum_count = 0
  }

  configuration_property {
    name        = "ClusterName"
    description = "The ECS cluster."
    required    = true
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "ServiceName"
    description = "The ECS service; it has the deployment controller ECS."
    required    = true
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "TaskDefinitionTemplateArtifact"
    description = "The input artifact that holds the task definition."
    required    = true
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "TaskDefinitionTemplatePath"
    description = "Where the task definition is in its artifact. Default: taskdef.json"
    required    = false
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "Image1ArtifactName"
    description = "The input artifact that holds imageDetail.json. Goes with Image1ContainerName."
    required    = false
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "Image1ContainerName"
    description = "The placeholder in the task definition, without < and >, that becomes the image's URI."
    required    = false
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "Images"
    description = "Further images: NAME=Artifact or NAME=Artifact/path/to/imageDetail.json, comma-separated."
    required    = false
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "Options"
    description = "Key=Value pairs separated by ; such as CompleteWhen=TrafficShifted; Timeout=2h; OnTimeout=Rollback"
    required    = false
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }
}
