//! What we need from outside, in our own words. Adapters in `aws` and the
//! simulator implement these traits; no SDK type appears in them.

mod events;
mod send_permit;
mod target_ids;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::job::offer::{ArtifactCredentials, InputArtifact, Job, JobData, PipelineContext};
use crate::job::report::Report;
use crate::job::{AllowedRole, DeploymentId, JobId, Key, Nonce, TaskDefinitionArn};
use crate::release::images::EcrRegistry;
use crate::release::preflight::{AskedImage, RegistryAnswer};
use crate::release::target::{Group, Service, ServiceName};
pub use crate::rollout::call_error::{CallError, CallErrorKind};
use crate::rollout::evidence::{AlarmSeen, StoppedTask, TargetHealth};
use crate::rollout::seen::DeploymentSeen;
pub use events::{BusEvent, EventBus, MAX_EVENT_BYTES, MAX_EVENTS, SourceRecord, Sources};
pub use send_permit::{SendPermit, has_send_permit, with_send_permit};
pub use target_ids::{TargetIds, is_no_target};

/// Everything a job may use of the outside.
#[derive(Clone)]
pub struct Ports {
    pub jobs: Arc<dyn Jobs>,
    pub artifacts: Arc<dyn Artifacts>,
    pub task_definitions: Arc<dyn TaskDefinitions>,
    pub services: Arc<dyn Services>,
    pub deployments: Arc<dyn Deployments>,
    pub images: Arc<dyn Images>,
    pub alarms: Arc<dyn Alarms>,
    pub load_balancers: Arc<dyn LoadBalancers>,
    pub roles: Arc<dyn Roles>,
}

/// CodePipeline's side of the job protocol (aws-facts §1.2).
#[async_trait]
pub trait Jobs: Send + Sync {
    /// Asks for at most `at_most` jobs of our action type; fewer may come.
    async fn poll(&self, at_most: usize) -> Result<Vec<Job>, CallError>;

    /// Claims an offered job.
    async fn acknowledge(&self, job: &JobId, nonce: &Nonce) -> Result<Claim, CallError>;

    /// The job again, with fresh artifact credentials. `None` when
    /// CodePipeline no longer knows the job.
    async fn details(&self, job: &JobId) -> Result<Option<JobData>, CallError>;

    /// Whether the pipeline has abandoned the action. `false` also where that
    /// cannot be learned because nobody allows us to ask.
    async fn is_abandoned(&self, action: &PipelineContext) -> Result<bool, CallError>;

    /// The pipeline execution that began the same action first, before this
    /// one, and has not ended it. `None` also where that cannot be learned
    /// because nobody allows us to ask.
    async fn older_execution(&self, action: &PipelineContext) -> Result<Option<String>, CallError>;

    /// Hands in the job's one result.
    async fn report(&self, job: &JobId, report: &Report) -> Result<Receipt, CallError>;
}

/// What became of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The job is ours and in progress.
    Ours,
    /// The nonce has been used or replaced: somebody has the job, who may be
    /// us if an earlier answer was lost.
    Taken,
    /// The job is over, gone or not to be had: leave it alone.
    NotOurs { reason: String },
}

/// What became of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    Taken,
    /// The job is over or gone: abandoned, timed out, or reported before.
    JobIsOver,
}

/// Input artifacts in S3, read with the job's own credentials
/// (aws-facts §3).
#[async_trait]
pub trait Artifacts: Send + Sync {
    /// A connection that reads one job's artifacts with its credentials.
    fn open(&self, credentials: &ArtifactCredentials) -> Arc<dyn ArtifactReader>;
}

/// Reads byte ranges of objects.
#[async_trait]
pub trait ArtifactReader: Send + Sync {
    /// Reads one range; with `pinned`, only of the object that has this ETag.
    async fn read(
        &self,
        artifact: &InputArtifact,
        range: ByteRange,
        pinned: Option<&ETag>,
    ) -> Result<Piece, ReadError>;
}

