//! The document that policies are written against. Its shape is a promise:
//! `policies/input.schema.json` and `docs/policies.md` describe it.

use jiff::Timestamp;
use serde_json::{Map, Value, json};

use crate::job::TaskDefinitionArn;
use crate::job::offer::PipelineContext;
use crate::job::options::{Options, TaskDefinitionSource};
use crate::job::request::Request;
use crate::release::appspec::AppSpec;
use crate::release::images::ImageReference;
use crate::release::surroundings::{Group, ReadyOption, Service, ServiceName};

/// The document's version. Members may be added to a version; none is taken
/// away or given another meaning.
const VERSION: u32 = 1;

/// What stands in the AppSpec for the revision that is not registered yet.
const OPEN: &str = "<TASK_DEFINITION>";

/// What a release is, as far as it is known. What is not known is absent from
/// the document.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    pub task_definition: &'a Value,
    pub app_spec: Option<&'a AppSpec>,
    /// Each placeholder's name and the URI that it was replaced with.
    pub images: &'a [(String, String)],
    pub request: &'a Request,
    pub pipeline: &'a PipelineContext,
    /// The account of the pipeline.
    pub account: Option<&'a str>,
    pub group: Option<&'a Group>,
    pub service: Option<&'a Service>,
    pub now: Timestamp,
}

/// The document.
#[must_use]
pub fn document(subject: &Subject<'_>) -> Value {
    let mut document = Map::new();
    document.insert("version".into(), VERSION.into());
    document.insert("taskDefinition".into(), subject.task_definition.clone());
    if let Some(app_spec) = subject.app_spec {
        document.insert("appSpec".into(), app_spec_value(app_spec, subject.request));
    }
    document.insert("images".into(), images(subject.images));
    document.insert("pipeline".into(), pipeline(subject));
    document.insert("deployment".into(), deployment(subject));
    if let Some(name) = subject.group.and_then(|group| group.services.first()) {
        document.insert("service".into(), service(name, subject.service));
    }
    document.insert("config".into(), options(&subject.request.options));
    document.insert("time".into(), subject.now.to_string().into());
    Value::Object(document)
}

/// What CodeDeploy will be given. Only the revision is still open.
fn app_spec_value(app_spec: &AppSpec, request: &Request) -> Value {
    let named = match request.options.task_definition {
        TaskDefinitionSource::Register => None,
        TaskDefinitionSource::FromAppSpec => app_spec.named_revision(),
    };
    let revision = named.unwrap_or_else(|| TaskDefinitionArn::new(OPEN));
    serde_json::from_str(&app_spec.content(&revision).json).expect("it was JSON a moment ago")
}

fn images(images: &[(String, String)]) -> Value {
    let by_name = images.iter().map(|(name, uri)| {
        let mut image = Map::new();
        image.insert("uri".into(), uri.as_str().into());
        if let Ok(reference) = ImageReference::parse(uri) {
            // Docker's own name for the registry that is meant by none.
            let registry = reference.registry.unwrap_or_else(|| "docker.io".into());
            image.insert("registry".into(), registry.into());
            image.insert("repository".into(), reference.repository.into());
            insert(&mut image, "tag", reference.tag);
            insert(&mut image, "digest", reference.digest);
        }
        (name.clone(), Value::Object(image))
    });
    Value::Object(by_name.collect())
}

fn pipeline(subject: &Subject<'_>) -> Value {
    let context = subject.pipeline;
    let mut pipeline = Map::new();
    pipeline.insert("name".into(), context.pipeline.as_str().into());
    pipeline.insert("stage".into(), context.stage.as_str().into());
    pipeline.insert("action".into(), context.action.as_str().into());
    insert(
        &mut pipeline,
        "executionId",
        context.pipeline_execution.clone(),
    );
    insert(
        &mut pipeline,
        "actionExecutionId",
        context.action_execution.clone(),
    );
    insert(&mut pipeline, "account", subject.account.map(str::to_owned));
    let arn = context.pipeline_arn.as_deref();
    let region = arn.and_then(|arn| arn.split(':').nth(3)).map(str::to_owned);
    insert(&mut pipeline, "region", region);
    Value::Object(pipeline)
}

fn deployment(subject: &Subject<'_>) -> Value {
    let request = subject.request;
    let mut deployment = Map::new();
    deployment.insert("application".into(), request.application.as_str().into());
    deployment.insert("group".into(), request.deployment_group.as_str().into());
    if let Some(group) = subject.group {
        let own = request.options.deployment_config.clone();
        insert(
            &mut deployment,
            "config",
            own.or_else(|| group.deployment_config.clone()),
        );
        deployment.insert("alarms".into(), json!(group.alarms));
        deployment.insert("autoRollback".into(), json!(group.auto_rollback));
        let wait = match group.ready {
            ReadyOption::Continue => 0,
            ReadyOption::WaitFor(wait) => wait.as_secs(),
        };
        deployment.insert("readyWaitSeconds".into(), wait.into());
        let wait = group.termination_wait.as_secs();
        deployment.insert("terminationWaitSeconds".into(), wait.into());
    }
    Value::Object(deployment)
}

fn service(name: &ServiceName, shown: Option<&Service>) -> Value {
    let mut service = Map::new();
    service.insert("cluster".into(), name.cluster.as_str().into());
    service.insert("name".into(), name.service.as_str().into());
    if let Some(shown) = shown {
        insert(&mut service, "launchType", shown.launch_type.clone());
        service.insert("desiredCount".into(), shown.desired_count.into());
    }
    Value::Object(service)
}

fn options(options: &Options) -> Value {
    json!({
        "completeWhen": format!("{:?}", options.complete_when),
        "timeoutSeconds": options.timeout.as_secs(),
        "pinDigest": options.pin_digest,
    })
}

fn insert(object: &mut Map<String, Value>, name: &str, value: Option<String>) {
    if let Some(value) = value {
        object.insert(name.to_owned(), value.into());
    }
}
