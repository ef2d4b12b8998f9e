//! The parts of a signature (Signature Version 4), from the `Authorization`
//! header or from the query of a presigned URL.

use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Timestamp};

use super::message::Request;
use super::rejection::Rejection;

/// The name of the only algorithm.
const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// Longest lifetime of a presigned URL in seconds: a week (S3's own limit).
const MAX_LIFETIME: i64 = 7 * 24 * 3600;

/// How far a presigned URL's time may be ahead of real time (S3's own limit).
const MAX_AHEAD: SignedDuration = SignedDuration::from_mins(15);

#[derive(Debug, PartialEq, Eq)]
pub(super) struct Signed {
    pub(super) access_key_id: String,
    pub(super) date: String,
    pub(super) region: String,
    pub(super) service: String,
    pub(super) headers: Vec<String>,
    pub(super) signature: String,
    /// As it was signed.
    pub(super) time: String,
    pub(super) token: Option<String>,
    /// Of a presigned URL, in seconds.
    pub(super) lifetime: Option<i64>,
}

impl Signed {
    pub(super) fn of(request: &Request) -> Result<Self, Rejection> {
        let parameters = request.parameters();
        let parameter = |wanted: &str| {
            let mut named = parameters.iter().filter(|(name, _)| name == wanted);
            named.next().map(|(_, value)| value.as_str())
        };
        let is_presigned = parameters
            .iter()
            .any(|(name, _)| name.starts_with("X-Amz-") && name != "X-Amz-Security-Token");
        let is_version_2 =
            parameter("Signature").is_some() && parameter("AWSAccessKeyId").is_some();
        match request.header("authorization") {
            Some(_) if is_presigned || is_version_2 => Err(Rejection::Twice),
            Some(header) if header.starts_with("AWS ") => Err(Rejection::Version2),
            Some(header) => Self::of_header(request, header).ok_or(Rejection::Malformed),
            None if is_version_2 => Err(Rejection::Version2),
            None if is_presigned => Self::of_query(request, parameter),
            None => Err(Rejection::Unsigned),
        }
    }

    fn of_header(request: &Request, header: &str) -> Option<Self> {
        let parts = header.strip_prefix(ALGORITHM)?;
        let part = |name: &str| {
            parts
                .split(',')
                .find_map(|part| part.trim().strip_prefix(name)?.strip_prefix('='))
        };
        let signed = Self::in_scope(part("Credential")?, part("SignedHeaders")?)?;
        let header = |name| request.header(name).map(str::to_owned);
        Some(Self {
            signature: part("Signature")?.to_owned(),
            // Without it, the signature cannot be verified.
            time: header("x-amz-date").unwrap_or_default(),
            token: header("x-amz-security-token"),
            ..signed
        })
    }

    fn of_query<'p>(
        request: &Request,
        parameter: impl Fn(&str) -> Option<&'p str>,
    ) -> Result<Self, Rejection> {
        let required = |name: &str| parameter(name).ok_or(Rejection::Incomplete);
        if required("X-Amz-Algorithm")? != ALGORITHM {
            return Err(Rejection::Incomplete);
        }
        let (credential, headers) = (
            required("X-Amz-Credential")?,
            required("X-Amz-SignedHeaders")?,
        );
        let signed = Self::in_scope(credential, headers).ok_or(Rejection::Incomplete)?;
        let lifetime = required("X-Amz-Expires")?.parse().ok();
        let is_valid = |seconds: &i64| (1..=MAX_LIFETIME).contains(seconds);
        let signed = Self {
            signature: required("X-Amz-Signature")?.to_owned(),
            time: required("X-Amz-Date")?.to_owned(),
            token: parameter("X-Amz-Security-Token").map(str::to_owned),
            lifetime: Some(lifetime.filter(is_valid).ok_or(Rejection::Lifetime)?),
            ..signed
        };
        signed.timestamp()?;
        // The URL does not allow what it does not sign.
        let is_signed = |name: &String| signed.headers.contains(name) || parameter(name).is_some();
        let mut names = request.headers.iter().map(|(name, _)| name);
        match is_signed(&"host".to_owned())
            && names.all(|name| !name.starts_with("x-amz-") || is_signed(name))
        {
            true => Ok(signed),
            false => Err(Rejection::UnsignedHeaders),
        }
    }

    /// The parts that a credential's scope and a list of headers give.
    fn in_scope(credential: &str, headers: &str) -> Option<Self> {
        let mut scope = credential.rsplitn(5, '/').map(str::to_owned);
        (scope.next()? == "aws4_request").then_some(())?;
        let (service, region, date) = (scope.next()?, scope.next()?, scope.next()?);
        Some(Self {
            access_key_id: scope.next()?,
            date,
            region,
            service,
            headers: headers.split(';').map(str::to_owned).collect(),
            signature: String::new(),
            time: String::new(),
            token: None,
            lifetime: None,
        })
    }

    pub(super) fn timestamp(&self) -> Result<Timestamp, Rejection> {
        let time = DateTime::strptime("%Y%m%dT%H%M%SZ", &self.time).ok();
        time.filter(|_| self.time.starts_with(&self.date))
            .and_then(|time| time.to_zoned(TimeZone::UTC).ok())
            .map(|time| time.timestamp())
            .ok_or(Rejection::Malformed)
    }

    /// Refuses a presigned URL that is no longer valid, or not yet. Its
    /// lifetime is real time, like all times that clients sign.
    pub(super) fn check_lifetime(&self, real_time: Timestamp) -> Result<(), Rejection> {
        let Some(lifetime) = self.lifetime else {
            return Ok(());
        };
        let age = real_time.duration_since(self.timestamp()?);
        match age {
            _ if age > SignedDuration::from_secs(lifetime) => Err(Rejection::ExpiredUrl),
            _ if -age > MAX_AHEAD => Err(Rejection::NotYetValid),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn signed(header: &str) -> Result<Signed, Rejection> {
        Signed::of(&Request {
            headers: vec![
                ("authorization".into(), header.into()),
                ("x-amz-date".into(), "20260101T000000Z".into()),
            ],
            ..Request::default()
        })
    }

    #[test]
    fn an_authorization_header_is_taken_apart() {
        let header = "AWS4-HMAC-SHA256 Credential=AK/ID/20260101/eu-west-1/s3/aws4_request, \
                      SignedHeaders=host;x-amz-date, Signature=abc";
        let signed = signed(header).unwrap();
        assert_eq!(signed.access_key_id, "AK/ID");
        assert_eq!((&*signed.region, &*signed.service), ("eu-west-1", "s3"));
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
            assert_eq!(signed(header), Err(Rejection::Malformed), "{header}");
        }
    }
}
