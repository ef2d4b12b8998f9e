//! Uploads in parts, as S3 checks them.

use simulator::keys::Caller;
use simulator::world::World;

use crate::s3::{code, header, send, send_as, world};

const MIB: usize = 1 << 20;

fn post(world: &mut World, line: &str, body: &str) -> String {
    let reply = send_as(world, &Caller::Account, line, &[], body.as_bytes()).unwrap();
    String::from_utf8(reply.body).unwrap()
}

fn begin(world: &mut World, headers: &[(&str, &str)]) -> String {
    let reply = send(world, "POST /b/new?uploads", headers).unwrap();
    let text = String::from_utf8(reply.body).unwrap();
    let (_, rest) = text.split_once("<UploadId>").unwrap();
    rest.split_once('<').unwrap().0.to_owned()
}

fn upload(world: &mut World, id: &str, number: usize, body: &[u8]) -> String {
    let line = format!("PUT /b/new?partNumber={number}&uploadId={id}");
    let reply = send_as(world, &Caller::Account, &line, &[], body).unwrap();
    header(&reply, "etag").to_owned()
}

fn list(parts: &[(usize, &str)]) -> String {
    let part = |(number, etag): &(usize, &str)| {
        format!("<Part><PartNumber>{number}</PartNumber><ETag>{etag}</ETag></Part>")
    };
    let parts: String = parts.iter().map(part).collect();
    format!("<CompleteMultipartUpload>{parts}</CompleteMultipartUpload>")
}

#[test]
fn parts_become_an_object_in_their_order() {
    let mut world = world();
    let id = begin(&mut world, &[("x-amz-meta-a", "b")]);
    let last = upload(&mut world, &id, 7, b"end");
    upload(&mut world, &id, 2, b"replaced");
    let first = upload(&mut world, &id, 2, &vec![b'x'; 5 * MIB]);
    let shown = post(&mut world, &format!("GET /b/new?uploadId={id}"), "");
    assert_eq!(shown.matches("<Part>").count(), 2, "{shown}");
    let line = format!("POST /b/new?uploadId={id}");
    let body = post(&mut world, &line, &list(&[(2, &first), (7, &last)]));
    assert!(body.contains("-2&quot;</ETag>"), "{body}");
    let end = send(&mut world, "GET /b/new", &[("range", "bytes=-4")]).unwrap();
    assert_eq!(end.body, b"xend");
    assert_eq!(header(&end, "x-amz-meta-a"), "b");
    let again = send_as(
        &mut world,
        &Caller::Account,
        &line,
        &[],
        list(&[(2, &first)]).as_bytes(),
    );
    assert_eq!(code(again), "NoSuchUpload");
}

#[test]
fn what_s3_refuses_leaves_the_upload_as_it_was() {
    let mut world = world();
    let id = begin(&mut world, &[]);
    let small = upload(&mut world, &id, 1, b"small");
    let last = upload(&mut world, &id, 2, b"last");
    let line = format!("POST /b/new?uploadId={id}");
    let mut complete = |parts: &str, headers: &[(&str, &str)]| {
        code(send_as(
            &mut world,
            &Caller::Account,
            &line,
            headers,
            parts.as_bytes(),
        ))
    };
    assert_eq!(
        complete(&list(&[(1, &small), (2, &last)]), &[]),
        "EntityTooSmall"
    );
    assert_eq!(
        complete(&list(&[(2, &last), (1, &small)]), &[]),
        "InvalidPartOrder"
    );
    assert_eq!(
        complete(&list(&[(2, &last), (2, &last)]), &[]),
        "InvalidPartOrder"
    );
    assert_eq!(complete(&list(&[(1, &last)]), &[]), "InvalidPart");
    assert_eq!(complete(&list(&[(3, &last)]), &[]), "InvalidPart");
    assert_eq!(complete(&list(&[]), &[]), "MalformedXML");
    assert_eq!(complete("<Complete", &[]), "MalformedXML");
    let one = list(&[(2, &last)]);
    assert_eq!(
        complete(&one, &[("x-amz-mp-object-size", "5")]),
        "InvalidRequest"
    );
    assert_eq!(
        complete(&one, &[("x-amz-checksum-crc32", "AAAAAA==")]),
        "BadDigest"
    );
    assert_eq!(complete(&one, &[("if-match", "\"x\"")]), "NoSuchKey");
    send_as(&mut world, &Caller::Account, "PUT /b/new", &[], b"there").unwrap();
    let refused = send_as(
        &mut world,
        &Caller::Account,
        &line,
        &[("if-none-match", "*")],
        one.as_bytes(),
    );
    assert_eq!(code(refused), "PreconditionFailed");
    for (part, upload, expected) in [
        ("0", id.as_str(), "InvalidArgument"),
        ("10001", &id, "InvalidArgument"),
        ("x", &id, "InvalidArgument"),
        ("1", "none", "NoSuchUpload"),
    ] {
        let line = format!("PUT /b/new?partNumber={part}&uploadId={upload}");
        assert_eq!(code(send(&mut world, &line, &[])), expected);
    }
    // It belongs to its key.
    assert_eq!(
        code(send(&mut world, &format!("GET /b/k?uploadId={id}"), &[])),
        "NoSuchUpload"
    );
    post(&mut world, &line, &one);
    assert_eq!(send(&mut world, "GET /b/new", &[]).unwrap().body, b"last");
}

