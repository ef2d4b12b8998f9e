//! Tests of S3's responses to reads and writes (docs/aws.md §3).

use jiff::Timestamp;
use simulator::api::ApiError;
use simulator::keys::{Caller, LIFETIME, Session};
use simulator::s3::{Call, Content, MAX_ANSWER};
use simulator::wire::message::{Reply, Request};
use simulator::world::World;

const LARGE: u64 = 300 << 20;

pub(crate) fn world() -> World {
    let mut world = World::new("2026-01-01T00:00:00Z".parse::<Timestamp>().unwrap());
    world.s3.create_bucket("b");
    let now = world.now();
    let large = Content::sparse(LARGE, [(LARGE - 3, b"end".to_vec())]).unwrap();
    for (key, content) in [
        ("k", Content::from(b"0123456789".to_vec())),
        ("empty", Content::from(Vec::new())),
        ("large", large),
    ] {
        world
            .s3
            .put(&mut world.names, now, ("b", key), content)
            .unwrap();
    }
    world
}

pub(crate) fn send(
    world: &mut World,
    line: &str,
    headers: &[(&str, &str)],
) -> Result<Reply, ApiError> {
    send_as(world, &Caller::Account, line, headers, b"")
}

/// Sends `METHOD /path?query`.
pub(crate) fn send_as(
    world: &mut World,
    caller: &Caller,
    line: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Result<Reply, ApiError> {
    let (method, target) = line.split_once(' ').unwrap();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let request = Request {
        method: method.into(),
        path: path.into(),
        query: query.into(),
        headers: headers
            .iter()
            .map(|(name, value)| ((*name).into(), (*value).into()))
            .collect(),
        body: body.into(),
    };
    Call::read(&request).perform(world, caller)
}

pub(crate) fn header<'a>(reply: &'a Reply, name: &str) -> &'a str {
    let found = reply.headers.iter().find(|(given, _)| given == name);
    found.map_or("", |(_, value)| value)
}

pub(crate) fn code(answer: Result<Reply, ApiError>) -> String {
    answer.expect_err("the call must be refused").code
}

#[test]
fn a_part_of_a_large_object_is_read_by_itself() {
    let mut world = world();
    let reply = send(&mut world, "GET /b/large", &[("range", "bytes=-4")]).unwrap();
    assert_eq!((reply.status, reply.body.as_slice()), (206, &b"\0end"[..]));
    let range = format!("bytes {}-{}/{LARGE}", LARGE - 4, LARGE - 1);
    assert_eq!(header(&reply, "content-range"), range);
    assert_eq!(code(send(&mut world, "GET /b/large", &[])), "SlowDown");
    let head = send(&mut world, "HEAD /b/large", &[]).unwrap();
    assert_eq!(header(&head, "content-length"), LARGE.to_string());
}

#[test]
fn an_answer_may_be_as_large_as_the_limit_and_no_larger() {
    let mut world = world();
    let mut first = |count: u64| {
        let range = format!("bytes=0-{}", count - 1);
        send(&mut world, "GET /b/large", &[("range", &range)])
    };
    assert_eq!(first(MAX_ANSWER).unwrap().body.len() as u64, MAX_ANSWER);
    assert_eq!(code(first(MAX_ANSWER + 1)), "SlowDown");
}

#[test]
fn a_range_that_cannot_be_met_says_how_long_the_object_is() {
    let mut world = world();
    for (key, range) in [("k", "bytes=10-"), ("k", "bytes=-0"), ("empty", "bytes=-9")] {
        let line = format!("GET /b/{key}");
        let failure = send(&mut world, &line, &[("range", range)]).unwrap_err();
        assert_eq!(
            (failure.status, failure.code.as_str()),
            (416, "InvalidRange")
        );
        assert_eq!(failure.details[0], ("RangeRequested", range.to_owned()));
        assert_eq!(failure.details[1].0, "ActualObjectSize");
    }
}

