//! CloudWatch alarms.

use async_trait::async_trait;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, StateValue};
use aws_smithy_types::DateTime;

use super::error::call_error;
use super::values::{filled, text, timestamp};
use crate::ports::{Alarms, CallError};
use crate::rollout::evidence::AlarmSeen;

const CALL: &str = "cloudwatch:DescribeAlarms";

#[async_trait]
impl Alarms for Client {
    /// Reads one page only: it has more alarms than a message names.
    async fn gone_off(&self, names: &[String]) -> Result<Vec<AlarmSeen>, CallError> {
        let answer = self
            .describe_alarms()
            .set_alarm_names(Some(names.to_vec()))
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .state_value(StateValue::Alarm)
            .send()
            .await
            .map_err(|error| call_error(CALL, None, &error))?;
        let metric = answer.metric_alarms().iter().map(|alarm| {
            let since = alarm.state_updated_timestamp();
            seen(alarm.alarm_name(), since, alarm.state_reason())
        });
        let composite = answer.composite_alarms().iter().map(|alarm| {
            let since = alarm.state_updated_timestamp();
            seen(alarm.alarm_name(), since, alarm.state_reason())
        });
        Ok(metric.chain(composite).collect())
    }
}

fn seen(name: Option<&str>, since: Option<&DateTime>, reason: Option<&str>) -> AlarmSeen {
    AlarmSeen {
        name: text(name),
        since: since.and_then(timestamp),
        reason: reason.and_then(filled),
    }
}
