//! What an operator can write into the terms, and how mistakes are reported.

use super::*;
use crate::policy::Level;

const FULL: &str = r#"
artifact_policy = "policies/release.rego"

[controls.resource-ceilings]
level = "deny"
cpu = 4096
memory = 8192

[controls.non-root]
level = "warn"

[[exemptions]]
rule = "non-root"
pipeline = "legacy-*"
container = "proxy"
reason = "the vendor's image cannot do without"
until = "2026-12-31"

[[checks]]
name = "conftest"
command = ["/usr/local/bin/conftest", "test", "-"]
reads = "conftest"
"#;

fn problems(text: &str) -> Vec<String> {
    Terms::parse(text, true, Path::new("/etc")).expect_err(text)
}

#[test]
fn a_whole_file_is_read() {
    let terms = Terms::parse(FULL, true, Path::new("/etc")).expect("terms");
    assert_eq!(terms.levels["resource-ceilings"], Level::Deny);
    assert_eq!(terms.levels["non-root"], Level::Warn);
    assert_eq!(terms.parameters["resource-ceilings"]["cpu"], 4096);
    assert_eq!((terms.exemptions.len(), terms.programs.len()), (1, 1));
    assert_eq!(
        terms.artifact_policy.as_deref(),
        Some("policies/release.rego")
    );
}

#[test]
fn yaml_and_json_say_the_same() {
    let yaml = "controls:\n  non-root: {level: warn}\nexemptions:\n  - {rule: non-root, reason: r, until: \"2026-12-31\"}\n";
    let json = r#"{"controls": {"non-root": {"level": "warn"}}, "exemptions": [{"rule": "non-root", "reason": "r", "until": "2026-12-31"}]}"#;
    let yaml = Terms::parse(yaml, false, Path::new("/etc")).expect("YAML");
    assert_eq!(Terms::parse(json, false, Path::new("/etc")), Ok(yaml));
}

#[test]
fn every_mistake_is_named_with_its_place() {
    for (text, expected) in [
        ("[controls.nonroot]\n", ": there is no control `nonroot`"),
        (
            "[controls.digest]\nlevel = \"on\"\n",
            ": controls.digest.level: `on` is neither off, warn nor deny",
        ),
        (
            "[controls.digest]\nlevel = 1\n",
            ": controls.digest.level: a text is expected",
        ),
        (
            "[[exemptions]]\nrule = \"digest\"\nuntil = \"2026-12-31\"\n",
            ":1:1: missing field `reason`",
        ),
        (
            "[[exemptions]]\nrule = \"digest\"\nreason = \" \"\nuntil = \"2026-12-31\"\n",
            ": exemptions[0]: an exemption has a reason",
        ),
        ("\n[exemption]\n", ":2:2: unknown field `exemption`"),
        ("controls = 1 2\n", ":1:12: "),
        (
            "[[checks]]\nname = \"x\"\ncommand = [\"conftest\"]\n",
            ": checks[0]: command: an absolute path",
        ),
        ("artifact_policy = \"../x.rego\"\n", ": artifact_policy: "),
        (
            "[rules.\"main.deny\"]\nlevel = \"off\"\n",
            ": rules.\"main.deny\".level: `off` is neither warn nor deny",
        ),
        (
            "[rules.main.deny]\nlevel = \"warn\"\n",
            ": rules.main.deny: a rule has only a level; write its whole name in quotation marks, like [rules.\"main.deny\"]",
        ),
        ("[rules.main]\n", ": rules.\"main\": a level is missing"),
    ] {
        let problems = problems(text);
        assert!(
            problems.len() == 1 && problems[0].starts_with(expected),
            "{text}: {problems:?}"
        );
    }
}

#[test]
fn a_control_that_would_do_nothing_is_no_terms() {
    let also = Levels::from([("required-tags", Level::Deny)]);
    let problems = Terms::default().levels(&also).expect_err("no tags");
    assert!(problems[0].contains("required-tags"), "{problems:?}");
    let terms = Terms::parse(
        "[controls.required-tags]\ntags = [\"team\"]\n",
        true,
        Path::new("/etc"),
    );
    let levels = terms.expect("terms").levels(&also).expect("tags");
    assert_eq!(levels["required-tags"], Level::Deny);
}

#[test]
fn the_stricter_level_counts() {
    let terms = Terms::parse(
        "[controls.digest]\nlevel = \"deny\"\n",
        true,
        Path::new("/etc"),
    )
    .expect("terms");
    let also = Levels::from([("digest", Level::Warn), ("logging", Level::Warn)]);
    let levels = terms.levels(&also).expect("levels");
    assert_eq!(
        (levels["digest"], levels["logging"]),
        (Level::Deny, Level::Warn)
    );
}

#[test]
fn the_file_has_a_bound() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let path = folder.path().join("terms.toml");
    let limit = usize::try_from(MAX_TERMS_BYTES).expect("it is small");
    fs::write(&path, " ".repeat(limit)).expect("written");
    assert_eq!(Terms::read(&path), Ok(Terms::default()));
    fs::write(&path, " ".repeat(limit + 1)).expect("written");
    let SetProblem(problems) = Terms::read(&path).expect_err("it is too long");
    assert!(
        problems[0].contains("terms.toml: has more than"),
        "{problems:?}"
    );
}
