//! Builds the document that policies are evaluated on. Its shape is a promise
//! to policy authors: `policies/input.schema.json` and `docs/policies.md`
//! describe it.

mod deployment;

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use self::deployment::deployment;
use crate::job::TaskDefinitionArn;
use crate::job::offer::PipelineContext;
use crate::job::options::{Choice as _, Options, TaskDefinitionSource};
use crate::job::request::Request;
use crate::release::appspec::AppSpec;
use crate::release::image_reference::ImageReference;
use crate::release::preflight::RegistryAnswer;
use crate::release::target::{Group, Service, ServiceName};
use crate::release::task_definition::with_tags;

/// The document's version. Members may be added within a version; none is
/// removed or changes its meaning.
const VERSION: u32 = 1;

/// The placeholder in the AppSpec for the revision that is not registered yet.
const OPEN: &str = "<TASK_DEFINITION>";

/// What is known of a release. Whatever is not known is absent from the
/// document.
#[derive(Clone, Copy)]
pub struct Subject<'a> {
    pub task_definition: &'a Value,
    pub app_spec: Option<&'a AppSpec>,
    /// The name of each placeholder and the image URI that replaces it.
    pub images: &'a [(String, String)],
    pub request: &'a Request,
    pub pipeline: &'a PipelineContext,
    /// The pipeline's account.
    pub account: Option<&'a str>,
    /// The action's properties as the job gave them, with variables resolved.
    pub configuration: &'a BTreeMap<String, String>,
    /// The answers of the registries, by image name.
    pub registries: &'a BTreeMap<String, RegistryAnswer>,
    pub group: Option<&'a Group>,
    pub service: Option<&'a Service>,
    pub previous: &'a Previous,
    pub now: Timestamp,
}

/// The task definition that production runs at the moment of the review.
#[derive(Clone, Default, PartialEq)]
pub enum Previous {
    /// Not looked up, as when there is no AWS access.
    #[default]
    NotAsked,
    /// The service runs no task definition.
    None,
    /// As `DescribeTaskDefinition` returns it.
    Known(Value),
    /// It could not be read, for the reason given.
    Unknown { why: String },
}

/// Omits the task definition.
impl fmt::Debug for Previous {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotAsked => f.write_str("NotAsked"),
            Self::None => f.write_str("None"),
            Self::Known(_) => f.write_str("Known(…)"),
            Self::Unknown { why } => f.debug_struct("Unknown").field("why", why).finish(),
        }
    }
}

impl Previous {
    /// The task definition, if it is known.
    #[must_use]
    pub fn known(&self) -> Option<Value> {
        match self {
            Self::Known(described) => Some(with_tags(described)),
            Self::NotAsked | Self::None | Self::Unknown { .. } => None,
        }
    }

    /// Why the member is absent from the document.
    fn absence(&self) -> Option<&str> {
        match self {
            Self::Known(_) => None,
            Self::NotAsked => Some(NOT_ASKED),
            Self::None => Some("the service runs no task definition"),
            Self::Unknown { why } => Some(why),
        }
    }
}

/// Why a member is absent if there is no AWS access.
const NOT_ASKED: &str = "AWS was not asked";

/// Why a member is absent if the service does not exist.
const NO_SERVICE: &str = "ECS shows no such service";

/// The document for a release.
#[must_use]
pub fn document(subject: &Subject<'_>) -> Value {
    let mut document = Map::new();
    document.insert("version".into(), VERSION.into());
    document.insert("taskDefinition".into(), subject.task_definition.clone());
    if let Some(app_spec) = subject.app_spec {
        document.insert("appSpec".into(), app_spec_value(app_spec, subject.request));
    }
    document.insert("images".into(), images(subject));
    document.insert("pipeline".into(), pipeline(subject));
    document.insert("deployment".into(), deployment(subject));
    if let Some(name) = subject.group.and_then(|group| group.services.first()) {
        document.insert("service".into(), service(name, subject.service));
    }
    if let Some(previous) = subject.previous.known() {
        document.insert("previous".into(), previous);
    }
    document.insert("config".into(), options(&subject.request.options));
    document.insert("absent".into(), absent(subject));
    document.insert("time".into(), subject.now.to_string().into());
    Value::Object(document)
}

/// The document for rules that the artifact contains. Their author is the
/// author of the release, who need not see what others run. The document
/// therefore has no `previous`. If the AppSpec names a registered revision,
/// that has the names of the environment variables but not their values.
#[must_use]
pub(super) fn own_document(document: &Value, source: TaskDefinitionSource) -> Value {
    let mut own = document.clone();
    let mut absent = vec![("previous", "an artifact's own rules are not shown it")];
    if let Some(members) = own.as_object_mut() {
        members.remove("previous");
    }
    match source {
        TaskDefinitionSource::Register => {}
        TaskDefinitionSource::FromAppSpec => {
            if let Some(task_definition) = own.get_mut("taskDefinition") {
                without_values(task_definition);
            }
            let why = "the revision is registered already: an artifact's own rules see the names";
            absent.push(("environmentValues", why));
        }
    }
    if let Some(members) = own.get_mut("absent").and_then(Value::as_object_mut) {
        let absent = absent.into_iter();
        members.extend(absent.map(|(name, why)| (name.to_owned(), why.into())));
    }
    own
}