/// The part of an object to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ByteRange {
    /// The last so many bytes; the whole object if it is smaller.
    Last(u64),
    /// From `start` up to but without `end`.
    FromTo { start: u64, end: u64 },
}

/// The code of the error with an object that is longer than was allowed.
pub const TOO_LONG: &str = "BodyTooLong";

/// An object's version tag, quotes included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(pub String);

/// Bytes of an object, with what the answer said of the whole.
#[derive(Clone)]
pub struct Piece {
    /// Where `bytes` starts in the object.
    pub start: u64,
    pub bytes: Vec<u8>,
    /// The object's whole length.
    pub total: u64,
    pub etag: Option<ETag>,
}

/// Without the bytes.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, Self { start, total, .. }) = (self.bytes.len(), self);
        write!(f, "Piece({bytes} bytes of {total} at {start})")
    }
}

/// Why a range could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// No such object (or no permission to learn that it is absent).
    Missing(CallError),
    /// The object is empty, or the range lies behind its end.
    NoSuchRange,
    /// The object is no longer the pinned one.
    Changed,
    /// The job's credentials are too old; fresh ones may be had.
    CredentialsExpired(CallError),
    Other(CallError),
}

/// ECS task definitions (aws-facts §4.1).
#[async_trait]
pub trait TaskDefinitions: Send + Sync {
    /// Registers a revision; `body` is sent as it is. Not idempotent, and not
    /// retried by the adapter once AWS may have acted.
    async fn register(&self, body: &Value) -> Result<TaskDefinitionArn, CallError>;

    /// The revision, as the raw JSON of its `taskDefinition` member with its
    /// `tags` beside it. `None` when there is none.
    async fn describe(&self, arn: &TaskDefinitionArn) -> Result<Option<Value>, CallError>;
}

/// Stopped tasks by their ids, or ARNs, as `describe_tasks` takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoppedPage {
    pub ids: Vec<String>,
    /// Where the list goes on.
    pub next: Option<String>,
}

/// ECS services (aws-facts §4.4).
#[async_trait]
pub trait Services: Send + Sync {
    /// `None` when the cluster or the service does not exist.
    async fn describe(&self, name: &ServiceName) -> Result<Option<Service>, CallError>;

    /// Tasks of the service that have stopped of late, the latest first
    /// (aws-facts §4.5).
    async fn stopped_tasks(&self, name: &ServiceName) -> Result<Vec<StoppedTask>, CallError>;

    /// The ids of the service's stopped tasks, a page of at most a hundred:
    /// the first one, or the one that `page` names.
    async fn list_stopped(
        &self,
        name: &ServiceName,
        page: Option<String>,
    ) -> Result<StoppedPage, CallError>;

    /// The tasks of these ids, at most a hundred, as far as ECS still shows
    /// them.
    async fn describe_tasks(
        &self,
        name: &ServiceName,
        ids: &[String],
    ) -> Result<Vec<StoppedTask>, CallError>;
}

/// Deployments that are read with one call (aws-facts §5.4).
pub const BATCH: usize = 25;

/// CodeDeploy deployments (aws-facts §5).
#[async_trait]
pub trait Deployments: Send + Sync {
    async fn group(&self, application: &str, group: &str) -> Result<GroupAnswer, CallError>;

    /// Starts a deployment. Not idempotent, and not retried by the adapter
    /// once AWS may have acted.
    async fn create(&self, deployment: &NewDeployment) -> Result<Created, CallError>;

    /// What CodeDeploy itself says of at most [`BATCH`] deployments, their
    /// targets unread: one answer for each, in their order. `None` when there
    /// is no such deployment.
    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Result<Option<DeploymentSeen>, CallError>>;

    /// The same deployment with its target read, and with how its traffic
    /// moves. A target read before need not be looked for again.
    async fn with_target(&self, seen: DeploymentSeen) -> Result<DeploymentSeen, CallError>;

    /// The newest deployment of the group whose description carries `key`, its
    /// target unread.
    async fn find(
        &self,
        application: &str,
        group: &str,
        key: &Key,
    ) -> Result<Option<DeploymentSeen>, CallError>;

