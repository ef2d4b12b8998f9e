//! `action-type register`: creates the action type if it does not exist, and
//! never changes one that does.

use super::super::connection::connect;
use super::super::{Exit, Failed, environment, print};
use crate::aws::{create_action_type, find_action_type};
use crate::job::ActionVersion;
use crate::job::action_type::{PROVIDER, definition_with, differences};

pub(super) async fn run(version: &ActionVersion, queryable: Option<&str>) -> Result<Exit, Failed> {
    let config = connect(&environment()).await?;
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let ours = definition_with(version, &region, queryable);
    let done = match find_action_type(&config, version).await? {
        None => {
            create_action_type(&config, &ours).await?;
            "has been created"
        }
        Some(registered) => {
            let differences = differences(&ours, &registered);
            if !differences.is_empty() {
                return Err(refused(version, &differences));
            }
            "is there already, and the same"
        }
    };
    let line = format!("{PROVIDER} version {version} {done} in {region}.\n");
    Ok(print(&line, Exit::Done))
}

fn refused(version: &ActionVersion, differences: &[String]) -> Failed {
    Failed::refused(format!(
        "{PROVIDER} version {version} is there already, and differs:\n  {}\nCodePipeline cannot \
         change an action type: register another --version, such as {}-b, and set \
         BLUEGREEN_ACTION_VERSION for the workers and the version in the pipelines.",
        differences.join("\n  "),
        ActionVersion::from(version.engine()),
    ))
}
