//! Reads everything that planning needs, concurrently where one read does not
//! depend on another.

use std::collections::BTreeSet;

use serde_json::Value;
use tracing::debug;

use super::bundle::read_bundle;
use super::images::query_registries;
use super::job_reader::JobReader;
use super::previous::previous;
use super::reuse::newest;
use super::turn::Contender;
use crate::blocking::in_place;
use crate::job::DeployTarget;
use crate::job::request::Request;
use crate::policy::Previous;
use crate::ports::CallError;
use crate::release::bundle::Bundle;
use crate::release::plan::{Lookups, Questions, Revision, named_revision, questions};
use crate::release::preflight::Named;
use crate::release::target::{Group, Service};
use crate::rollout::starting::Turn;
use crate::worker::context::Context;
use crate::worker::interrupted::Interrupted;
use crate::worker::limits::fair_share::Share;

/// The files, and what AWS answered about them.
pub(in crate::worker) struct FileInputs {
    pub(in crate::worker) bundle: Bundle,
    /// Needed to keep the bundle, if it is large.
    pub(in crate::worker) permit: Option<Share>,
    pub(in crate::worker) lookups: Lookups,
    /// The newest revision of the task definition's family.
    pub(in crate::worker) newest: Option<Value>,
    /// The roles and log groups that the task definition names.
    pub(in crate::worker) named: BTreeSet<Named>,
}

/// The target of the release and what runs there.
pub(in crate::worker) struct TargetInputs {
    pub(in crate::worker) group: Group,
    pub(in crate::worker) service: Option<Service>,
    /// Whose turn it is to use the group.
    pub(in crate::worker) turn: Turn,
    /// The target groups that the production listener forwards to; empty if not
    /// known.
    pub(in crate::worker) forwarded: Vec<String>,
    /// The service's alarms that are on; empty for a deployment group.
    pub(in crate::worker) alarms_on: Vec<String>,
    /// What the service runs, for the policies.
    pub(in crate::worker) previous: Previous,
}

/// Reads the artifacts' files and what they refer to.
pub(in crate::worker) async fn read_files(
    reader: &JobReader,
    request: &Request,
) -> Result<FileInputs, Interrupted> {
    let (bundle, permit) = read_bundle(&reader.context, &reader.job, request).await?;
    Ok(lookups(&reader.context, request, bundle, permit).await?)
}

/// Reads what the files refer to: the revision they name, their images, and the
/// newest revision of the family to be registered.
async fn lookups(
    context: &Context,
    request: &Request,
    bundle: Bundle,
    permit: Option<Share>,
) -> Result<FileInputs, CallError> {
    let revision = match named_revision(request, &bundle) {
        None => Revision::NotRead,
        Some(arn) => match context
            .ports
            .task_definitions
            .describe(&(&arn).into())
            .await?
        {
            Some(described) => Revision::Described(described),
            None => Revision::Missing,
        },
    };
    let registered = match &revision {
        Revision::Described(described) => Some(described),
        Revision::NotRead | Revision::Missing => None,
    };
    let Questions {
        images,
        family,
        named,
    } = in_place(|| questions(request, &bundle, registered));
    let (images, newest) = tokio::join!(query_registries(context, images), newest(context, family));
    let lookups = Lookups {
        revision,
        images: images?,
        ..Lookups::default()
    };
    Ok(FileInputs {
        bundle,
        permit,
        lookups,
        newest,
        named,
    })
}

/// Reads the group; then, concurrently, whose turn it is, and the service with
/// the task definition it runs. Runs while the artifacts are read.
pub(in crate::worker) async fn read_target(
    contender: &Contender<'_>,
) -> Result<TargetInputs, Interrupted> {
    let reader = contender.reader;
    let context = &reader.context;
    let group = reader.group(contender.request).await?;
    let running = async {
        let service = reader.service(&group).await?;
        let previous = previous(context, service.as_ref()).await;
        Ok::<_, CallError>((service, previous))
    };
    let (turn, running, forwarded, alarms_on) = tokio::join!(
        contender.whose_turn(&group),
        running,
        forwarded(context, &group),
        alarms_on(context, &group)
    );
    let (service, previous) = running?;
    Ok(TargetInputs {
        turn: turn?,
        group,
        service,
        forwarded,
        alarms_on,
        previous,
    })
}

/// The target groups that the production listener forwards to. They are only
/// used for a warning, so an error is ignored.
async fn forwarded(context: &Context, group: &Group) -> Vec<String> {
    let Some(listener) = group.listeners.first() else {
        return Vec::new();
    };
    let answer = context.ports.load_balancers.forwarded(listener).await;
    answer.unwrap_or_else(|error| {
        debug!(%error, "cannot tell where the production listener forwards to");
        Vec::new()
    })
}

/// The alarms of the service that are on, which ECS ignores. They are only used
/// for a warning, so an error is ignored.
async fn alarms_on(context: &Context, group: &Group) -> Vec<String> {
    let watched = match &group.target {
        DeployTarget::Group(_) => return Vec::new(),
        DeployTarget::Service(_) if group.alarms.is_empty() => return Vec::new(),
        DeployTarget::Service(_) => &group.alarms,
    };
    let answer = context.ports.alarms.gone_off(watched).await;
    let alarms = answer.unwrap_or_else(|error| {
        debug!(%error, "cannot tell which alarms are on");
        Vec::new()
    });
    alarms.into_iter().map(|alarm| alarm.name).collect()
}
