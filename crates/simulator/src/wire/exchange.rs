//! Handles one request: advances the world, checks the signature, lets the
//! service handle the call, writes the ledger, and returns the reply.
//!
//! A fault is chosen when the call arrives, so that occurrences count in the
//! order of arrival even if a fault delays the call. The service's change and
//! the ledger's entry are then made under one lock of the world, so that the
//! order of the ledger is the order of the effects.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use parking_lot::{Mutex, MutexGuard};

use crate::api::ApiError;
use crate::control;
use crate::faults::Kind;
use crate::keys::Caller;
use crate::ledger::{Entry, Outcome};
use crate::world::World;

use super::message::{Reply, Request};
use super::record::Recorder;
use super::service::Call;
use super::signature;

/// Options of a simulator.
#[derive(Default)]
pub struct Options {
    /// Added real time of each call, to measure the cost of round trips.
    pub latency: Duration,
    pub recorder: Option<Recorder>,
}

/// Handles requests to one world. Clones share it.
#[derive(Clone)]
pub struct Exchange(Arc<Shared>);

struct Shared {
    world: Arc<Mutex<World>>,
    clock: Clock,
    options: Options,
}

impl Exchange {
    /// The world advances to `clock` before each call.
    #[must_use]
    pub fn new(world: World, clock: Clock, options: Options) -> Self {
        Self(Arc::new(Shared {
            world: Arc::new(Mutex::new(world)),
            clock,
            options,
        }))
    }

    /// The world, to read or change between calls.
    #[must_use]
    pub fn world(&self) -> Arc<Mutex<World>> {
        Arc::clone(&self.0.world)
    }

    /// The reply; `None` if the connection must close without one.
    pub async fn answer(&self, request: Request) -> Option<Reply> {
        if control::is_meant(&request) {
            return Some(control::answer(&mut self.current_world(), &request));
        }
        let latency = self.0.options.latency;
        if !latency.is_zero() {
            Clock::system().sleep(latency).await;
        }
        let request = request.with_headers_of_query();
        let call = Call::read(&request);
        let (request_id, fault) = {
            let mut world = self.current_world();
            let now = world.now();
            let request_id = world.names.uuid();
            let operation = (call.service(), call.operation());
            (request_id, world.faults.strike(operation, now))
        };
        if let Some(Kind::Slow { seconds }) = &fault {
            let time = Duration::from_secs_f64(*seconds);
            self.0.clock.sleep(time).await;
        }
        let result = carry_out(&mut self.current_world(), &request, &call, fault.as_ref());
        let reply = match (result, fault) {
            (None, _) | (_, Some(Kind::CutAfter)) => return None,
            (_, Some(Kind::Garbage)) => garbage(),
            (Some(result), _) => {
                let is_head = request.method == "HEAD";
                let reply = result.unwrap_or_else(|error| call.error(&error, &request_id, is_head));
                let header = match call.is_s3() {
                    true => "x-amz-request-id",
                    false => "x-amzn-requestid",
                };
                reply.with(header, request_id)
            }
        };
        if let Some(recorder) = &self.0.options.recorder {
            recorder.record(&request, &reply);
        }
        Some(reply)
    }

    /// The world, advanced to the current time.
    fn current_world(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.world.lock();
        world.follow(self.0.clock.now());
        world
    }
}

/// Carries out a call, unless a fault prevents it, and writes the ledger.
/// `None` if the call did not arrive. The caller may receive something else
/// than this result.
fn carry_out(
    world: &mut World,
    request: &Request,
    call: &Call<'_>,
    fault: Option<&Kind>,
) -> Option<Result<Reply, ApiError>> {
    let input = call.input();
    let mut role = None;
    let result = match fault {
        Some(Kind::CutBefore) => None,
        _ => Some(
            match fault.and_then(|kind| instead(kind, call, world, &input)) {
                Some(error) => Err(error),
                None => caller(world, request, call).and_then(|caller| {
                    role = caller.role().map(str::to_owned);
                    call.perform(world, &caller, &input)
                }),
            },
        ),
    };
    let outcome = match (fault, &result) {
        (Some(kind), _) => Outcome::Fault(kind.clone()),
        (None, Some(Err(error))) => Outcome::Error(error.code.clone()),
        (None, _) => Outcome::Ok,
    };
    let at = world.now();
    world.ledger.write(|sequence| Entry {
        sequence,
        at,
        service: call.service().into(),
        operation: call.operation().into(),
        input,
        role,
        outcome,
        took_effect: matches!(result, Some(Ok(_))),
    });
    result
}

/// The error that a fault gives instead of carrying out the call, if it does.
fn instead(
    fault: &Kind,
    call: &Call<'_>,
    world: &World,
    input: &serde_json::Value,
) -> Option<ApiError> {
    Some(match fault {
        Kind::CutBefore | Kind::CutAfter | Kind::Slow { .. } | Kind::Garbage => return None,
        Kind::Throttle if call.is_s3() => {
            ApiError::with_status(503, "SlowDown", "Please reduce your request rate.")
        }
        Kind::Throttle => ApiError::new("ThrottlingException", "Rate exceeded"),
        Kind::InternalError => ApiError::with_status(
            500,
            match call.is_s3() {
                true => "InternalError",
                false => "InternalFailure",
            },
            "We encountered an internal error. Please try again.",
        ),
        Kind::Unavailable => ApiError::with_status(
            503,
            "ServiceUnavailable",
            "The service is temporarily unavailable.",
        ),
        Kind::Denied => call.denied(world, &Caller::Account, input),
        Kind::Error {
            status,
            code,
            message,
        } => ApiError::with_status(*status, code, message),
    })
}

fn caller(world: &World, request: &Request, call: &Call<'_>) -> Result<Caller, ApiError> {
    if call.is_presigned() {
        return Ok(Caller::Account);
    }
    signature::caller(world, request, call.is_s3(), Clock::system().now())
}

fn garbage() -> Reply {
    Reply::new(200, "<html><body>It works!</body></html>").with("content-type", "text/html")
}
