//! The operator's terms on real releases: exemptions, further programs, and
//! limits on an artifact's own rules.

use bluegreen_worker::policy::{Child, DEFAULT_NAMESPACE, Gate, Recipe, SetProblem, Source};
use simulator::codepipeline::{ActionStatus, ActionView};
use simulator::ecr::Platform;

use super::{PROGRAM, bad, folder, levels, refusal, start, stop};
use crate::support::{Harness, Order};

const IMAGE: &str = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp:1";
const TAGGED: &str = r#"{"ImageURI": "111122223333.dkr.ecr.eu-west-1.amazonaws.com/webapp:1"}"#;

/// A gate with these files, controls and terms.
pub(crate) fn gate(files: &[(&str, &str)], controls: &str, terms: &str) -> Gate {
    let place = folder(&[&[("terms.toml", terms)], files].concat());
    let recipe = Recipe {
        sources: match files {
            [] => Vec::new(),
            _ => vec![Source::Path(place.path().join(files[0].0))],
        },
        namespace: DEFAULT_NAMESPACE.into(),
        levels: levels(controls),
        terms: Some(place.path().join("terms.toml")),
        ..Recipe::default()
    };
    Gate::open(recipe.read(&[]).expect(terms), Child::of(PROGRAM)).expect(terms)
}

/// Runs the release with these terms and no other release.
async fn released(gate: Gate, order: &Order) -> ActionView {
    let harness = Harness::new();
    harness.push(IMAGE, &[Platform::LinuxArm64]);
    let worker = start(&harness, gate);
    let action = harness.queue(order);
    let view = harness.end_of(&action).await;
    stop(worker).await;
    view
}

fn exempted(until: &str) -> Gate {
    let terms = format!(
        "[[exemptions]]\nrule = \"digest\"\ncontainer = \"web\"\nreason = \"the registry moves\"\nuntil = \"{until}\"\n"
    );
    gate(&[], "digest=deny", &terms)
}

