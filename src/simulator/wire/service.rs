//! Finds the service and operation of a request, and calls it.

use serde_json::{Value, json};

use crate::simulator::api::{Answer, Failure};
use crate::simulator::keys::Caller;
use crate::simulator::world::World;
use crate::simulator::{cloudwatch, codedeploy, codepipeline, ecr, ecs, eventbridge, s3};

use super::behind::Asked;
use super::message::{Reply, Request};
use super::query::{Form, QueryService};
use super::{cbor, json as protocol, sts};

/// Largest JSON input in the ledger, in bytes; four times the largest task
/// definition of ECS.
const MAX_NOTED: usize = 256 << 10;

/// A request with a known service and operation.
pub(super) enum Call<'a> {
    Json {
        service: JsonService,
        operation: &'a str,
        request: &'a Request,
    },
    /// An `X-Amz-Target` of a service that is not simulated.
    Unknown {
        target: &'a str,
    },
    Sts {
        operation: String,
        request: &'a Request,
    },
    Query {
        service: QueryService,
        operation: String,
        request: &'a Request,
    },
    CloudWatch {
        operation: &'a str,
        request: &'a Request,
    },
    S3(s3::Call<'a>),
    /// A request to one of ECR's pre-signed URLs.
    Layer(ecr::Download<'a>),
}

/// The services with AWS JSON 1.1 (docs/aws.md §0).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::simulator) enum JsonService {
    CodePipeline,
    CodeDeploy,
    Ecs,
    Ecr,
    EventBridge,
}

impl JsonService {
    fn of_prefix(prefix: &str) -> Option<Self> {
        match prefix {
            "CodePipeline_20150709" => Some(Self::CodePipeline),
            "CodeDeploy_20141006" => Some(Self::CodeDeploy),
            "AmazonEC2ContainerServiceV20141113" => Some(Self::Ecs),
            "AmazonEC2ContainerRegistry_V20150921" => Some(Self::Ecr),
            "AWSEvents" => Some(Self::EventBridge),
            _ => None,
        }
    }

    /// The service with this name in IAM.
    pub(in crate::simulator) fn named(name: &str) -> Option<Self> {
        let all = [
            Self::CodePipeline,
            Self::CodeDeploy,
            Self::Ecs,
            Self::Ecr,
            Self::EventBridge,
        ];
        all.into_iter().find(|service| service.name() == name)
    }

    fn name(self) -> &'static str {
        match self {
            Self::CodePipeline => "codepipeline",
            Self::CodeDeploy => "codedeploy",
            Self::Ecs => "ecs",
            Self::Ecr => "ecr",
            Self::EventBridge => "events",
        }
    }

    pub(in crate::simulator) fn call(
        self,
        world: &mut World,
        operation: &str,
        input: &Value,
        host: &str,
    ) -> Answer {
        match self {
            Self::CodePipeline => {
                codepipeline::admit(world)?;
                codepipeline::call(world, operation, input)
            }
            Self::CodeDeploy => codedeploy::call(world, operation, input),
            Self::Ecs => ecs::call(world, operation, input),
            Self::Ecr => ecr::call(world, operation, input, host),
            Self::EventBridge => eventbridge::call(world, operation, input),
        }
    }
}

impl<'a> Call<'a> {
    pub(super) fn read(request: &'a Request) -> Self {
        if let Some(target) = request.header("x-amz-target") {
            let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
            return match JsonService::of_prefix(prefix) {
                Some(service) => Self::Json {
                    service,
                    operation,
                    request,
                },
                None => Self::Unknown { target },
            };
        }
        if let Some((_, operation)) = cbor::operation(request) {
            return Self::CloudWatch { operation, request };
        }
        if let Some(operation) = sts::operation(request) {
            return match QueryService::of(request) {
                Some(service) => Self::Query {
                    service,
                    operation,
                    request,
                },
                None => Self::Sts { operation, request },
            };
        }
        match ecr::Download::read(request) {
            Some(download) => Self::Layer(download),
            None => Self::S3(s3::Call::read(request)),
        }
    }