#[test]
fn a_reader_can_pin_the_object_it_has_begun() {
    let mut world = world();
    let etag = world.s3.get("b", "k").unwrap().etag.clone();
    assert!(send(&mut world, "GET /b/k", &[("if-match", &etag)]).is_ok());
    let known = send(&mut world, "GET /b/k", &[("if-none-match", &etag)]).unwrap();
    assert_eq!((known.status, known.body.len()), (304, 0));
    send_as(&mut world, &Caller::Account, "PUT /b/k", &[], b"other").unwrap();
    let failure = send(&mut world, "GET /b/k", &[("if-match", &etag)]).unwrap_err();
    assert_eq!(
        (failure.status, failure.code.as_str()),
        (412, "PreconditionFailed")
    );
}

#[test]
fn a_writer_can_insist_on_what_was_there() {
    let mut world = world();
    let mut put = |key: &str, condition: (&str, &str)| {
        let line = format!("PUT /b/{key}");
        send_as(&mut world, &Caller::Account, &line, &[condition], b"x")
    };
    assert_eq!(code(put("k", ("if-none-match", "*"))), "PreconditionFailed");
    assert!(put("new", ("if-none-match", "*")).is_ok());
    assert_eq!(
        code(put("k", ("if-match", "\"wrong\""))),
        "PreconditionFailed"
    );
    assert_eq!(code(put("absent", ("if-match", "\"any\""))), "NoSuchKey");
    let etag = world.s3.get("b", "k").unwrap().etag.clone();
    let line = "PUT /b/k";
    assert!(
        send_as(
            &mut world,
            &Caller::Account,
            line,
            &[("if-match", &etag)],
            b"x"
        )
        .is_ok()
    );
}

#[test]
fn what_is_absent_is_named() {
    let mut world = world();
    assert_eq!(code(send(&mut world, "GET /b/absent", &[])), "NoSuchKey");
    assert_eq!(code(send(&mut world, "GET /none/k", &[])), "NoSuchBucket");
    assert_eq!(
        code(send(&mut world, "GET /b/k?versionId=1", &[])),
        "NoSuchVersion"
    );
    assert_eq!(code(send(&mut world, "POST /b/k", &[])), "NotImplemented");
    assert_eq!(
        code(send(&mut world, "PUT /b", &[])),
        "BucketAlreadyOwnedByYou"
    );
    let owner = ("x-amz-expected-bucket-owner", "999999999999");
    assert_eq!(code(send(&mut world, "GET /b/k", &[owner])), "AccessDenied");
    let encryption = ("x-amz-server-side-encryption", "aws:kms");
    assert_eq!(
        code(send(&mut world, "GET /b/k", &[encryption])),
        "InvalidArgument"
    );
}

#[test]
fn a_job_reads_and_writes_its_own_artifacts_and_learns_nothing_of_others() {
    let mut world = world();
    let objects = ["k", "absent"].map(|key| ("b".to_owned(), key.to_owned()));
    let caller = Caller::Job(Box::new(Session {
        access_key_id: "ASIASIM1".into(),
        secret_access_key: "s".into(),
        session_token: "t".into(),
        expires: world.now() + LIFETIME,
        objects: objects.into(),
        outputs: vec![("b".to_owned(), "made".to_owned())],
        role: None,
    }));
    let mut job = |line: &str| send_as(&mut world, &caller, line, &[], b"");
    assert!(job("GET /b/k").is_ok());
    assert!(job("HEAD /b/k").is_ok());
    assert!(job("PUT /b/made").is_ok());
    assert!(job("POST /b/made?uploads").is_ok());
    for line in [
        "GET /b/large",
        "GET /b/absent",
        "GET /b/made",
        "POST /b/k?uploads",
        "POST /b?delete",
        "GET /",
        "PUT /b/k",
        "DELETE /b/k",
        "GET /b?list-type=2",
        "PUT /new",
    ] {
        assert_eq!(code(job(line)), "AccessDenied", "{line}");
    }
}

