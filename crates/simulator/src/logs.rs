//! Simulated CloudWatch Logs: the names of log groups. Nothing is logged.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::json::{Members, page, without_nulls};
use crate::world::World;

/// Maximum number of log groups on a page, which is also the default.
const PAGE: usize = 50;

/// Longest name, in characters.
const MAX_NAME: usize = 512;

/// CloudWatch Logs' state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Logs {
    /// When each log group was created.
    groups: BTreeMap<String, Timestamp>,
}

impl World {
    /// Creates a log group, unless it exists.
    pub fn add_log_group(&mut self, name: &str) {
        let now = self.now();
        self.logs.groups.entry(name.to_owned()).or_insert(now);
    }
}

/// Handles one call.
pub fn call(world: &mut World, operation: &str, input: &Value) -> Answer {
    let members = Members::of(input)?;
    match operation {
        "CreateLogGroup" => create(world, members),
        "DescribeLogGroups" => describe(world, members),
        _ => Err(ApiError::unknown_operation(operation)),
    }
}

fn create(world: &mut World, input: Members<'_>) -> Answer {
    let name = input.text("logGroupName")?.unwrap_or_default();
    check_name("logGroupName", name)?;
    if world.logs.groups.contains_key(name) {
        return Err(ApiError::new(
            "ResourceAlreadyExistsException",
            "The specified log group already exists",
        ));
    }
    world.add_log_group(name);
    Ok(Value::Null)
}

/// Log groups are in the order of their names.
fn describe(world: &mut World, input: Members<'_>) -> Answer {
    let prefix = input.text("logGroupNamePrefix")?;
    if let Some(prefix) = prefix {
        check_name("logGroupNamePrefix", prefix)?;
    }
    let size = input.page_size("limit", (PAGE, PAGE))?;
    let size = size.ok_or_else(|| invalid(&format!("limit is from 1 to {PAGE}")))?;
    let groups = world.logs.groups.iter();
    let groups = groups.filter(|(name, _)| prefix.is_none_or(|prefix| name.starts_with(prefix)));
    let groups: Vec<Value> = groups
        .map(|(name, created)| {
            let arn = world.arn("logs", &format!("log-group:{name}"));
            json!({
                "logGroupName": name,
                "creationTime": created.as_millisecond(),
                "metricFilterCount": 0,
                "arn": format!("{arn}:*"),
                "storedBytes": 0,
                "logGroupClass": "STANDARD",
                "logGroupArn": arn,
                "deletionProtectionEnabled": false,
            })
        })
        .collect();
    let page = page(groups, input.text("nextToken")?, size);
    let page = page.ok_or_else(|| invalid("The specified nextToken is invalid."))?;
    Ok(without_nulls(
        json!({ "logGroups": page.items, "nextToken": page.next }),
    ))
}

fn check_name(member: &str, name: &str) -> Result<(), ApiError> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || "._-/#".contains(c);
    match (1..=MAX_NAME).contains(&name.len()) && name.chars().all(is_part) {
        true => Ok(()),
        false => Err(invalid(&format!(
            "1 validation error detected: Value '{name}' at '{member}' failed to satisfy \
             constraint: Member must satisfy regular expression pattern: [\\.\\-_/#A-Za-z0-9]+"
        ))),
    }
}

fn invalid(message: &str) -> ApiError {
    ApiError::new("InvalidParameterException", message)
}
