//! The account's roles, in process.

use async_trait::async_trait;
use serde_json::json;

use super::line::{Call, Line};
use super::values::text;
use crate::ports::{CallError, Iam};
use crate::simulator::iam;
use crate::simulator::wire::query::Form;

/// IAM of the simulated account.
#[derive(Debug)]
pub(super) struct WorldIam {
    line: Line,
}

impl WorldIam {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

#[async_trait]
impl Iam for WorldIam {
    async fn role_arn(&self, name: &str) -> Result<Option<String>, CallError> {
        let call = Call::new("iam:GetRole", name);
        let form = Form::new(&[("RoleName", name)]);
        let input = json!({ "RoleName": name });
        let answer = self.line.ask_with(&call, input, |world, _| {
            Ok(iam::call(world, "GetRole", &form)?)
        });
        match answer.await {
            Ok(answer) => match text(&answer["Role"]["Arn"]) {
                Some(arn) => Ok(Some(arn)),
                None => Err(call.incomplete()),
            },
            Err(error) if error.code == "NoSuchEntity" => Ok(None),
            Err(error) => Err(error),
        }
    }
}
