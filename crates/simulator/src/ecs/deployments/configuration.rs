//! A service's `deploymentConfiguration` (docs/aws.md §6.1).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::ApiError;
use crate::ecs::call::invalid;
use crate::json::Members;

use super::hook::{self, Hook};
use super::strategy::{self, Strategy};

/// Bounds of the circuit breaker's threshold, unless it is set by count or
/// without bounds.
const THRESHOLDS: (u32, u32) = (3, 200);
const DEFAULT_THRESHOLD_PERCENT: u32 = 50;

/// The configuration, with ECS's defaults.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Configuration {
    pub(super) strategy: Strategy,
    /// Wait after the shift, with both revisions running.
    pub(super) bake: Duration,
    pub(super) hooks: Vec<Hook>,
    pub(super) alarms: Option<Alarms>,
    pub(super) breaker: Option<Breaker>,
    /// What responses show.
    pub(super) shown: Value,
}

/// Alarms that end a deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Alarms {
    pub(super) names: Vec<String>,
    pub(super) rolls_back: bool,
}

/// The circuit breaker.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Breaker {
    pub(super) rolls_back: bool,
    pub(super) resets: bool,
    threshold: Threshold,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
enum Threshold {
    Count(u32),
    BoundedPercent(u32),
    UnboundedPercent(u32),
}

impl Configuration {
    /// Reads the configuration in a service's settings; an absent one is a
    /// rolling deployment.
    pub(super) fn read(configuration: &Value) -> Result<Self, ApiError> {
        let empty = json!({});
        let configuration = if configuration.is_null() {
            &empty
        } else {
            configuration
        };
        let input = Members::of(configuration)?;
        let strategy = Strategy::read(input)?;
        let bake = strategy::minutes(input, "bakeTimeInMinutes")?;
        let mut shown = configuration.clone();
        for defaults in [
            strategy.show(),
            json!({ "maximumPercent": 200, "minimumHealthyPercent": 100 }),
        ] {
            fill(&mut shown, defaults);
        }
        Ok(Self {
            strategy,
            bake: bake.unwrap_or_default(),
            hooks: hook::read(input)?,
            alarms: alarms(input)?,
            breaker: breaker(input)?,
            shown,
        })
    }
}

/// Adds the members that are missing, also in objects inside.
fn fill(value: &mut Value, defaults: Value) {
    if let (Value::Object(members), Value::Object(defaults)) = (value, defaults) {
        for (name, default) in defaults {
            match members.get_mut(&name) {
                Some(given) => fill(given, default),
                None => {
                    members.insert(name, default);
                }
            }
        }
    }
}

fn alarms(input: Members<'_>) -> Result<Option<Alarms>, ApiError> {
    let Some(alarms) = input.object("alarms")? else {
        return Ok(None);
    };
    let names = alarms.texts("alarmNames")?;
    let is_enabled = alarms.flag("enable")? == Some(true);
    let rolls_back = alarms.flag("rollback")? == Some(true);
    let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
    Ok((is_enabled && !names.is_empty()).then_some(Alarms { names, rolls_back }))
}

fn breaker(input: Members<'_>) -> Result<Option<Breaker>, ApiError> {
    let Some(breaker) = input.object("deploymentCircuitBreaker")? else {
        return Ok(None);
    };
    let threshold = match breaker.object("thresholdConfiguration")? {
        None => Threshold::BoundedPercent(DEFAULT_THRESHOLD_PERCENT),
        Some(given) => {
            let value = given.number("value")?;
            let value = value.unwrap_or(i64::from(DEFAULT_THRESHOLD_PERCENT));
            let value = u32::try_from(value)
                .ok()
                .filter(|value| *value > 0)
                .ok_or_else(|| invalid("The circuit breaker's threshold must be positive"))?;
            match given.text("type")?.unwrap_or("BOUNDED_PERCENT") {
                "COUNT" => Threshold::Count(value),
                "BOUNDED_PERCENT" => Threshold::BoundedPercent(value),
                "UNBOUNDED_PERCENT" => Threshold::UnboundedPercent(value),
                other => return Err(invalid(format!("Invalid threshold type: {other}"))),
            }
        }
    };
    let is_enabled = breaker.flag("enable")? == Some(true);
    Ok(is_enabled.then_some(Breaker {
        rolls_back: breaker.flag("rollback")? == Some(true),
        resets: breaker.flag("resetOnHealthyTask")? != Some(false),
        threshold,
    }))
}

impl Breaker {
    /// The number of failed tasks that ends a deployment of a service with
    /// this desired count.
    pub(super) fn threshold(self, desired: u32) -> u32 {
        let part = |percent: u32| {
            let part = (u64::from(percent) * u64::from(desired)).div_ceil(100);
            u32::try_from(part).unwrap_or(u32::MAX)
        };
        match self.threshold {
            Threshold::Count(count) => count,
            Threshold::BoundedPercent(percent) => part(percent).clamp(THRESHOLDS.0, THRESHOLDS.1),
            Threshold::UnboundedPercent(percent) => part(percent).max(1),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn threshold(configuration: &Value, desired: u32) -> u32 {
        let breaker = json!({
            "deploymentCircuitBreaker": {
                "enable": true, "rollback": true, "thresholdConfiguration": configuration,
            },
        });
        let read = Configuration::read(&breaker).unwrap();
        read.breaker.unwrap().threshold(desired)
    }

    #[test]
    fn the_breaker_counts_to_half_of_the_tasks_and_at_least_to_three() {
        let check = |desired, expected| {
            assert_eq!(threshold(&Value::Null, desired), expected, "{desired}");
        };
        check(1, 3);
        check(6, 3);
        check(7, 4);
        check(399, 200);
        check(401, 200);
    }

    #[test]
    fn the_threshold_can_be_a_number_or_without_bounds() {
        assert_eq!(threshold(&json!({ "type": "COUNT", "value": 1 }), 10), 1);
        let unbounded = json!({ "type": "UNBOUNDED_PERCENT", "value": 10 });
        assert_eq!(threshold(&unbounded, 3), 1);
        assert_eq!(threshold(&unbounded, 5_000), 500);
    }

    #[test]
    fn what_is_not_enabled_does_not_watch() {
        let off = json!({
            "alarms": { "alarmNames": ["errors"], "enable": false, "rollback": true },
            "deploymentCircuitBreaker": { "enable": false, "rollback": false },
        });
        let read = Configuration::read(&off).unwrap();
        assert_eq!((read.alarms, read.breaker), (None, None));
    }

    #[test]
    fn responses_show_the_defaults() {
        let shown = Configuration::read(&Value::Null).unwrap().shown;
        let expected =
            json!({ "strategy": "ROLLING", "maximumPercent": 200, "minimumHealthyPercent": 100 });
        assert_eq!(shown, expected);
        let linear =
            json!({ "strategy": "LINEAR", "linearConfiguration": { "stepPercent": 20.0 } });
        let shown = Configuration::read(&linear).unwrap().shown;
        assert_eq!(shown["linearConfiguration"]["stepBakeTimeInMinutes"], 6);
        assert_eq!(shown["linearConfiguration"]["stepPercent"], 20.0);
    }

    #[test]
    fn the_bake_time_holds_at_its_edge() {
        let bake = |minutes| Configuration::read(&json!({ "bakeTimeInMinutes": minutes }));
        assert_eq!(bake(1440).unwrap().bake, Duration::from_secs(24 * 3600));
        assert!(bake(1441).is_err());
    }
}
