//! The policies' say about a plan, before anything comes of it.

use metrics::counter;
use tokio::sync::OwnedSemaphorePermit;

use crate::job::offer::Job;
use crate::job::request::Request;
use crate::policy::{Preloaded, Previous, Subject};
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, PolicyFinding};
use crate::release::plan::{Inputs, Plan};
use crate::worker::context::Context;
use crate::worker::labels::RULES;

/// A process that has read the rules, and its place among such processes.
pub(in crate::worker) type PreloadedPermit = (Preloaded, OwnedSemaphorePermit);

/// Has the rules read while the release is being looked at, as far as there is
/// room for such processes.
pub(in crate::worker) async fn preload(context: &Context) -> Option<PreloadedPermit> {
    let gate = context.policy.as_ref()?;
    let place = context.preloading.clone().try_acquire_owned().ok()?;
    Some((gate.preload().await?, place))
}

/// The hash of the policies in force; `None` where there are none.
pub(in crate::worker) fn policies(context: &Context) -> Option<String> {
    let gate = context.policy.as_ref()?;
    Some(gate.set().hash().to_owned())
}

/// Asks the policies, where there are any; what they find joins the plan's
/// findings, and an error refuses it.
pub(in crate::worker) async fn review(
    context: &Context,
    job: &Job,
    preloaded: Option<PreloadedPermit>,
    plan: Plan,
    previous: &Previous,
    (request, bundle, looked): (&Request, &Bundle, &Inputs),
) -> Result<Plan, Vec<Finding>> {
    let Some(gate) = &context.policy else {
        return Ok(plan);
    };
    let _share = context.heavy.acquire(&job.data.pipeline.pipeline).await;
    let target = &looked.target;
    let subject = Subject {
        task_definition: plan.registered_or(&looked.answers),
        app_spec: Some(&plan.app_spec),
        images: &plan.images,
        request,
        pipeline: &job.data.pipeline,
        account: Some(&job.account),
        group: Some(&target.group),
        configuration: &job.data.configuration,
        registries: &looked.answers.images,
        service: target.service.as_ref(),
        previous,
        now: context.clock.now(),
    };
    let (preloaded, _place) = preloaded.unzip();
    let found = gate.review(preloaded, &subject, bundle).await;
    for finding in found.iter().filter_map(Finding::policy) {
        // A rule's name is the team's own, or the author's.
        let rule = match finding {
            PolicyFinding::Found { rule, .. } | PolicyFinding::Exempted { rule, .. } => {
                RULES.of(rule.as_str())
            }
            // What it excused is a finding of its own; nothing stands in here.
            PolicyFinding::ExemptionEnded { .. } | PolicyFinding::NotJudged { .. } => continue,
            PolicyFinding::NotEvaluated { .. } => "not evaluated".to_owned(),
        };
        counter!("bluegreen_policy_findings_total", "rule" => rule).increment(1);
    }
    plan.with_findings(found)
}
