//! `check` and `render` as a person calls them: the real program on small
//! bundles.

use std::fs::File;
use std::io::Write as _;
use std::path::Path;
use std::process::Command;

use serde_json::Value;

const FIVE_MISTAKES: &str = "tests/bundles/five-mistakes";
const BAD_ACTION: &str = "tests/bundles/bad-action";
const PIPELINE: &str = "tests/bundles/pipeline.json";

/// Exit code, standard output and standard error of a call.
fn call(arguments: &[&str]) -> (i32, String, String) {
    let output = Command::new(env!("CARGO_BIN_EXE_bluegreen-worker"))
        .args(arguments)
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("the program was built");
    let text = |bytes| String::from_utf8(bytes).expect("text");
    let code = output.status.code().expect("no signal");
    (code, text(output.stdout), text(output.stderr))
}

fn findings(arguments: &[&str]) -> Vec<Value> {
    let (_, shown, _) = call(&[arguments, &["--format", "json"]].concat());
    let shown: Value = serde_json::from_str(&shown).expect("JSON");
    shown["findings"].as_array().expect("a list").clone()
}

#[test]
fn five_mistakes_are_five_findings_each_with_a_place() {
    let (code, shown, _) = call(&["check", FIVE_MISTAKES]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("five_mistakes", shown);
    let findings = findings(&["check", FIVE_MISTAKES]);
    assert_eq!(findings.len(), 5);
    for finding in findings {
        let file = finding["file"].as_str().expect("a file");
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        assert!(root.join(file).is_file(), "{file}");
        assert!(finding["line"].is_u64() && finding["column"].is_u64());
    }
}

#[test]
fn a_bad_configuration_is_told_at_its_properties() {
    let (code, shown, _) = call(&["check", BAD_ACTION]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("bad_action", shown);
}

#[test]
fn programs_read_findings_as_json() {
    let (code, shown, _) = call(&["check", BAD_ACTION, "--format", "json"]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("bad_action_json", shown);
}

#[test]
fn code_hosts_read_findings_as_sarif() {
    let (code, shown, _) = call(&["check", FIVE_MISTAKES, "--format", "sarif"]);
    assert_eq!(code, 1);
    let sarif: Value = serde_json::from_str(&shown).expect("JSON");
    // What the schema of SARIF 2.1.0 requires.
    assert_eq!(sarif["version"], "2.1.0");
    let run = &sarif["runs"][0];
    let driver = &run["tool"]["driver"];
    assert!(driver["name"].is_string());
    let rules = driver["rules"].as_array().expect("rules");
    let results = run["results"].as_array().expect("results");
    assert_eq!(results.len(), 5);
    for result in results {
        assert!(rules.iter().any(|rule| rule["id"] == result["ruleId"]));
        assert!(["none", "note", "warning", "error"].contains(&result["level"].as_str().unwrap()));
        assert!(result["message"]["text"].is_string());
        let place = &result["locations"][0]["physicalLocation"];
        let uri = place["artifactLocation"]["uri"].as_str().expect("a URI");
        assert!(!uri.contains([' ', '\\']), "{uri}");
        assert!(place["region"]["startLine"].as_u64() >= Some(1));
        assert!(place["region"]["startColumn"].as_u64() >= Some(1));
    }
    insta::assert_snapshot!("five_mistakes_sarif_result", format!("{:#}", results[0]));
}

#[test]
fn a_pipeline_is_checked_by_itself() {
    let (code, shown, _) = call(&["check", "--pipeline", PIPELINE]);
    assert_eq!(code, 1);
    insta::assert_snapshot!("pipeline", shown);
}

#[test]
fn a_pipelines_action_is_used_for_a_bundle() {
    let bundle = ["check", FIVE_MISTAKES, "--pipeline", PIPELINE];
    let (code, _, said) = call(&bundle);
    assert_eq!(code, 2);
    assert!(said.contains("choose one with --action"), "{said}");
    // The built-in action gives an image that the bundle's own does not.
    let found = findings(&[&bundle[..], &["--action", "Old"]].concat());
    assert!(found.iter().any(|finding| finding["rule"] == "image"));
    let left = |finding: &Value| finding["message"] == "<LOG_IMAGE> was not replaced";
    assert!(!found.iter().any(left));
}

#[test]
fn the_example_is_good_as_a_folder_and_as_a_zip_archive() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/webapp");
    let folder = tempfile::tempdir().expect("a folder");
    let archive = folder.path().join("bundle.zip");
    let mut zip = zip::ZipWriter::new(File::create(&archive).expect("a file"));
    for name in [
        "action.json",
        "taskdef.json",
        "appspec.yaml",
        "imageDetail.json",
    ] {
        zip.start_file(name, zip::write::SimpleFileOptions::default())
            .expect("an entry");
        let bytes = std::fs::read(root.join(name)).expect("the example");
        zip.write_all(&bytes).expect("written");
    }
    zip.finish().expect("closed");
    let archive = archive.to_str().expect("text");
    let (code, shown, _) = call(&["check", "examples/webapp", archive]);
    assert_eq!(
        (code, shown.as_str()),
        (0, "0 errors, 0 warnings, 0 notes\n")
    );
    assert_eq!(
        call(&["render", "examples/webapp"]),
        call(&["render", archive])
    );
}

#[test]
fn what_cannot_be_read_is_usage_and_what_is_wrong_is_refused() {
    let broken = tempfile::NamedTempFile::new().expect("a file");
    std::fs::write(&broken, "no archive").expect("written");
    let broken = broken.path().to_str().expect("text");
    for (arguments, expected) in [
        (vec!["check"], 2),
        (vec!["check", "tests/bundles/nowhere"], 2),
        (vec!["check", "--pipeline", "tests/bundles/nowhere"], 2),
        (vec!["check", broken], 1),
        (vec!["check", "--pipeline", broken], 1),
        (vec!["render", broken], 1),
        (vec!["render", BAD_ACTION], 1),
        (vec!["render", "examples/webapp", "--diff", broken], 2),
    ] {
        let (code, _, _) = call(&arguments);
        assert_eq!(code, expected, "{arguments:?}");
    }
}

#[test]
fn a_refused_release_renders_nothing_and_says_why() {
    let (code, shown, said) = call(&["render", FIVE_MISTAKES]);
    assert_eq!((code, shown.as_str()), (1, ""));
    assert_eq!(said.matches("error: ").count(), 5, "{said}");
}

#[test]
fn only_what_differs_in_meaning_is_shown_as_different() {
    let (_, rendered, _) = call(&["render", "examples/webapp"]);
    let other = tempfile::NamedTempFile::new().expect("a file");
    let path = other.path().to_str().expect("text");
    let against = ["render", "examples/webapp", "--diff", path];
    std::fs::write(path, rendered.replace('\n', "\r\n")).expect("written");
    assert_eq!(call(&against).1, "");
    std::fs::write(path, rendered.replace("\"256\"", "\"512\"")).expect("written");
    let (code, shown, _) = call(&against);
    assert_eq!(code, 0);
    let changed: Vec<&str> = shown
        .lines()
        .filter(|line| line.starts_with(['-', '+']))
        .skip(2)
        .collect();
    assert_eq!(
        changed,
        ["-    \"cpu\": \"512\",", "+    \"cpu\": \"256\","]
    );
}
