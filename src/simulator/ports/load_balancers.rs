//! Target groups of load balancers, in process.

use async_trait::async_trait;
use serde_json::{Value, json};

use super::line::{Call, Line};
use super::values::{list, text, word};
use crate::ports::{CallError, LoadBalancers};
use crate::release::target::target_group_name;
use crate::rollout::evidence::{TargetHealth, TargetState};
use crate::simulator::elb;
use crate::simulator::wire::query::Form;

/// Elastic Load Balancing of the simulated account.
#[derive(Debug)]
pub(super) struct WorldLoadBalancers {
    line: Line,
}

impl WorldLoadBalancers {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }

    async fn ask(
        &self,
        operation: &'static str,
        target_group: &str,
        (field, value): (&str, &str),
    ) -> Result<Value, CallError> {
        let call = Call::new(operation, target_group);
        let (_, operation) = operation.split_once(':').expect("a service and a call");
        let form = Form::new(&[(field, value)]);
        let answer = self
            .line
            .ask_with(&call, json!({ field: value }), |world, _| {
                Ok(elb::call(world, operation, &form)?)
            });
        answer.await
    }
}

#[async_trait]
impl LoadBalancers for WorldLoadBalancers {
    async fn targets(&self, target_group: &str) -> Result<Vec<TargetHealth>, CallError> {
        let groups = "elasticloadbalancing:DescribeTargetGroups";
        let name = ("Names.member.1", target_group);
        let groups = self.ask(groups, target_group, name).await?;
        let Some(arn) = groups["TargetGroups"][0]["TargetGroupArn"].as_str() else {
            return Ok(Vec::new());
        };
        let health = "elasticloadbalancing:DescribeTargetHealth";
        let health = self.ask(health, target_group, ("TargetGroupArn", arn));
        let targets = health.await?;
        let targets = list(&targets["TargetHealthDescriptions"]).iter();
        Ok(targets.map(target).collect())
    }

    async fn forwarded(&self, listener: &str) -> Result<Vec<String>, CallError> {
        let call = "elasticloadbalancing:DescribeListeners";
        let arn = ("ListenerArns.member.1", listener);
        let answer = self.ask(call, listener, arn).await?;
        let actions = list(&answer["Listeners"]).iter();
        let actions = actions.flat_map(|listener| list(&listener["DefaultActions"]));
        let mut names: Vec<String> = actions
            .flat_map(|action| {
                let weighted = list(&action["ForwardConfig"]["TargetGroups"]).iter();
                let weighted = weighted.filter(|group| group["Weight"] != 0);
                let arns = weighted.map(|group| &group["TargetGroupArn"]);
                arns.chain([&action["TargetGroupArn"]])
            })
            .filter_map(|arn| target_group_name(arn.as_str()?))
            .map(str::to_owned)
            .collect();
        names.dedup();
        Ok(names)
    }
}

fn target(seen: &Value) -> TargetHealth {
    let (target, health) = (&seen["Target"], &seen["TargetHealth"]);
    let port = target["Port"].as_i64();
    TargetHealth {
        id: word(&target["Id"]),
        port: port.and_then(|port| port.try_into().ok()),
        state: TargetState::from(word(&health["State"]).as_str()),
        reason: text(&health["Reason"]),
        description: text(&health["Description"]),
    }
}
