//! Identifies the signer of a request and verifies the signature (Signature
//! Version 4 in the `Authorization` header).

use std::fmt::Write as _;
use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::api::Failure;
use crate::ids::hex;
use crate::keys::{Caller, JOB_KEY_PREFIX, Session};
use crate::world::World;

use super::message::{Request, percent_decode, percent_encode};

/// Largest difference between a signature's time and real time.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// IAM is global; its requests are signed for this Region.
const GLOBAL: (&str, &str) = ("iam", "us-east-1");

/// Reasons to reject a request, independent of the protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rejection {
    Unsigned,
    Malformed,
    UnknownKey,
    WrongToken,
    Expired,
    Skewed,
    WrongRegion,
    Mismatch,
}

/// The caller of a request. Keys that the simulator did not issue count as the
/// account's own and are not verified, so that any client can be used without
/// configuration.
pub(super) fn caller(
    world: &World,
    request: &Request,
    is_s3: bool,
    real_time: Timestamp,
) -> Result<Caller, Failure> {
    identify(world, request, real_time).map_err(|rejection| rejection.failure(is_s3))
}

fn identify(world: &World, request: &Request, real_time: Timestamp) -> Result<Caller, Rejection> {
    let header = request.header("authorization").ok_or(Rejection::Unsigned)?;
    let signed = Signed::parse(header).ok_or(Rejection::Malformed)?;
    let account = &world.keys.account;
    let (secret, session) = match world.keys.session(signed.access_key_id) {
        Some(session) => (&session.secret_access_key, Some(session)),
        None if signed.access_key_id == account.access_key_id => (&account.secret_access_key, None),
        None if signed.access_key_id.starts_with(JOB_KEY_PREFIX) => {
            return Err(Rejection::UnknownKey);
        }
        None => return Ok(Caller::Account),
    };
    let token = request.header("x-amz-security-token");
    if session.is_some_and(|session| token != Some(&session.session_token)) {
        return Err(Rejection::WrongToken);
    }
    verify(request, &signed, secret, real_time)?;
    // The simulator serves the registries of all Regions; requests to them are
    // signed for their Region.
    let is_elsewhere = signed.region != world.region && signed.service != "ecr";
    if is_elsewhere && (signed.service, signed.region) != GLOBAL {
        return Err(Rejection::WrongRegion);
    }
    match session {
        Some(session) => session_caller(world, session),
        None => Ok(Caller::Account),
    }
}

fn session_caller(world: &World, session: &Session) -> Result<Caller, Rejection> {
    if session.has_expired(world.now()) {
        return Err(Rejection::Expired);
    }
    let known = Box::new(session.clone());
    Ok(match known.role {
        Some(_) => Caller::Role(known),
        None => Caller::Job(known),
    })
}

fn verify(
    request: &Request,
    signed: &Signed<'_>,
    secret: &str,
    real_time: Timestamp,
) -> Result<(), Rejection> {
    let date = request.header("x-amz-date").ok_or(Rejection::Malformed)?;
    let time = DateTime::strptime("%Y%m%dT%H%M%SZ", date)
        .ok()
        .and_then(|time| time.to_zoned(TimeZone::UTC).ok())
        .ok_or(Rejection::Malformed)?
        .timestamp();
    if !date.starts_with(signed.date) {
        return Err(Rejection::Malformed);
    }
    if time.duration_since(real_time).abs() > MAX_SKEW {
        return Err(Rejection::Skewed);
    }
    let canonical = canonical_request(request, signed).ok_or(Rejection::Mismatch)?;
    let scope = format!(
        "{}/{}/{}/aws4_request",
        signed.date, signed.region, signed.service
    );
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hex(&Sha256::digest(canonical))
    );
    let key = generate_signing_key(
        secret,
        SystemTime::from(time),
        signed.region,
        signed.service,
    );
    if calculate_signature(key, to_sign.as_bytes()) == signed.signature {
        Ok(())
    } else {
        Err(Rejection::Mismatch)
    }
}

/// The parts of an `Authorization` header.
#[derive(Debug, PartialEq, Eq)]
struct Signed<'a> {
    access_key_id: &'a str,
    date: &'a str,
    region: &'a str,
    service: &'a str,
    headers: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Signed<'a> {
    fn parse(header: &'a str) -> Option<Self> {
        let parts = header.strip_prefix("AWS4-HMAC-SHA256")?;
        let part = |name: &str| {
            parts
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let mut scope = part("Credential")?.rsplitn(5, '/');
        (scope.next()? == "aws4_request").then_some(())?;
        let (service, region, date) = (scope.next()?, scope.next()?, scope.next()?);
        Some(Self {
            access_key_id: scope.next()?,
            date,
            region,
            service,
            headers: part("SignedHeaders")?.split(';').collect(),
            signature: part("Signature")?,
        })
    }
}

/// The canonical request to sign. Returns `None` if the body does not match the
/// hash in its header.
fn canonical_request(request: &Request, signed: &Signed<'_>) -> Option<String> {
    let path: Vec<String> = request
        .path
        .split('/')
        .map(|part| percent_encode(&percent_decode(part)))
        .collect();
    let mut query: Vec<(String, String)> = request
        .parameters()
        .iter()
        .map(|(name, value)| (percent_encode(name), percent_encode(value)))
        .collect();
    query.sort();
    let query: Vec<String> = query
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let mut canonical = format!(
        "{}\n{}\n{}\n",
        request.method,
        path.join("/"),
        query.join("&")
    );
    for name in &signed.headers {
        let values: Vec<String> = request
            .headers
            .iter()
            .filter(|(given, _)| given == name)
            .map(|(_, value)| value.split_whitespace().collect::<Vec<_>>().join(" "))
            .collect();
        let _ = writeln!(canonical, "{name}:{}", values.join(","));
    }
    let hash = payload_hash(request)?;
    let _ = write!(canonical, "\n{}\n{hash}", signed.headers.join(";"));
    Some(canonical)
}

fn payload_hash(request: &Request) -> Option<String> {
    let actual = || hex(&Sha256::digest(&request.body));
    match request.header("x-amz-content-sha256") {
        None => Some(actual()),
        Some(word) if word == "UNSIGNED-PAYLOAD" || word.starts_with("STREAMING-") => {
            Some(word.to_owned())
        }
        Some(announced) => (announced == actual()).then_some(announced.to_owned()),
    }
}

impl Rejection {
    /// The error in S3's or the JSON services' words.
    fn failure(self, is_s3: bool) -> Failure {
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
        };
        let (status, code) = if is_s3 { s3 } else { (400, json) };
        Failure::new(status, code, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authorization_header_is_taken_apart() {
        let header = "AWS4-HMAC-SHA256 Credential=AK/ID/20260101/eu-west-1/s3/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=abc";
        let signed = Signed::parse(header).unwrap();
        assert_eq!(signed.access_key_id, "AK/ID");
        assert_eq!((signed.region, signed.service), ("eu-west-1", "s3"));
        assert_eq!(signed.headers, ["host", "x-amz-date"]);
        assert_eq!(signed.signature, "abc");
    }

    #[test]
    fn what_is_not_a_signature_is_not_taken_for_one() {
        for header in [
            "",
            "Basic abc",
            "AWS4-HMAC-SHA256 ",
            "AWS4-HMAC-SHA256 Credential=AK, SignedHeaders=host, Signature=abc",
            "AWS4-HMAC-SHA256 Credential=AK/d/r/s/aws4_request, Signature=abc",
        ] {
            assert_eq!(Signed::parse(header), None, "{header}");
        }
    }
}
