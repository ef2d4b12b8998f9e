stage {
  name = "Deploy"

  action {
    name            = "Release"
    category        = "Deploy"
    owner           = "Custom"
    provider        = "RustBlueGreenDeploy"
    version         = "1"
    run_order       = 1
    namespace       = "Release"
    input_artifacts = ["SourceOutput", "BuildOutput", "SidecarOutput"]

    configuration = {
      ApplicationName                = "webapp"
      DeploymentGroupName            = "webapp"
      TaskDefinitionTemplateArtifact = "SourceOutput"
      AppSpecTemplateArtifact        = "SourceOutput"
      TaskDefinitionTemplatePath     = "taskdef.json"
      AppSpecTemplatePath            = "appspec.yaml"
      Image1ArtifactName             = "BuildOutput"
      Image1ContainerName            = "IMAGE1_NAME"
      Images                         = "SIDECAR=SidecarOutput"
      Options                        = "Timeout=2h; OnTimeout=Rollback"
    }
  }
}