#[tokio::test(start_paused = true)]
async fn an_exemption_lets_pass_what_it_names_and_is_shown() {
    let order = Order::default().file("imageDetail.json", TAGGED);
    let view = released(exempted("2099-12-31"), &order).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let findings = &view.output_variables["PolicyFindings"];
    assert!(
        findings.contains("[policy digest]") && findings.contains("exempted until 2099-12-31"),
        "{findings}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_exemption_that_has_ended_no_longer_counts_and_says_so() {
    let order = Order::default().file("imageDetail.json", TAGGED);
    let view = released(exempted("2001-12-31"), &order).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let message = view.error.expect("a reason").message;
    assert!(message.contains("[policy digest]"), "{message}");
    assert!(
        message.contains("the exemption ended (2001-12-31)"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn parameters_reach_their_control() {
    let terms = "[controls.resource-ceilings]\nlevel = \"deny\"\ncpu = 128\n";
    let view = released(gate(&[], "", terms), &Order::default()).await;
    let message = view.error.expect("a reason").message;
    assert!(message.contains("256 CPU units, and 128"), "{message}");
}

fn program(script: &str) -> Gate {
    let script = script.replace('\\', "\\\\").replace('"', "\\\"");
    let terms =
        format!("[[checks]]\nname = \"own\"\ncommand = [\"/bin/sh\", \"-c\", \"{script}\"]\n");
    gate(&[], "", &terms)
}

/// A program that acts only on the bad release.
fn for_bad(act: &str) -> Gate {
    program(&format!(
        "if grep -q webapp-bad; then {act}; else echo '[]'; fi"
    ))
}

#[tokio::test(start_paused = true)]
async fn a_program_sees_the_document_and_refuses_with_its_own_words() {
    let act = r#"echo '[{"msg": "no such family", "path": "/family", "rule": "OWN-1"}]'"#;
    let message = refusal(for_bad(act)).await;
    assert!(
        message
            .contains("taskdef.json:2:13 family (artifact Bundle): [policy OWN-1] no such family"),
        "{message}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_program_that_goes_wrong_refuses_and_others_deploy() {
    for (act, expected) in [
        ("exit 3", "check own: its process ended with exit code 3"),
        // Seconds, KiB of address space, and no core file.
        (
            r#"echo "[\"$(ulimit -t) $(ulimit -v) $(ulimit -c)\"]""#,
            "5 4194304 0",
        ),
        ("echo nonsense", "check own: its answer is not JSON"),
        ("echo '[7]'", "check own: a finding is neither"),
        ("kill -9 $$", "check own: its process was ended by signal 9"),
        (
            "head -c 10000000 /dev/zero",
            "check own: it answered with more",
        ),
        // It would run until long after the test.
        ("sleep 600", "check own: it took longer than 10 seconds"),
        (
            "env | grep -v -e PWD -e SHLVL -e '_='; exit 4",
            "exit code 4",
        ),
    ] {
        let message = refusal(for_bad(act)).await;
        assert!(message.contains(expected), "{act}: {message}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_artifacts_own_rules_only_add_findings() {
    let operators = "package main\n\ndeny contains \"operator\" if {\n\tinput.taskDefinition.family == name\n}\n\nname := \"webapp-bad\"\n";
    // It would make the operator's rule check another family.
    let own = "package main\n\nname := \"another\"\n\ndeny contains \"author\" if {\n\tinput.taskDefinition.cpu == \"256\"\n}\n";
    let terms = "artifact_policy = \"policies/release.rego\"\n";
    let gate = gate(&[("team.rego", operators)], "", terms);
    let view = released(gate.clone(), &bad().file("policies/release.rego", own)).await;
    let message = view.error.expect("a reason").message;
    assert!(message.contains("operator"), "{message}");
    assert!(message.contains("author"), "{message}");
    let view = released(
        gate.clone(),
        &Order::default().file("policies/release.rego", own),
    )
    .await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
    let view = released(gate, &Order::default()).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
}

#[tokio::test(start_paused = true)]
async fn rules_see_what_runs_and_how_it_is_connected() {
    let policy = "package main\n\nwarn contains sprintf(\"%s is in %s, %s\", [input.previous.family, input.service.networking.subnets[0], input.service.networking.assignPublicIp]) if {\n\tnot input.absent.previous\n}\n";
    let view = released(gate(&[("team.rego", policy)], "", ""), &Order::default()).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let findings = &view.output_variables["PolicyFindings"];
    assert!(
        findings.contains("webapp is in subnet-0a1b2c3d, DISABLED"),
        "{findings}"
    );
}

/// A rule written for `conftest test taskdef.json`.
const CONFTEST: &str = "package main\n\ndeny[{\"msg\": msg, \"path\": path}] {\n\tinput.family == \"webapp-bad\"\n\tcontainer := input.containerDefinitions[i]\n\tnot contains(container.image, \"<\")\n\tmsg := sprintf(\"%s is rendered\", [container.name])\n\tpath := sprintf(\"/containerDefinitions/%d/image\", [i])\n}\n";
const ON_TASK_DEFINITION: &str = "[[places]]\npath = \"team.rego\"\ninput = \"task-definition\"\n";

#[tokio::test(start_paused = true)]
async fn rules_for_conftest_run_as_they_are_where_the_terms_say_so() {
    let files = [("team.rego", CONFTEST)];
    let message = refusal(gate(&files, "", ON_TASK_DEFINITION)).await;
    let place = "taskdef.json:16:16 containerDefinitions[0].image (artifact Bundle)";
    let finding = format!("{place}: [policy main.deny] web is rendered");
    assert!(message.contains(&finding), "{message}");
}

#[tokio::test(start_paused = true)]
async fn exemptions_and_controls_hold_beside_rules_for_conftest() {
    let terms = format!(
        "{ON_TASK_DEFINITION}\n[[exemptions]]\nrule = \"main.deny\"\ncontainer = \"web\"\nreason = \"it moves\"\nuntil = \"2099-12-31\"\n\n[controls.resource-ceilings]\nlevel = \"warn\"\ncpu = 128\n"
    );
    let view = released(gate(&[("team.rego", CONFTEST)], "", &terms), &bad()).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let findings = &view.output_variables["PolicyFindings"];
    for expected in [
        "web is rendered",
        "exempted until 2099-12-31",
        "256 CPU units",
    ] {
        assert!(findings.contains(expected), "{findings}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_rule_of_the_team_warns_until_the_operator_lets_it_refuse() {
    let rule = "package main\n\ndeny_tag contains \"the image has a tag\" if {\n\tinput.taskDefinition\n}\n";
    let with = |level: &str| {
        let terms = format!("[rules.\"main.deny_tag\"]\nlevel = \"{level}\"\n");
        gate(&[("team.rego", rule)], "", &terms)
    };
    let view = released(with("warn"), &Order::default()).await;
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let findings = &view.output_variables["PolicyFindings"];
    assert!(findings.contains("the image has a tag"), "{findings}");
    let view = released(with("deny"), &Order::default()).await;
    assert_eq!(view.status, ActionStatus::Failed, "{view:#?}");
}

#[test]
fn a_level_for_rules_that_are_not_there_is_no_terms() {
    let place = folder(&[("terms.toml", "[rules.main]\nlevel = \"warn\"\n")]);
    let recipe = Recipe {
        namespace: DEFAULT_NAMESPACE.into(),
        levels: levels("digest=deny"),
        terms: Some(place.path().join("terms.toml")),
        ..Recipe::default()
    };
    // Not even the shipped control is a rule of the team.
    let SetProblem(problems) = recipe.read(&[]).expect_err("no rule has the level");
    assert!(
        problems[0].contains("rules.\"main\": there is no such"),
        "{problems:?}"
    );
}
