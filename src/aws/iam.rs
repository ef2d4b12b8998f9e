//! The account's roles (docs/aws.md §4.6).

use async_trait::async_trait;
use aws_sdk_iam::Client;

use super::error::{incomplete, none_if};
use crate::ports::{CallError, Iam};

const CALL: &str = "iam:GetRole";

#[async_trait]
impl Iam for Client {
    async fn role_arn(&self, name: &str) -> Result<Option<String>, CallError> {
        let answer = self.get_role().role_name(name).send().await;
        let Some(answer) = none_if(&["NoSuchEntity"], CALL, name, answer)? else {
            return Ok(None);
        };
        let role = answer.role().ok_or_else(|| incomplete(CALL, name))?;
        Ok(Some(role.arn().to_owned()))
    }
}
