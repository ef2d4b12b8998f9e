//! Hostile files: each is refused with a message, quickly and within limits.
//! Also property tests with random damage.

use proptest::prelude::*;
use serde_json::Value;

use super::target::{planned, target};
use super::{APPSPEC, Files, IMAGE, TASKDEF, lines};
use crate::release::bundle::MAX_FILE_BYTES;
use crate::release::document::MAX_DEPTH;
use crate::release::finding::MAX_FINDINGS;
use crate::release::plan::Lookups;

/// Findings must fit a failure message many times over.
const MAX_LINE: usize = 2000;

fn check(files: &Files) -> String {
    let found = files.found();
    assert!(found.lines().count() <= 3 * (MAX_FINDINGS + 1));
    for line in found.lines() {
        assert!(line.len() <= MAX_LINE, "{} bytes", line.len());
    }
    found
}

fn taskdef(text: String) -> String {
    let taskdef = text.into_bytes();
    check(&Files {
        taskdef,
        ..Files::default()
    })
}

fn appspec(text: String) -> String {
    let appspec = text.into_bytes();
    check(&Files {
        appspec,
        ..Files::default()
    })
}

#[test]
fn deep_nesting_is_refused() {
    for open in ["[", "{\"a\":", "[{\"a\":"] {
        let found = taskdef(open.repeat(10_000));
        assert!(
            found.contains(&format!("nested more than {MAX_DEPTH} deep")),
            "{found}"
        );
    }
    for open in ["[", "{a: ", "- ", "? "] {
        assert!(appspec(open.repeat(10_000)).starts_with("error appspec.yaml"));
    }
    let block: String = (0..1000).map(|depth| " ".repeat(depth) + "a:\n").collect();
    assert!(appspec(block).starts_with("error appspec.yaml"));
}

#[test]
fn floods_are_cut() {
    let megabyte = usize::try_from(MAX_FILE_BYTES).expect("it fits");
    taskdef("[0,".repeat(megabyte / 3));
    taskdef("0,".repeat(megabyte / 2));
    taskdef(" ".repeat(megabyte));
    taskdef("/".repeat(megabyte));
    taskdef("\"".repeat(megabyte));
    taskdef("9".repeat(megabyte));
    appspec("a: b\n".repeat(megabyte / 5));
    appspec(" ".repeat(megabyte));
    appspec("#\n".repeat(megabyte / 2));
    appspec("&a ".repeat(megabyte / 3));

    let name = "n".repeat(megabyte - 1000);
    check(&Files::default().with("\"name\": \"web\"", &format!("\"name\": \"{name}\"")));
    check(&Files::default().with("\"family\": \"web\"", &format!("\"{name}\": 1")));
    check(&Files::default().with("1.4", &name));
    let members: Vec<String> = (0..5000)
        .map(|n| format!("\"member{n}\": null, \"x{n}\": 1"))
        .collect();
    check(&Files::default().with("\"family\"", &format!("{}, \"family\"", members.join(","))));
}

#[test]
fn aliases_that_multiply_are_refused() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let before = vec![format!("*a{}", level - 1); 10].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{before}]\n"));
    }
    let found = appspec(bomb + APPSPEC);
    assert!(
        found.contains("more nesting, values or aliases than are read"),
        "{found}"
    );
    let long = format!("a: &a {}\n", "x".repeat(100_000));
    appspec(long + "b: [*a, *a, *a, *a]\n" + APPSPEC);
    appspec(format!("a: &a [*a]\n{APPSPEC}"));
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    for bytes in [
        &b"\xff\xfe\xff\xfe"[..],
        b"\xc3\x28",
        b"\xed\xa0\x80",
        b"PK\x03\x04\x14\0\0\0",
        b"\x1f\x8b\x08\0\0",
        b"\0\0\0\0",
    ] {
        let files = Files {
            taskdef: bytes.to_vec(),
            appspec: bytes.to_vec(),
            image: bytes.to_vec(),
            ..Files::default()
        };
        let found = check(&files);
        assert_eq!(found.matches("error ").count(), 3, "{found}");
    }
}

/// A file with a few bytes removed, duplicated or replaced.
fn damaged(text: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let damage = (
        0..text.len(),
        0..4_usize,
        prop::collection::vec(any::<u8>(), 0..4),
    );
    prop::collection::vec(damage, 1..4).prop_map(move |all| {
        let mut bytes = text.as_bytes().to_vec();
        for (at, cut, put) in all {
            let start = at.min(bytes.len());
            let end = (start + cut).min(bytes.len());
            bytes.splice(start..end, put);
        }
        bytes
    })
}

proptest! {
    #[test]
    fn damage_never_breaks_the_checks(
        taskdef in damaged(TASKDEF),
        appspec in damaged(APPSPEC),
        image in damaged(IMAGE),
    ) {
        check(&Files { taskdef, appspec, image, options: String::new() });
    }

    #[test]
    fn a_plan_has_no_error_and_a_refusal_has_one(
        taskdef in damaged(TASKDEF),
        appspec in damaged(APPSPEC),
        from_app_spec in any::<bool>(),
    ) {
        let options = if from_app_spec { "TaskDefinition=FromAppSpec" } else { "" };
        let files = Files {
            taskdef,
            appspec,
            options: options.to_owned(),
            ..Files::default()
        };
        match planned(&files, target(), Lookups::default()) {
            Ok(plan) => prop_assert!(!lines(&plan.findings).contains("error ")),
            Err(lines) => prop_assert!(lines.starts_with("error "), "{}", lines),
        }
    }

    #[test]
    fn any_text_at_all_is_survived(text in ".{0,200}") {
        taskdef(text.clone());
        appspec(text);
    }

    #[test]
    fn what_is_read_as_json_is_what_json_says(text in prop_oneof![
        "[\\[\\]{}:,\"a0-9eE.+ -]{0,24}",
        damaged(IMAGE).prop_map(|bytes| String::from_utf8_lossy(&bytes).into_owned()),
    ]) {
        use crate::release::document::Document;
        let files = Files { taskdef: text.clone().into_bytes(), ..Files::default() };
        let ours = Document::json(&files.bundle(), &super::file("taskdef.json"));
        let theirs: Result<Value, _> = serde_json::from_str(&text);
        match (ours, theirs) {
            (Ok(document), Ok(value)) => prop_assert_eq!(document.value, value),
            // Without comments, only strict JSON is accepted.
            (Ok(document), Err(error)) => prop_assert!(document.comment.is_some(), "{}", error),
            // This parser also rejects numbers out of range.
            (Err(_), _) => {}
        }
    }
}
