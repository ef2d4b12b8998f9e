//! The policies' say about a plan, before anything comes of it.

use metrics::counter;
use tokio::sync::OwnedSemaphorePermit;

use super::hands::Hands;
use super::labels::RULES;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::policy::{Ahead, Previous, Subject};
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, PolicyFinding};
use crate::release::plan::{Looked, Plan};

/// A process that has read the rules, and its place among such processes.
pub(super) type ReadAhead = (Ahead, OwnedSemaphorePermit);

/// Has the rules read while the release is being looked at, as far as there is
/// room for such processes.
pub(super) async fn read_ahead(hands: &Hands) -> Option<ReadAhead> {
    let gate = hands.policy.as_ref()?;
    let place = hands.reading_ahead.clone().try_acquire_owned().ok()?;
    Some((gate.ahead().await?, place))
}

/// The hash of the policies in force; `None` where there are none.
pub(super) fn policies(hands: &Hands) -> Option<String> {
    let gate = hands.policy.as_ref()?;
    Some(gate.set().hash().to_owned())
}

/// Asks the policies, where there are any; what they find joins the plan's
/// findings, and an error refuses it.
pub(super) async fn review(
    hands: &Hands,
    job: &Job,
    ahead: Option<ReadAhead>,
    plan: Plan,
    previous: &Previous,
    (request, bundle, looked): (&Request, &Bundle, &Looked),
) -> Result<Plan, Vec<Finding>> {
    let Some(gate) = &hands.policy else {
        return Ok(plan);
    };
    let _share = hands.heavy.acquire(&job.data.pipeline.pipeline).await;
    let surroundings = &looked.surroundings;
    let subject = Subject {
        task_definition: plan.registered_or(&looked.answers),
        app_spec: Some(&plan.app_spec),
        images: &plan.images,
        request,
        pipeline: &job.data.pipeline,
        account: Some(&job.account),
        group: Some(&surroundings.group),
        configuration: &job.data.configuration,
        registries: &looked.answers.images,
        service: surroundings.service.as_ref(),
        previous,
        now: hands.clock.now(),
    };
    let (ahead, _place) = ahead.unzip();
    let found = gate.review(ahead, &subject, bundle).await;
    for finding in found.iter().filter_map(Finding::policy) {
        // A rule's name is the team's own, or the author's.
        let rule = match finding {
            PolicyFinding::Found { rule, .. } | PolicyFinding::Exempted { rule, .. } => {
                RULES.of(rule.as_str())
            }
            // What it excused is a finding of its own.
            PolicyFinding::ExemptionEnded { .. } => continue,
            PolicyFinding::NotEvaluated { .. } => "not evaluated".to_owned(),
        };
        counter!("bluegreen_policy_findings_total", "rule" => rule).increment(1);
    }
    plan.with_findings(found)
}
