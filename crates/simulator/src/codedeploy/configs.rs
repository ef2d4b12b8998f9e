//! Deployment configs, which define how traffic shifts: predefined ones for ECS
//! and custom ones (docs/aws.md §5.8).

use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::ids;
use crate::json::{Members, epoch};
use crate::world::World;

use super::call::{Name, page};
use super::state::{CodeDeploy, ComputePlatform};

const NAME: Name = Name {
    what: "Deployment configuration",
    required: "DeploymentConfigNameRequiredException",
    invalid: "InvalidDeploymentConfigNameException",
};

/// The config of a group that names none.
pub(super) const DEFAULT: &str = "CodeDeployDefault.ECSAllAtOnce";

/// Predefined configs. Those of other platforms exist, but cannot be used for
/// ECS.
const PREDEFINED: &[(&str, ComputePlatform, Option<Routing>)] = &[
    (
        "CodeDeployDefault.ECSLinear10PercentEvery1Minutes",
        ComputePlatform::Ecs,
        Some(Routing::Linear(Steps::new(10, 1))),
    ),
    (
        "CodeDeployDefault.ECSLinear10PercentEvery3Minutes",
        ComputePlatform::Ecs,
        Some(Routing::Linear(Steps::new(10, 3))),
    ),
    (
        "CodeDeployDefault.ECSCanary10Percent5Minutes",
        ComputePlatform::Ecs,
        Some(Routing::Canary(Steps::new(10, 5))),
    ),
    (
        "CodeDeployDefault.ECSCanary10Percent15Minutes",
        ComputePlatform::Ecs,
        Some(Routing::Canary(Steps::new(10, 15))),
    ),
    (DEFAULT, ComputePlatform::Ecs, Some(Routing::AllAtOnce)),
    (
        "CodeDeployDefault.OneAtATime",
        ComputePlatform::Server,
        None,
    ),
    (
        "CodeDeployDefault.HalfAtATime",
        ComputePlatform::Server,
        None,
    ),
    ("CodeDeployDefault.AllAtOnce", ComputePlatform::Server, None),
    (
        "CodeDeployDefault.LambdaAllAtOnce",
        ComputePlatform::Lambda,
        Some(Routing::AllAtOnce),
    ),
];

/// How production traffic shifts to the green task set.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Routing {
    AllAtOnce,
    /// A percentage at once, and the rest after the interval.
    Canary(Steps),
    /// A percentage at once, and the same after each interval.
    Linear(Steps),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Steps {
    percentage: u32,
    minutes: u64,
}

/// A custom config.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct CustomConfig {
    id: String,
    created_at: Timestamp,
    platform: ComputePlatform,
    /// `None` for servers, which have no traffic to shift.
    routing: Option<Routing>,
}

impl Steps {
    const fn new(percentage: u32, minutes: u64) -> Self {
        Self {
            percentage,
            minutes,
        }
    }

    fn interval(self, count: u32) -> Duration {
        Duration::from_secs(self.minutes * 60) * count
    }
}

impl Routing {
    /// The traffic shifts: the delay from the first one, and green's share from
    /// then on.
    pub(super) fn shifts(self) -> Vec<(Duration, u32)> {
        match self {
            Self::AllAtOnce => vec![(Duration::ZERO, 100)],
            Self::Canary(steps) => {
                vec![(Duration::ZERO, steps.percentage), (steps.interval(1), 100)]
            }
            Self::Linear(steps) => (1..=100u32.div_ceil(steps.percentage))
                .map(|count| {
                    let share = (count * steps.percentage).min(100);
                    (steps.interval(count - 1), share)
                })
                .collect(),
        }
    }

    fn show(self) -> Value {
        match self {
            Self::AllAtOnce => json!({ "type": "AllAtOnce" }),
            Self::Canary(steps) => json!({
                "type": "TimeBasedCanary",
                "timeBasedCanary": {
                    "canaryPercentage": steps.percentage,
                    "canaryInterval": steps.minutes,
                },
            }),
            Self::Linear(steps) => json!({
                "type": "TimeBasedLinear",
                "timeBasedLinear": {
                    "linearPercentage": steps.percentage,
                    "linearInterval": steps.minutes,
                },
            }),
        }
    }

