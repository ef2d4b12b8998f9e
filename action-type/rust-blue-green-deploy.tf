# The CodePipeline action type RustBlueGreenDeploy, in this account and Region.

# An action type cannot be changed. To change it, use a new version.
variable "action_version" {
  type    = string
  default = "1"
}

data "aws_region" "here" {}
data "aws_partition" "here" {}

locals {
  region = data.aws_region.here.id
  console = {
    aws        = "https://${local.region}.console.aws.amazon.com"
    aws-cn     = "https://${local.region}.console.amazonaws.cn"
    aws-us-gov = "https://console.amazonaws-us-gov.com"
  }
  codedeploy = "${local.console[data.aws_partition.here.partition]}/codesuite/codedeploy"
}

resource "aws_codepipeline_custom_action_type" "blue_green" {
  category      = "Deploy"
  provider_name = "RustBlueGreenDeploy"
  version       = var.action_version

  settings {
    entity_url_template    = "${local.codedeploy}/applications/{Config:ApplicationName}/deployment-groups/{Config:DeploymentGroupName}?region=${local.region}"
    execution_url_template = "${local.codedeploy}/deployments/{ExternalExecutionId}?region=${local.region}"
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
    name        = "ApplicationName"
    description = "The CodeDeploy application."
    required    = true
    key         = false
    secret      = false
    queryable   = false
    type        = "String"
  }

  configuration_property {
    name        = "DeploymentGroupName"
    description = "The CodeDeploy deployment group; it deploys one ECS service."
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
    name        = "AppSpecTemplateArtifact"
    description = "The input artifact that holds the AppSpec."
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
    name        = "AppSpecTemplatePath"
    description = "Where the AppSpec is in its artifact. Default: appspec.yaml"
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
