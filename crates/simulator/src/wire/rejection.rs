//! Why the signature of a request is rejected.

use crate::api::ApiError;

/// Reasons to reject a request, independent of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rejection {
    Unsigned,
    Malformed,
    UnknownKey,
    WrongToken,
    Expired,
    Skewed,
    WrongRegion,
    Mismatch,
    /// Signature Version 2, which S3 does not accept for new buckets.
    Version2,
    /// Both in a header and in the query.
    Twice,
    /// A presigned URL without all its parameters.
    Incomplete,
    Lifetime,
    ExpiredUrl,
    NotYetValid,
    UnsignedHeaders,
}

impl Rejection {
    /// The error in S3's or the JSON services' words.
    pub(super) fn failure(self, is_s3: bool) -> ApiError {
        let (s3, json, message) = match self {
            Self::Unsigned => (
                (403, "AccessDenied"),
                "MissingAuthenticationTokenException",
                "Request is missing Authentication Token",
            ),
            Self::Malformed => (
                (400, "AuthorizationHeaderMalformed"),
                "IncompleteSignature",
                "The authorization header is malformed",
            ),
            Self::UnknownKey => (
                (403, "InvalidAccessKeyId"),
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Self::WrongToken => (
                (400, "InvalidToken"),
                "UnrecognizedClientException",
                "The security token included in the request is invalid.",
            ),
            Self::Expired => (
                (400, "ExpiredToken"),
                "ExpiredTokenException",
                "The provided token has expired.",
            ),
            Self::Skewed => (
                (403, "RequestTimeTooSkewed"),
                "InvalidSignatureException",
                "The difference between the request time and the current time is too large.",
            ),
            Self::WrongRegion => (
                (400, "AuthorizationHeaderMalformed"),
                "InvalidSignatureException",
                "Credential should be scoped to a valid region.",
            ),
            Self::Mismatch => (
                (403, "SignatureDoesNotMatch"),
                "InvalidSignatureException",
                "The request signature we calculated does not match the signature you provided. \
                 Check your key and signing method.",
            ),
            Self::Version2 => (
                (400, "InvalidRequest"),
                "IncompleteSignature",
                "The authorization mechanism you have provided is not supported. Please use \
                 AWS4-HMAC-SHA256.",
            ),
            Self::Twice => (
                (400, "InvalidArgument"),
                "IncompleteSignature",
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter, \
                 Signature query string parameter or the Authorization header should be specified",
            ),
            Self::Incomplete => (
                (400, "AuthorizationQueryParametersError"),
                "IncompleteSignature",
                "Query-string authentication version 4 requires the X-Amz-Algorithm, \
                 X-Amz-Credential, X-Amz-Signature, X-Amz-Date, X-Amz-SignedHeaders, and \
                 X-Amz-Expires parameters.",
            ),
            Self::Lifetime => (
                (400, "AuthorizationQueryParametersError"),
                "IncompleteSignature",
                "X-Amz-Expires must be a number of seconds from 1 to 604800, which is a week",
            ),
            Self::ExpiredUrl => (
                (403, "AccessDenied"),
                "InvalidSignatureException",
                "Request has expired",
            ),
            Self::NotYetValid => (
                (403, "AccessDenied"),
                "InvalidSignatureException",
                "Request is not yet valid",
            ),
            Self::UnsignedHeaders => (
                (403, "AccessDenied"),
                "InvalidSignatureException",
                "There were headers present in the request which were not signed",
            ),
        };
        let (status, code) = if is_s3 { s3 } else { (400, json) };
        ApiError::with_status(status, code, message)
    }
}
