//! What the worker needs from outside, as small traits. The adapters in `aws`
//! implement them, also over the simulator; no SDK type appears in them.
//!
//! Every [`CallError`] is one failed call; its kind says whether the call may
//! have taken effect and whether a retry may help.

mod deployments;
mod events;
mod send_permit;

use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use crate::job::offer::{ArtifactCredentials, InputArtifact, Job, JobData, PipelineContext};
use crate::job::report::Report;
use crate::job::{
    ActionVersion, AllowedRole, JobId, Key, Nonce, ServiceName, TaskDefinitionArn,
    TaskDefinitionName,
};
use crate::release::image_reference::EcrRegistry;
use crate::release::preflight::{ImageQuery, RegistryAnswer};
use crate::release::target::Service;
pub use crate::rollout::call_error::{CallError, CallErrorKind};
use crate::rollout::evidence::{AlarmSeen, StoppedTask, TargetHealth};
pub use deployments::{
    BATCH, CodeDeployParameters, Created, Deployments, GroupAnswer, NewDeployment, OwnDeployment,
    StopAnswer,
};
pub use events::{BusEvent, EventBus, MAX_EVENT_BYTES, MAX_EVENTS, SourceRecord, Sources};
pub use send_permit::{SendPermit, has_send_permit, with_send_permit};

/// All ports that a job may use.
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
    pub iam: Arc<dyn Iam>,
    pub log_groups: Arc<dyn LogGroups>,
    pub roles: Arc<dyn Roles>,
}

/// CodePipeline's job protocol (docs/aws.md §1.2).
#[async_trait]
pub trait Jobs: Send + Sync {
    /// The versions of our action type whose jobs the worker takes.
    fn versions(&self) -> &[ActionVersion];

    /// Polls for at most `at_most` jobs of one version; there may be fewer.
    async fn poll(&self, version: &ActionVersion, at_most: usize) -> Result<Vec<Job>, CallError>;

    /// Acknowledges an offered job, which claims it.
    async fn acknowledge(&self, job: &JobId, nonce: &Nonce) -> Result<Claim, CallError>;

    /// The job's data with fresh artifact credentials. `None` if CodePipeline
    /// no longer has the job.
    async fn details(&self, job: &JobId) -> Result<Option<JobData>, CallError>;

    /// Whether the pipeline has abandoned the action. `false` also if we have
    /// no permission to find out.
    async fn is_abandoned(&self, action: &PipelineContext) -> Result<bool, CallError>;

    /// The earliest pipeline execution that began the same action before this
    /// one and has not ended it.
    async fn older_execution(&self, action: &PipelineContext) -> Result<OlderExecution, CallError>;

    /// Whether the execution `other` began the same action before this one.
    /// `false` also if CodePipeline does not show both, or we have no permission
    /// to find out.
    async fn began_before(&self, other: &Key, action: &PipelineContext) -> Result<bool, CallError>;

    /// Reports the job's result.
    async fn report(&self, job: &JobId, report: &Report) -> Result<Receipt, CallError>;
}

/// Whether an older pipeline execution is in the same action.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OlderExecution {
    /// This one is.
    InProgress(String),
    None,
    /// CodePipeline does not show this action, or we have no permission to find
    /// out.
    Unknown,
}

/// The result of an acknowledgement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The job is ours and in progress.
    Ours,
    /// The nonce has been used or replaced: another worker has the job, or we
    /// have it and an earlier response was lost.
    Taken,
    /// The job is over, gone or otherwise unavailable: leave it alone.
    NotOurs { reason: String },
}

/// The result of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Receipt {
    Taken,
    /// The job is over or gone: abandoned, timed out, or reported before.
    JobIsOver,
}

/// Input artifacts in S3, read with the job's own credentials (docs/aws.md §3).
#[async_trait]
pub trait Artifacts: Send + Sync {
    /// A reader of one job's artifacts with its credentials.
    fn open(&self, credentials: &ArtifactCredentials) -> Arc<dyn ArtifactReader>;
}

/// Reads byte ranges of objects.
#[async_trait]
pub trait ArtifactReader: Send + Sync {
    /// Reads one range; with `pinned`, only if the object still has this ETag.
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
    /// The last so many bytes, or the whole object if it is smaller.
    Last(u64),
    /// From `start` up to but excluding `end`.
    FromTo { start: u64, end: u64 },
}

/// The error code for an object that is longer than allowed.
pub const TOO_LONG: &str = "BodyTooLong";

/// An object's ETag, including its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ETag(pub String);

/// A range of an object, with facts about the whole object.
#[derive(Clone)]
pub struct Piece {
    /// The offset of `bytes` in the object.
    pub start: u64,
    pub bytes: Vec<u8>,
    /// The length of the whole object.
    pub total: u64,
    pub etag: Option<ETag>,
}

/// Leaves out the bytes.
impl fmt::Debug for Piece {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (bytes, Self { start, total, .. }) = (self.bytes.len(), self);
        write!(f, "Piece({bytes} bytes of {total} at {start})")
    }
}

