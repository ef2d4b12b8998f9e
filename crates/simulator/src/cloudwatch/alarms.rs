//! CloudWatch alarms, whose states are set from outside.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// CloudWatch's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CloudWatch {
    alarms: BTreeMap<String, Alarm>,
}

/// State of an alarm (`StateValue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

/// One alarm, and since when it has its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Alarm {
    state: AlarmState,
    since: Timestamp,
    /// The reason given for the state: what the real traffic did.
    reason: Option<String>,
}

impl CloudWatch {
    /// Sets the state of an alarm at `at`, creating the alarm if needed.
    pub(crate) fn set(
        &mut self,
        name: &str,
        state: AlarmState,
        reason: Option<&str>,
        at: Timestamp,
    ) {
        let alarm = self.alarms.entry(name.to_owned()).or_insert(Alarm {
            state,
            since: at,
            reason: None,
        });
        let has_changed = alarm.state != state;
        if has_changed {
            (alarm.state, alarm.since) = (state, at);
        }
        if has_changed || reason.is_some() {
            alarm.reason = reason.map(str::to_owned);
        }
    }

    /// The reason for an alarm's state, if one was set.
    pub(super) fn reason(&self, name: &str) -> Option<&str> {
        self.alarms.get(name)?.reason.as_deref()
    }

    /// All alarms by name, with state and the time since which they have it.
    pub fn alarms(&self) -> impl Iterator<Item = (&str, AlarmState, Timestamp)> {
        let alarms = self.alarms.iter();
        alarms.map(|(name, alarm)| (name.as_str(), alarm.state, alarm.since))
    }

    /// The first of the named alarms to become active, and when it did.
    pub(crate) fn first_active<'a>(
        &self,
        names: impl IntoIterator<Item = &'a str>,
    ) -> Option<(&'a str, Timestamp)> {
        names
            .into_iter()
            .filter_map(|name| {
                let alarm = self.alarms.get(name)?;
                (alarm.state == AlarmState::Alarm).then_some((name, alarm.since))
            })
            .min_by_key(|(_, since)| *since)
    }
}
