//! How a deployment configuration shifts traffic (docs/aws.md §5.8). The
//! predefined configurations are known by name; a custom one is read once.

use std::collections::BTreeMap;

use aws_sdk_codedeploy::Client;
use aws_sdk_codedeploy::types::TrafficRoutingConfig;
use parking_lot::Mutex;

use super::error::call_error;
use super::paced_client::PacedClient;
use super::values::minutes;
use crate::ports::CallError;
use crate::rollout::shift::Shift;

/// Maximum number of cached configurations. An account has at most 200 of its
/// own (docs/aws.md §5.9).
const MAX_KNOWN: usize = 1000;

/// A cache of the configurations that were read. One that cannot be read for a
/// reason that will not pass is cached as well, so that this is logged once.
#[derive(Debug, Default)]
pub(super) struct Shifts(Mutex<BTreeMap<String, Option<Shift>>>);

impl Shifts {
    /// How the configuration shifts traffic. `None` if it cannot be read, which
    /// is not an error because only progress messages depend on it.
    pub(super) async fn of(&self, client: &PacedClient<Client>, name: &str) -> Option<Shift> {
        if let Some(shift) = Shift::predefined(name) {
            return Some(shift);
        }
        let known = self.0.lock().get(name).copied();
        if let Some(known) = known {
            return known;
        }
        let shift = match read(client, name).await {
            Ok(shift) => shift,
            Err(error) if error.is_transient() => {
                tracing::debug!(%error, "the traffic shift cannot be read at the moment");
                return None;
            }
            Err(error) => {
                tracing::warn!(%error, "progress will not show the next traffic shift");
                None
            }
        };
        let mut known = self.0.lock();
        if known.len() < MAX_KNOWN {
            known.insert(name.to_owned(), shift);
        }
        shift
    }
}

async fn read(client: &PacedClient<Client>, name: &str) -> Result<Option<Shift>, CallError> {
    let call = "codedeploy:GetDeploymentConfig";
    let answer = client
        .call(|client| {
            client
                .get_deployment_config()
                .deployment_config_name(name)
                .send()
        })
        .await
        .map_err(|error| call_error(call, Some(name), &error))?;
    let info = answer.deployment_config_info();
    let routing = info.and_then(|info| info.traffic_routing_config());
    Ok(routing.and_then(shift))
}

fn shift(routing: &TrafficRoutingConfig) -> Option<Shift> {
    let percent = |count: i32| u8::try_from(count).ok().filter(|count| *count <= 100);
    match routing.r#type()?.as_str() {
        "AllAtOnce" => Some(Shift::AllAtOnce),
        "TimeBasedCanary" => {
            let canary = routing.time_based_canary()?;
            Some(Shift::Canary {
                percent: percent(canary.canary_percentage())?,
                rest_after: minutes(canary.canary_interval()),
            })
        }
        "TimeBasedLinear" => {
            let linear = routing.time_based_linear()?;
            Some(Shift::Linear {
                percent: percent(linear.linear_percentage())?,
                every: minutes(linear.linear_interval()),
            })
        }
        _ => None,
    }
}