    /// The service's name in IAM.
    pub(super) fn service(&self) -> &'static str {
        match self {
            Self::Json { service, .. } => service.name(),
            Self::Unknown { .. } => "unknown",
            Self::Sts { .. } => "sts",
            Self::Query { service, .. } => service.name(),
            Self::CloudWatch { .. } => "cloudwatch",
            Self::S3(_) => "s3",
            Self::Layer(_) => "ecr",
        }
    }

    pub(super) fn operation(&self) -> &str {
        match self {
            Self::Json { operation, .. } => operation,
            Self::Unknown { target } => target,
            Self::Sts { operation, .. } | Self::Query { operation, .. } => operation,
            Self::CloudWatch { operation, .. } => operation,
            Self::S3(call) => call.operation,
            Self::Layer(_) => "GetLayer",
        }
    }

    /// Input for the ledger; null if it cannot be parsed.
    pub(super) fn input(&self) -> Value {
        match self {
            Self::Json { request, .. } if request.body.len() > MAX_NOTED => {
                json!({ "bytes_not_noted": request.body.len() })
            }
            Self::Json { request, .. } => protocol::input(request).unwrap_or(Value::Null),
            Self::Unknown { .. } | Self::Layer(_) => Value::Null,
            Self::Sts { request, .. } => sts::input(request),
            Self::Query { request, .. } => Form::shown(request),
            Self::CloudWatch { request, .. } => cbor::input(request).unwrap_or(Value::Null),
            Self::S3(call) => call.input(),
        }
    }

    /// The call as the faults and the ledger see it.
    pub(super) fn asked(&self) -> Asked<'_> {
        Asked {
            service: self.service(),
            operation: self.operation(),
            is_s3: self.is_s3(),
            input: self.input(),
        }
    }

    pub(super) fn perform(&self, world: &mut World, caller: &Caller) -> Result<Reply, Failure> {
        match self {
            Self::Json {
                service,
                operation,
                request,
            } => {
                self.refuse_jobs(world, caller)?;
                let input = protocol::input(request)?;
                let host = request.header("host").unwrap_or("localhost");
                let output = service.call(world, operation, &input, host)?;
                Ok(protocol::success(&output))
            }
            Self::Unknown { target } => Err(Failure::new(
                400,
                "UnknownOperationException",
                format!("{target} is not simulated"),
            )),
            Self::Sts { operation, request } => sts::answer(world, caller, operation, request),
            Self::Query {
                service,
                operation,
                request,
            } => {
                self.refuse_jobs(world, caller)?;
                service.perform(world, operation, request)
            }
            Self::CloudWatch { operation, request } => {
                self.refuse_jobs(world, caller)?;
                let output = cloudwatch::call(world, operation, &cbor::input(request)?)?;
                Ok(cbor::success(&output))
            }
            Self::S3(call) => call.perform(world, caller),
            Self::Layer(download) => download.perform(world),
        }
    }

    /// A job's credentials give access to its artifacts only.
    fn refuse_jobs(&self, world: &World, caller: &Caller) -> Result<(), Failure> {
        match caller {
            Caller::Job(session) => Err(self.asked().denied(world, &session.arn(&world.account))),
            Caller::Account | Caller::Role(_) => Ok(()),
        }
    }

    /// The error in the service's own protocol.
    pub(super) fn error(&self, failure: &Failure, request_id: &str, is_head: bool) -> Reply {
        match self {
            Self::Json { .. } | Self::Unknown { .. } => protocol::error(failure),
            Self::Sts { .. } => sts::error(failure, request_id),
            Self::Query { service, .. } => service.error(failure, request_id),
            Self::CloudWatch { .. } => cbor::error(failure),
            Self::S3(_) | Self::Layer(_) => failure.s3_reply(request_id, is_head),
        }
    }

    /// Whether S3 sends the response.
    pub(super) fn is_s3(&self) -> bool {
        matches!(self, Self::S3(_) | Self::Layer(_))
    }

    /// Whether the URL itself authorizes the request.
    pub(super) fn is_presigned(&self) -> bool {
        matches!(self, Self::Layer(_))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_target_names_the_service_and_the_operation() {
        let target = |target: &str| Request {
            headers: vec![("x-amz-target".into(), target.into())],
            ..Request::default()
        };
        for (name, service) in [
            ("CodePipeline_20150709.PollForJobs", "codepipeline"),
            ("CodeDeploy_20141006.GetDeployment", "codedeploy"),
            ("AmazonEC2ContainerServiceV20141113.ListTasks", "ecs"),
            ("AmazonEC2ContainerRegistry_V20150921.BatchGetImage", "ecr"),
            ("AWSEvents.PutEvents", "events"),
            ("AWSEvens.PutEvents", "unknown"),
        ] {
            let request = target(name);
            assert_eq!(Call::read(&request).service(), service, "{name}");
        }
    }
}
