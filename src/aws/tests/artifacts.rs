//! Ranges of S3 objects, and S3's errors.

use super::wire::{Reply, Wire, answer};
use crate::aws::artifacts::S3Artifacts;
use crate::job::offer::{ArtifactCredentials, InputArtifact};
use crate::ports::{Artifacts, ByteRange, CallErrorKind, ETag, Piece, ReadError};

async fn read(wire: &Wire, range: ByteRange, pinned: Option<&ETag>) -> Result<Piece, ReadError> {
    let config = wire
        .config()
        .to_builder()
        .endpoint_url("http://s3.test")
        .build();
    let credentials = ArtifactCredentials {
        access_key_id: "ASIAJOB".into(),
        secret_access_key: "secret".into(),
        session_token: "session".into(),
    };
    let artifact = InputArtifact {
        name: "Build".into(),
        bucket: "bucket".into(),
        key: "release/Build/abc".into(),
    };
    let reader = S3Artifacts::new(&config, false).open(&credentials);
    reader.read(&artifact, range, pinned).await
}

fn partial(range: &str, body: &str) -> Reply {
    Reply::Answer {
        status: 206,
        headers: vec![("content-range", range.into()), ("etag", "\"e1\"".into())],
        body: body.into(),
    }
}

#[tokio::test]
async fn a_range_is_read_with_the_jobs_credentials_and_pinned() {
    let wire = Wire::new([
        partial("bytes 5-9/100", "hello"),
        partial("bytes 95-99/100", "world"),
    ]);
    let pinned = ETag("\"e1\"".into());
    let range = ByteRange::FromTo { start: 5, end: 10 };
    let piece = read(&wire, range, Some(&pinned)).await.unwrap();
    assert_eq!(
        (piece.start, piece.total, &piece.bytes[..]),
        (5, 100, &b"hello"[..])
    );
    assert_eq!(piece.etag, Some(pinned));
    let piece = read(&wire, ByteRange::Last(5), None).await.unwrap();
    assert_eq!((piece.start, piece.total), (95, 100));

    let sent = wire.sent();
    assert!(
        sent[0]
            .uri
            .starts_with("http://s3.test/bucket/release/Build/abc")
    );
    assert_eq!(sent[0].header("range"), Some("bytes=5-9"));
    assert_eq!(sent[0].header("if-match"), Some("\"e1\""));
    assert!(sent[0].header("authorization").unwrap().contains("ASIAJOB"));
    assert_eq!(sent[0].header("x-amz-security-token"), Some("session"));
    assert_eq!(sent[1].header("range"), Some("bytes=-5"));
    assert_eq!(sent[1].header("if-match"), None);
}

fn whole(body: &str) -> Reply {
    Reply::Answer {
        status: 200,
        headers: vec![("etag", "\"e1\"".into())],
        body: body.into(),
    }
}

#[tokio::test]
async fn a_page_that_is_not_from_s3_is_no_artifact() {
    let page = answer(200, "<html>Sign in</html>");
    let read = read(&Wire::new([page]), ByteRange::Last(50), None).await;
    assert!(matches!(read, Err(ReadError::Other(call_error)) if call_error.is_transient()));
}

#[tokio::test]
async fn a_whole_object_is_taken_when_it_is_no_longer_than_asked_for() {
    let piece = read(&Wire::new([whole("hi")]), ByteRange::Last(5), None).await;
    let piece = piece.unwrap();
    let etag = Some(ETag("\"e1\"".into()));
    assert_eq!((piece.start, piece.total, piece.etag), (0, 2, etag));
    let long = read(&Wire::new([whole("too long")]), ByteRange::Last(5), None).await;
    assert!(matches!(long, Err(ReadError::Other(call_error)) if call_error.code == "BodyTooLong"));
    let odd = read(
        &Wire::new([partial("lines 1-2", "x")]),
        ByteRange::Last(5),
        None,
    )
    .await;
    assert!(
        matches!(odd, Err(ReadError::Other(call_error)) if call_error.kind == CallErrorKind::Unclear)
    );
}

#[tokio::test(start_paused = true)]
async fn refusals_of_s3_are_distinguished() {
    for (status, code, expected) in [
        (404, "NoSuchKey", "Missing Refused"),
        (403, "AccessDenied", "Missing Denied"),
        (405, "MethodNotAllowed", "Missing Refused"),
        (403, "InvalidObjectState", "Other Refused"),
        (403, "AllAccessDisabled", "Other Refused"),
        (403, "RequestTimeTooSkewed", "Missing Denied"),
        (416, "InvalidRange", "NoSuchRange"),
        (412, "PreconditionFailed", "Changed"),
        (400, "ExpiredToken", "CredentialsExpired Denied"),
        (400, "InvalidToken", "CredentialsExpired Denied"),
        (503, "SlowDown", "Other Throttled"),
        (500, "InternalError", "Other Unclear"),
        (301, "PermanentRedirect", "Other Refused"),
        (307, "TemporaryRedirect", "Other Unclear"),
    ] {
        let reply = answer(
            status,
            format!("<Error><Code>{code}</Code><Message>m</Message></Error>"),
        );
        let wire = Wire::new([reply.clone(), reply.clone(), reply]);
        let found = match read(&wire, ByteRange::Last(5), None).await.unwrap_err() {
            ReadError::Missing(call_error) => format!("Missing {:?}", call_error.kind),
            ReadError::NoSuchRange => "NoSuchRange".into(),
            ReadError::Changed => "Changed".into(),
            ReadError::CredentialsExpired(call_error) => {
                format!("CredentialsExpired {:?}", call_error.kind)
            }
            ReadError::Other(call_error) => format!("Other {:?}", call_error.kind),
        };
        assert_eq!(found, expected, "{status} {code}");
    }
    // A page that is not S3's says nothing of the artifact.
    for status in [401, 403, 404] {
        let page = answer(status, "<html>blocked</html>");
        let wire = Wire::new([page.clone(), page.clone(), page]);
        let read = read(&wire, ByteRange::Last(5), None).await;
        let is_transient =
            matches!(&read, Err(ReadError::Other(call_error)) if call_error.is_transient());
        assert!(is_transient, "{status}: {read:?}");
    }
}
