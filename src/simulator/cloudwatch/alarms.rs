//! The alarms of the account, set by hand.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// CloudWatch's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct CloudWatch {
    alarms: BTreeMap<String, Alarm>,
}

/// What an alarm shows (`StateValue`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum AlarmState {
    Ok,
    Alarm,
    InsufficientData,
}

/// One alarm, and since when it shows its state.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Alarm {
    state: AlarmState,
    since: Timestamp,
    /// What real traffic did, where that has set it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl CloudWatch {
    /// Puts an alarm into a state at the moment `at`, making it where needed.
    pub(in crate::simulator) fn set(&mut self, name: &str, state: AlarmState, at: Timestamp) {
        let unchanged = self
            .alarms
            .get(name)
            .is_some_and(|alarm| alarm.state == state);
        if !unchanged {
            let alarm = Alarm {
                state,
                since: at,
                reason: None,
            };
            self.alarms.insert(name.to_owned(), alarm);
        }
    }

    /// Says why an alarm shows what it shows.
    pub(in crate::simulator) fn explain(&mut self, name: &str, reason: &str) {
        if let Some(alarm) = self.alarms.get_mut(name) {
            alarm.reason = Some(reason.to_owned());
        }
    }

    /// Why an alarm shows what it shows, where that was said.
    pub(super) fn reason(&self, name: &str) -> Option<&str> {
        self.alarms.get(name)?.reason.as_deref()
    }

    /// Every alarm with its state and since when it shows it, by name.
    pub fn alarms(&self) -> impl Iterator<Item = (&str, AlarmState, Timestamp)> {
        let alarms = self.alarms.iter();
        alarms.map(|(name, alarm)| (name.as_str(), alarm.state, alarm.since))
    }

    /// The first of the named alarms to have gone off, and when.
    pub(in crate::simulator) fn first_active<'a>(
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
