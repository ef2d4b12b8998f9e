//! `docs/troubleshooting.md`, generated from the messages of the program: the
//! common failures in full, and a row for every other headline and cause.

mod listed;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use listed::{causes, endings, other_failures};

use super::{by_alarm, by_events, by_hand, by_hook, by_tasks, failed};
use crate::job::{DeployTarget, DeploymentId, Engine, TaskDefinitionArn};
use crate::messages::cause;
use crate::messages::deployment::headline;
use crate::messages::failure::message;
use crate::messages::words::Words;
use crate::rollout::cause::Cause;
use crate::rollout::ending::Ending;
use crate::rollout::evidence::StopCode;
use crate::rollout::failure::{DeploymentFailure, Failure, RollbackOutcome};
use crate::rollout::seen::DeploymentStatus;
use crate::rollout::step::StopReason;

const INTRODUCTION: &str = "\
# Troubleshooting

Your pipeline shows *Failed*. Search this page for the first line of the message, without names and numbers. A test compares the page with the program.

- It begins with *Deployment … failed* or *Deployment … was stopped*: what follows the colon is the cause. The [common failures](#common-failures) are shown in full, and [every cause](#every-cause) is listed.
- It begins otherwise: see [messages without a failed deployment](#messages-without-a-failed-deployment). *The release was refused; nothing was registered* lists every finding with its file, line and remedy. [`check`](checking.md) and [`policy check`](policies.md) show the same on your machine.

Each message says the cause first, then what production runs, what to do, and the evidence. *Production traffic never left the old version* and *Production is back on the old version* mean that your users get the old version, and that you can correct the release without haste. *Production may not be on the old version* needs a person now: follow *What to do*, or see the [runbook](runbook.md).

To see a message again, run `bluegreen-worker history --pipeline NAME --json`: `reason` has it. To see one before it happens, [rehearse](rehearsing.md#scenes) its scene, for example `bluegreen-worker rehearse my-release --scene image-missing`.

If new tasks fail while CodeDeploy still waits for them, the action's summary shows the cause within a minute or two. To end such a deployment early, set `OnTaskFailure=Rollback` in `Options`; see [New tasks that fail](operating.md#new-tasks-that-fail).
";

const REVISION: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:7";
const NEWER: &str = "arn:aws:ecs:eu-west-1:111122223333:task-definition/web:8";
const SERVICE_DEPLOYMENT: &str =
    "arn:aws:ecs:eu-west-1:111122223333:service-deployment/prod/web/A1B2C3D4E5F6";

/// A failure that the page shows in full: its title, what to know besides, and
/// an example.
struct Section {
    title: &'static str,
    about: &'static str,
    failure: DeploymentFailure,
}

fn section(title: &'static str, failure: DeploymentFailure) -> Section {
    Section {
        title,
        about: "",
        failure,
    }
}

/// The worker stopped it, because too many of its new tasks had failed.
fn by_task_failures() -> DeploymentFailure {
    let reason = "CannotPullContainerError: failed to resolve ref shop/web:8: not found";
    let code = StopCode::TaskFailedToStart;
    DeploymentFailure {
        status: DeploymentStatus::Stopped,
        stopped: Some(StopReason::TaskFailure),
        ending: Ending::ByUs(StopReason::TaskFailure),
        error: failed("MANUAL_STOP", "The deployment was stopped by a user.").error,
        ..by_tasks(code, "Task failed to start", None, Some(reason))
    }
}

/// A newer deployment of the same service took its place.
fn superseded() -> DeploymentFailure {
    DeploymentFailure {
        deployment: DeploymentId::new(SERVICE_DEPLOYMENT),
        target: DeployTarget::service("prod", "web"),
        task_definition: TaskDefinitionArn::new(REVISION),
        status: DeploymentStatus::Stopped,
        ending: Ending::Superseded,
        superseded_by: Some(TaskDefinitionArn::new(NEWER)),
        rollback: RollbackOutcome::None,
        error: None,
        ..failed("", "")
    }
}

fn common() -> Vec<Section> {
    let exited = "Essential container in task exited";
    vec![
        section(
            "The image cannot be pulled",
            by_tasks(
                StopCode::TaskFailedToStart,
                "Task failed to start",
                None,
                Some("CannotPullContainerError: failed to resolve ref shop/web:8: not found"),
            ),
        ),
        section(
            "A container ran out of memory",
            by_tasks(
                StopCode::EssentialContainerExited,
                exited,
                Some(137),
                Some("OutOfMemoryError: Container killed due to memory usage"),
            ),
        ),
        section(
            "Secrets cannot be fetched",
            by_tasks(
                StopCode::TaskFailedToStart,
                "ResourceInitializationError: unable to pull secrets or registry auth: unable to \
                 retrieve secret from asm: ResourceNotFoundException",
                None,
                None,
            ),
        ),
        section(
            "A container exits",
            by_tasks(StopCode::EssentialContainerExited, exited, Some(1), None),
        ),
        section(
            "The new tasks fail their health checks",
            by_tasks(
                StopCode::ServiceSchedulerInitiated,
                "Task failed ELB health checks in (target-group web-green)",
                Some(143),
                None,
            ),
        ),
        section(
            "The new tasks cannot be placed",
            by_events(
                "(service web) was unable to place a task because no container instance met all \
                 of its requirements.",
            ),
        ),
        section(
            "A hook failed",
            by_hook(
                "ScriptFailed",
                "The function reported Failed",
                Some("GET / gave 502"),
            ),
        ),
        section(
            "A hook timed out",
            by_hook("ScriptTimedOut", "No answer came within 3600 seconds", None),
        ),
        section("An alarm went off", by_alarm()),
        section("A person stopped the deployment", by_hand()),
        Section {
            title: "OnTaskFailure stopped the deployment",
            about: "\
The action has `OnTaskFailure=Rollback` or `OnTaskFailure=Stop`, and too many of the new tasks failed: half the desired count, at least 3 and at most 200. The worker then ended the deployment. Without the option, CodeDeploy waits for an hour and ECS for a day. The cause after the colon is why the tasks failed: correct it, then release again. `Rollback` removes the new tasks. With `Stop`, CodeDeploy leaves all tasks as they are: the old ones keep the production traffic. ECS rolls back in both cases.",
            failure: by_task_failures(),
        },
        Section {
            title: "A newer deployment superseded this one",
            about: "\
Only ECS's own deployments (action version 2) can be superseded. `UpdateService` was called for the service while your deployment was under way: by a person, by Terraform or CloudFormation, by another pipeline, or by a worker that does not share the [journal](operating.md#the-journal). ECS then ends your deployment and carries out the newer one. The message names its task definition. Compare it with yours first: if the newer one is what you want, you need not do anything. See [One deployment at a time](ecs-deployments.md#one-deployment-at-a-time) for how to keep it from happening again.",
            failure: superseded(),
        },
    ]
}

/// The cause in words: CodeDeploy's, and ECS's if they differ.
fn both(cause: &Cause) -> Vec<Words> {
    let mut both = vec![
        cause::words(Engine::CodeDeploy, cause, &failed("", "").evidence),
        cause::words(Engine::Ecs, cause, &superseded().evidence),
    ];
    both.dedup();
    both
}

fn page() -> String {
    let mut page = String::from(INTRODUCTION);
    page.push_str("\n## Common failures\n");
    for Section {
        title,
        about,
        failure,
    } in common()
    {
        let text = message(&Failure::Deployment(Box::new(failure)));
        let _ = write!(page, "\n### {title}\n\n");
        if !about.is_empty() {
            let _ = write!(page, "{about}\n\n");
        }
        let _ = write!(page, "```text\n{text}\n```\n");
    }
    page.push_str("\n## How a deployment ended\n\n| The message begins | Meaning |\n|---|---|\n");
    let rows = endings().into_iter().map(|(ending, meaning)| {
        let failure = DeploymentFailure {
            ending,
            ..by_hand()
        };
        let line = headline(&failure, &Cause::Unknown).replace("d-A1B2C3D4E", "…");
        (line, meaning.to_owned())
    });
    add_rows(&mut page, rows, "; or ");
    page.push_str(
        "\n## Every cause\n\nThe cause follows the colon in the first line. If a cause has several \
         remedies, the message shows the one that fits.\n",
    );
    for (area, causes) in causes() {
        let _ = write!(page, "\n### {area}\n\n| Cause | What to do |\n|---|---|\n");
        let words = causes.iter().flat_map(both);
        let rows = words.map(|words| (words.what, words.remedy));
        add_rows(&mut page, rows, "<br>");
    }
    page.push_str(
        "\n## Messages without a failed deployment\n\n| The message begins | What to do \
         |\n|---|---|\n",
    );
    let rows = other_failures().into_iter().map(|failure| {
        let text = message(&failure);
        let line = text.lines().next().unwrap_or_default();
        let next = text.lines().find_map(|it| it.strip_prefix("What to do: "));
        (line.to_owned(), next.unwrap_or_default().to_owned())
    });
    add_rows(&mut page, rows, "<br>");
    page
}

/// Adds a row for each text on the left, with all that stands at its right.
fn add_rows(page: &mut String, rows: impl Iterator<Item = (String, String)>, separator: &str) {
    let mut merged: Vec<(String, Vec<String>)> = Vec::new();
    for (left, right) in rows {
        match merged.iter_mut().find(|(known, _)| *known == left) {
            Some((_, all)) if all.contains(&right) => {}
            Some((_, all)) => all.push(right),
            None => merged.push((left, vec![right])),
        }
    }
    for (left, right) in merged {
        let _ = writeln!(page, "| {left} | {} |", right.join(separator));
    }
}

#[test]
fn the_page_shows_what_the_program_says() {
    let page = page();
    let is_current = include_str!("../../../../docs/troubleshooting.md") == page;
    assert!(is_current, "docs/troubleshooting.md should be:\n\n{page}");
}

/// The variants of an enumeration in its source.
fn variants<'a>(source: &'a str, name: &str) -> BTreeSet<&'a str> {
    let (_, rest) = source
        .split_once(&format!("pub enum {name} {{\n"))
        .expect("the enumeration is there");
    let (body, _) = rest.split_once("\n}\n").expect("it ends");
    let variants = body.lines().filter_map(|line| line.strip_prefix("    "));
    let variants = variants.filter(|line| line.starts_with(char::is_uppercase));
    let end = |c: char| !c.is_alphanumeric();
    variants.filter_map(|line| line.split(end).next()).collect()
}

/// The names of these values' variants.
fn names<T: std::fmt::Debug>(values: impl IntoIterator<Item = T>) -> BTreeSet<String> {
    let name = |value| {
        let text = format!("{value:?}");
        let name = text.split(|c: char| !c.is_alphanumeric()).next();
        name.unwrap_or_default().to_owned()
    };
    values.into_iter().map(name).collect()
}

#[test]
fn every_headline_and_every_cause_is_on_the_page() {
    let of = |found: BTreeSet<String>, source, name| {
        let all = variants(source, name);
        assert!(all.len() > 3, "{name} is written otherwise now: {all:?}");
        assert!(found.iter().eq(all), "{name}: {found:?}");
    };
    let failure = include_str!("../../../rollout/failure.rs");
    let mut failures = names(other_failures());
    failures.insert("Deployment".into());
    of(failures, failure, "Failure");
    let cause = include_str!("../../../rollout/cause.rs");
    of(
        names(causes().into_iter().flat_map(|(_, it)| it)),
        cause,
        "Cause",
    );
    let ending = include_str!("../../../rollout/ending.rs");
    of(
        names(endings().into_iter().map(|(it, _)| it)),
        ending,
        "Ending",
    );
}
