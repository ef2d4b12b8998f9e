//! Finds the service and operation of a request, and calls it.

use std::borrow::Cow;

use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::keys::Caller;
use crate::world::World;
use crate::{cloudwatch, codedeploy, codepipeline, ecr, ecs, eventbridge, logs, s3};

use super::message::{Reply, Request};
use super::query::{self, Form, QueryService};
use super::{cbor, json as protocol};

const JSON: &str = "application/x-amz-json-1.1";
const JSON_1_0: &str = "application/x-amz-json-1.0";

/// Largest input that the ledger records, in bytes; four times the largest task
/// definition of ECS.
const MAX_RECORDED: usize = 256 << 10;

/// A request with a known service and operation.
pub(super) enum Call<'a> {
    Rpc {
        service: &'static RpcService,
        operation: &'a str,
        encoding: Encoding,
        request: &'a Request,
    },
    /// A service that is not simulated, or not in this encoding.
    Unknown {
        target: &'a str,
        encoding: Encoding,
    },
    Query {
        service: &'static QueryService,
        form: Form,
        request: &'a Request,
    },
    S3(s3::Call<'a>),
    /// A request to one of ECR's pre-signed URLs.
    Layer(ecr::Download<'a>),
}

/// A service whose operations are named in a header or the path, and which has
/// AWS JSON or CBOR bodies (docs/aws.md §0).
pub(super) struct RpcService {
    /// Its name in AWS's models.
    model: &'static str,
    /// Its name in IAM.
    name: &'static str,
    /// The content type of its JSON.
    json: &'static str,
    /// Whether its model lists Smithy RPC v2 with CBOR.
    has_cbor: bool,
    /// Handles an operation; the last text is the host that was called.
    call: fn(&mut World, &str, &Value, &str) -> Answer,
}

/// A constant: a static would compile every service into each test program.
const SERVICES: &[RpcService] = &[
    RpcService {
        model: "CodePipeline_20150709",
        name: "codepipeline",
        json: JSON,
        has_cbor: true,
        call: |world, operation, input, _| {
            codepipeline::admit(world)?;
            codepipeline::call(world, operation, input)
        },
    },
    RpcService {
        model: "CodeDeploy_20141006",
        name: "codedeploy",
        json: JSON,
        has_cbor: true,
        call: |world, operation, input, _| codedeploy::call(world, operation, input),
    },
    RpcService {
        model: "AmazonEC2ContainerServiceV20141113",
        name: "ecs",
        json: JSON,
        has_cbor: false,
        call: |world, operation, input, _| ecs::call(world, operation, input),
    },
    RpcService {
        model: "AmazonEC2ContainerRegistry_V20150921",
        name: "ecr",
        json: JSON,
        has_cbor: false,
        call: |world, operation, input, host| ecr::call(world, operation, input, host),
    },
    RpcService {
        model: "AWSEvents",
        name: "events",
        json: JSON,
        has_cbor: false,
        call: |world, operation, input, _| eventbridge::call(world, operation, input),
    },
    RpcService {
        model: "Logs_20140328",
        name: "logs",
        json: JSON,
        has_cbor: false,
        call: |world, operation, input, _| logs::call(world, operation, input),
    },
    RpcService {
        model: "GraniteServiceVersion20100801",
        name: "cloudwatch",
        json: JSON_1_0,
        has_cbor: true,
        call: |world, operation, input, _| cloudwatch::call(world, operation, input),
    },
];

/// How messages are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Encoding {
    Json,
    /// Smithy RPC v2 with CBOR.
    Cbor,
}

impl RpcService {
    fn error(&self, encoding: Encoding, failure: &ApiError) -> Reply {
        let reply = encoding.error(failure, self.json);
        match self.json {
            // CloudWatch's older clients speak the query protocol and know its
            // codes.
            JSON_1_0 => reply.with("x-amzn-query-error", format!("{};Sender", failure.code)),
            _ => reply,
        }
    }
}

impl Encoding {
    fn input(self, request: &Request) -> Result<Value, ApiError> {
        match self {
            Self::Json => protocol::input(request),
            Self::Cbor => cbor::input(request),
        }
    }

    fn error(self, failure: &ApiError, json: &str) -> Reply {
        match self {
            Self::Json => protocol::error(failure, json),
            Self::Cbor => cbor::error(failure),
        }
    }
}

/// The service that a request's header is signed for.
fn signed_service(request: &Request) -> Option<&str> {
    let (_, scope) = request.header("authorization")?.split_once("Credential=")?;
    scope.split(',').next()?.rsplit('/').nth(1)
}

