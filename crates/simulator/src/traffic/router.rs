//! Starts and stops tasks, load balancer, clients, alarms and hooks together.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::account::Account;
use super::alarms;
use super::balancer::{self, Serving};
use super::fleet::Fleet;
use super::hooks::{self, Addresses, Calls, Hook, HookCall};
use super::load::{Load, LoadReport};
use super::meter::{AnsweredByWeight, Span};
use super::program::Program;
use super::routing_table::{Listener, Version};
use super::shared::Shared;

/// What to start.
#[derive(Clone, Debug)]
pub struct Plan {
    pub cluster: String,
    pub service: String,
    pub program: Program,
    /// Addresses of the production and the test listener; port 0 picks a free
    /// one.
    pub production: SocketAddr,
    pub test: SocketAddr,
    /// Hooks by lifecycle event.
    pub hooks: BTreeMap<String, Hook>,
    /// Number of clients, and the path they request.
    pub clients: usize,
    pub path: String,
}

/// Why the traffic cannot start.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    #[error("the production listener cannot bind {0}: {1}")]
    Production(SocketAddr, io::Error),
    #[error("the test listener cannot bind {0}: {1}")]
    Test(SocketAddr, io::Error),
    #[error("the old version's programs do not become healthy: {0}")]
    Programs(io::Error),
}

/// Running traffic.
pub struct Router {
    shared: Shared,
    calls: Calls,
    production: Serving,
    test: Serving,
    load: Option<Load>,
    end: CancellationToken,
    fleet: AbortOnDropHandle<()>,
    _watches: [AbortOnDropHandle<()>; 2],
}

/// A snapshot of the traffic.
#[derive(Clone, Debug, Default)]
pub struct Shown {
    /// Requests in spans of the account's time, oldest first.
    pub spans: Vec<Span>,
    pub by_weight: AnsweredByWeight,
    /// Length of a span in real seconds.
    pub span_seconds: f64,
    /// The tasks' programs.
    pub targets: Vec<ShownTarget>,
    pub hooks: Vec<HookCall>,
    /// Messages about programs that fail, with their times.
    pub remarks: Vec<(Timestamp, String)>,
    /// Results of the clients' requests, if there are clients.
    pub load: Option<LoadReport>,
}

/// A task's program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownTarget {
    pub task: String,
    pub version: Version,
    pub address: String,
    pub in_flight: usize,
}

impl Router {
    /// Starts programs for the running tasks, then the traffic.
    ///
    /// # Errors
    ///
    /// If a port cannot be bound or a program cannot be started.
    pub async fn open(account: Account, plan: Plan) -> Result<Self, RouterError> {
        let (cluster, service) = (plan.cluster, plan.service);
        account.with(|world| world.ecs.serve(&cluster, &service));
        let end = CancellationToken::new();
        let shared = Shared::new(account);
        let listen =
            |address, listener| balancer::serve(address, listener, shared.clone(), end.clone());
        let production = listen(plan.production, Listener::Production).await;
        let production =
            production.map_err(|problem| RouterError::Production(plan.production, problem))?;
        let test = listen(plan.test, Listener::Test).await;
        let test = test.map_err(|problem| RouterError::Test(plan.test, problem))?;
        let fleet = Fleet::start(shared.clone(), (cluster, service), plan.program)
            .await
            .map_err(RouterError::Programs)?;
        let calls = Calls::default();
        let addresses = Addresses {
            production: url(production.address),
            test: url(test.address),
        };
        let watches = [
            tokio::spawn(alarms::watch(shared.clone(), end.clone())),
            tokio::spawn(hooks::watch(
                shared.clone(),
                plan.hooks,
                addresses,
                calls.clone(),
                end.clone(),
            )),
        ];
        let target = (production.address, plan.path.as_str());
        let load = (plan.clients > 0).then(|| Load::start(plan.clients, target));
        Ok(Self {
            shared,
            calls,
            production,
            test,
            load,
            fleet: AbortOnDropHandle::new(tokio::spawn(fleet.follow(end.clone()))),
            end,
            _watches: watches.map(AbortOnDropHandle::new),
        })
    }

    /// URL of the production listener.
    #[must_use]
    pub fn production_url(&self) -> String {
        url(self.production.address)
    }

    /// URL of the test listener.
    #[must_use]
    pub fn test_url(&self) -> String {
        url(self.test.address)
    }

    /// A snapshot of the traffic.
    #[must_use]
    pub fn shown(&self) -> Shown {
        let Shared { account, meter, .. } = &self.shared;
        let targets = self.shared.routing_table.targets().into_iter();
        Shown {
            spans: meter.spans(),
            by_weight: meter.by_weight(),
            span_seconds: meter.span().as_secs_f64() / account.speed(),
            targets: targets
                .map(|target| ShownTarget {
                    version: target.version,
                    address: url(target.address),
                    in_flight: target.in_flight(),
                    task: target.task,
                })
                .collect(),
            hooks: self.calls.lock().clone(),
            remarks: self.shared.messages.all(),
            load: self.load.as_ref().map(Load::report),
        }
    }

    /// Stops the clients, then everything else. Returns the results of the
    /// clients' requests.
    pub async fn close(mut self) -> Option<LoadReport> {
        let report = match self.load.take() {
            Some(load) => Some(load.stop().await),
            None => None,
        };
        self.end.cancel();
        // If the task panicked, there is nothing left to stop.
        let _ = (&mut self.fleet).await;
        report
    }
}

impl Drop for Router {
    /// Kills the programs if `close` was not called.
    fn drop(&mut self) {
        self.shared.groups.kill();
    }
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
