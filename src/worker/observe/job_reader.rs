//! What all reads of one job have in common.

use std::sync::{Arc, OnceLock};

use crate::job::DeployTarget;
use crate::job::offer::Job;
use crate::job::request::Request;
use crate::ports::{CallError, GroupAnswer};
use crate::release::target::{Group, Service};
use crate::rollout::failure::Failure;
use crate::worker::context::Context;
use crate::worker::interrupted::Interrupted;
use crate::worker::shared::batch_reader::{BatchReader, ReaderGuard};

/// Reads for one job.
pub(in crate::worker) struct JobReader {
    pub(in crate::worker) context: Context,
    pub(in crate::worker) job: Arc<Job>,
    /// Counts the job as a reader of deployments, from its first read.
    guard: OnceLock<ReaderGuard>,
}

impl JobReader {
    pub(in crate::worker) fn new(context: Context, job: Arc<Job>) -> Self {
        Self {
            context,
            job,
            guard: OnceLock::new(),
        }
    }

    /// The shared reader of deployments, with this job counted among its
    /// users.
    pub(in crate::worker) fn deployments(&self) -> Arc<BatchReader> {
        let reader = self.context.readers.deployments.clone();
        self.guard.get_or_init(|| reader.enter());
        reader
    }

    /// The deployment group, or what stands for it if ECS deploys the service.
    pub(in crate::worker) async fn group(&self, request: &Request) -> Result<Group, Interrupted> {
        let deployments = &self.context.ports.deployments;
        let answer = deployments.group(&request.target).await?;
        let failure = match (answer, &request.target) {
            (GroupAnswer::Found(group), _) => return Ok(*group),
            (GroupAnswer::NoApplication, DeployTarget::Group(name)) => {
                let application = name.application.clone();
                Failure::NoApplication { application }
            }
            (GroupAnswer::NoTarget, DeployTarget::Group(name)) => Failure::NoGroup(name.clone()),
            (GroupAnswer::NoApplication | GroupAnswer::NoTarget, DeployTarget::Service(name)) => {
                Failure::NoService(name.clone())
            }
        };
        Err(failure.into())
    }

    /// The service that the group deploys.
    pub(in crate::worker) async fn service(
        &self,
        group: &Group,
    ) -> Result<Option<Service>, CallError> {
        match group.services.first() {
            Some(name) => self.context.ports.services.describe(name).await,
            None => Ok(None),
        }
    }
}
