//! When a CodeDeploy deployment takes its next step and when it ends, as far as
//! its settings say (docs/aws.md §5.3).

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;

use super::seen::Event;

/// The settings of a deployment that take time. AWS shows the waits with the
/// deployment, and the shift with its deployment configuration.
#[derive(Clone, Debug, Default)]
pub(super) struct Schedule {
    pub(super) waits: Waits,
    pub(super) shift: Shift,
}

/// `blueGreenDeploymentConfiguration`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Waits {
    deployment_ready_option: ReadyOption,
    terminate_blue_instances_on_deployment_success: Termination,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ReadyOption {
    wait_time_in_minutes: i64,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Termination {
    termination_wait_time_in_minutes: i64,
}

/// `trafficRoutingConfig`.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Shift {
    time_based_canary: Option<Canary>,
    time_based_linear: Option<Linear>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Canary {
    canary_interval: i64,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Linear {
    linear_percentage: i64,
    linear_interval: i64,
}

/// What comes next, and the expected end.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Outlook {
    pub(super) next: Option<(String, Timestamp)>,
    pub(super) ends: Option<Timestamp>,
}

const SHIFT: &str = "AllowTraffic";
const AFTER: &str = "AfterAllowTraffic";

impl Schedule {
    /// The outlook of a deployment in progress. `share` is the new tasks' share
    /// of the traffic, and `waits_since` when it began to wait to be continued.
    pub(super) fn outlook(
        &self,
        events: &[Event],
        share: f64,
        waits_since: Option<Timestamp>,
    ) -> Outlook {
        let named = |name: &str| events.iter().find(|event| event.name == name);
        let wait = minutes(self.waits.deployment_ready_option.wait_time_in_minutes);
        if let Some(since) = waits_since {
            let next = (wait > SignedDuration::ZERO)
                .then(|| ("the deployment stops".to_owned(), since + wait));
            return Outlook { next, ends: None };
        }
        let stay = &self.waits.terminate_blue_instances_on_deployment_success;
        let stay = minutes(stay.termination_wait_time_in_minutes);
        // The old tasks stay after the last event.
        if let Some(shifted) = named(AFTER).and_then(Event::end) {
            let gone = shifted + stay;
            return Outlook {
                next: Some(("the old tasks are stopped".into(), gone)),
                ends: Some(gone),
            };
        }
        let Some(started) = named(SHIFT).and_then(|event| event.started) else {
            return Outlook::default();
        };
        let next = self.shift.next(share).map(|after| started + after);
        Outlook {
            next: next.map(|at| ("next step".to_owned(), at)),
            ends: Some(started + self.shift.takes() + stay),
        }
    }
}

impl Shift {
    /// From the first step to the last.
    fn takes(&self) -> SignedDuration {
        match (&self.time_based_canary, &self.time_based_linear) {
            (Some(canary), _) => minutes(canary.canary_interval),
            (None, Some(linear)) => linear.after(linear.steps() - 1),
            (None, None) => SignedDuration::ZERO,
        }
    }

    /// From the first step to the one after `share`.
    fn next(&self, share: f64) -> Option<SignedDuration> {
        if share <= 0.0 || share >= 100.0 {
            return None;
        }
        match (&self.time_based_canary, &self.time_based_linear) {
            (Some(canary), _) => Some(minutes(canary.canary_interval)),
            (None, Some(linear)) => {
                let mut steps = 1..linear.steps();
                let next = steps.find(|step| linear.share(*step) >= share)?;
                Some(linear.after(next))
            }
            (None, None) => None,
        }
    }
}

impl Linear {
    /// Number of steps to all of the traffic.
    fn steps(&self) -> i64 {
        let percentage = self.linear_percentage.clamp(1, 100);
        (100 + percentage - 1) / percentage
    }

    /// From the first step to the one after `count` others.
    fn after(&self, count: i64) -> SignedDuration {
        minutes(self.linear_interval.saturating_mul(count))
    }

    /// The share after `count` steps.
    #[expect(clippy::cast_precision_loss, reason = "percentages are small")]
    fn share(&self, count: i64) -> f64 {
        (self.linear_percentage.saturating_mul(count)) as f64
    }
}

/// Bounded, so that a time can be added to any timestamp of this century.
fn minutes(minutes: i64) -> SignedDuration {
    const MAX: i64 = 365 * 24 * 60;
    SignedDuration::from_mins(minutes.clamp(0, MAX))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn schedule(routing: Value) -> Schedule {
        let waits = json!({
            "deploymentReadyOption": { "actionOnTimeout": "STOP_DEPLOYMENT", "waitTimeInMinutes": 30 },
            "terminateBlueInstancesOnDeploymentSuccess": { "terminationWaitTimeInMinutes": 5 },
        });
        Schedule {
            waits: serde_json::from_value(waits).unwrap(),
            shift: serde_json::from_value(routing).unwrap(),
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    /// An event that began at this second, and perhaps ended.
    fn event(name: &str, started: i64, ended: Option<i64>) -> Event {
        let mut event = Event::pending(name);
        event.status = ended.map_or("InProgress", |_| "Succeeded").into();
        (event.started, event.ended) = (Some(at(started)), ended.map(at));
        event
    }

    fn shown(outlook: Outlook) -> (Option<(String, i64)>, Option<i64>) {
        let next = outlook.next.map(|(what, at)| (what, at.as_second()));
        (next, outlook.ends.map(Timestamp::as_second))
    }

    fn next(what: &str, at: i64) -> Option<(String, i64)> {
        Some((what.to_owned(), at))
    }

    #[test]
    fn a_linear_shift_steps_by_its_interval() {
        let linear = json!({ "type": "TimeBasedLinear", "timeBasedLinear": {
            "linearPercentage": 30, "linearInterval": 2,
        } });
        let schedule = schedule(linear);
        let events = [event(SHIFT, 100, None)];
        let outlook = |share| shown(schedule.outlook(&events, share, None));
        // 30 % at once, 60 % and 90 % after two minutes each, then the rest.
        let ends = Some(100 + 3 * 120 + 300);
        assert_eq!(outlook(0.0), (None, ends), "the first step is due");
        assert_eq!(outlook(30.0), (next("next step", 220), ends));
        assert_eq!(outlook(60.0), (next("next step", 340), ends));
        assert_eq!(outlook(90.0), (next("next step", 460), ends));
        assert_eq!(outlook(100.0), (None, ends));
    }

    #[test]
    fn a_canary_has_one_step_more_and_all_at_once_none() {
        let canary = schedule(json!({ "type": "TimeBasedCanary", "timeBasedCanary": {
            "canaryPercentage": 10, "canaryInterval": 5,
        } }));
        let events = [event(SHIFT, 100, None)];
        let expected = (next("next step", 400), Some(700));
        assert_eq!(shown(canary.outlook(&events, 10.0, None)), expected);
        let at_once = schedule(json!({ "type": "AllAtOnce" }));
        assert_eq!(
            shown(at_once.outlook(&events, 0.0, None)),
            (None, Some(400))
        );
    }

    #[test]
    fn a_wait_ends_and_the_old_tasks_go() {
        let schedule = schedule(json!({ "type": "AllAtOnce" }));
        let waits = schedule.outlook(&[], 0.0, Some(at(50)));
        assert_eq!(shown(waits), (next("the deployment stops", 1_850), None));
        let events = [event(SHIFT, 100, Some(101)), event(AFTER, 101, Some(102))];
        let expected = (next("the old tasks are stopped", 402), Some(402));
        assert_eq!(shown(schedule.outlook(&events, 100.0, None)), expected);
        let installing = [event("Install", 10, None)];
        assert_eq!(schedule.outlook(&installing, 0.0, None), Outlook::default());
        assert_eq!(
            Schedule::default().outlook(&[], 0.0, Some(at(5))).next,
            None
        );
    }
}
