//! Reads whether the roles and log groups of the task definition exist.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use tokio::time::timeout;

use super::inputs::{FileInputs, TargetInputs};
use crate::policy::Previous;
use crate::ports::CallError;
use crate::release::plan::Revision;
use crate::release::preflight::{Named, Presence, role_name, to_look_up};
use crate::release::target::Service;
use crate::worker::context::Context;

/// How long a release waits for all answers together, which it can do without:
/// longer than an ordinary answer takes. Without a network route there is none
/// at all.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Reads those that the running tasks do not use already. Nothing is read if
/// the service has no running task set: its account is then not known.
pub(in crate::worker) async fn look_up(
    context: &Context,
    files: &FileInputs,
    target: &TargetInputs,
) -> BTreeMap<Named, Presence> {
    let primary = target.service.as_ref().and_then(Service::primary);
    let Some(running) = primary.and_then(|primary| primary.task_definition.as_ref()) else {
        return BTreeMap::new();
    };
    let mut known: Vec<_> = files.newest.iter().collect();
    if let Revision::Described(described) = &files.lookups.revision {
        known.push(described);
    }
    if let Previous::Known(described) = &target.previous {
        known.push(described);
    }
    let asked = to_look_up(&files.named, running, &known);
    let answers = asked.into_iter().map(|named| async {
        let answer = match timeout(TIMEOUT, ask(context, &named)).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(error)) => Presence::NotReadable {
                reason: error.to_string(),
            },
            Err(_) => Presence::NotReadable {
                reason: format!("no answer within {} seconds", TIMEOUT.as_secs()),
            },
        };
        (named, answer)
    });
    join_all(answers).await.into_iter().collect()
}

async fn ask(context: &Context, named: &Named) -> Result<Presence, CallError> {
    match named {
        Named::Role(role) => {
            let name = role_name(role).unwrap_or(role);
            Ok(match context.ports.iam.role_arn(name).await? {
                None => Presence::Missing,
                Some(arn) if role.starts_with("arn:") && arn != *role => Presence::OtherArn { arn },
                Some(_) => Presence::Exists,
            })
        }
        Named::LogGroup { name, region } => {
            Ok(match context.ports.log_groups.exists(name, region).await? {
                true => Presence::Exists,
                false => Presence::Missing,
            })
        }
    }
}
