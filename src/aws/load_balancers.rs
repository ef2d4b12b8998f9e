//! Target groups of load balancers (docs/aws.md §4.5).

use async_trait::async_trait;
use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    ForwardActionConfig, Listener, TargetDescription, TargetHealthDescription,
};

use super::error::call_error;
use super::values::{filled, text};
use crate::ports::{CallError, LoadBalancers};
use crate::release::target::target_group_name;
use crate::rollout::evidence::{TargetHealth, TargetState};

const LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
const GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
const HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";

#[async_trait]
impl LoadBalancers for Client {
    async fn targets(&self, target_group: &str) -> Result<Vec<TargetHealth>, CallError> {
        let groups = self
            .describe_target_groups()
            .names(target_group)
            .send()
            .await
            .map_err(|error| call_error(GROUPS, Some(target_group), &error))?;
        let mut groups = groups.target_groups().iter();
        let Some(arn) = groups.find_map(|group| group.target_group_arn()) else {
            return Ok(Vec::new());
        };
        let answer = self
            .describe_target_health()
            .target_group_arn(arn)
            .send()
            .await
            .map_err(|error| call_error(HEALTH, Some(target_group), &error))?;
        let targets = answer.target_health_descriptions().iter();
        Ok(targets.map(target).collect())
    }

    async fn forwarded(&self, listener: &str) -> Result<Vec<String>, CallError> {
        let answer = self
            .describe_listeners()
            .listener_arns(listener)
            .send()
            .await
            .map_err(|error| call_error(LISTENERS, Some(listener), &error))?;
        let actions = answer
            .listeners()
            .iter()
            .flat_map(Listener::default_actions);
        // An action lists its target groups with their weights. If there is
        // only one, the action names it separately as well.
        let arns = actions.flat_map(|action| {
            let weighted = action
                .forward_config()
                .map(ForwardActionConfig::target_groups);
            let weighted = weighted.unwrap_or_default().iter();
            let weighted = weighted.filter(|group| group.weight() != Some(0));
            let weighted = weighted.filter_map(|group| group.target_group_arn());
            weighted.chain(action.target_group_arn())
        });
        let mut names: Vec<String> = arns
            .filter_map(target_group_name)
            .map(str::to_owned)
            .collect();
        names.dedup();
        Ok(names)
    }
}

fn target(seen: &TargetHealthDescription) -> TargetHealth {
    let (target, health) = (seen.target(), seen.target_health());
    let state = health.and_then(|health| health.state());
    let reason = health.and_then(|health| health.reason());
    let description = health.and_then(|health| health.description());
    TargetHealth {
        id: text(target.and_then(|target| target.id())),
        port: target.and_then(TargetDescription::port),
        state: TargetState::from(state.map_or("", |state| state.as_str())),
        reason: reason.and_then(|reason| filled(reason.as_str())),
        description: description.and_then(filled),
    }
}
