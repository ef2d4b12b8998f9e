//! CloudWatch alarms, in process.

use async_trait::async_trait;
use serde_json::json;

use super::line::{Call, Line};
use super::values::{list, moment, text, word};
use crate::ports::{Alarms, CallError};
use crate::rollout::evidence::AlarmSeen;

/// CloudWatch of the simulated account.
#[derive(Debug)]
pub(super) struct WorldAlarms {
    line: Line,
}

impl WorldAlarms {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

#[async_trait]
impl Alarms for WorldAlarms {
    async fn gone_off(&self, names: &[String]) -> Result<Vec<AlarmSeen>, CallError> {
        let call = Call::at_large("cloudwatch:DescribeAlarms");
        let input = json!({
            "AlarmNames": names,
            "AlarmTypes": ["MetricAlarm", "CompositeAlarm"],
            "StateValue": "ALARM",
        });
        let answer = self.line.ask(&call, input).await?;
        let alarms = list(&answer["MetricAlarms"]).iter();
        Ok(alarms
            .map(|alarm| AlarmSeen {
                name: word(&alarm["AlarmName"]),
                since: moment(&alarm["StateUpdatedTimestamp"]),
                reason: text(&alarm["StateReason"]),
            })
            .collect())
    }
}
