stage {
  name = "Deploy"

  action {
    name            = "Release"
    category        = "Deploy"
    owner           = "Custom"
    provider        = "RustBlueGreenDeploy"
    version         = "2"
    run_order       = 1
    namespace       = "Release"
    input_artifacts = ["SourceOutput", "BuildOutput", "SidecarOutput"]

    configuration = {
      ClusterName                    = "webapp"
      ServiceName                    = "webapp"
      TaskDefinitionTemplateArtifact = "SourceOutput"
      TaskDefinitionTemplatePath     = "taskdef.json"
      Image1ArtifactName             = "BuildOutput"
      Image1ContainerName            = "IMAGE1_NAME"
      Images                         = "SIDECAR=SidecarOutput"
      Options                        = "Timeout=2h; OnTimeout=Rollback"
    }
  }
}