#[test]
fn a_subresource_is_never_taken_for_the_object() {
    let mut world = world();
    for line in [
        "PUT /b/k?tagging",
        "PUT /b/k?acl",
        "DELETE /b/k?tagging",
        "GET /b/k?attributes",
        "GET /b/k?partNumber=1",
        "POST /b/k",
        "PUT /b?policy",
        "GET /b?acl",
        "DELETE /b?lifecycle",
    ] {
        let refused = send(&mut world, line, &[]).unwrap_err();
        assert_eq!(
            (refused.status, &*refused.code),
            (501, "NotImplemented"),
            "{line}"
        );
    }
    assert_eq!(
        send(&mut world, "GET /b/k", &[]).unwrap().body,
        b"0123456789"
    );
    let tagged = send(&mut world, "PUT /b/k", &[("x-amz-tagging", "a=b")]);
    assert_eq!(code(tagged), "NotImplemented");
}

#[test]
fn an_object_keeps_its_headers_and_its_checksum() {
    let mut world = world();
    let headers = [
        ("content-type", "text/plain"),
        ("content-encoding", "gzip,aws-chunked"),
        ("x-amz-meta-build", "7"),
        ("x-amz-checksum-crc32", "g9zvtw=="),
        ("content-md5", "xMpCOKC5I4INzFCab3WEmw=="),
    ];
    let put = send_as(&mut world, &Caller::Account, "PUT /b/new", &headers, b"1").unwrap();
    assert_eq!(header(&put, "etag"), "\"c4ca4238a0b923820dcc509a6f75849b\"");
    let copy = [("x-amz-copy-source", "/b/new")];
    send(&mut world, "PUT /b/copy", &copy).unwrap();
    for key in ["new", "copy"] {
        let asked = [("x-amz-checksum-mode", "ENABLED")];
        let reply = send(&mut world, &format!("HEAD /b/{key}"), &asked).unwrap();
        assert_eq!(header(&reply, "content-type"), "text/plain");
        assert_eq!(header(&reply, "content-encoding"), "gzip");
        assert_eq!(header(&reply, "x-amz-meta-build"), "7");
        assert_eq!(header(&reply, "x-amz-checksum-crc32"), "g9zvtw==");
    }
    let line = "GET /b/new?response-content-type=text%2Fhtml";
    let reply = send(&mut world, line, &[]).unwrap();
    assert_eq!(header(&reply, "content-type"), "text/html");
    for wrong in [
        ("x-amz-checksum-crc32", "AAAAAQ=="),
        ("content-md5", "AAAAAAAAAAAAAAAAAAAAAA=="),
    ] {
        assert_eq!(
            code(send(&mut world, "PUT /b/wrong", &[wrong])),
            "BadDigest"
        );
    }
    assert_eq!(code(send(&mut world, "GET /b/wrong", &[])), "NoSuchKey");
    assert_eq!(
        code(send(
            &mut world,
            "PUT /b/new",
            &[("x-amz-copy-source", "b/new")]
        )),
        "InvalidRequest"
    );
}

#[test]
fn a_bucket_is_emptied_and_deleted() {
    let mut world = world();
    let listed = send(&mut world, "GET /", &[]).unwrap();
    assert!(String::from_utf8_lossy(&listed.body).contains("<Name>b</Name>"));
    assert_eq!(code(send(&mut world, "DELETE /b", &[])), "BucketNotEmpty");
    let delete = b"<Delete><Object><Key>k</Key></Object><Object><Key>empty</Key>\
                   <VersionId>null</VersionId></Object><Object><Key>none</Key></Object></Delete>";
    let reply = send_as(&mut world, &Caller::Account, "POST /b?delete", &[], delete).unwrap();
    let deleted = String::from_utf8(reply.body).unwrap();
    assert_eq!(deleted.matches("<Deleted>").count(), 3, "{deleted}");
    send(&mut world, "DELETE /b/large?versionId=other", &[]).unwrap();
    assert_eq!(code(send(&mut world, "DELETE /b", &[])), "BucketNotEmpty");
    send(&mut world, "DELETE /b/large", &[]).unwrap();
    assert_eq!(send(&mut world, "DELETE /b", &[]).unwrap().status, 204);
    assert_eq!(code(send(&mut world, "HEAD /b", &[])), "NoSuchBucket");
}

