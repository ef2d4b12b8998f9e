//! How ECS deploys a service by itself: `DeploymentConfiguration` and the load
//! balancers of the service, as plain values (docs/aws.md §6.1, §6.2).

use std::time::Duration;

/// The deployment configuration of an ECS service.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct DeploymentConfiguration {
    pub strategy: Strategy,
    /// How long both revisions run after the traffic has shifted.
    pub bake_time: Duration,
    /// Names of the alarms that are watched; empty if not enabled.
    pub alarms: Vec<String>,
    /// Whether an alarm rolls the deployment back.
    pub alarms_roll_back: bool,
    /// Whether the circuit breaker rolls the deployment back. `None` without a
    /// circuit breaker.
    pub circuit_breaker: Option<bool>,
    pub hooks: Vec<LifecycleHook>,
}

/// `DeploymentStrategy`, with a variant for values that AWS may add.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Strategy {
    /// Tasks are replaced in batches; no traffic shares.
    #[default]
    Rolling,
    /// All traffic shifts at once.
    BlueGreen,
    /// `percent` of the traffic at every step.
    Linear {
        percent: f64,
        every: Duration,
    },
    /// `percent` of the traffic first, the rest after `rest_after`.
    Canary {
        percent: f64,
        rest_after: Duration,
    },
    Unrecognised(String),
}

/// A hook of the service's deployments.
#[derive(Clone, Debug, PartialEq)]
pub struct LifecycleHook {
    pub target: HookTarget,
    /// The stages at which it runs, by ECS's names.
    pub stages: Vec<String>,
    /// How long it may take.
    pub timeout: Duration,
    /// Whether ECS goes on after the timeout; otherwise it rolls back.
    pub continues: bool,
}

/// What a hook does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HookTarget {
    /// Calls the Lambda function with this ARN.
    Lambda(String),
    /// Waits until `ContinueServiceDeployment` is called.
    Pause,
    Unrecognised(String),
}

/// A load balancer of the service.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ServiceLoadBalancer {
    pub container: String,
    pub port: u16,
    /// Names, not ARNs.
    pub target_group: Option<String>,
    pub alternate_target_group: Option<String>,
    /// ARNs of listener rules, or of listeners of a Network Load Balancer.
    pub production_rule: Option<String>,
    pub test_rule: Option<String>,
}

impl Strategy {
    /// ECS's name for it.
    #[must_use]
    pub fn word(&self) -> &str {
        match self {
            Self::Rolling => "ROLLING",
            Self::BlueGreen => "BLUE_GREEN",
            Self::Linear { .. } => "LINEAR",
            Self::Canary { .. } => "CANARY",
            Self::Unrecognised(word) => word,
        }
    }

    /// How many times traffic shifts in one deployment.
    #[must_use]
    pub fn shifts(&self) -> u32 {
        match *self {
            Self::Rolling => 0,
            Self::BlueGreen | Self::Unrecognised(_) => 1,
            Self::Canary { .. } => 2,
            Self::Linear { percent, .. } => steps(percent),
        }
    }

    /// The time from the first shift of traffic to the last.
    #[must_use]
    pub fn shift_time(&self) -> Duration {
        match *self {
            Self::Rolling | Self::BlueGreen | Self::Unrecognised(_) => Duration::ZERO,
            Self::Canary { rest_after, .. } => rest_after,
            Self::Linear { percent, every } => every.saturating_mul(steps(percent) - 1),
        }
    }
}

/// How many steps of `percent` make all of the traffic. ECS takes multiples of
/// 0.1 from 3.0, so there are at most 34.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "clamped to 1..=1000 first"
)]
fn steps(percent: f64) -> u32 {
    let tenths = (percent * 10.0).round().clamp(1.0, 1000.0) as u32;
    1000_u32.div_ceil(tenths)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shift_takes_as_long_as_its_waits() {
        let minutes = |count: u64| Duration::from_secs(count * 60);
        let linear = |percent| Strategy::Linear {
            percent,
            every: minutes(6),
        };
        for (strategy, expected) in [
            (Strategy::BlueGreen, 0),
            (linear(10.0), 54),
            (linear(33.3), 18),
            (linear(100.0), 0),
            (linear(3.0), 33 * 6),
        ] {
            assert_eq!(strategy.shift_time(), minutes(expected), "{strategy:?}");
        }
        let canary = Strategy::Canary {
            percent: 5.0,
            rest_after: minutes(10),
        };
        assert_eq!(canary.shift_time(), minutes(10));
    }
}