#[test]
fn an_abandoned_upload_is_listed_until_it_is_aborted() {
    let mut world = world();
    let id = begin(&mut world, &[]);
    upload(&mut world, &id, 1, b"part");
    let uploads = post(&mut world, "GET /b?uploads", "");
    assert!(uploads.contains(&id), "{uploads}");
    send(&mut world, &format!("DELETE /b/new?uploadId={id}"), &[]).unwrap();
    let uploads = post(&mut world, "GET /b?uploads", "");
    assert!(!uploads.contains("<Upload>"), "{uploads}");
    assert_eq!(code(send(&mut world, "GET /b/new", &[])), "NoSuchKey");
}

#[test]
fn the_checksum_of_an_upload_covers_its_parts_or_all_bytes() {
    for (kind, expected) in [
        ("COMPOSITE", "<ChecksumCRC32>1tjDkQ==-1</ChecksumCRC32>"),
        ("FULL_OBJECT", "<ChecksumCRC32>g9zvtw==</ChecksumCRC32>"),
    ] {
        let mut world = world();
        let created = [
            ("x-amz-checksum-algorithm", "CRC32"),
            ("x-amz-checksum-type", kind),
        ];
        let id = begin(&mut world, &created);
        let etag = upload(&mut world, &id, 1, b"1");
        let without = list(&[(1, &etag)]);
        let with = without.replace("</ETag>", "</ETag><ChecksumCRC32>g9zvtw==</ChecksumCRC32>");
        let line = format!("POST /b/new?uploadId={id}");
        if kind == "COMPOSITE" {
            let refused = send_as(&mut world, &Caller::Account, &line, &[], without.as_bytes());
            assert_eq!(code(refused), "InvalidRequest");
        }
        let body = post(&mut world, &line, &with);
        assert!(body.contains(expected), "{body}");
    }
}

#[test]
fn an_object_is_copied_in_parts() {
    let mut world = world();
    let id = begin(&mut world, &[]);
    let line = format!("PUT /b/new?partNumber=1&uploadId={id}");
    let part = |range: &'static str| {
        [
            ("x-amz-copy-source", "b/k"),
            ("x-amz-copy-source-range", range),
        ]
    };
    for range in ["bytes=8-10", "bytes=10-11", "bytes=-3", "x"] {
        let refused = send(&mut world, &line, &part(range));
        assert_eq!(code(refused), "InvalidArgument", "{range}");
    }
    let reply = send(&mut world, &line, &part("bytes=2-4")).unwrap();
    let text = String::from_utf8(reply.body).unwrap().replace("&quot;", "");
    let (_, rest) = text.split_once("<ETag>").unwrap();
    let etag = rest.split_once('<').unwrap().0;
    post(
        &mut world,
        &format!("POST /b/new?uploadId={id}"),
        &list(&[(1, etag)]),
    );
    assert_eq!(send(&mut world, "GET /b/new", &[]).unwrap().body, b"234");
}