    /// Starts the traffic shift of a deployment that is `Ready`.
    async fn proceed(&self, id: &DeploymentId) -> Result<(), CallError>;

    /// Stops a deployment, which may go on for a while all the same.
    async fn stop(&self, id: &DeploymentId, roll_back: bool) -> Result<(), CallError>;
}

/// Images in ECR.
#[async_trait]
pub trait Images: Send + Sync {
    /// What the registry that the image lies in says of it.
    async fn look(
        &self,
        image: &AskedImage,
        registry: &EcrRegistry,
    ) -> Result<RegistryAnswer, CallError>;
}

/// CloudWatch alarms.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Those of the named alarms that have gone off and not calmed down.
    async fn gone_off(&self, names: &[String]) -> Result<Vec<AlarmSeen>, CallError>;
}

/// Load balancers.
#[async_trait]
pub trait LoadBalancers: Send + Sync {
    /// The targets of the target group with this name.
    async fn targets(&self, target_group: &str) -> Result<Vec<TargetHealth>, CallError>;

    /// The names of the target groups that the default action of the listener
    /// with this ARN forwards to.
    async fn forwarded(&self, listener: &str) -> Result<Vec<String>, CallError>;
}

/// Roles that a release is carried out with in place of the worker's own.
#[async_trait]
pub trait Roles: Send + Sync {
    /// The same ports, with the role's credentials for everything that a
    /// release is made of and looked at with. Jobs stay with the worker's own,
    /// artifacts with the job's.
    async fn assume(
        &self,
        role: &AllowedRole,
        session: &str,
        own: &Ports,
    ) -> Result<Ports, CallError>;
}

/// What CodeDeploy says when asked for a deployment group.
#[derive(Clone, Debug, PartialEq)]
pub enum GroupAnswer {
    Found(Box<Group>),
    NoApplication,
    NoGroup,
}

/// A deployment to be created.
#[derive(Clone, PartialEq, Eq)]
pub struct NewDeployment {
    pub application: String,
    pub group: String,
    /// AppSpec as JSON text.
    pub app_spec: String,
    /// Lower-case hex SHA-256 of `app_spec`.
    pub app_spec_sha256: String,
    /// At most 256 characters; carries the key.
    pub description: String,
    pub deployment_config: Option<String>,
}

/// Without the AppSpec.
impl fmt::Debug for NewDeployment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NewDeployment")
            .field("application", &self.application)
            .field("group", &self.group)
            .field("app_spec_sha256", &self.app_spec_sha256)
            .finish_non_exhaustive()
    }
}

/// What became of a request to create a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Created {
    Started(DeploymentId),
    /// Another deployment holds the group.
    GroupIsBusy,
}

/// Small objects in a bucket of the operator's, of which each is written only
/// as its writer last saw it (aws-facts §3).
#[async_trait]
pub trait Objects: Send + Sync {
    /// Writes an object whole, or not at all.
    async fn write(&self, key: &str, body: Vec<u8>, only: Only) -> Result<Written, CallError>;

    /// The object, unless it has more than `at_most` bytes. `None` when there
    /// is none.
    async fn read(&self, key: &str, at_most: u64) -> Result<Option<(Vec<u8>, ETag)>, CallError>;

    /// Removes an object, if there is one.
    async fn remove(&self, key: &str) -> Result<(), CallError>;

    /// The first objects whose keys start so, in the order of their keys.
    async fn list(&self, start: &str, at_most: usize) -> Result<Vec<Listed>, CallError>;
}

/// On what condition an object is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    IfAbsent,
    IfUnchanged(ETag),
}

/// What became of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Done(ETag),
    /// The condition does not hold: somebody else has written, or an answer to
    /// an earlier attempt of ours was lost.
    NotAsSeen,
}

/// An object of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub etag: ETag,
}

/// Whoever collects traces.
#[async_trait]
pub trait Collector: Send + Sync {
    /// Posts JSON to `url`; answers the status, or why there is none. Headers
    /// may hold keys, and no error repeats them.
    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<u16, String>;
}
