//! Log groups in CloudWatch Logs, in process.

use async_trait::async_trait;
use serde_json::json;

use super::line::{Call, Line};
use super::values::list;
use crate::ports::{CallError, LogGroups};

/// CloudWatch Logs of the simulated account.
#[derive(Debug)]
pub(super) struct WorldLogGroups {
    line: Line,
}

impl WorldLogGroups {
    pub(super) fn new(line: Line) -> Self {
        Self { line }
    }
}

#[async_trait]
impl LogGroups for WorldLogGroups {
    /// Reads one page: the name is the first of those that begin with it.
    /// Calls are always made in the simulated Region.
    async fn exists(&self, name: &str, _region: &str) -> Result<bool, CallError> {
        let call = Call::new("logs:DescribeLogGroups", name);
        let input = json!({ "logGroupNamePrefix": name });
        let answer = self.line.ask(&call, input).await?;
        let mut groups = list(&answer["logGroups"]).iter();
        Ok(groups.any(|group| group["logGroupName"] == name))
    }
}
