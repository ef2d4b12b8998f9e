//! Log groups in CloudWatch Logs (docs/aws.md §4.6).

use async_trait::async_trait;
use aws_config::Region;
use aws_sdk_cloudwatchlogs::{Client, config};

use super::error::call_error;
use super::pagination::Pages;
use crate::ports::{CallError, LogGroups};

const CALL: &str = "logs:DescribeLogGroups";

/// Maximum pages of fifty names. The names are in order, so the first one
/// already is the name if it exists; this is for a service that changes that.
const MAX_PAGES: usize = 3;

#[async_trait]
impl LogGroups for Client {
    async fn exists(&self, name: &str, region: &str) -> Result<bool, CallError> {
        let mut pages = Pages::new(CALL, name, MAX_PAGES);
        loop {
            let region = Region::new(region.to_owned());
            let answer = self
                .describe_log_groups()
                .log_group_name_prefix(name)
                .set_next_token(pages.token())
                .customize()
                .config_override(config::Builder::new().region(region))
                .send()
                .await
                .map_err(|error| call_error(CALL, Some(name), &error))?;
            let mut groups = answer.log_groups().iter();
            if groups.any(|group| group.log_group_name() == Some(name)) {
                return Ok(true);
            }
            if !pages.advance_to_end(answer.next_token())? {
                return Ok(false);
            }
        }
    }
}
