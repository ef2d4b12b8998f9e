//! Exactly one report for every job: what a visit came to, handed in until
//! CodePipeline takes it.

use std::collections::BTreeMap;
use std::time::Duration;

use tracing::{error, warn};

use super::budget::{Permit, Urgency};
use super::hands::Hands;
use crate::job::JobId;
use crate::job::report::{FailureReport, MAX_VARIABLES, Report, Success};
use crate::job::request::Request;
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
pub(super) fn failed(failure: &Failure) -> Report {
    Report::Failure(FailureReport {
        kind: failure.kind(),
        message: messages::failure::message(failure),
        deployment: failure.deployment().cloned(),
    })
}

/// The report of a release that is live.
pub(super) fn succeeded(success: &decision::Success, request: &Request) -> Report {
    Report::Success(Success {
        summary: messages::success::summary(success),
        deployment: success.live.deployment().cloned(),
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

/// A report that CodePipeline has answered.
pub(super) struct HandedIn {
    /// What was handed in; not always what was meant to be.
    pub(super) report: Report,
    pub(super) receipt: Receipt,
    /// Whether an earlier attempt may have been taken whose answer was lost.
    /// CodePipeline then says of the next one that the job is over.
    unclear: bool,
}

impl HandedIn {
    /// The report, where CodePipeline has taken it.
    pub(super) fn taken(&self) -> Option<&Report> {
        let taken = match self.receipt {
            Receipt::Taken => true,
            Receipt::JobIsOver => self.unclear,
        };
        taken.then_some(&self.report)
    }
}

/// Hands in the report. Whatever CodePipeline refuses about it is reported as
/// a failure instead: an acknowledged job must not stay without a result.
/// `None` where the job stays without a result.
pub(super) async fn hand_in(
    hands: &Hands,
    job: &JobId,
    report: Report,
    (urgency, permit): (Urgency, Option<Permit>),
) -> Option<HandedIn> {
    let trouble = match try_until_taken(hands, job, &report, (urgency, permit)).await {
        Ok((receipt, unclear)) => {
            return Some(HandedIn {
                report,
                receipt,
                unclear,
            });
        }
        Err(trouble) => trouble,
    };
    if trouble.nature != Nature::Refused || is_failure(&report) {
        return without_result(job, &trouble);
    }
    error!(job.id = %job, %trouble, "the report was refused; reporting a failure instead");
    let instead = failed(&Failure::Internal {
        detail: trouble.to_string(),
    });
    match try_until_taken(hands, job, &instead, (Urgency::Final, None)).await {
        Ok((receipt, unclear)) => Some(HandedIn {
            report: instead,
            receipt,
            unclear,
        }),
        Err(trouble) => without_result(job, &trouble),
    }
}

/// The journal, where there is one, keeps the job for the next process.
fn without_result(job: &JobId, trouble: &Trouble) -> Option<HandedIn> {
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
/// Answers what CodePipeline said, and whether an answer before was lost.
async fn try_until_taken(
    hands: &Hands,
    job: &JobId,
    report: &Report,
    (urgency, mut permit): (Urgency, Option<Permit>),
) -> Result<(Receipt, bool), Trouble> {
    let mut unclear = false;
    let begun = hands.clock.now();
    let mut wait = FIRST_WAIT;
    loop {
        let call = match is_failure(report) {
            true => "codepipeline:PutJobFailureResult",
            false => "codepipeline:PutJobSuccessResult",
        };
        let hand_in = || hands.surely(call, hands.ports.jobs.report(job, report));
        let trouble = match hands.budget.call(urgency, permit.take(), hand_in).await {
            Ok(receipt) => return Ok((receipt, unclear)),
            Err(trouble) => trouble,
        };
        let out_of_time = hands.clock.now() >= begun + PATIENCE || hands.hurry.is_cancelled();
        if trouble.nature == Nature::Refused || out_of_time {
            return Err(trouble);
        }
        unclear |= trouble.nature == Nature::Unclear;
        warn!(job.id = %job, %trouble, "the report was not taken; trying again");
        tokio::select! {
            biased;
            () = hands.clock.sleep(wait) => {}
            () = hands.hurry.cancelled() => {}
        }
        wait = (wait * 2).min(LONGEST_WAIT);
    }
}
