//! A failed call to AWS, as facts.

use super::denial::Denial;

/// Error codes for throttling (docs/aws.md §0). `LimitExceededException` is not
/// among them: for the services that the worker calls it is a quota, which
/// waiting does not raise.
const THROTTLING: [&str; 12] = [
    "Throttling",
    "ThrottlingException",
    "ThrottledException",
    "RequestThrottled",
    "RequestThrottledException",
    "TooManyRequestsException",
    "RequestLimitExceeded",
    "BandwidthLimitExceeded",
    "SlowDown",
    "PriorRequestNotComplete",
    "ProvisionedThroughputExceededException",
    "EC2ThrottledException",
];

/// Error codes for missing permissions.
const DENIED: [&str; 4] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
];

/// Error codes about the caller's credentials, before any policy is evaluated:
/// unknown, expired, wrongly signed, or signed too long ago.
const CREDENTIALS: [&str; 12] = [
    "UnrecognizedClientException",
    "ExpiredToken",
    "ExpiredTokenException",
    "InvalidToken",
    "InvalidClientTokenId",
    "InvalidAccessKeyId",
    "InvalidSignatureException",
    "SignatureDoesNotMatch",
    "MissingAuthenticationToken",
    "MissingAuthenticationTokenException",
    "RequestExpired",
    "RequestTimeTooSkewed",
];

/// Error codes that ECS also returns for temporary conditions; then only the
/// text tells them apart (public reports of RegisterTaskDefinition and of
/// services whose security groups ECS could not read in time).
const AMBIGUOUS: [&str; 3] = [
    "ClientException",
    "InvalidParameterException",
    "LimitExceededException",
];

/// What the texts of temporary conditions contain, in lower case.
const MOMENTARY: [&str; 5] = [
    "too many concurrent",
    "rate exceeded",
    "throttl",
    "try again later",
    "temporarily",
];

/// Error codes without a 5xx status that pass: AWS's internal failures, and
/// S3's redirect until the DNS names of a new bucket are known everywhere.
const PASSING: [&str; 5] = [
    "InternalError",
    "InternalFailure",
    "ServerException",
    "ServiceUnavailable",
    "TemporaryRedirect",
];

/// A failed call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call} failed: {code}: {message}")]
pub struct CallError {
    /// Service and operation as IAM names them, such as
    /// `codedeploy:CreateDeployment`.
    pub call: &'static str,
    /// What the call was about: an ARN or a name.
    pub resource: Option<String>,
    pub kind: CallErrorKind,
    /// AWS's error code, or one of ours if there was no response.
    pub code: String,
    /// AWS's message; never contains a secret.
    pub message: String,
    pub request_id: Option<String>,
}

/// How a call failed, as far as callers must distinguish it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallErrorKind {
    /// No permission.
    Denied,
    /// Throttled: the call has had no effect.
    Throttled,
    /// No response, a broken one, or 5xx: the call may have taken effect.
    Unclear,
    /// AWS could not be reached: the call has had no effect.
    Unreachable,
    /// AWS understood and refused the call; a retry will not help.
    Refused,
}

impl CallErrorKind {
    /// The name for logs and metrics.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Denied => "Denied",
            Self::Throttled => "Throttled",
            Self::Unclear => "Unclear",
            Self::Unreachable => "Unreachable",
            Self::Refused => "Refused",
        }
    }

    /// Classifies a response by AWS's error code and text, or a response without
    /// a code, which something between us and AWS has sent.
    #[must_use]
    pub fn of_answer(code: Option<&str>, message: &str, status: u16) -> Self {
        match code {
            Some(code) if THROTTLING.contains(&code) => Self::Throttled,
            _ if status == 429 => Self::Throttled,
            Some(code) if DENIED.contains(&code) || CREDENTIALS.contains(&code) => Self::Denied,
            Some(code) if PASSING.contains(&code) => Self::Unclear,
            _ if status >= 500 => Self::Unclear,
            Some(code) if is_momentary(code, message) => Self::Throttled,
            // ECS wraps denials of other actions that a call needs.
            Some(_) if Denial::read(message).is_some() => Self::Denied,
            Some(_) => Self::Refused,
            // AWS names a code. A response without one is not from AWS, such as a
            // proxy's page, and says nothing of permissions.
            None => Self::Unclear,
        }
    }
}

impl CallError {
    /// An error that names no resource and no request.
    pub fn new(
        call: &'static str,
        kind: CallErrorKind,
        code: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        Self {
            call,
            resource: None,
            kind,
            code: code.into(),
            message: message.into(),
            request_id: None,
        }
    }

    /// Whether the same call may succeed later although the release stays as it
    /// is. Credentials are renewed, and a request that was signed too long ago
    /// is signed once more.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind {
            CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => true,
            CallErrorKind::Denied => self.is_about_credentials(),
            CallErrorKind::Refused => false,
        }
    }

    /// Whether AWS did not accept the caller's credentials or signature.
    #[must_use]
    pub fn is_about_credentials(&self) -> bool {
        CREDENTIALS.contains(&self.code.as_str())
    }
}

fn is_momentary(code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    AMBIGUOUS.contains(&code) && MOMENTARY.iter().any(|words| message.contains(words))
}
