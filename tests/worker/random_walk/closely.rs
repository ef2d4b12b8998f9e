//! Further checks after a walk: what was read and how, what the pipeline
//! showed, what was registered, and what must not be shown.

use std::collections::BTreeMap;

use simulator::codepipeline::{Action, ErrorDetails};
use simulator::ecs::DeploymentBiography;
use simulator::ledger::Entry;
use simulator::world::World;

use super::asked::SECRET;
use crate::support::judge;
use crate::support::play::BUCKET;

/// All violations, as messages.
pub(crate) fn complaints(world: &World) -> Vec<String> {
    let mut complaints = progress(world);
    complaints.extend(refused(world));
    complaints.extend(late(world));
    complaints.extend(reads(world));
    complaints.extend(secrets(world));
    complaints
}

/// Logged as an error while S3, and with it a shared journal, is unavailable.
const AWAY: &str = "not taking the job problem=s3:";

/// Logged by a worker that is stopped while CodePipeline does not respond. The
/// ledger shows whether another worker reports the result.
const LEFT: &str = "the job's result could not be reported";

/// Error lines in the log that no walk should cause.
pub(crate) fn about_the_log(log: &str) -> Vec<String> {
    let is_expected = |line: &str| line.contains(AWAY) || line.contains(LEFT);
    let is_error = |line: &str| line.contains(" ERROR ") && !is_expected(line);
    let is_bad = |line: &&str| is_error(line) || line.contains(SECRET);
    log.lines().filter(is_bad).map(str::to_owned).collect()
}

/// An action's progress in the pipeline must not decrease.
fn progress(world: &World) -> Vec<String> {
    let owners: BTreeMap<&str, &str> = world
        .codepipeline
        .actions()
        .iter()
        .flat_map(|action| {
            let reports = action.reports.iter();
            reports.map(|report| (report.job.as_str(), action.id.as_str()))
        })
        .collect();
    let mut shown: BTreeMap<&str, u64> = BTreeMap::new();
    let mut complaints = Vec::new();
    for call in effective(world, "codepipeline", "PutJobSuccessResult") {
        let job = call.input["jobId"].as_str().unwrap_or_default();
        let percent = call.input["executionDetails"]["percentComplete"].as_u64();
        let (Some(owner), Some(percent)) = (owners.get(job), percent) else {
            continue;
        };
        let before = shown.insert(owner, percent).unwrap_or(0);
        if percent < before {
            complaints.push(format!("{owner}: fell from {before} to {percent} per cent"));
        }
    }
    complaints
}

/// A release refused by a check has neither a revision nor a deployment, and no
/// other release has two revisions.
fn refused(world: &World) -> Vec<String> {
    let actions = world.codepipeline.actions();
    // What AWS refused may have been refused after the deployment had begun.
    let is_refused = |error: &ErrorDetails| {
        error.code == "ConfigurationError" && !error.message.starts_with("AWS refused")
    };
    let code = |action: &Action| action.error.as_ref().is_some_and(is_refused);
    let mut complaints = Vec::new();
    let accepted = actions.iter().filter(|action| !code(action)).count();
    let registered = effective(world, "ecs", "RegisterTaskDefinition").count();
    // One whose registration got no answer is known to no release of ECS's.
    let is_ecs = |action: &Action| action.configuration.contains_key("ServiceName");
    if registered > accepted && !actions.iter().any(is_ecs) {
        complaints.push(format!("{registered} revisions for {accepted} releases"));
    }
    for action in actions.iter().filter(|action| code(action)) {
        if starts(world, action).next().is_some() {
            complaints.push(format!("{}: refused, and deployed", action.id));
        }
    }
    complaints
}

/// The calls that started a deployment of the action.
fn starts<'a>(world: &'a World, action: &'a Action) -> impl Iterator<Item = &'a Entry> {
    let created = effective(world, "codedeploy", "CreateDeployment").filter(|call| {
        let description = call.input["description"].as_str();
        description.is_some_and(|text| text.contains(&action.id))
    });
    let updated = effective(world, "ecs", "UpdateService").filter(|call| {
        let revision = call.input["taskDefinition"].as_str();
        revision.is_some_and(|revision| judge::names(action, revision))
    });
    created.chain(updated)
}

/// Nothing is deployed for a release that has been reported as failed.
fn late(world: &World) -> Vec<String> {
    let actions = world.codepipeline.actions().iter();
    let failed = actions.filter_map(|action| {
        let failure = action.reports.iter().find(|report| !report.succeeded)?;
        Some((action, failure.at))
    });
    failed
        .filter(|(action, at)| starts(world, action).any(|call| call.at > *at))
        .map(|(action, at)| format!("{}: failed at {at}, and then deployed", action.id))
        .collect()
}

/// Deployments of releases that another release's superseded, which workers
/// with a shared journal never do.
pub(crate) fn collisions(world: &World) -> Vec<String> {
    let all = world.ecs.service_deployments("prod", "webapp");
    let is_release = |one: &DeploymentBiography<'_>| {
        let mut actions = world.codepipeline.actions().iter();
        actions.any(|action| judge::names(action, one.task_definition))
    };
    let by = |one: &DeploymentBiography<'_>| {
        let by = all
            .iter()
            .find(|it| Some(&it.arn) == one.superseded_by.as_ref())?;
        (is_release(one) && is_release(by)).then(|| format!("{} superseded {}", by.arn, one.arn))
    };
    all.iter().filter_map(by).collect()
}

