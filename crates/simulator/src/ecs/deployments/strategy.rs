//! Deployment strategies, and the steps in which they shift the production
//! traffic (docs/aws.md §6.2).

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::ApiError;
use crate::ecs::call::invalid;
use crate::json::Members;
use crate::share::Share;

/// The longest bake time of any kind.
pub(super) const MAX_BAKE_MINUTES: i64 = 1440;

/// How a service moves to a new revision.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Strategy {
    Rolling,
    BlueGreen,
    /// The same share in every step, and the time between two steps.
    Linear {
        step: Share,
        bake: Duration,
    },
    /// A first share, and the time until the rest follows.
    Canary {
        share: Share,
        bake: Duration,
    },
}

/// One step of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Shift {
    /// The new revision's share of the production traffic after it.
    pub(super) share: Share,
    /// Wait until the next step.
    pub(super) bake: Duration,
}

impl Strategy {
    /// The strategy of a `deploymentConfiguration`, with ECS's defaults.
    pub(super) fn read(input: Members<'_>) -> Result<Self, ApiError> {
        let name = input.text("strategy")?.unwrap_or("ROLLING");
        for (member, wanted) in [
            ("linearConfiguration", "LINEAR"),
            ("canaryConfiguration", "CANARY"),
        ] {
            if input.raw(member).is_some() && name != wanted {
                return Err(invalid(format!(
                    "{member} can only be specified with the {wanted} deployment strategy"
                )));
            }
        }
        let linear = input.object_or_empty("linearConfiguration")?;
        let canary = input.object_or_empty("canaryConfiguration")?;
        match name {
            "ROLLING" => Ok(Self::Rolling),
            "BLUE_GREEN" => Ok(Self::BlueGreen),
            "LINEAR" => Ok(Self::Linear {
                step: share(linear, "stepPercent", 3.0, 10.0)?,
                bake: bake(linear, "stepBakeTimeInMinutes", 6)?,
            }),
            "CANARY" => Ok(Self::Canary {
                share: share(canary, "canaryPercent", 0.1, 5.0)?,
                bake: bake(canary, "canaryBakeTimeInMinutes", 10)?,
            }),
            other => Err(invalid(format!("Invalid deployment strategy: {other}"))),
        }
    }

    /// The steps of the shift, of which the last one moves everything.
    pub(super) fn shifts(self) -> Vec<Shift> {
        let mut shifts = Vec::new();
        match self {
            Self::Rolling | Self::BlueGreen => {}
            Self::Linear { step, bake } => {
                let mut share = step;
                while share < Share::ALL {
                    shifts.push(Shift { share, bake });
                    share = share.plus(step);
                }
            }
            Self::Canary { share, bake } => {
                if share < Share::ALL {
                    shifts.push(Shift { share, bake });
                }
            }
        }
        shifts.push(Shift {
            share: Share::ALL,
            bake: Duration::ZERO,
        });
        shifts
    }

    /// The members of `deploymentConfiguration` that describe it.
    pub(super) fn show(self) -> Value {
        match self {
            Self::Rolling => json!({ "strategy": "ROLLING" }),
            Self::BlueGreen => json!({ "strategy": "BLUE_GREEN" }),
            Self::Linear { step, bake } => json!({
                "strategy": "LINEAR",
                "linearConfiguration": {
                    "stepPercent": step.percent(),
                    "stepBakeTimeInMinutes": bake.as_secs() / 60,
                },
            }),
            Self::Canary { share, bake } => json!({
                "strategy": "CANARY",
                "canaryConfiguration": {
                    "canaryPercent": share.percent(),
                    "canaryBakeTimeInMinutes": bake.as_secs() / 60,
                },
            }),
        }
    }
}

fn share(input: Members<'_>, name: &str, least: f64, default: f64) -> Result<Share, ApiError> {
    let percent = input.decimal(name)?.unwrap_or(default);
    Share::parse(percent)
        .filter(|_| percent >= least)
        .ok_or_else(|| {
            invalid(format!(
                "{name} must be a multiple of 0.1 from {least:.1} to 100.0"
            ))
        })
}

