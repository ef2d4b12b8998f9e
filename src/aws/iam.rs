//! The account's roles (docs/aws.md §4.6).

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::operation::get_role::GetRoleError;

use super::error::{call_error, incomplete};
use super::service_clients;
use crate::ports::{CallError, Iam};

const CALL: &str = "iam:GetRole";

/// Reads IAM with the credentials of the release.
#[derive(Clone, Debug)]
pub struct AwsIam {
    client: Client,
}

impl AwsIam {
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: service_clients::iam(config),
        }
    }
}

#[async_trait]
impl Iam for AwsIam {
    async fn role_arn(&self, name: &str) -> Result<Option<String>, CallError> {
        match self.client.get_role().role_name(name).send().await {
            Ok(answer) => {
                let role = answer.role().ok_or_else(|| incomplete(CALL, name))?;
                Ok(Some(role.arn().to_owned()))
            }
            Err(error)
                if error
                    .as_service_error()
                    .is_some_and(GetRoleError::is_no_such_entity_exception) =>
            {
                Ok(None)
            }
            Err(error) => Err(call_error(CALL, Some(name), &error)),
        }
    }
}
