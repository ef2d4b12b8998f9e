//! `action-type register`: creates the action type if it does not exist, and
//! never changes one that does.

use super::super::connection::connect_or_print;
use super::super::{Exit, print, print_error};
use crate::aws::ActionTypes;
use crate::job::ActionVersion;
use crate::job::action_type::{Difference, PROVIDER, definition_with, differences};
use crate::ports::CallError;

pub(super) async fn run(version: &ActionVersion, queryable: Option<&str>) -> Exit {
    let config = match connect_or_print().await {
        Ok(config) => config,
        Err(exit) => return exit,
    };
    let region = config.region().map(ToString::to_string).unwrap_or_default();
    let ours = definition_with(version, &region, queryable);
    let types = ActionTypes::new(&config);
    let done = match types.find(version).await {
        Ok(None) => match types.create(&ours).await {
            Ok(()) => "has been created",
            Err(error) => return failed(&error),
        },
        Ok(Some(registered)) => {
            let differences = differences(&ours, &registered);
            if !differences.is_empty() {
                return refused(version, &differences);
            }
            "is there already, and the same"
        }
        Err(error) => return failed(&error),
    };
    let line = format!("{PROVIDER} version {version} {done} in {region}.\n");
    print(&line, Exit::Done)
}

fn refused(version: &ActionVersion, differences: &[Difference]) -> Exit {
    let differences: Vec<String> = differences.iter().map(ToString::to_string).collect();
    print_error(&format!(
        "{PROVIDER} version {version} is there already, and differs:\n  {}\nCodePipeline cannot \
         change an action type: register another --version, such as {}-b, and set \
         BLUEGREEN_ACTION_VERSION for the workers and the version in the pipelines.",
        differences.join("\n  "),
        ActionVersion::from(version.engine()),
    ));
    Exit::Refused
}

fn failed(error: &CallError) -> Exit {
    print_error(&error.to_string());
    Exit::Refused
}
