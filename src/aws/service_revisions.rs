//! What ECS's service revisions run. A revision never changes, so each is read
//! once (docs/aws.md §6.3).

use std::collections::BTreeMap;

use aws_sdk_ecs::Client;
use aws_sdk_ecs::types::{ResolvedConfiguration, ServiceRevision};
use parking_lot::Mutex;

use super::error::call_error;
use crate::job::TaskDefinitionArn;
use crate::ports::CallError;
use crate::release::target::target_group_name;

const CALL: &str = "ecs:DescribeServiceRevisions";

/// Revisions that one call reads (docs/aws.md §6.4).
const BATCH: usize = 20;

/// Revisions to remember: two for each deployment that a worker follows, and
/// some that others made.
const MAX_KNOWN: usize = 4000;

/// What a revision runs, and where its traffic arrives.
#[derive(Clone, Debug)]
pub(super) struct Revision {
    pub(super) task_definition: TaskDefinitionArn,
    /// The name of its first target group.
    pub(super) target_group: Option<String>,
}

/// Reads revisions and remembers them.
#[derive(Debug)]
pub(super) struct Revisions {
    client: Client,
    known: Mutex<BTreeMap<String, Revision>>,
}

impl Revisions {
    pub(super) fn new(client: Client) -> Self {
        Self {
            client,
            known: Mutex::default(),
        }
    }

    /// What the revisions with these ARNs run. One that ECS does not show is
    /// left out.
    pub(super) async fn of<'a>(
        &self,
        arns: impl IntoIterator<Item = &'a str>,
    ) -> Result<BTreeMap<String, Revision>, CallError> {
        let (mut found, mut missing) = (BTreeMap::new(), Vec::new());
        for arn in arns {
            match self.known.lock().get(arn) {
                Some(known) => {
                    found.insert(arn.to_owned(), known.clone());
                }
                None => missing.push(arn.to_owned()),
            }
        }
        missing.sort();
        missing.dedup();
        for batch in missing.chunks(BATCH) {
            let read = self.read(batch).await?;
            let mut known = self.known.lock();
            for (arn, revision) in &read {
                if known.len() >= MAX_KNOWN {
                    known.pop_first();
                }
                known.insert(arn.clone(), revision.clone());
            }
            found.extend(read);
        }
        Ok(found)
    }

    async fn read(&self, arns: &[String]) -> Result<BTreeMap<String, Revision>, CallError> {
        let answer = self
            .client
            .describe_service_revisions()
            .set_service_revision_arns(Some(arns.to_vec()))
            .send()
            .await
            .map_err(|error| call_error(CALL, arns.first().map(String::as_str), &error))?;
        Ok(answer
            .service_revisions()
            .iter()
            .filter_map(revision)
            .collect())
    }
}

fn revision(seen: &ServiceRevision) -> Option<(String, Revision)> {
    let balancers = seen
        .resolved_configuration()
        .map(ResolvedConfiguration::load_balancers)
        .unwrap_or_default();
    let mut groups = balancers.iter().filter_map(|one| one.target_group_arn());
    let revision = Revision {
        task_definition: TaskDefinitionArn::new(seen.task_definition()?),
        target_group: groups.next().and_then(target_group_name).map(str::to_owned),
    };
    Some((seen.service_revision_arn()?.to_owned(), revision))
}