/// Removes the values of environment variables.
fn without_values(task_definition: &mut Value) {
    let containers = task_definition.get_mut("containerDefinitions");
    let containers = containers
        .and_then(Value::as_array_mut)
        .into_iter()
        .flatten();
    let environments = containers.filter_map(|container| container.get_mut("environment"));
    let variables = environments.filter_map(Value::as_array_mut).flatten();
    for variable in variables.filter_map(Value::as_object_mut) {
        variable.retain(|member, _| member == "name");
    }
}

/// The AppSpec that CodeDeploy will be given. Only the revision is still open.
fn app_spec_value(app_spec: &AppSpec, request: &Request) -> Value {
    let named = match request.options.task_definition {
        TaskDefinitionSource::Register => None,
        TaskDefinitionSource::FromAppSpec => app_spec.named_revision(),
    };
    let revision = named.unwrap_or_else(|| TaskDefinitionArn::new(OPEN));
    let json = app_spec.content(&revision).json;
    let mut value: Value = serde_json::from_str(&json).expect("it was JSON a moment ago");
    // Its usual notation, `0.0`, would make that of each 0 in the document unclear.
    if value["version"].as_f64() == Some(0.0) {
        value["version"] = 0.into();
    }
    value
}

/// The members that could be in the document but are not, each with the reason.
/// It lets a rule distinguish "there is none" from "unknown".
fn absent(subject: &Subject<'_>) -> Value {
    let mut absent = Map::new();
    if subject.request.app_spec.is_none() {
        let why = "ECS shifts the traffic itself, without an AppSpec";
        absent.insert("appSpec".into(), why.into());
    }
    if let Some(why) = deployment::absence(subject) {
        absent.insert("deployment".into(), why.into());
    }
    match (subject.group, subject.service) {
        (None, _) => absent.insert("service".into(), NOT_ASKED.into()),
        (Some(_), None) => absent.insert("service".into(), NO_SERVICE.into()),
        (Some(_), Some(_)) => None,
    };
    if let Some(why) = subject.previous.absence() {
        absent.insert("previous".into(), why.into());
    }
    Value::Object(absent)
}

fn images(subject: &Subject<'_>) -> Value {
    let by_name = subject.images.iter().map(|(name, uri)| {
        let reference = ImageReference::parse(uri).ok();
        let reference = reference.as_ref();
        // The host name of Docker's default registry.
        let registry = |it: &ImageReference| it.registry.clone().unwrap_or("docker.io".into());
        let mut shown = Vec::new();
        if let Some(RegistryAnswer::Found { platforms, .. }) = subject.registries.get(name) {
            let platforms = platforms.iter();
            shown.extend(platforms.map(|p| format!("{}/{}", p.os, p.architecture)));
        }
        let image = known(json!({
            "uri": uri,
            "registry": reference.map(registry),
            "repository": reference.map(|it| &it.repository),
            "tag": reference.and_then(|it| it.tag.as_ref()),
            "digest": reference.and_then(|it| it.digest.as_ref()),
            "platforms": (!shown.is_empty()).then_some(shown),
        }));
        (name.clone(), image)
    });
    Value::Object(by_name.collect())
}

fn pipeline(subject: &Subject<'_>) -> Value {
    let context = subject.pipeline;
    let arn = context.pipeline_arn.as_deref();
    known(json!({
        "name": context.pipeline,
        "stage": context.stage,
        "action": context.action,
        "executionId": context.pipeline_execution,
        "actionExecutionId": context.action_execution,
        "account": subject.account,
        "region": arn.and_then(|arn| arn.split(':').nth(3)),
        "arn": arn,
        "configuration": subject.configuration,
    }))
}

fn service(name: &ServiceName, shown: Option<&Service>) -> Value {
    let primary = shown.and_then(Service::primary);
    let providers = primary.map(|set| set.capacity_providers.as_slice());
    let networking = shown.and_then(|shown| shown.networking.as_ref());
    known(json!({
        "cluster": name.cluster,
        "name": name.service,
        "launchType": shown.and_then(|shown| shown.launch_type.as_ref()),
        "desiredCount": shown.map(|shown| shown.desired_count),
        "platformVersion": shown.and_then(|shown| shown.platform_version.as_ref()),
        "capacityProviders": providers.filter(|providers| !providers.is_empty()),
        "networking": networking.map(|networking| json!({
            "subnets": networking.subnets,
            "securityGroups": networking.security_groups,
            "assignPublicIp": networking.assign_public_ip,
        })),
    }))
}

/// The action's options, with their effective values.
fn options(options: &Options) -> Value {
    json!({
        "completeWhen": options.complete_when.word(),
        "whenBusy": options.when_busy.word(),
        "timeoutSeconds": options.timeout.as_secs(),
        "onTimeout": options.on_timeout.word(),
        "onAbandon": options.on_abandon.word(),
        "onTaskFailure": options.on_task_failure.word(),
        "continueWhenReady": options.continue_when_ready.word(),
        "taskDefinition": options.task_definition.word(),
        "capacityProviders": options.capacity_providers.word(),
        "pinDigest": options.pin_digest,
        "skipIfUnchanged": options.skip_if_unchanged,
    })
}

/// An object without its members that are not known.
fn known(mut object: Value) -> Value {
    if let Some(members) = object.as_object_mut() {
        members.retain(|_, value| !value.is_null());
    }
    object
}

#[cfg(test)]
mod tests;
