//! One exchange: a request in, a reply out, with the world moved on, the
//! fault applied, the signature checked and the ledger written.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::clock::Clock;
use crate::simulator::api::Failure;
use crate::simulator::control;
use crate::simulator::faults::Kind;
use crate::simulator::keys::Caller;
use crate::simulator::ledger::{Entry, Outcome};
use crate::simulator::world::World;

use super::fault::{Instead, instead};
use super::message::{Reply, Request};
use super::record::Recorder;
use super::service::Call;
use super::signature;

/// How a simulator is run.
#[derive(Default)]
pub struct Options {
    pub latency: Latency,
    pub recorder: Option<Recorder>,
}

/// What each call takes in real time, to measure what round trips cost.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Latency {
    #[default]
    None,
    Fixed(Duration),
    /// Evenly spread from nothing to this.
    UpTo(Duration),
}

/// Answers requests from one world. Clones share it.
#[derive(Clone)]
pub struct Exchange(Arc<Shared>);

struct Shared {
    world: Arc<Mutex<World>>,
    clock: Clock,
    options: Options,
}

impl Exchange {
    /// Before each call the world follows `clock`.
    #[must_use]
    pub fn new(world: World, clock: Clock, options: Options) -> Self {
        Self(Arc::new(Shared {
            world: Arc::new(Mutex::new(world)),
            clock,
            options,
        }))
    }

    /// The world, to look into or to change between calls.
    #[must_use]
    pub fn world(&self) -> Arc<Mutex<World>> {
        Arc::clone(&self.0.world)
    }

    /// The reply; `None` when the connection is to end without one.
    pub async fn answer(&self, request: Request) -> Option<Reply> {
        if control::is_meant(&request) {
            return Some(control::answer(&mut self.present(), &request));
        }
        self.travel().await;
        let call = Call::read(&request);
        let fault = self
            .present()
            .faults
            .strike(call.service(), call.operation());
        if let Some(Kind::Slow { seconds }) = &fault {
            self.0.clock.sleep(Duration::from_secs_f64(*seconds)).await;
        }
        let reply = answer(&mut self.present(), &call, &request, fault.as_ref())?;
        if let Some(recorder) = &self.0.options.recorder {
            recorder.note(&request, &reply);
        }
        Some(reply)
    }

    /// The world at the present moment.
    fn present(&self) -> MutexGuard<'_, World> {
        // A test that panicked while it held the world must not hide its own
        // message behind that of a poisoned lock.
        let mut world = self.0.world.lock().unwrap_or_else(PoisonError::into_inner);
        world.follow(self.0.clock.now());
        world
    }

    async fn travel(&self) {
        let time = match self.0.options.latency {
            Latency::None => return,
            Latency::Fixed(time) => time,
            Latency::UpTo(most) => most.mul_f64(fastrand::f64()),
        };
        Clock::system().sleep(time).await;
    }
}

fn caller(world: &World, call: &Call<'_>, request: &Request) -> Result<Caller, Failure> {
    if call.is_presigned() {
        return Ok(Caller::Account);
    }
    signature::caller(world, request, call.is_s3(), Clock::system().now())
}

fn answer(
    world: &mut World,
    call: &Call<'_>,
    request: &Request,
    fault: Option<&Kind>,
) -> Option<Reply> {
    let request_id = world.names.uuid();
    let mut role = None;
    let result = match instead(fault, call, world) {
        Instead::Nothing => caller(world, call, request)
            .and_then(|caller| {
                role = caller.role().map(str::to_owned);
                call.perform(world, &caller)
            })
            .map(Some),
        Instead::Error(failure) => Err(failure),
        Instead::Cut => Ok(None),
    };
    let outcome = match (fault, &result) {
        (Some(kind), _) => Outcome::Fault(kind.clone()),
        (None, Ok(_)) => Outcome::Ok,
        (None, Err(failure)) => Outcome::Error(failure.code.clone()),
    };
    let at = world.now();
    world.ledger.write(|sequence| Entry {
        sequence,
        at,
        service: call.service().into(),
        operation: call.operation().into(),
        input: call.input(),
        role,
        outcome,
        took_effect: matches!(result, Ok(Some(_))),
    });
    let reply = match result {
        Ok(reply) => reply?,
        Err(failure) => call.error(&failure, &request_id, request.method == "HEAD"),
    };
    let header = if call.is_s3() {
        "x-amz-request-id"
    } else {
        "x-amzn-requestid"
    };
    match fault {
        Some(Kind::CutAfter) => None,
        Some(Kind::Garbage) => Some(
            Reply::new(200, "<html><body>It works!</body></html>")
                .with("content-type", "text/html"),
        ),
        Some(
            Kind::Throttle
            | Kind::InternalError
            | Kind::Unavailable
            | Kind::CutBefore
            | Kind::Slow { .. }
            | Kind::Denied
            | Kind::Error { .. },
        )
        | None => Some(reply.with(header, request_id)),
    }
}
