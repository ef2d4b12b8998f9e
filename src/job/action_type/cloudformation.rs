//! The action type as a CloudFormation template for any Region and partition.

use std::fmt::Write as _;

use serde_json::json;

use super::links::templates;
use super::{INPUTS, PROVIDER, properties};
use crate::job::ActionVersion;

/// The template as YAML. Its parameter is the action type's version.
#[must_use]
pub fn cloudformation(version: &ActionVersion, queryable: Option<&str>) -> String {
    let engine = version.engine();
    let mut listed = String::new();
    for property in properties(engine) {
        let _ = write!(
            listed,
            "        - Name: {}\n          Description: {}\n          Required: {}\n          \
             Key: false\n          Secret: false\n          Queryable: {}\n          Type: String\n",
            property.name,
            json!(property.description),
            property.required,
            queryable == Some(property.name),
        );
    }
    let (least, most) = INPUTS;
    let (entity, execution) = templates(engine);
    let plain = ActionVersion::from(engine);
    format!(
        r#"AWSTemplateFormatVersion: "2010-09-09"
Description: The CodePipeline action type {PROVIDER}, in this account and Region

Parameters:
  ActionVersion:
    Type: String
    Default: "{version}"
    AllowedPattern: "{plain}(-[0-9A-Za-z_-]{{1,7}})?"
    Description: An action type cannot be changed. To change it, use a new version, such as {plain}-b

Conditions:
  IsChina: !Equals [!Ref "AWS::Partition", aws-cn]
  IsGovCloud: !Equals [!Ref "AWS::Partition", aws-us-gov]

Resources:
  ActionType:
    Type: AWS::CodePipeline::CustomActionType
    Properties:
      Category: Deploy
      Provider: {PROVIDER}
      Version: !Ref ActionVersion
      Settings:
        EntityUrlTemplate: !Sub
          - "${{Console}}{entity}?region=${{AWS::Region}}"
          - Console: !If
              - IsChina
              - !Sub "https://${{AWS::Region}}.console.amazonaws.cn"
              - !If
                - IsGovCloud
                - https://console.amazonaws-us-gov.com
                - !Sub "https://${{AWS::Region}}.console.aws.amazon.com"
        ExecutionUrlTemplate: !Sub
          - "${{Console}}{execution}?region=${{AWS::Region}}"
          - Console: !If
              - IsChina
              - !Sub "https://${{AWS::Region}}.console.amazonaws.cn"
              - !If
                - IsGovCloud
                - https://console.amazonaws-us-gov.com
                - !Sub "https://${{AWS::Region}}.console.aws.amazon.com"
      InputArtifactDetails:
        MinimumCount: {least}
        MaximumCount: {most}
      OutputArtifactDetails:
        MinimumCount: 0
        MaximumCount: 0
      ConfigurationProperties:
{listed}"#
    )
}
