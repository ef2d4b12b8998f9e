//! Malicious files in valid archives.

use bluegreen_worker::release::bundle::MAX_FILE_BYTES;
use serde_json::{Value, json};
use simulator::codepipeline::ActionDeclaration;
use simulator::faults::{Fault, Kind, Occurrence};

use super::trial::{Cases, SECRET, assert_reported, refuse_all, release_with, with_secret};
use crate::support::{APPSPEC, Harness, TASKDEF};

#[tokio::test(start_paused = true)]
async fn task_definitions_made_to_hurt_are_refused_by_place() {
    let megabyte = usize::try_from(MAX_FILE_BYTES).expect("it fits");
    let cases: Cases = vec![
        ("10,000 lists deep", taskdef("[".repeat(10_000))),
        ("10,000 objects deep", taskdef("{\"a\":".repeat(10_000))),
        ("a megabyte of spaces", taskdef(" ".repeat(megabyte))),
        (
            "a byte more than a megabyte",
            taskdef(" ".repeat(megabyte + 1)),
        ),
        ("a megabyte of nines", taskdef("9".repeat(megabyte))),
        ("a lone surrogate", changed("\"web\"", r#""\ud800""#)),
        ("a number out of range", changed("8080", "1e999")),
        ("a port out of range", changed("8080", "70000")),
        (
            "a long name",
            changed("\"web\"", &format!("\"{}\"", "n".repeat(megabyte / 2))),
        ),
        ("NUL bytes", taskdef("{\0\"family\": 1}")),
        ("UTF-16", taskdef(utf16(TASKDEF))),
        ("64 KB and more", large()),
        ("11 containers", eleven()),
        (
            "a secret without its end",
            changed(&format!("{SECRET}\""), SECRET),
        ),
        (
            "a secret without quotes",
            changed(&format!("\"{SECRET}\""), SECRET),
        ),
        (
            "a secret as a list",
            changed(&format!("\"{SECRET}\""), &format!("[\"{SECRET}\"]")),
        ),
        (
            "a secret as a name",
            changed("\"GREETING\"", &format!("[\"{SECRET}\"]")),
        ),
    ];
    assert_reported(
        "task_definitions",
        &refuse_all(&Harness::new(), cases).await,
    );
}

/// While AWS is slow, eight large releases wait with their files, at most four of
/// one pipeline. Any other drops its files and reads them again when it may keep
/// them.
#[tokio::test(start_paused = true)]
async fn only_a_few_large_releases_are_in_memory_at_once() {
    let reads = |count: usize, pipelines: usize| async move {
        let harness = Harness::new();
        harness.world(|world| {
            let slow = Fault {
                service: "ecs".into(),
                operation: "DescribeTaskDefinition".into(),
                occurrence: Occurrence::Every,
                kind: Kind::Slow { seconds: 5.0 },
            };
            world.faults.add(slow).expect("a fault");
        });
        let wrong = TASKDEF.replace("8080", "70000");
        let padding = " ".repeat(300 * 1024);
        let cases = (0..count).map(|number| {
            let mut release = taskdef(format!("{wrong}{padding}"));
            release.pipeline = format!("team-{}", number % pipelines);
            ("large", release)
        });
        refuse_all(&harness, cases.collect()).await;
        harness.effects("s3", "GetObject")
    };
    let none = reads(0, 1).await;
    let each = reads(1, 1).await - none;
    assert_eq!(reads(8, 2).await - none, 8 * each);
    assert_eq!(reads(9, 3).await - none, 10 * each);
    assert_eq!(reads(5, 1).await - none, 6 * each);
}

#[tokio::test(start_paused = true)]
async fn app_specs_made_to_hurt_are_refused_by_place() {
    let cases: Cases = vec![
        ("aliases that multiply", appspec(aliases())),
        (
            "a list of a million",
            appspec(format!("a: [{}]\n", "x,".repeat(520_000))),
        ),
        (
            "a list of 60,000",
            appspec(format!("a: [{}]\n{APPSPEC}", "x,".repeat(60_000))),
        ),
        ("nested without end", appspec("[".repeat(10_000))),
        ("tabs", appspec(APPSPEC.replace("  ", "\t"))),
        ("no text", appspec(b"\xff\xff\xff\xff".to_vec())),
        ("two documents", appspec(format!("{APPSPEC}---\n{APPSPEC}"))),
        ("only a comment", appspec("# nothing\n")),
    ];
    assert_reported("app_specs", &refuse_all(&Harness::new(), cases).await);
}

#[tokio::test(start_paused = true)]
async fn image_files_made_to_hurt_are_refused_by_place() {
    let image = |text: &str| release_with("imageDetail.json", text);
    let long = format!("{{\"ImageURI\": \"{}\"}}", "a".repeat(500_000));
    let cases: Cases = vec![
        ("a list", image("[]")),
        ("a number", image("{\"ImageURI\": 5}")),
        ("a long URI", image(&long)),
        ("a lone surrogate", image("{\"ImageURI\": \"\\udfff\"}")),
        ("spaces in the URI", image("{\"ImageURI\": \"web latest\"}")),
        ("deep", image(&"{\"ImageURI\":".repeat(10_000))),
    ];
    assert_reported("image_files", &refuse_all(&Harness::new(), cases).await);
}

fn taskdef(bytes: impl Into<Vec<u8>>) -> ActionDeclaration {
    release_with("taskdef.json", bytes)
}

pub(crate) fn appspec(bytes: impl Into<Vec<u8>>) -> ActionDeclaration {
    release_with("appspec.yaml", bytes)
}

/// The valid task definition with its first `from` replaced.
fn changed(from: &str, to: &str) -> ActionDeclaration {
    let text = with_secret();
    assert!(text.contains(from), "{from}");
    taskdef(text.replacen(from, to, 1))
}

fn utf16(text: &str) -> Vec<u8> {
    let units = std::iter::once('\u{feff}').chain(text.chars());
    units.flat_map(|unit| (unit as u16).to_le_bytes()).collect()
}

fn value() -> Value {
    serde_json::from_str(&with_secret()).expect("the example is JSON")
}

/// A secret larger than ECS accepts.
fn large() -> ActionDeclaration {
    let mut value = value();
    value["containerDefinitions"][0]["environment"][0]["value"] = json!(SECRET.repeat(4000));
    taskdef(value.to_string())
}

fn eleven() -> ActionDeclaration {
    let mut value = value();
    let first = value["containerDefinitions"][0].clone();
    let others = (1..11).map(|number| {
        let mut container = first.clone();
        container["name"] = json!(format!("web{number}"));
        container["portMappings"] = json!([]);
        container
    });
    value["containerDefinitions"] = std::iter::once(first.clone()).chain(others).collect();
    taskdef(value.to_string())
}

/// Nine levels, each ten times as large as the one before.
pub(crate) fn aliases() -> String {
    let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..9 {
        let below = vec![format!("*a{}", level - 1); 10].join(", ");
        text.push_str(&format!("a{level}: &a{level} [{below}]\n"));
    }
    text + APPSPEC
}
