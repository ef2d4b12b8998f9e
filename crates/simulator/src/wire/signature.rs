//! Identifies the signer of a request and verifies the signature (Signature
//! Version 4 in the `Authorization` header).

use std::fmt::Write as _;
use std::time::SystemTime;

use aws_sigv4::sign::v4::{calculate_signature, generate_signing_key};
use jiff::{SignedDuration, Timestamp};
use sha2::{Digest, Sha256};

use crate::api::ApiError;
use crate::keys::{Caller, JOB_KEY_PREFIX, Session};
use crate::world::World;

use super::message::{Request, percent_decode, percent_encode};
use super::rejection::Rejection;
use super::signed::Signed;

/// Largest difference between a signature's time and real time.
const MAX_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Services whose global endpoints are in us-east-1.
const GLOBAL: [&str; 2] = ["iam", "sts"];

/// The caller of a request. Keys that the simulator did not issue count as the
/// account's own and are not verified, so that any client can be used without
/// configuration.
pub(super) fn caller(
    world: &World,
    request: &Request,
    is_s3: bool,
    real_time: Timestamp,
) -> Result<Caller, ApiError> {
    identify(world, request, real_time).map_err(|rejection| rejection.failure(is_s3))
}

fn identify(world: &World, request: &Request, real_time: Timestamp) -> Result<Caller, Rejection> {
    let signed = Signed::of(request)?;
    signed.check_lifetime(real_time)?;
    let account = &world.keys.account;
    let (secret, session) = match world.keys.session(&signed.access_key_id) {
        Some(session) => (&session.secret_access_key, Some(session)),
        None if signed.access_key_id == account.access_key_id => (&account.secret_access_key, None),
        None if signed.access_key_id.starts_with(JOB_KEY_PREFIX) => {
            return Err(Rejection::UnknownKey);
        }
        None => return Ok(Caller::Account),
    };
    if session.is_some_and(|session| signed.token.as_ref() != Some(&session.session_token)) {
        return Err(Rejection::WrongToken);
    }
    verify(request, &signed, secret, real_time)?;
    // The simulator serves the registries of all Regions; requests to them are
    // signed for their Region.
    let is_elsewhere = signed.region != world.region && signed.service != "ecr";
    if is_elsewhere && !(GLOBAL.contains(&&*signed.service) && signed.region == "us-east-1") {
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
    signed: &Signed,
    secret: &str,
    real_time: Timestamp,
) -> Result<(), Rejection> {
    let (date, time) = (&signed.time, signed.timestamp()?);
    let is_old = time.duration_since(real_time).abs() > MAX_SKEW;
    if is_old && signed.lifetime.is_none() {
        return Err(Rejection::Skewed);
    }
    let canonical = canonical_request(request, signed).ok_or(Rejection::Mismatch)?;
    let scope = format!(
        "{}/{}/{}/aws4_request",
        signed.date, signed.region, signed.service
    );
    let to_sign = format!(
        "AWS4-HMAC-SHA256\n{date}\n{scope}\n{}",
        hex::encode(Sha256::digest(canonical))
    );
    let key = generate_signing_key(
        secret,
        SystemTime::from(time),
        &signed.region,
        &signed.service,
    );
    if calculate_signature(key, to_sign.as_bytes()) == signed.signature {
        Ok(())
    } else {
        Err(Rejection::Mismatch)
    }
}

/// The canonical request to sign. Returns `None` if the body does not match the
/// hash in its header.
fn canonical_request(request: &Request, signed: &Signed) -> Option<String> {
    let path: Vec<String> = request
        .path
        .split('/')
        .map(|part| percent_encode(&percent_decode(part)))
        .collect();
    let mut query: Vec<(String, String)> = request
        .parameters()
        .iter()
        .filter(|(name, _)| signed.lifetime.is_none() || name != "X-Amz-Signature")
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
    let hash = match signed.lifetime {
        Some(_) => UNSIGNED.to_owned(),
        None => payload_hash(request)?,
    };
    let _ = write!(canonical, "\n{}\n{hash}", signed.headers.join(";"));
    Some(canonical)
}

/// Stands for the hash of a body that is not signed.
const UNSIGNED: &str = "UNSIGNED-PAYLOAD";

fn payload_hash(request: &Request) -> Option<String> {
    let actual = || hex::encode(Sha256::digest(&request.body));
    match request.header("x-amz-content-sha256") {
        None => Some(actual()),
        Some(word) if word == UNSIGNED || word.starts_with("STREAMING-") => Some(word.to_owned()),
        Some(announced) => (announced == actual()).then_some(announced.to_owned()),
    }
}