#[test]
fn keys_are_listed_in_order_and_page_by_page() {
    let mut world = world();
    let reply = send(&mut world, "GET /b?list-type=2&max-keys=2", &[]).unwrap();
    let first = String::from_utf8(reply.body).unwrap();
    assert!(first.contains("<Key>empty</Key>") && first.contains("<Key>k</Key>"));
    assert!(first.contains("<IsTruncated>true</IsTruncated>"));
    assert!(first.contains("<NextContinuationToken>k</NextContinuationToken>"));
    let line = "GET /b?list-type=2&max-keys=2&continuation-token=k";
    let second = String::from_utf8(send(&mut world, line, &[]).unwrap().body).unwrap();
    assert!(second.contains("<Key>large</Key>") && second.contains("<KeyCount>1</KeyCount>"));
    assert!(second.contains("<IsTruncated>false</IsTruncated>"));
    let line = "GET /b?list-type=2&prefix=l";
    let third = String::from_utf8(send(&mut world, line, &[]).unwrap().body).unwrap();
    assert!(third.contains("<Key>large</Key>") && !third.contains("<Key>k</Key>"));
}

#[test]
fn a_key_may_have_a_thousand_and_twenty_four_bytes() {
    let mut world = world();
    let mut put = |length| {
        let line = format!("PUT /b/{}", "x".repeat(length));
        send_as(&mut world, &Caller::Account, &line, &[], b"x")
    };
    assert!(put(1024).is_ok());
    assert_eq!(code(put(1025)), "KeyTooLongError");
}

#[test]
fn a_listing_goes_on_after_any_key() {
    let mut world = world();
    let now = world.now();
    for key in ["a\u{1}", "a\u{ffff}", "a&b", "z"] {
        let place = ("b", key);
        let content = b"x".to_vec();
        world.s3.put(&mut world.names, now, place, content).unwrap();
    }
    let element = |xml: &str, name: &str| {
        let (_, rest) = xml.split_once(&format!("<{name}>"))?;
        Some(rest.split('<').next().unwrap().to_owned())
    };
    let (mut line, mut keys) = ("GET /b?list-type=2&max-keys=1".to_owned(), Vec::new());
    loop {
        let body = send(&mut world, &line, &[]).unwrap().body;
        let xml = String::from_utf8(body).unwrap();
        assert!(
            !xml.contains(['\u{1}', '\u{ffff}']),
            "XML has no such character"
        );
        keys.push(element(&xml, "Key").unwrap());
        let Some(token) = element(&xml, "NextContinuationToken") else {
            break;
        };
        let token = token.replace('%', "%25");
        line = format!("GET /b?list-type=2&max-keys=1&continuation-token={token}");
    }
    let expected = ["a?", "a&amp;b", "a?", "empty", "k", "large", "z"];
    assert_eq!(keys, expected);
}

#[test]
fn only_a_versioned_bucket_gives_versions() {
    let mut world = world();
    let get = |world: &mut World| send(world, "GET /b/k", &[]).unwrap();
    assert_eq!(header(&get(&mut world), "x-amz-version-id"), "");
    world.s3.set_versioned("b", true);
    let version = world.s3.get("b", "k").unwrap().version_id.clone();
    assert_eq!(header(&get(&mut world), "x-amz-version-id"), version);
}

#[test]
fn a_bucket_has_a_name() {
    let mut world = world();
    for (name, is_taken) in [
        ("abc", true),
        ("a.b-9", true),
        (&"a".repeat(63), true),
        (&"a".repeat(64), false),
        ("ab", false),
        ("Abc", false),
        ("-abc", false),
        ("", false),
    ] {
        let answer = send(&mut world, &format!("PUT /{name}"), &[]);
        assert_eq!(answer.is_ok(), is_taken, "{name}");
    }
}

#[test]
fn what_does_not_fit_in_memory_is_not_stored() {
    let mut world = world();
    let now = world.now();
    let content = vec![0; 1 << 30];
    let refused = world.s3.put(&mut world.names, now, ("b", "new"), content);
    assert_eq!(refused.unwrap_err().code, "EntityTooLarge");
}
