//! The policies' say about a plan, before anything comes of it.

use metrics::counter;

use super::hands::Hands;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::policy::Subject;
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, PolicyFinding};
use crate::release::plan::{Looked, Plan};

/// Asks the policies, where there are any; what they find joins the plan's
/// findings, and an error refuses it.
pub(super) async fn review(
    hands: &Hands,
    job: &Job,
    plan: Plan,
    (request, bundle, looked): (&Request, &Bundle, &Looked),
) -> Result<Plan, Vec<Finding>> {
    let Some(gate) = &hands.policy else {
        return Ok(plan);
    };
    let _permit = hands.heavy.acquire().await;
    let surroundings = &looked.surroundings;
    let subject = Subject {
        task_definition: plan.registered_or(&looked.answers),
        app_spec: Some(&plan.app_spec),
        images: &plan.images,
        request,
        pipeline: &job.data.pipeline,
        account: Some(&job.account),
        group: Some(&surroundings.group),
        service: surroundings.service.as_ref(),
        now: hands.clock.now(),
    };
    let found = gate.review(&subject, bundle).await;
    for finding in found.iter().filter_map(Finding::policy) {
        // A rule's name is the team's own, and there are as many as they write.
        let rule = match finding {
            PolicyFinding::Found { rule, .. } => rule.to_string(),
            PolicyFinding::NotEvaluated { .. } => "not evaluated".to_owned(),
        };
        counter!("bluegreen_policy_findings_total", "rule" => rule).increment(1);
    }
    plan.with_findings(found)
}