impl<'a> Call<'a> {
    pub(super) fn read(request: &'a Request) -> Self {
        if let Some(target) = request.header("x-amz-target") {
            let (prefix, operation) = target.rsplit_once('.').unwrap_or(("", target));
            return Self::rpc(request, (prefix, operation), Encoding::Json).unwrap_or(
                Self::Unknown {
                    target,
                    encoding: Encoding::Json,
                },
            );
        }
        if let Some(names) = cbor::operation(request) {
            return Self::rpc(request, names, Encoding::Cbor).unwrap_or(Self::Unknown {
                target: &request.path,
                encoding: Encoding::Cbor,
            });
        }
        if let Some((service, form)) = query::read(request) {
            return Self::Query {
                service,
                form,
                request,
            };
        }
        if let Some(download) = ecr::Download::read(request) {
            return Self::Layer(download);
        }
        // A REST service that is not S3 would be taken for a bucket.
        match signed_service(request).is_none_or(|service| service == "s3") {
            true => Self::S3(s3::Call::read(request)),
            false => Self::Unknown {
                target: &request.path,
                encoding: Encoding::Json,
            },
        }
    }

    fn rpc(
        request: &'a Request,
        (prefix, operation): (&str, &'a str),
        encoding: Encoding,
    ) -> Option<Self> {
        let service = SERVICES.iter().find(|service| service.model == prefix)?;
        (encoding == Encoding::Json || service.has_cbor).then_some(Self::Rpc {
            service,
            operation,
            encoding,
            request,
        })
    }

    /// The service's name in IAM.
    pub(super) fn service(&self) -> &'static str {
        match self {
            Self::Rpc { service, .. } => service.name,
            Self::Unknown { .. } => "unknown",
            Self::Query { service, .. } => service.name,
            Self::S3(_) => "s3",
            Self::Layer(_) => "ecr",
        }
    }

    pub(super) fn operation(&self) -> &str {
        match self {
            Self::Rpc { operation, .. } => operation,
            Self::Unknown { target, .. } => target,
            Self::Query { form, .. } => form.operation(),
            Self::S3(call) => call.operation,
            Self::Layer(_) => "GetLayer",
        }
    }

    /// Input for the ledger; null if it cannot be parsed.
    pub(super) fn input(&self) -> Value {
        match self {
            Self::Rpc { request, .. } | Self::Query { request, .. }
                if request.body.len() > MAX_RECORDED =>
            {
                json!({ "bytes_not_recorded": request.body.len() })
            }
            Self::Rpc {
                encoding, request, ..
            } => encoding.input(request).unwrap_or(Value::Null),
            Self::Unknown { .. } | Self::Layer(_) => Value::Null,
            Self::Query { form, .. } => form.ledger_input(),
            Self::S3(call) => call.input(),
        }
    }

    /// Carries out the call. `input` is the ledger's, which need not be parsed
    /// again if it is complete.
    pub(super) fn perform(
        &self,
        world: &mut World,
        caller: &Caller,
        input: &Value,
    ) -> Result<Reply, ApiError> {
        match self {
            Self::Rpc {
                service,
                operation,
                encoding,
                request,
            } => {
                self.refuse_jobs(world, caller, input)?;
                let whole = match input.is_object() && request.body.len() <= MAX_RECORDED {
                    true => Cow::Borrowed(input),
                    false => Cow::Owned(encoding.input(request)?),
                };
                let host = request.header("host").unwrap_or("localhost");
                let output = (service.call)(world, operation, &whole, host)?;
                Ok(match encoding {
                    Encoding::Json => protocol::success(&output, service.json),
                    Encoding::Cbor => cbor::success(&output),
                })
            }
            Self::Unknown { target, .. } => Err(ApiError::unknown_operation(target)),
            Self::Query { service, form, .. } => {
                if !service.admits_jobs() {
                    self.refuse_jobs(world, caller, input)?;
                }
                service.perform(world, caller, form)
            }
            Self::S3(call) => call.perform(world, caller),
            Self::Layer(download) => download.perform(world),
        }
    }

    /// A job's credentials give access to its artifacts only.
    fn refuse_jobs(&self, world: &World, caller: &Caller, input: &Value) -> Result<(), ApiError> {
        match caller {
            Caller::Job(_) => Err(self.denied(world, caller, input)),
            Caller::Account | Caller::Role(_) => Ok(()),
        }
    }

    /// IAM's error, with principal, action and resource.
    pub(super) fn denied(&self, world: &World, caller: &Caller, input: &Value) -> ApiError {
        if self.is_s3() {
            return ApiError::denied();
        }
        let who = caller.arn(&world.account);
        let action = format!("{}:{}", self.service(), self.operation());
        let resource = match (&input["applicationName"], &input["deploymentGroupName"]) {
            (Value::String(application), Value::String(group)) => world.arn(
                "codedeploy",
                &format!("deploymentgroup:{application}/{group}"),
            ),
            (_, _) => "*".to_owned(),
        };
        ApiError::new(
            "AccessDeniedException",
            format!(
                "User: {who} is not authorized to perform: {action} on resource: {resource} \
                 because no identity-based policy allows the {action} action"
            ),
        )
    }

    /// The error in the service's own protocol.
    pub(super) fn error(&self, failure: &ApiError, request_id: &str, is_head: bool) -> Reply {
        match self {
            Self::Rpc {
                service, encoding, ..
            } => service.error(*encoding, failure),
            Self::Unknown { encoding, .. } => encoding.error(failure, JSON),
            Self::Query { service, .. } => service.error(failure, request_id),
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
