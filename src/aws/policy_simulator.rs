//! IAM's policy simulator: what the policies of a user or role allow, without
//! making the calls.
//!
//! IAM evaluates each action on each of the resources. It returns one result
//! per action with the most restrictive decision; it used to return one result
//! per action and resource. The adapter reads both: the decision on an action
//! is that of its first result that is not "allowed".

use aws_config::SdkConfig;
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType,
    ResourceSpecificResult,
};

use super::error::{call_error, incomplete};
use super::pagination::Pages;
use super::service_clients;
use crate::ports::CallError;

const CALL: &str = "iam:SimulatePrincipalPolicy";

/// Actions in one call. IAM documents no limit; its pages have at most 100
/// results.
const MAX_ACTIONS: usize = 100;

/// Pages of one call. IAM may return fewer than 100 results on a page, but a
/// list with more pages than this does not end.
const MAX_PAGES: usize = 100;

/// Asks about the policies of one user or role.
#[derive(Clone, Debug)]
pub struct PolicySimulator {
    client: Client,
    principal: String,
}

/// IAM's decision on one action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// No statement allows the action.
    NotAllowed,
    /// A statement denies the action.
    Denied,
    /// The organization's service control policies do not allow the action.
    DeniedByOrganization,
    /// The permissions boundary does not allow the action.
    DeniedByBoundary,
    /// The action is not allowed by what is known before the call: statements
    /// have conditions with these keys, whose values are not known.
    Unclear(Vec<String>),
}

impl PolicySimulator {
    /// `principal` is the ARN of a user or role, not of a role session.
    #[must_use]
    pub fn new(config: &SdkConfig, principal: &str) -> Self {
        Self {
            client: service_clients::iam(config),
            principal: principal.to_owned(),
        }
    }

    /// Asks whether the principal may do each of the actions on all of the
    /// resources. `context` has the keys and values of conditions. Returns the
    /// decisions in the order of the actions.
    ///
    /// # Errors
    ///
    /// If IAM does not decide on every action.
    pub async fn decide(
        &self,
        actions: &[&str],
        resources: &[String],
        context: &[(&str, &str)],
    ) -> Result<Vec<Decision>, CallError> {
        let mut decisions = Vec::with_capacity(actions.len());
        for actions in actions.chunks(MAX_ACTIONS) {
            let results = self.results(actions, resources, context).await?;
            for action in actions {
                let about = results.iter().filter(|it| it.eval_action_name() == *action);
                let mut about = about.map(decision).peekable();
                if about.peek().is_none() {
                    return Err(incomplete(CALL, action));
                }
                let worst = about.find(|decision| *decision != Decision::Allowed);
                decisions.push(worst.unwrap_or(Decision::Allowed));
            }
        }
        Ok(decisions)
    }

    async fn results(
        &self,
        actions: &[&str],
        resources: &[String],
        context: &[(&str, &str)],
    ) -> Result<Vec<EvaluationResult>, CallError> {
        let mut pages = Pages::new(CALL, &self.principal, MAX_PAGES);
        let mut results = Vec::new();
        loop {
            let answer = self
                .client
                .simulate_principal_policy()
                .policy_source_arn(&self.principal)
                .set_action_names(Some(actions.iter().map(ToString::to_string).collect()))
                .set_resource_arns(Some(resources.to_vec()))
                .set_context_entries(Some(context.iter().map(entry).collect()))
                .set_marker(pages.token())
                .send()
                .await
                .map_err(|error| call_error(CALL, Some(&self.principal), &error))?;
            let marker = answer.marker().filter(|_| answer.is_truncated());
            let has_next = pages.advance_to_end(marker)?;
            results.extend(answer.evaluation_results.unwrap_or_default());
            if !has_next {
                return Ok(results);
            }
        }
    }
}

fn entry((key, value): &(&str, &str)) -> ContextEntry {
    ContextEntry::builder()
        .context_key_name(*key)
        .context_key_values(*value)
        .context_key_type(ContextKeyTypeEnum::String)
        .build()
}

fn decision(result: &EvaluationResult) -> Decision {
    if result.eval_decision() == &PolicyEvaluationDecisionType::Allowed {
        return Decision::Allowed;
    }
    let on_resources = result.resource_specific_results();
    let specific = on_resources
        .iter()
        .filter_map(ResourceSpecificResult::permissions_boundary_decision_detail);
    let mut boundaries = specific.chain(result.permissions_boundary_decision_detail());
    let organization = result.organizations_decision_detail();
    let unknown = on_resources
        .iter()
        .flat_map(ResourceSpecificResult::missing_context_values)
        .chain(result.missing_context_values());
    let mut unknown: Vec<String> = unknown.cloned().collect();
    unknown.sort_unstable();
    unknown.dedup();
    if organization.is_some_and(|detail| !detail.allowed_by_organizations()) {
        Decision::DeniedByOrganization
    } else if boundaries.any(|detail| !detail.allowed_by_permissions_boundary()) {
        Decision::DeniedByBoundary
    } else if !unknown.is_empty() {
        Decision::Unclear(unknown)
    } else if result.eval_decision() == &PolicyEvaluationDecisionType::ExplicitDeny {
        Decision::Denied
    } else {
        Decision::NotAllowed
    }
}
