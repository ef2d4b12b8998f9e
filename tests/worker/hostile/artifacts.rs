//! Artifacts that are not archives, broken archives, and archives with false
//! metadata.

use std::io::Write as _;

use simulator::codepipeline::{ActionDeclaration, Source};
use simulator::faults::{Fault, Kind, Occurrence};

use super::archives::{DEFLATED, Field, LZMA, bomb, patch, rename, stored, written, zip};
use super::trial::{Cases, assert_reported, good_files, refuse_all, release, release_from};
use crate::support::Harness;

const TASKDEF: &str = "taskdef.json";

#[tokio::test(start_paused = true)]
async fn what_is_no_archive_is_refused_by_what_it_is() {
    let good = zip(&good_files());
    let mut tar = vec![0; 400_000];
    tar[257..262].copy_from_slice(b"ustar");
    let page = "<html><body>Sign in</body></html>".repeat(9000);
    let cases: Cases = vec![
        ("a text", release(b"hello\n".to_vec())),
        ("a tar archive", release(tar)),
        (
            "a .tar.gz",
            release(b"\x1f\x8b\x08\0\0\0\0\0\0\x03".repeat(40)),
        ),
        ("a page of a proxy", release(page.into_bytes())),
        ("nothing", release(Vec::new())),
        ("half an archive", release(good[..good.len() / 2].to_vec())),
        (
            "an archive without its start",
            release(good[900..].to_vec()),
        ),
        ("random bytes", release(noise(200_000))),
        ("an object that is not there", missing()),
    ];
    assert_reported("no_archives", &refuse_all(&Harness::new(), cases).await);
}

#[tokio::test(start_paused = true)]
async fn archives_that_lie_or_hide_are_refused_by_entry() {
    let empty = written(|_| {});
    let files = good_files();
    let patched = |fields: &[(Field, u32)]| {
        let mut archive = zip(&files);
        for (field, value) in fields {
            patch(&mut archive, TASKDEF, *field, *value);
        }
        release(archive)
    };
    let cases: Cases = vec![
        ("an archive of nothing", release(empty)),
        ("encrypted", patched(&[(Field::Flags, 1)])),
        ("compressed oddly", patched(&[(Field::Method, LZMA.into())])),
        ("300 MB of spaces", patched(&[(Field::Size, 300_000_000)])),
        (
            "packed larger than it is",
            patched(&[(Field::PackedSize, 900_000_000)]),
        ),
        ("of another size", patched(&[(Field::Size, 10)])),
        (
            "no deflate at all",
            patched(&[(Field::Method, DEFLATED.into())]),
        ),
        ("a bomb that says 10 bytes", bombs(1_000_000, 10)),
        ("a bomb that says 1 GB", bombs(6_800_000, 1 << 30)),
        ("named from above", named("../taskdef.json")),
        ("named from the root", named("/etc/taskdef.json")),
        ("named twice", twice()),
        ("a directory", directory()),
        ("a symbolic link", link()),
        ("imagedefinitions.json", other_image_file()),
        ("100,000 other files", many(100_000)),
        ("200,000 files", many(200_000)),
    ];
    assert_reported("odd_archives", &refuse_all(&Harness::new(), cases).await);
}

#[tokio::test(start_paused = true)]
async fn an_artifact_that_is_replaced_while_it_is_read_is_refused() {
    let harness = Harness::new();
    // The required file is not in the last pages of the archive, so it needs a
    // second request. Both attempts find another object.
    for nth in [2, 4] {
        arm(&harness, Occurrence::Nth(nth), 412, "PreconditionFailed");
    }
    let archive = written(|writer| {
        for (name, bytes) in good_files() {
            writer.start_file(name, stored()).expect("a name");
            writer.write_all(&bytes).expect("memory");
        }
        writer.start_file("app.bin", stored()).expect("a name");
        writer.write_all(&[0; 300_000]).expect("memory");
    });
    let cases = vec![("replaced", release(archive))];
    assert_reported("replaced", &refuse_all(&harness, cases).await);
}

#[tokio::test(start_paused = true)]
async fn an_artifact_that_may_not_be_read_is_refused() {
    for (name, status, code) in [
        ("denied", 403, "AccessDenied"),
        ("elsewhere", 400, "AuthorizationHeaderMalformed"),
        ("unknown_bucket", 404, "NoSuchBucket"),
    ] {
        let harness = Harness::new();
        arm(&harness, Occurrence::Nth(1), status, code);
        let cases = vec![(name, release(zip(&good_files())))];
        assert_reported(name, &refuse_all(&harness, cases).await);
    }
}

fn arm(harness: &Harness, occurrence: Occurrence, status: u16, code: &str) {
    let fault = Fault {
        service: "s3".into(),
        operation: "GetObject".into(),
        occurrence,
        kind: Kind::Error {
            status,
            code: code.into(),
            message: "As S3 would say it.".into(),
        },
    };
    harness
        .world(|world| world.faults.add(fault))
        .expect("a fault that can be set");
}

fn missing() -> ActionDeclaration {
    let harness = Harness::new();
    release_from(Source::Object {
        bucket: harness.world(|world| world.artifact_bucket()),
        key: "shop/Bundle/gone123".into(),
    })
}

/// Bytes without a pattern, always the same.
fn noise(count: usize) -> Vec<u8> {
    let next = |state: &u32| Some(state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223));
    let states = std::iter::successors(Some(1), next);
    states
        .map(|state| state.to_be_bytes()[0])
        .take(count)
        .collect()
}

pub(crate) fn bombs(packed: usize, size: u32) -> ActionDeclaration {
    let mut files = good_files();
    files.insert(TASKDEF, bomb(packed));
    let mut archive = zip(&files);
    patch(&mut archive, TASKDEF, Field::Method, DEFLATED.into());
    patch(&mut archive, TASKDEF, Field::Size, size);
    release(archive)
}

/// A release with the task definition under another name.
fn named(name: &'static str) -> ActionDeclaration {
    let mut files = good_files();
    let taskdef = files.remove(TASKDEF).expect("it is among them");
    files.insert(name, taskdef);
    release(zip(&files))
}

fn twice() -> ActionDeclaration {
    let mut files = good_files();
    files.insert("taskdef.jso_", b"{}".to_vec());
    let mut archive = zip(&files);
    rename(&mut archive, "taskdef.jso_", TASKDEF);
    release(archive)
}

fn directory() -> ActionDeclaration {
    release(written(|writer| {
        writer
            .add_directory("taskdef.json/", stored())
            .expect("a name");
    }))
}

fn link() -> ActionDeclaration {
    release(written(|writer| {
        writer
            .add_symlink(TASKDEF, "/etc/passwd", stored())
            .expect("a name");
    }))
}

fn other_image_file() -> ActionDeclaration {
    let mut files = good_files();
    files.remove("imageDetail.json");
    files.insert("imagedefinitions.json", b"[]".to_vec());
    release(zip(&files))
}

/// This many empty files, without the required ones.
pub(crate) fn many(count: u32) -> ActionDeclaration {
    release(written(|writer| {
        for number in 0..count {
            let name = format!("node_modules/{number:06}.js");
            writer.start_file(name, stored()).expect("a name");
        }
    }))
}
