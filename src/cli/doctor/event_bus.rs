//! Checks that the event bus exists. `PutEvents` accepts events for a bus that
//! does not exist, and EventBridge drops them.

use aws_config::SdkConfig;

use super::check::Check;
use super::online::not_answered;
use crate::aws::EventBridgeBus;
use crate::config::EventBusName;
use crate::ports::CallErrorKind;

const NAME: &str = "event bus";

pub(super) async fn check(config: &SdkConfig, bus: &EventBusName) -> Check {
    let name = bus.as_str();
    match EventBridgeBus::new(config, name).exists().await {
        Ok(true) => Check::good(NAME, format!("`{name}` is there")),
        Ok(false) => Check::failed(
            NAME,
            format!(
                "there is no event bus `{name}`; EventBridge would accept events for it and drop them"
            ),
            "create it, or correct BLUEGREEN_EVENT_BUS or the Region",
        ),
        Err(error) if error.kind == CallErrorKind::Denied => Check::warning(
            NAME,
            format!("it is not known whether `{name}` exists: {error}"),
            "allow events:DescribeEventBus to have it checked; the worker itself needs only \
             events:PutEvents",
        ),
        Err(error) => not_answered(NAME, &error),
    }
}
