//! Target groups of load balancers (docs/aws.md §4.5).

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_elasticloadbalancingv2::Client;
use aws_sdk_elasticloadbalancingv2::types::{
    ForwardActionConfig, Listener, TargetDescription, TargetHealthDescription,
    TargetHealthReasonEnum, TargetHealthStateEnum,
};

use super::error::call_error;
use super::service_clients;
use super::values::filled;
use crate::ports::{CallError, LoadBalancers};
use crate::release::target::target_group_name;
use crate::rollout::evidence::{TargetHealth, TargetState};

const LISTENERS: &str = "elasticloadbalancing:DescribeListeners";
const GROUPS: &str = "elasticloadbalancing:DescribeTargetGroups";
const HEALTH: &str = "elasticloadbalancing:DescribeTargetHealth";

/// Reads target groups with the credentials of the release.
#[derive(Clone, Debug)]
pub struct ElasticLoadBalancers {
    client: Client,
}

impl ElasticLoadBalancers {
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: service_clients::load_balancers(config),
        }
    }
}

#[async_trait]
impl LoadBalancers for ElasticLoadBalancers {
    async fn targets(&self, target_group: &str) -> Result<Vec<TargetHealth>, CallError> {
        let groups = self
            .client
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
            .client
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
            .client
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
    let health = seen.target_health();
    let state = health.and_then(|health| health.state());
    let target = seen.target();
    TargetHealth {
        id: target
            .and_then(|target| target.id())
            .unwrap_or_default()
            .to_owned(),
        port: target.and_then(TargetDescription::port),
        state: TargetState::from(state.map(TargetHealthStateEnum::as_str).unwrap_or_default()),
        reason: health
            .and_then(|health| health.reason())
            .map(TargetHealthReasonEnum::as_str)
            .and_then(filled),
        description: health
            .and_then(|health| health.description())
            .and_then(filled),
    }
}