    fn read(input: Members<'_>) -> Result<Self, ApiError> {
        let invalid =
            |message: &str| ApiError::new("InvalidTrafficRoutingConfigurationException", message);
        let config = input
            .object("trafficRoutingConfig")?
            .ok_or_else(|| invalid("Traffic routing configuration must be specified"))?;
        let steps = |member: &str, kind: &str| -> Result<Steps, ApiError> {
            let shape = config
                .object(member)?
                .ok_or_else(|| invalid("Traffic routing steps must be specified"))?;
            let percentage = shape.number(&format!("{kind}Percentage"))?;
            let minutes = shape.number(&format!("{kind}Interval"))?;
            let steps = percentage.zip(minutes).and_then(|(percentage, minutes)| {
                Some(Steps {
                    percentage: u32::try_from(percentage)
                        .ok()
                        .filter(|percentage| (1..100).contains(percentage))?,
                    minutes: u64::try_from(minutes)
                        .ok()
                        .filter(|minutes| (1..=MAX_MINUTES).contains(minutes))?,
                })
            });
            steps.ok_or_else(|| invalid("Percentage and interval are out of range"))
        };
        /// Traffic may shift over two days at most.
        const MAX_MINUTES: u64 = 2_880;
        match config.text("type")? {
            Some("AllAtOnce") => Ok(Self::AllAtOnce),
            Some("TimeBasedCanary") => Ok(Self::Canary(steps("timeBasedCanary", "canary")?)),
            Some("TimeBasedLinear") => Ok(Self::Linear(steps("timeBasedLinear", "linear")?)),
            Some(_) | None => Err(invalid("Invalid traffic routing type")),
        }
    }
}

pub(super) fn create(world: &mut World, input: Members<'_>) -> Answer {
    let name = NAME.read(input, "deploymentConfigName")?;
    let taken = name.starts_with("CodeDeployDefault.");
    if taken || world.codedeploy.configs.contains_key(name) {
        return Err(ApiError::new(
            "DeploymentConfigAlreadyExistsException",
            format!("Deployment configuration {name} already exists"),
        ));
    }
    let platform = ComputePlatform::read(input)?.unwrap_or(ComputePlatform::Server);
    let routing = match platform {
        ComputePlatform::Ecs | ComputePlatform::Lambda => Some(Routing::read(input)?),
        ComputePlatform::Server => None,
    };
    let config = CustomConfig {
        id: ids::uuid(world.codedeploy.next_number()),
        created_at: world.now(),
        platform,
        routing,
    };
    let answer = json!({ "deploymentConfigId": config.id });
    world.codedeploy.configs.insert(name.to_owned(), config);
    Ok(answer)
}

pub(super) fn get(world: &mut World, input: Members<'_>) -> Answer {
    let name = NAME.read(input, "deploymentConfigName")?;
    let (platform, routing) = find(&world.codedeploy, name)?;
    let custom = world.codedeploy.configs.get(name);
    let id = custom.map_or_else(|| ids::uuid(ids::start_of(name)), |it| it.id.clone());
    Ok(json!({
        "deploymentConfigInfo": {
            "deploymentConfigId": id,
            "deploymentConfigName": name,
            "createTime": custom.map(|it| epoch(it.created_at)),
            "computePlatform": platform,
            "trafficRoutingConfig": routing.map(Routing::show),
        },
    }))
}

pub(super) fn list(world: &mut World, input: Members<'_>) -> Answer {
    let predefined = PREDEFINED.iter().map(|(name, ..)| *name);
    let custom = world.codedeploy.configs.keys().map(String::as_str);
    let page = page(predefined.chain(custom).collect(), input)?;
    Ok(json!({ "deploymentConfigsList": page.items, "nextToken": page.next }))
}

/// The routing of a config that is valid for ECS.
pub(super) fn routing(codedeploy: &CodeDeploy, name: &str) -> Result<Routing, ApiError> {
    match find(codedeploy, name)? {
        (ComputePlatform::Ecs, Some(routing)) => Ok(routing),
        _ => Err(ApiError::new(
            "InvalidDeploymentConfigNameException",
            format!("The deployment configuration {name} is not for the ECS compute platform"),
        )),
    }
}

fn find(
    codedeploy: &CodeDeploy,
    name: &str,
) -> Result<(ComputePlatform, Option<Routing>), ApiError> {
    let mut predefined = PREDEFINED.iter();
    let predefined = predefined.find(|(known, ..)| *known == name);
    let predefined = predefined.map(|(_, platform, routing)| (*platform, *routing));
    let custom = codedeploy.configs.get(name);
    predefined
        .or(custom.map(|custom| (custom.platform, custom.routing)))
        .ok_or_else(|| {
            ApiError::new(
                "DeploymentConfigDoesNotExistException",
                format!("No deployment configuration found for name: {name}"),
            )
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_predefined_config_ends_with_all_traffic_on_green() {
        for (name, _, routing) in PREDEFINED {
            let Some(routing) = routing else { continue };
            let shifts = routing.shifts();
            assert_eq!(shifts[0].0, Duration::ZERO, "{name}");
            assert_eq!(shifts.last().map(|(_, share)| *share), Some(100), "{name}");
        }
    }

    #[test]
    fn a_linear_config_that_does_not_divide_a_hundred_still_arrives() {
        let shares: Vec<_> = Routing::Linear(Steps::new(30, 2))
            .shifts()
            .into_iter()
            .map(|(after, share)| (after.as_secs() / 60, share))
            .collect();
        assert_eq!(shares, [(0, 30), (2, 60), (4, 90), (6, 100)]);
    }
}
