//! A call to AWS that did not give what it was made for, as facts.

use super::denial::Denial;

/// Codes that mean "slower" (aws-facts §0). `LimitExceededException` is not
/// among them: for the services we call it is a quota, which waiting does not
/// raise.
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

/// Codes that mean "you may not".
const DENIED: [&str; 4] = [
    "AccessDenied",
    "AccessDeniedException",
    "UnauthorizedOperation",
    "NotAuthorized",
];

/// Codes that are about who calls, before any policy is asked: credentials that
/// are unknown, too old or wrongly signed.
pub(crate) const CREDENTIALS: [&str; 10] = [
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
];

/// Codes that ECS also gives to what passes by itself; then only the text tells
/// (public reports of RegisterTaskDefinition and of services whose security
/// groups ECS could not read in time).
const AMBIGUOUS: [&str; 3] = [
    "ClientException",
    "InvalidParameterException",
    "LimitExceededException",
];

/// What such texts have in common, in small letters.
const MOMENTARY: [&str; 5] = [
    "too many concurrent",
    "rate exceeded",
    "throttl",
    "try again later",
    "temporarily",
];

/// Codes of AWS's own failures that come without a 5xx status.
const INTERNAL: [&str; 4] = [
    "InternalError",
    "InternalFailure",
    "ServerException",
    "ServiceUnavailable",
];

/// What went wrong with one call.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{call} failed: {code}: {message}")]
pub struct CallError {
    /// Service and operation as IAM names them, such as
    /// `codedeploy:CreateDeployment`.
    pub call: &'static str,
    /// What it was about: an ARN or a name.
    pub resource: Option<String>,
    pub kind: CallErrorKind,
    /// AWS's error code, or a word of ours where no answer came.
    pub code: String,
    /// What AWS said; never holds a secret.
    pub message: String,
    pub request_id: Option<String>,
}

/// What a caller must tell apart about a failed call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallErrorKind {
    /// No permission.
    Denied,
    /// Too fast; nothing has happened.
    Throttled,
    /// No answer, a broken one, or 5xx: it may have happened all the same.
    Unclear,
    /// Nobody could be reached: nothing has happened.
    Unreachable,
    /// AWS understood and refused; asking again will not help.
    Refused,
}

impl CallErrorKind {
    /// The word for it in logs and metrics.
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
}

impl CallError {
    /// Whether the same call may succeed later without anybody's help.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self.kind {
            CallErrorKind::Throttled | CallErrorKind::Unclear | CallErrorKind::Unreachable => true,
            CallErrorKind::Denied | CallErrorKind::Refused => false,
        }
    }
}

impl CallErrorKind {
    /// What an answer means that AWS gave with an error's code and text, or
    /// something in between without a code.
    #[must_use]
    pub fn of_answer(code: Option<&str>, message: &str, status: u16) -> Self {
        match code {
            Some(code) if THROTTLING.contains(&code) => Self::Throttled,
            _ if status == 429 => Self::Throttled,
            Some(code) if DENIED.contains(&code) || CREDENTIALS.contains(&code) => Self::Denied,
            Some(code) if INTERNAL.contains(&code) => Self::Unclear,
            _ if status >= 500 => Self::Unclear,
            Some(code) if is_momentary(code, message) => Self::Throttled,
            // ECS wraps denials of what a call implies.
            Some(_) if Denial::read(message).is_some() => Self::Denied,
            Some(_) => Self::Refused,
            None if status == 401 || status == 403 => Self::Denied,
            // An answer without a code is not AWS's own.
            None => Self::Unclear,
        }
    }
}

fn is_momentary(code: &str, message: &str) -> bool {
    let message = message.to_lowercase();
    AMBIGUOUS.contains(&code) && MOMENTARY.iter().any(|words| message.contains(words))
}
