//! Makes calls to the simulated services with the AWS SDK's retries, and turns
//! failures into errors.

use std::time::Duration;

use serde_json::Value;
use tokio::time::timeout;

use crate::ports::{CallError, CallErrorKind, has_send_permit};
use crate::simulator::api::Failure;
use crate::simulator::keys::Caller;
use crate::simulator::s3;
use crate::simulator::wire::message::{Reply, Request};
use crate::simulator::wire::{Asked, Exchange, Heard, RpcService};
use crate::simulator::world::World;

/// Timeouts of one attempt and of all attempts together, as in the adapters for
/// AWS.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(15);
const OPERATION_TIMEOUT: Duration = Duration::from_secs(40);

/// Longest delays before the second and the third attempt of a retryable call.
/// Each delay is multiplied by a random factor, as in the SDK.
const PAUSES: [Duration; 2] = [Duration::from_secs(1), Duration::from_secs(2)];

/// Delays of a call that is retried only if it cannot have taken effect.
const PATIENT: [Duration; 3] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
];

/// The host name in URLs that services return.
const HOST: &str = "simulator.test";

/// A call to make.
#[derive(Clone)]
pub(super) struct Call {
    /// Service and operation, as IAM names them.
    name: &'static str,
    resource: Option<String>,
    repeated: Repeated,
    says_nothing: bool,
}

/// When a failed call is retried.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Repeated {
    /// After every transient error.
    Transient,
    /// After every transient error except throttling, because the caller limits
    /// its own rate.
    NotThrottled,
    /// Only if the failed attempt cannot have taken effect.
    AtMostOnce,
    Never,
}

/// The connection to the services of one world.
#[derive(Clone, Debug)]
pub(super) struct Line {
    exchange: Exchange,
}

impl Call {
    /// The call `service:Operation` for a resource.
    pub(super) fn new(name: &'static str, resource: impl Into<String>) -> Self {
        Self {
            name,
            resource: Some(resource.into()),
            repeated: Repeated::Transient,
            says_nothing: false,
        }
    }

    /// A call without a resource.
    pub(super) fn at_large(name: &'static str) -> Self {
        Self {
            resource: None,
            ..Self::new(name, "")
        }
    }

    /// The same call, not retried if it may have taken effect.
    pub(super) fn once(self) -> Self {
        Self {
            repeated: Repeated::AtMostOnce,
            ..self
        }
    }

    /// The same call, not retried after throttling.
    pub(super) fn paced(self) -> Self {
        Self {
            repeated: Repeated::NotThrottled,
            ..self
        }
    }

    /// The same call, never retried.
    pub(super) fn never_repeated(self) -> Self {
        Self {
            repeated: Repeated::Never,
            ..self
        }
    }

    /// The same call, whose response body is ignored.
    pub(super) fn says_nothing(self) -> Self {
        Self {
            says_nothing: true,
            ..self
        }
    }

    fn parts(&self) -> (&'static str, &'static str) {
        self.name.split_once(':').expect("a service and a call")
    }

    fn call_error(&self, kind: CallErrorKind, code: &str, message: &str) -> CallError {
        CallError {
            call: self.name,
            resource: self.resource.clone(),
            kind,
            code: code.to_owned(),
            message: message.to_owned(),
            request_id: None,
        }
    }

    /// The error for a response that lacks the requested data.
    pub(super) fn incomplete(&self) -> CallError {
        let message = "the answer lacks what was asked for";
        self.call_error(CallErrorKind::Unclear, "IncompleteAnswer", message)
    }

    pub(super) fn unclear(&self, code: &str, message: &str) -> CallError {
        self.call_error(CallErrorKind::Unclear, code, message)
    }

    pub(super) fn refused(&self, code: &str, message: &str) -> CallError {
        self.call_error(CallErrorKind::Refused, code, message)
    }

    fn failed(&self, failure: &Failure) -> CallError {
        let kind = CallErrorKind::of_answer(Some(&failure.code), &failure.message, failure.status);
        self.call_error(kind, &failure.code, &failure.message)
    }
}

impl Line {
    pub(super) fn new(exchange: Exchange) -> Self {
        Self { exchange }
    }

    /// The current time.
    pub(super) fn now(&self) -> jiff::Timestamp {
        self.exchange.clock().now()
    }

