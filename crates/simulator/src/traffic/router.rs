//! Starts and stops tasks, load balancer, clients, alarms and hooks together.

use std::collections::BTreeMap;
use std::io;
use std::net::SocketAddr;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::account::Account;
use super::alarms;
use super::balancer::{self, Serving};
use super::client::client;
use super::fleet::Fleet;
use super::hooks::{self, Addresses, Calls, Hook};
use super::load::{Load, LoadReport};
use super::meter::Meter;
use super::program::Program;
use super::program_messages::ProgramMessages;
use super::routing_table::{Listener, RoutingTable};
use super::shell::Groups;
use super::shown::{Shown, ShownTarget};

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
    routing_table: RoutingTable,
    meter: Meter,
    calls: Calls,
    messages: ProgramMessages,
    groups: Groups,
    speed: f64,
    production: Serving,
    test: Serving,
    load: Option<Load>,
    end: CancellationToken,
    fleet: JoinHandle<()>,
    _watches: [AbortOnDropHandle<()>; 2],
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
        let (routing_table, client) = (RoutingTable::default(), client());
        let meter = Meter::new(account.now(), account.speed());
        let counted = (routing_table.clone(), meter.clone());
        let listen = |address, listener| {
            let end = end.clone();
            balancer::serve(
                address,
                listener,
                counted.clone(),
                account.clone(),
                client.clone(),
                end,
            )
        };
        let production = listen(plan.production, Listener::Production).await;
        let production =
            production.map_err(|problem| RouterError::Production(plan.production, problem))?;
        let test = listen(plan.test, Listener::Test).await;
        let test = test.map_err(|problem| RouterError::Test(plan.test, problem))?;
        let messages = ProgramMessages::new(account.clone());
        let groups = Groups::default();
        let fleet = Fleet::start(
            account.clone(),
            (cluster, service),
            plan.program,
            (routing_table.clone(), meter.clone(), client.clone()),
            (messages.clone(), groups.clone()),
        )
        .await
        .map_err(RouterError::Programs)?;
        let calls = Calls::default();
        let addresses = Addresses {
            production: url(production.address),
            test: url(test.address),
        };
        let watches = [
            tokio::spawn(alarms::watch(account.clone(), meter.clone(), end.clone())),
            tokio::spawn(hooks::watch(
                account.clone(),
                plan.hooks,
                addresses,
                (calls.clone(), groups.clone(), messages.clone()),
                end.clone(),
            )),
        ];
        let target = (production.address, plan.path.as_str());
        let load = (plan.clients > 0).then(|| Load::start(plan.clients, target));
        Ok(Self {
            routing_table,
            meter,
            calls,
            messages,
            groups,
            speed: account.speed(),
            production,
            test,
            load,
            fleet: tokio::spawn(fleet.follow(end.clone())),
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
        let targets = self.routing_table.targets().into_iter();
        let calls = self.calls.lock();
        Shown {
            spans: self.meter.spans(),
            by_weight: self.meter.by_weight(),
            span_seconds: self.meter.span().as_secs_f64() / self.speed,
            targets: targets
                .map(|target| ShownTarget {
                    version: target.version,
                    address: url(target.address),
                    in_flight: target.in_flight(),
                    task: target.task,
                })
                .collect(),
            hooks: calls.clone(),
            remarks: self.messages.all(),
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
        self.groups.kill();
    }
}

fn url(address: SocketAddr) -> String {
    format!("http://{address}")
}
