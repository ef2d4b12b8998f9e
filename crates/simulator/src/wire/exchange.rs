//! Handles one request: advances the world, checks the signature, and returns
//! the reply.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use parking_lot::{Mutex, MutexGuard};
use serde_json::Value;

use crate::api::Failure;
use crate::control;
use crate::keys::Caller;
use crate::world::World;

use super::carry_out::Response;
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
        let request_id = self.current_world().names.uuid();
        let perform = |world: &mut World, input: &Value| match caller(world, &call, &request) {
            Ok(caller) => (
                call.perform(world, &caller, input),
                caller.role().map(str::to_owned),
            ),
            Err(failure) => (Err(failure), None),
        };
        let reply = match self.carry_out(call.info(), perform).await {
            Response::Nothing => return None,
            Response::Garbage => garbage(),
            Response::Reply(reply) => with_request_id(reply, &call, request_id),
            Response::Error(failure) => {
                let reply = call.error(&failure, &request_id, request.method == "HEAD");
                with_request_id(reply, &call, request_id)
            }
        };
        if let Some(recorder) = &self.0.options.recorder {
            recorder.record(&request, &reply);
        }
        Some(reply)
    }

    /// The clock that the world follows.
    pub(super) fn clock(&self) -> &Clock {
        &self.0.clock
    }

    /// The world, advanced to the current time.
    pub(super) fn current_world(&self) -> MutexGuard<'_, World> {
        let mut world = self.0.world.lock();
        world.follow(self.0.clock.now());
        world
    }
}

fn caller(world: &World, call: &Call<'_>, request: &Request) -> Result<Caller, Failure> {
    if call.is_presigned() {
        return Ok(Caller::Account);
    }
    signature::caller(world, request, call.is_s3(), Clock::system().now())
}

fn garbage() -> Reply {
    Reply::new(200, "<html><body>It works!</body></html>").with("content-type", "text/html")
}

fn with_request_id(reply: Reply, call: &Call<'_>, request_id: String) -> Reply {
    let header = if call.is_s3() {
        "x-amz-request-id"
    } else {
        "x-amzn-requestid"
    };
    reply.with(header, request_id)
}
