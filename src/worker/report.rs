//! Reports each job exactly once.
//!
//! CodePipeline takes one result for a job and then answers that the job is
//! over. It answers the same if the pipeline has closed the job, for example
//! because its action was abandoned. So the report is sent until there is an
//! answer, and "over" is read in the light of the attempts before it: if the
//! answer to one of them was lost, that attempt may have been accepted, and the
//! report counts as accepted ([`SentReport::accepted`]). Otherwise CodePipeline
//! has dropped it, and nothing that others read may show it.
//!
//! A report whose content CodePipeline refuses is replaced by a failure that says
//! so, because an acknowledged job is never offered again and must get a result. A denial is
//! retried: permissions may be fixed meanwhile. A job that gets no result in the
//! end stays in the journal, if there is one, for the next process.

pub(super) mod hand_back;
pub(super) mod outcome;

use std::collections::BTreeMap;
use std::time::Duration;

use tracing::{error, warn};

use self::hand_back::DueReport;
use super::context::Context;
use crate::job::JobId;
use crate::job::report::{FailureReport, MAX_VARIABLES, Report, Success};
use crate::job::request::Request;
use crate::messages;
use crate::ports::{CallError, CallErrorKind, Receipt};
use crate::rollout::decision;
use crate::rollout::failure::Failure;

/// How long a report is retried: the longest time that an action may take
/// according to AWS's guide (docs/aws.md §1.3). The job keeps its slot
/// meanwhile, so a worker that cannot report takes no more jobs.
const TIMEOUT: Duration = Duration::from_secs(24 * 3600);
/// Wait before the second attempt; doubled before each further one.
const INITIAL_BACKOFF: Duration = Duration::from_millis(500);
/// The longest wait between two attempts.
const MAX_BACKOFF: Duration = Duration::from_secs(30);

/// The report of a failed release.
pub(super) fn failed(failure: &Failure) -> Report {
    Report::Failure(FailureReport {
        kind: failure.kind(),
        message: messages::failure::message(failure),
        deployment: failure.deployment().cloned(),
    })
}

/// The report of a successful release.
pub(super) fn succeeded(success: &decision::Success, request: &Request) -> Report {
    Report::Success(Success {
        summary: messages::success::summary(success),
        deployment: success.live.deployment().cloned(),
        variables: variables(success, request),
    })
}

/// The output variables. Their names may contain letters, digits, `@`, `-` and
/// `_` (docs/aws.md §1.2); an image whose name has other characters gets no
/// variable.
fn variables(success: &decision::Success, request: &Request) -> BTreeMap<String, String> {
    let release = &success.release;
    let mut variables: BTreeMap<String, String> = [
        ("TaskDefinitionArn", release.task_definition.to_string()),
        (
            "PolicyFindings",
            policy_findings(&release.warnings.policies),
        ),
    ]
    .into_iter()
    .chain(request.target.properties())
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    if let Some(deployment) = success.live.deployment() {
        variables.insert("DeploymentId".into(), deployment.as_str().to_owned());
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

/// A compact JSON list of the policies' warnings, as many as the token has
/// kept.
fn policy_findings(lines: &[String]) -> String {
    lines
        .iter()
        .cloned()
        .collect::<serde_json::Value>()
        .to_string()
}

fn size(variables: &BTreeMap<String, String>) -> usize {
    variables
        .iter()
        .map(|(name, value)| name.len() + value.len())
        .sum()
}

/// A report that CodePipeline has answered.
pub(super) struct SentReport {
    /// The report that was sent; not always the one that was intended.
    pub(super) report: Report,
    pub(super) receipt: Receipt,
    /// Whether an earlier attempt without an answer may have been accepted.
    /// CodePipeline then answers the next attempt that the job is over.
    unclear: bool,
}

impl SentReport {
    /// The report, if CodePipeline has accepted it.
    pub(super) fn accepted(&self) -> Option<&Report> {
        let accepted = match self.receipt {
            Receipt::Taken => true,
            Receipt::JobIsOver => self.unclear,
        };
        accepted.then_some(&self.report)
    }
}

/// Sends the report. A report that CodePipeline refuses is replaced by a
/// failure, because an acknowledged job must get a result. Returns `None` if
/// the job has none in the end.
pub(super) async fn send_report(
    context: &Context,
    job: &JobId,
    due: DueReport,
) -> Option<SentReport> {
    let headline = match &due.report {
        Report::Failure(failure) => failure.message.lines().next().map(str::to_owned),
        Report::Continue(_) | Report::Success(_) => None,
    };
    let mut sent = retry_until_answered(context, job, due).await;
    if let Err(error) = &sent
        && error.kind == CallErrorKind::Refused
    {
        error!(job.id = %job, %error, "the report was refused; reporting a failure instead");
        let detail = match headline {
            Some(headline) => format!("{headline} {error}"),
            None => error.to_string(),
        };
        let instead = failed(&Failure::Internal { detail });
        let answer = retry_until_answered(context, job, DueReport::last(instead.clone())).await;
        sent = match answer {
            // Such a failure is valid for every job that takes one.
            Err(error) if error.code == "ValidationException" => Ok(SentReport {
                report: instead,
                receipt: Receipt::JobIsOver,
                unclear: false,
            }),
            answer => answer,
        };
    }
    // The journal, if there is one, keeps a job without a result for the next
    // process.
    sent.inspect_err(
        |error| error!(job.id = %job, %error, "the job's result could not be reported"),
    )
    .ok()
}

fn is_failure(report: &Report) -> bool {
    match report {
        Report::Failure(_) => true,
        Report::Continue(_) | Report::Success(_) => false,
    }
}

/// Sends the report until it is answered, refused or out of time. Also retries
/// after a denial, because permissions may be fixed meanwhile.
async fn retry_until_answered(
    context: &Context,
    job: &JobId,
    due: DueReport,
) -> Result<SentReport, CallError> {
    let DueReport {
        report,
        urgency,
        mut permit,
    } = due;
    let call = match is_failure(&report) {
        true => "codepipeline:PutJobFailureResult",
        false => "codepipeline:PutJobSuccessResult",
    };
    let mut unclear = false;
    let begun = context.clock.now();
    let mut wait = INITIAL_BACKOFF;
    loop {
        let send = || context.while_lease_held(call, context.ports.jobs.report(job, &report));
        let budget = &context.shared.limits.budget;
        let answer = budget.call(urgency, permit.take(), send).await;
        let error = match answer {
            Ok(receipt) => {
                return Ok(SentReport {
                    report,
                    receipt,
                    unclear,
                });
            }
            Err(error) => error,
        };
        let out_of_time =
            context.clock.now() >= begun + TIMEOUT || context.lifecycle.cancel.is_cancelled();
        if error.kind == CallErrorKind::Refused || out_of_time {
            return Err(error);
        }
        unclear |= error.kind == CallErrorKind::Unclear;
        warn!(job.id = %job, %error, "the report was not accepted; retrying");
        tokio::select! {
            biased;
            () = context.clock.sleep(wait) => {}
            () = context.lifecycle.cancel.cancelled() => {}
        }
        wait = (wait * 2).min(MAX_BACKOFF);
    }
}