/// A bake time, or this many minutes if it is absent.
fn bake(input: Members<'_>, name: &str, default: u64) -> Result<Duration, ApiError> {
    Ok(minutes(input, name)?.unwrap_or(Duration::from_secs(default * 60)))
}

/// A bake time in minutes.
pub(super) fn minutes(input: Members<'_>, name: &str) -> Result<Option<Duration>, ApiError> {
    match input.number(name)? {
        None => Ok(None),
        Some(minutes) => u64::try_from(minutes)
            .ok()
            .filter(|_| minutes <= MAX_BAKE_MINUTES)
            .map(|minutes| Some(Duration::from_secs(minutes * 60)))
            .ok_or_else(|| invalid(format!("{name} must be from 0 to {MAX_BAKE_MINUTES}"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(configuration: &Value) -> Result<Strategy, ApiError> {
        Strategy::read(Members::of(configuration)?)
    }

    fn percents(configuration: &Value) -> Vec<f64> {
        let shifts = read(configuration).unwrap().shifts();
        shifts.iter().map(|shift| shift.share.percent()).collect()
    }

    #[test]
    fn every_strategy_ends_with_all_the_traffic() {
        assert_eq!(percents(&json!({})), [100.0]);
        assert_eq!(percents(&json!({ "strategy": "BLUE_GREEN" })), [100.0]);
        let linear =
            |step| json!({ "strategy": "LINEAR", "linearConfiguration": { "stepPercent": step } });
        assert_eq!(percents(&linear(30.0)), [30.0, 60.0, 90.0, 100.0]);
        assert_eq!(percents(&linear(50.0)), [50.0, 100.0]);
        assert_eq!(percents(&linear(100.0)), [100.0]);
        let canary = |share| json!({ "strategy": "CANARY", "canaryConfiguration": { "canaryPercent": share } });
        assert_eq!(percents(&canary(0.1)), [0.1, 100.0]);
        assert_eq!(percents(&canary(100.0)), [100.0]);
    }

    #[test]
    fn what_is_left_out_has_the_defaults_of_the_model() {
        let shown = read(&json!({ "strategy": "LINEAR" })).unwrap().show();
        let linear = &shown["linearConfiguration"];
        assert_eq!(
            linear,
            &json!({ "stepPercent": 10.0, "stepBakeTimeInMinutes": 6 })
        );
        let shown = read(&json!({ "strategy": "CANARY" })).unwrap().show();
        let canary = &shown["canaryConfiguration"];
        assert_eq!(
            canary,
            &json!({ "canaryPercent": 5.0, "canaryBakeTimeInMinutes": 10 })
        );
        let shifts = read(&json!({ "strategy": "CANARY" })).unwrap().shifts();
        assert_eq!(shifts[0].bake, Duration::from_secs(600));
        assert_eq!(
            shifts[1].bake,
            Duration::ZERO,
            "no bake time after all of it"
        );
    }

    #[test]
    fn numbers_hold_at_their_edges() {
        let linear = |key: &str, value: Value| json!({ "strategy": "LINEAR", "linearConfiguration": { key: value } });
        let canary = |key: &str, value: Value| json!({ "strategy": "CANARY", "canaryConfiguration": { key: value } });
        let is_taken = |configuration: Value, expected: bool| {
            assert_eq!(read(&configuration).is_ok(), expected, "{configuration}");
        };
        is_taken(linear("stepPercent", json!(3.0)), true);
        is_taken(linear("stepPercent", json!(2.9)), false);
        is_taken(linear("stepPercent", json!(33.33)), false);
        is_taken(linear("stepPercent", json!(100.1)), false);
        is_taken(linear("stepBakeTimeInMinutes", json!(1440)), true);
        is_taken(linear("stepBakeTimeInMinutes", json!(1441)), false);
        is_taken(linear("stepBakeTimeInMinutes", json!(-1)), false);
        is_taken(canary("canaryPercent", json!(0.1)), true);
        is_taken(canary("canaryPercent", json!(0.0)), false);
        is_taken(canary("canaryBakeTimeInMinutes", json!(1441)), false);
        is_taken(json!({ "strategy": "CANARIES" }), false);
        let stray = json!({ "strategy": "BLUE_GREEN", "canaryConfiguration": {} });
        is_taken(stray, false);
    }
}
