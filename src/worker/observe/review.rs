//! Has the policies judge a plan before anything is registered.

use metrics::counter;
use tokio::sync::OwnedSemaphorePermit;

use crate::job::offer::Job;
use crate::job::request::Request;
use crate::policy::{Preloaded, Previous, Subject};
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, PolicyFinding};
use crate::release::plan::{Inputs, Plan};
use crate::worker::context::Context;
use crate::worker::metric_labels::RULES;

/// A process that has loaded the policies, and its permit.
pub(in crate::worker) type PreloadedPermit = (Preloaded, OwnedSemaphorePermit);

/// Loads the policies into a process while the release is being read, if there
/// is a permit for one more such process.
pub(in crate::worker) async fn preload(context: &Context) -> Option<PreloadedPermit> {
    let gate = context.settings.policy.as_ref()?;
    let permit = context
        .shared
        .limits
        .preloading
        .clone()
        .try_acquire_owned()
        .ok()?;
    Some((gate.preload().await?, permit))
}

/// The hash of the policies in force; `None` if there are none.
pub(in crate::worker) fn policies(context: &Context) -> Option<String> {
    let gate = context.settings.policy.as_ref()?;
    Some(gate.set().hash().to_owned())
}

/// What a plan was made from.
pub(in crate::worker) struct Basis<'a> {
    pub(in crate::worker) request: &'a Request,
    pub(in crate::worker) bundle: &'a Bundle,
    pub(in crate::worker) inputs: &'a Inputs,
    /// The revision that runs.
    pub(in crate::worker) previous: &'a Previous,
}

/// Evaluates the policies, if there are any. Their findings are added to the
/// plan's, and an error refuses the plan.
pub(in crate::worker) async fn review(
    context: &Context,
    job: &Job,
    preloaded: Option<PreloadedPermit>,
    plan: Plan,
    basis: &Basis<'_>,
) -> Result<Plan, Vec<Finding>> {
    let Some(gate) = &context.settings.policy else {
        return Ok(plan);
    };
    let _share = context
        .shared
        .limits
        .heavy
        .acquire(&job.data.pipeline.pipeline)
        .await;
    let Basis {
        request,
        bundle,
        inputs,
        previous,
    } = basis;
    let target = &inputs.target;
    let task_definition = plan.task_definition_json(&inputs.lookups);
    let subject = Subject {
        task_definition: &task_definition,
        app_spec: plan.app_spec.as_ref(),
        images: &plan.images,
        request,
        pipeline: &job.data.pipeline,
        account: Some(&job.account),
        group: Some(&target.group),
        configuration: &job.data.configuration,
        registries: &inputs.lookups.images,
        service: target.service.as_ref(),
        previous,
        now: context.clock.now(),
    };
    let (preloaded, _permit) = preloaded.unzip();
    let found = gate.review(preloaded, &subject, bundle).await;
    for finding in found.iter().filter_map(Finding::policy) {
        // A rule's name comes from the team or the author, so it is limited.
        let rule = match finding {
            PolicyFinding::Found { rule, .. } | PolicyFinding::Exempted { rule, .. } => {
                RULES.of(rule.as_str())
            }
            // The rule's finding is counted on its own.
            PolicyFinding::ExemptionEnded { .. } | PolicyFinding::NotJudged { .. } => continue,
            PolicyFinding::NotEvaluated { .. } => "not evaluated".to_owned(),
        };
        counter!("bluegreen_policy_findings_total", "rule" => rule).increment(1);
    }
    plan.with_findings(found)
}
