import { Artifact, ActionCategory, ActionConfig, IStage, ActionBindOptions } from "aws-cdk-lib/aws-codepipeline";
import { Action } from "aws-cdk-lib/aws-codepipeline-actions";
import { Construct } from "constructs";

/** Releases to ECS; the properties are those of the action in the console. */
export class RustBlueGreenDeployAction extends Action {
  constructor(
    actionName: string,
    inputs: Artifact[],
    private readonly configuration: Record<string, string>,
  ) {
    super({
      actionName,
      category: ActionCategory.DEPLOY,
      owner: "Custom",
      provider: "RustBlueGreenDeploy",
      version: "2",
      artifactBounds: { minInputs: 1, maxInputs: 5, minOutputs: 0, maxOutputs: 0 },
      inputs,
    });
  }

  protected bound(_scope: Construct, _stage: IStage, _options: ActionBindOptions): ActionConfig {
    return { configuration: this.configuration };
  }
}

pipeline.addStage({
  stageName: "Deploy",
  actions: [
    new RustBlueGreenDeployAction("Release", [sourceOutput, buildOutput, sidecarOutput], {
      ClusterName: "webapp",
      ServiceName: "webapp",
      TaskDefinitionTemplateArtifact: "SourceOutput",
      TaskDefinitionTemplatePath: "taskdef.json",
      Image1ArtifactName: "BuildOutput",
      Image1ContainerName: "IMAGE1_NAME",
      Images: "SIDECAR=SidecarOutput",
      Options: "Timeout=2h; OnTimeout=Rollback",
    }),
  ],
});