    /// Calls a JSON service.
    pub(super) async fn ask(&self, call: &Call, input: Value) -> Result<Value, CallError> {
        let (service, operation) = call.parts();
        let service = RpcService::named(service).expect("a service that speaks JSON");
        self.ask_with(call, input, |world, input| {
            Ok(service.call(world, operation, input, HOST)?)
        })
        .await
    }

    /// Makes a call that `answer` handles.
    pub(super) async fn ask_with<T>(
        &self,
        call: &Call,
        input: Value,
        answer: impl Fn(&mut World, &Value) -> Result<T, Failure>,
    ) -> Result<T, CallError>
    where
        T: Default,
    {
        self.repeat(call, || async {
            let heard = self.hear(call, false, input.clone(), &answer).await?;
            match heard {
                Heard::Answer(answer) => Ok(answer),
                Heard::Rejection(failure) => Err(call.failed(&failure)),
                // The SDK does not parse the body of a response without output.
                Heard::Garbage if call.says_nothing => Ok(T::default()),
                Heard::Garbage => Err(call.unclear("UnreadableAnswer", "no JSON")),
                Heard::Nothing => Err(cut(call)),
            }
        })
        .await
    }

    /// Sends a request to S3 as the caller that `who` returns. The result is
    /// `None` if the response is garbage. An error includes the status of an
    /// error response.
    pub(super) async fn fetch(
        &self,
        call: &Call,
        request: &Request,
        who: impl Fn(&World) -> Result<Caller, Failure>,
    ) -> Result<Option<Reply>, (CallError, Option<u16>)> {
        let asked = s3::Call::read(request);
        let answer = |world: &mut World, _: &Value| {
            let caller = who(world)?;
            asked.perform(world, &caller)
        };
        let status = std::sync::Mutex::new(None);
        let done = self.repeat(call, || async {
            match self.hear(call, true, asked.input(), &answer).await? {
                Heard::Answer(reply) => Ok(Some(reply)),
                Heard::Garbage => Ok(None),
                Heard::Nothing => Err(cut(call)),
                Heard::Rejection(failure) => {
                    *status.lock().expect("nobody panics with it") = Some(failure.status);
                    Err(call.failed(&failure))
                }
            }
        });
        let done = done.await;
        let status = status.into_inner().expect("nobody panics with it");
        done.map_err(|error| (error, status))
    }

    async fn hear<T>(
        &self,
        call: &Call,
        is_s3: bool,
        input: Value,
        answer: &impl Fn(&mut World, &Value) -> Result<T, Failure>,
    ) -> Result<Heard<T>, CallError> {
        if !has_send_permit() {
            return Err(call.unclear("NoLeave", "the lease is gone; nothing was sent"));
        }
        let (service, operation) = call.parts();
        let asked = Asked {
            service,
            operation,
            is_s3,
            input,
        };
        let heard = self
            .exchange
            .hear(asked, |world, input| (answer(world, input), None));
        match timeout(ATTEMPT_TIMEOUT, heard).await {
            Ok(heard) => Ok(heard),
            Err(_) => Err(call.unclear("Timeout", "no answer came in time")),
        }
    }

    async fn repeat<T, F>(&self, call: &Call, attempt: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        let is_paced = match call.repeated {
            Repeated::Transient => false,
            Repeated::NotThrottled => true,
            Repeated::AtMostOnce => return self.at_most_once(attempt).await,
            Repeated::Never => return attempt().await,
        };
        let is_repeated = |error: &CallError| {
            error.is_transient() && !(is_paced && error.kind == CallErrorKind::Throttled)
        };
        let attempts = async {
            for pause in PAUSES {
                match attempt().await {
                    Err(error) if is_repeated(&error) => {
                        let pause = pause.mul_f64(fastrand::f64());
                        self.exchange.clock().sleep(pause).await;
                    }
                    done => return done,
                }
            }
            attempt().await
        };
        match timeout(OPERATION_TIMEOUT, attempts).await {
            Ok(done) => done,
            Err(_) => Err(call.unclear("Timeout", "no answer came in time")),
        }
    }

    async fn at_most_once<T, F>(&self, attempt: impl Fn() -> F) -> Result<T, CallError>
    where
        F: Future<Output = Result<T, CallError>>,
    {
        for wait in PATIENT {
            match attempt().await {
                Err(error) if error.kind == CallErrorKind::Throttled => {
                    self.exchange.clock().sleep(wait).await;
                }
                done => return done,
            }
        }
        attempt().await
    }
}

fn cut(call: &Call) -> CallError {
    call.unclear("ConnectionLost", "the connection was closed")
}
