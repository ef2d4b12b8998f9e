//! Exactly one report for every job: what a visit came to, handed in until
//! CodePipeline takes it.

use std::collections::BTreeMap;
use std::time::Duration;

use metrics::counter;
use tracing::{error, info, warn};

use super::budget::Urgency;
use super::hands::Hands;
use crate::job::offer::Job;
use crate::job::report::{FailureReport, FailureType, MAX_VARIABLES, Report, Success};
use crate::job::request::Request;
use crate::job::{DeploymentId, JobId};
use crate::messages;
use crate::ports::{Nature, Receipt, Trouble};
use crate::rollout::decision;
use crate::rollout::failure::Failure;

/// How long a report is tried again while CodePipeline does not take it: as
/// long as an action may take in all (aws-facts §1.3). The visits that wait
/// hold their hands, so that a worker that cannot report takes no more jobs.
const PATIENCE: Duration = Duration::from_secs(24 * 3600);
/// Between the first and the second try; doubled from then on.
const FIRST_WAIT: Duration = Duration::from_millis(500);
/// The longest wait between two tries.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// The report of a release that is not live.
pub(super) fn failed(failure: &Failure, job: &Job) -> Report {
    let message = messages::failure::message(failure);
    info!(job.id = %job.id, failure = ?failure.kind(), failure.message = message, "the release has failed");
    counter!("bluegreen_releases_total", "end" => format!("{:?}", failure.kind())).increment(1);
    Report::Failure(FailureReport {
        kind: failure.kind(),
        message,
        deployment: failure.deployment().cloned(),
    })
}

/// The report of a release that is live.
pub(super) fn succeeded(success: &decision::Success, request: &Request) -> Report {
    let summary = messages::success::summary(success);
    let deployment = success.live.deployment();
    info!(
        deployment.id = deployment.map(DeploymentId::as_str),
        summary, "the release is live"
    );
    counter!("bluegreen_releases_total", "end" => "Succeeded").increment(1);
    Report::Success(Success {
        summary,
        deployment: deployment.cloned(),
        variables: variables(success, request),
    })
}

/// The output variables. Names may have letters, digits, `@`, `-` and `_`
/// (aws-facts §1.2), and an image's name that has others gives no variable.
fn variables(success: &decision::Success, request: &Request) -> BTreeMap<String, String> {
    let release = &success.release;
    let mut variables: BTreeMap<String, String> = [
        ("TaskDefinitionArn", release.task_definition.to_string()),
        ("ApplicationName", request.application.clone()),
        ("DeploymentGroupName", request.deployment_group.clone()),
        ("PolicyFindings", policy_findings(&release.warnings)),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    if let Some(deployment) = success.live.deployment() {
        variables.insert("DeploymentId".into(), deployment.to_string());
    }
    let allowed = |c: char| c.is_ascii_alphanumeric() || matches!(c, '@' | '-' | '_');
    let mut room = MAX_VARIABLES.saturating_sub(size(&variables));
    for (name, uri) in release
        .images
        .iter()
        .filter(|(name, _)| name.chars().all(allowed))
    {
        let name = format!("ImageUri_{name}");
        let Some(left) = room.checked_sub(name.len() + uri.len()) else {
            break;
        };
        room = left;
        variables.insert(name, uri.clone());
    }
    variables
}

/// A compact JSON list of the policies' warnings, as many as their token has
/// kept.
fn policy_findings(warnings: &[String]) -> String {
    let lines = warnings
        .iter()
        .filter(|line| messages::finding::is_policys(line));
    lines.cloned().collect::<serde_json::Value>().to_string()
}

fn size(variables: &BTreeMap<String, String>) -> usize {
    variables
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}

/// Hands in the report. Whatever CodePipeline refuses about it is reported as
/// a failure instead: an acknowledged job must not stay without a result.
/// `None` where the job stays without a result.
pub(super) async fn hand_in(
    hands: &Hands,
    job: &JobId,
    report: Report,
    urgency: Urgency,
) -> Option<Receipt> {
    match try_until_taken(hands, job, &report, urgency).await {
        Ok(Receipt::Taken) => Some(Receipt::Taken),
        Ok(Receipt::JobIsOver) => {
            info!(job.id = %job, "the pipeline has closed the job; its result was not wanted");
            Some(Receipt::JobIsOver)
        }
        Err(trouble) if trouble.nature == Nature::Refused && !is_failure(&report) => {
            error!(job.id = %job, %trouble, "the report was refused; reporting a failure instead");
            let instead = Report::Failure(FailureReport {
                kind: FailureType::JobFailed,
                message: messages::failure::message(&Failure::Internal {
                    detail: trouble.to_string(),
                }),
                deployment: None,
            });
            match try_until_taken(hands, job, &instead, Urgency::Final).await {
                Ok(receipt) => Some(receipt),
                Err(trouble) => without_result(job, &trouble),
            }
        }
        Err(trouble) => without_result(job, &trouble),
    }
}

/// The journal, where there is one, keeps the job for the next process.
fn without_result(job: &JobId, trouble: &Trouble) -> Option<Receipt> {
    error!(job.id = %job, %trouble, "the job stays without a result");
    None
}

fn is_failure(report: &Report) -> bool {
    match report {
        Report::Failure(_) => true,
        Report::Continue(_) | Report::Success(_) => false,
    }
}

/// Tries again, also after a denial: permissions are mended while we wait.
async fn try_until_taken(
    hands: &Hands,
    job: &JobId,
    report: &Report,
    urgency: Urgency,
) -> Result<Receipt, Trouble> {
    let begun = hands.clock.now();
    let mut wait = FIRST_WAIT;
    loop {
        hands.budget.turn(urgency).await;
        let report_it = hands.ports.jobs.report(job, report);
        let call = match is_failure(report) {
            true => "codepipeline:PutJobFailureResult",
            false => "codepipeline:PutJobSuccessResult",
        };
        let trouble = match hands.surely(call, report_it).await {
            Ok(receipt) => return Ok(receipt),
            Err(trouble) => trouble,
        };
        let out_of_time = hands.clock.now() >= begun + PATIENCE || hands.hurry.is_cancelled();
        if trouble.nature == Nature::Refused || out_of_time {
            return Err(trouble);
        }
        warn!(job.id = %job, %trouble, "the report was not taken; trying again");
        tokio::select! {
            biased;
            () = hands.clock.sleep(wait) => {}
            () = hands.hurry.cancelled() => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
