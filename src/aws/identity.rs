//! The caller's identity according to AWS, and AWS's current time.

use aws_config::SdkConfig;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_types::DateTime;
use aws_smithy_types::date_time::Format;
use jiff::Timestamp;

use super::error::call_error;
use super::raw_body::Keep;
use super::service_clients;
use super::values::{text, timestamp};
use crate::ports::CallError;

/// The caller of an AWS API.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    pub account: String,
    pub arn: String,
    /// AWS's time when it answered, to the second.
    pub time: Option<Timestamp>,
}

impl Identity {
    /// The ARN of the user, or of the role behind an assumed-role session, in
    /// the form that IAM's policy simulator accepts. The path of a role is not
    /// known here: for a role with a path, IAM reports that the role does not
    /// exist.
    #[must_use]
    pub fn iam_arn(&self) -> Option<String> {
        if self.arn.contains(":user/") {
            return Some(self.arn.clone());
        }
        let (before, session) = self.arn.split_once(":assumed-role/")?;
        let partition = before.split(':').nth(1)?;
        let role = session.split('/').next()?;
        Some(format!("arn:{partition}:iam::{}:role/{role}", self.account))
    }
}

/// Calls `sts:GetCallerIdentity`, which needs no permission.
///
/// # Errors
///
/// If STS does not answer, or rejects the credentials.
pub async fn who_am_i(config: &SdkConfig) -> Result<Identity, CallError> {
    let time = Keep::new(date);
    let answer = service_clients::sts(config)
        .get_caller_identity()
        .customize()
        .interceptor(time.clone())
        .send()
        .await
        .map_err(|error| call_error("sts:GetCallerIdentity", None, &error))?;
    Ok(Identity {
        account: text(answer.account()),
        arn: text(answer.arn()),
        time: time.take(),
    })
}

fn date(response: &HttpResponse) -> Option<Timestamp> {
    let date = response.headers().get("date")?;
    timestamp(&DateTime::from_str(date, Format::HttpDate).ok()?)
}