/// Why a range could not be read.
#[derive(Debug)]
pub enum ReadError {
    /// There is no such object, or no permission to learn that it is absent.
    Missing(CallError),
    /// The object is empty, or the range starts after its end.
    NoSuchRange,
    /// The object no longer has the pinned ETag.
    Changed,
    /// The job's credentials have expired; CodePipeline may issue new ones.
    CredentialsExpired(CallError),
    Other(CallError),
}

/// ECS task definitions (docs/aws.md §4.1).
#[async_trait]
pub trait TaskDefinitions: Send + Sync {
    /// Registers a revision from `body`, which is sent unchanged. Not
    /// idempotent; the adapter does not retry it once AWS may have acted.
    async fn register(&self, body: &Value) -> Result<TaskDefinitionArn, CallError>;

    /// The revision as raw JSON: its `taskDefinition` member, with its `tags`
    /// beside it. `None` if there is none.
    async fn describe(&self, name: &TaskDefinitionName) -> Result<Option<Value>, CallError>;
}

/// One page of stopped tasks: ids or ARNs, as `describe_tasks` takes them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct StoppedPage {
    pub ids: Vec<String>,
    /// The token of the next page.
    pub next: Option<String>,
}

/// ECS services (docs/aws.md §4.4).
#[async_trait]
pub trait Services: Send + Sync {
    /// `None` if the cluster or the service does not exist.
    async fn describe(&self, name: &ServiceName) -> Result<Option<Service>, CallError>;

    /// Recently stopped tasks of the service, the latest first (docs/aws.md
    /// §4.5).
    async fn stopped_tasks(&self, name: &ServiceName) -> Result<Vec<StoppedTask>, CallError>;

    /// The ids of the service's stopped tasks, a page of at most a hundred: the
    /// first page, or the one that `page` names.
    async fn list_stopped(
        &self,
        name: &ServiceName,
        page: Option<String>,
    ) -> Result<StoppedPage, CallError>;

    /// The tasks with these ids, at most a hundred. Tasks that ECS no longer
    /// shows are left out.
    async fn describe_tasks(
        &self,
        name: &ServiceName,
        ids: &[String],
    ) -> Result<Vec<StoppedTask>, CallError>;
}

/// Images in ECR.
#[async_trait]
pub trait Images: Send + Sync {
    /// Queries the image's registry for the image.
    async fn look_up(
        &self,
        image: &ImageQuery,
        registry: &EcrRegistry,
    ) -> Result<RegistryAnswer, CallError>;
}

/// CloudWatch alarms.
#[async_trait]
pub trait Alarms: Send + Sync {
    /// Those of the named alarms that are in alarm.
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

/// The roles of the account.
#[async_trait]
pub trait Iam: Send + Sync {
    /// The ARN of the role with this name, without a path. `None` if there is
    /// none.
    async fn role_arn(&self, name: &str) -> Result<Option<String>, CallError>;
}

/// Log groups in CloudWatch Logs.
#[async_trait]
pub trait LogGroups: Send + Sync {
    /// Whether the Region has a log group with this name.
    async fn exists(&self, name: &str, region: &str) -> Result<bool, CallError>;
}

/// Roles that a release may use instead of the worker's own.
#[async_trait]
pub trait Roles: Send + Sync {
    /// The same ports with the role's credentials for everything that observes
    /// or changes the release's target. Jobs keep the worker's own credentials,
    /// artifacts the job's.
    async fn assume(
        &self,
        role: &AllowedRole,
        session: &str,
        own: &Ports,
    ) -> Result<Ports, CallError>;
}

/// Small objects in a bucket of the operator. Writes are conditional on what
/// the writer last saw (docs/aws.md §3).
#[async_trait]
pub trait Objects: Send + Sync {
    /// Writes a whole object atomically.
    async fn write(&self, key: &str, body: Vec<u8>, only: Only) -> Result<Written, CallError>;

    /// The object, of at most `at_most` bytes. `None` if there is none.
    async fn read(&self, key: &str, at_most: u64) -> Result<Option<(Vec<u8>, ETag)>, CallError>;

    /// Removes an object, if there is one.
    async fn remove(&self, key: &str) -> Result<(), CallError>;

    /// The first objects whose keys start with `start`, in the order of their
    /// keys.
    async fn list(&self, start: &str, at_most: usize) -> Result<Vec<Listed>, CallError>;
}

/// The condition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Only {
    IfAbsent,
    IfUnchanged(ETag),
}

/// The result of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    Done(ETag),
    /// The condition does not hold: another process has written, or the
    /// response to an earlier attempt of ours was lost.
    NotAsSeen,
}

/// An object in a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    pub key: String,
    pub etag: ETag,
}

/// Receives traces.
#[async_trait]
pub trait Collector: Send + Sync {
    /// Posts JSON to `url`. Returns the HTTP status, or why there is none.
    /// Headers may contain keys, so no error repeats them.
    async fn post(
        &self,
        url: &str,
        headers: &[(String, String)],
        body: &[u8],
    ) -> Result<u16, String>;
}
