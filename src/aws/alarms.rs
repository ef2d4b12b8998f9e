//! CloudWatch alarms.

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_sdk_cloudwatch::Client;
use aws_sdk_cloudwatch::types::{AlarmType, CompositeAlarm, MetricAlarm, StateValue};
use aws_smithy_types::DateTime;

use super::error::call_error;
use super::service_clients;
use super::values::{filled, timestamp};
use crate::ports::{Alarms, CallError};
use crate::rollout::evidence::AlarmSeen;

const CALL: &str = "cloudwatch:DescribeAlarms";

/// Reads CloudWatch alarms with the credentials of the release.
#[derive(Clone, Debug)]
pub struct CloudWatchAlarms {
    client: Client,
}

impl CloudWatchAlarms {
    #[must_use]
    pub fn new(config: &SdkConfig) -> Self {
        Self {
            client: service_clients::cloudwatch(config),
        }
    }
}

#[async_trait]
impl Alarms for CloudWatchAlarms {
    /// Reads one page only: it has more alarms than a message names.
    async fn gone_off(&self, names: &[String]) -> Result<Vec<AlarmSeen>, CallError> {
        let answer = self
            .client
            .describe_alarms()
            .set_alarm_names(Some(names.to_vec()))
            .alarm_types(AlarmType::MetricAlarm)
            .alarm_types(AlarmType::CompositeAlarm)
            .state_value(StateValue::Alarm)
            .send()
            .await
            .map_err(|error| call_error(CALL, None, &error))?;
        let metric = answer.metric_alarms().iter().map(metric);
        let composite = answer.composite_alarms().iter().map(composite);
        Ok(metric.chain(composite).collect())
    }
}

fn metric(alarm: &MetricAlarm) -> AlarmSeen {
    let since = alarm.state_updated_timestamp();
    seen(alarm.alarm_name(), since, alarm.state_reason())
}

fn composite(alarm: &CompositeAlarm) -> AlarmSeen {
    let since = alarm.state_updated_timestamp();
    seen(alarm.alarm_name(), since, alarm.state_reason())
}

fn seen(name: Option<&str>, since: Option<&DateTime>, reason: Option<&str>) -> AlarmSeen {
    AlarmSeen {
        name: name.unwrap_or_default().to_owned(),
        since: since.and_then(timestamp),
        reason: reason.and_then(filled),
    }
}