/// Artifacts are read in ranges, all of one version except for the archive's
/// end.
fn reads(world: &World) -> Vec<String> {
    let whole = |call: &&Entry| {
        let range = call.input["range"].as_str().unwrap_or_default();
        let is_end = range.starts_with("bytes=-");
        !range.starts_with("bytes=") || (!is_end && call.input["if-match"].is_null())
    };
    let reads = world.ledger.calls("s3", "GetObject");
    let reads = reads.filter(|call| call.input["bucket"] != BUCKET);
    let complaint = |call: &Entry| format!("read without range or condition: {}", call.input);
    reads.filter(whole).map(complaint).collect()
}

/// Neither the values of a task definition nor any credentials may be sent to
/// the pipeline or written into a deployment.
fn secrets(world: &World) -> Vec<String> {
    let keys = &world.keys;
    let mut secrets = vec![SECRET, keys.account.secret_access_key.as_str()];
    for session in keys.sessions() {
        secrets.push(&session.secret_access_key);
        secrets.push(&session.session_token);
    }
    let told = world.ledger.entries().filter_map(|call| {
        let text = match call.operation.as_str() {
            "PutJobSuccessResult" | "PutJobFailureResult" | "CreateDeployment" => {
                call.input.to_string()
            }
            _ => return None,
        };
        let found = secrets.iter().any(|secret| text.contains(secret));
        found.then(|| format!("a secret in {}: {text}", call.operation))
    });
    told.collect()
}

fn effective<'a>(
    world: &'a World,
    service: &'a str,
    operation: &'a str,
) -> impl Iterator<Item = &'a Entry> {
    let calls = world.ledger.calls(service, operation);
    calls.filter(|call| call.took_effect)
}

#[cfg(test)]
mod tests {
    use bluegreen_worker::job::Engine;
    use serde_json::{Value, json};

    use super::super::account::{Account, Journals};
    use super::super::asked::plain;
    use crate::support::Harness;

    use super::*;

    /// The world after a successful release, as plain data.
    async fn good() -> Value {
        let harness = Harness::new();
        let mut account = Account::new(Journals::Memory, &harness);
        account.start(&harness);
        let action = harness.queue(&plain(Engine::CodeDeploy));
        harness.end_of(&action).await;
        account.stop().await;
        harness
            .world(|world| serde_json::to_value(world))
            .expect("data")
    }

    fn found(world: &Value) -> String {
        let world: World = serde_json::from_value(world.clone()).expect("a world");
        let mut all = judge::complaints(&world);
        all.extend(complaints(&world));
        all.join("\n")
    }

    fn last(world: &Value, operation: &str) -> usize {
        let entries = world["ledger"]["entries"].as_array().expect("entries");
        let is_it = |entry: &Value| entry["operation"] == operation;
        entries.iter().rposition(is_it).expect("it was called")
    }

    fn expect(world: &Value, doctored: impl FnOnce(&mut Value), complaint: &str) {
        let mut world = world.clone();
        doctored(&mut world);
        let found = found(&world);
        assert!(found.contains(complaint), "{complaint}: {found}");
    }

    #[tokio::test(start_paused = true)]
    async fn each_complaint_is_raised_by_what_it_is_about() {
        let world = good().await;
        assert_eq!(found(&world), "");
        let at = |operation: &str| last(&world, operation);
        let input = |world: &mut Value, operation: &str, name: &str, value: Value| {
            let at = last(world, operation);
            world["ledger"]["entries"][at]["input"][name] = value;
        };
        let again = |world: &mut Value, operation: &str| {
            let at = last(world, operation);
            let entries = &mut world["ledger"]["entries"];
            let entry = entries[at].clone();
            entries.as_array_mut().expect("entries").push(entry);
        };
        expect(&world, |w| again(w, "CreateDeployment"), "2 deployments");
        expect(
            &world,
            |w| again(w, "RegisterTaskDefinition"),
            "2 revisions for 1",
        );
        expect(
            &world,
            |w| {
                let details = json!({ "percentComplete": 0 });
                input(w, "PutJobSuccessResult", "executionDetails", details);
            },
            "per cent",
        );
        expect(
            &world,
            |w| input(w, "GetObject", "range", Value::Null),
            "read without range",
        );
        expect(
            &world,
            |w| {
                input(w, "GetObject", "range", json!("bytes=0-9"));
                input(w, "GetObject", "if-match", Value::Null);
            },
            "read without range or condition",
        );
        expect(
            &world,
            |w| {
                let description = format!("deploys {SECRET}");
                input(w, "CreateDeployment", "description", json!(description));
            },
            "a secret in CreateDeployment",
        );
        let action = |w: &mut Value, name: &str, value: Value| {
            w["codepipeline"]["actions"][0][name] = value;
        };
        let error = json!({ "code": "ConfigurationError", "message": "no" });
        expect(
            &world,
            |w| action(w, "error", error),
            "refused, and deployed",
        );
        expect(
            &world,
            |w| action(w, "reports", json!([])),
            "0 final reports",
        );
        expect(
            &world,
            |w| action(w, "reports", json!([])),
            "was acknowledged",
        );
        expect(
            &world,
            |w| w["codepipeline"]["actions"][0]["reports"][0]["continuation_token"] = json!("?"),
            "the token ?",
        );
        expect(
            &world,
            |w| w["ledger"]["entries"][at("CreateDeployment")]["took_effect"] = json!(false),
            "succeeded without a deployment",
        );
    }

    #[test]
    fn a_log_line_of_level_error_or_with_a_secret_is_a_complaint() {
        let log = format!("00:00 WARN x: fine\n00:01 ERROR x: bad\n00:02 WARN x: {SECRET}\n");
        assert_eq!(about_the_log(&log).len(), 2);
    }
}
