//! Starts, watches and stops a process for each task, as the simulated ECS
//! requires.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use clock::Clock;
use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::health;
use super::program::{Program, Running};
use super::routing_table::{Target, Version};
use super::shared::Shared;
use crate::ecs::{ServedTask, TaskReport};
use crate::routes::routes;

/// Time between two reads of the account, in real time.
const TICK: Duration = Duration::from_millis(20);
/// Time limit for a stopping task's requests in flight.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(10);
/// Time limit for a program to exit after SIGTERM.
const STOP_TIMEOUT: Duration = Duration::from_secs(3);
/// Time limit for the old version's programs to become healthy before anything
/// else starts. The slowest frameworks need less.
const HEALTHY_TIMEOUT: Duration = Duration::from_secs(60);
/// Reported exit code of a program that cannot be started, the same as a
/// shell's.
const CANNOT_START: i32 = 127;

/// The processes of all tasks.
pub(super) struct Fleet {
    shared: Shared,
    /// Names of cluster and service.
    service: (String, String),
    program: Program,
    /// The task definition that ran at the start.
    blue: Option<String>,
    watched: BTreeMap<String, Watched>,
    /// The tasks that own the programs, also those that stop.
    holders: JoinSet<()>,
}

/// A process that is watched.
struct Watched {
    _health: AbortOnDropHandle<()>,
    /// Makes the program's holder stop it, when this is dropped.
    _stop: oneshot::Sender<()>,
}

impl Fleet {
    /// Starts programs for the tasks that run already, and waits until they are
    /// healthy.
    pub(super) async fn start(
        shared: Shared,
        service: (String, String),
        program: Program,
    ) -> io::Result<Self> {
        let mut fleet = Self {
            shared,
            service,
            program,
            blue: None,
            watched: BTreeMap::new(),
            holders: JoinSet::new(),
        };
        let tasks = fleet.tasks();
        fleet.blue = tasks.first().map(|task| task.task_definition.clone());
        let mut running = Vec::new();
        for task in &tasks {
            running.push((task, fleet.program(task).await?));
        }
        // ECS considers these tasks healthy, so their programs must be.
        for (_, program) in &mut running {
            fleet.wait_until_healthy(program).await?;
        }
        for (task, program) in running {
            fleet.watch(task, program);
        }
        fleet.direct(&tasks);
        Ok(fleet)
    }

    /// Follows the account until `end` is cancelled, then stops all programs.
    pub(super) async fn follow(mut self, end: CancellationToken) {
        while !end.is_cancelled() {
            self.synchronize().await;
            let _ = end.run_until_cancelled(Clock::system().sleep(TICK)).await;
        }
        self.watched.clear();
        while self.holders.join_next().await.is_some() {}
    }

    async fn synchronize(&mut self) {
        let tasks = self.tasks();
        for task in &tasks {
            if !self.watched.contains_key(&task.id)
                && let Err(problem) = self.launch(task).await
            {
                self.shared.messages.not_started(&task.id, &problem);
                let report = TaskReport::Exited { code: CANNOT_START };
                let account = &self.shared.account;
                account.with(|world| world.report_task(&task.id, report));
            }
        }
        self.direct(&tasks);
        // The others are stopped after their requests in flight have finished.
        self.watched
            .retain(|id, _| tasks.iter().any(|task| task.id == *id));
        while self.holders.try_join_next().is_some() {}
    }

    fn tasks(&self) -> Vec<ServedTask> {
        let (cluster, service) = &self.service;
        let account = &self.shared.account;
        account.with(|world| world.ecs.served_tasks(cluster, service))
    }

    /// Updates the listeners' rules and the targets' states from the account.
    fn direct(&self, tasks: &[ServedTask]) {
        let (cluster, service) = &self.service;
        let Shared {
            account,
            meter,
            routing_table,
            ..
        } = &self.shared;
        let routes = account.with(|world| routes(world, cluster, service));
        let green_weight = routing_table.update(routes, |targets| {
            for target in targets {
                if let Some(task) = tasks.iter().find(|task| task.id == target.task) {
                    target.is_healthy = task.is_healthy;
                    target.is_draining = task.is_draining;
                }
            }
        });
        meter.weigh(account.now(), green_weight);
    }

    async fn launch(&mut self, task: &ServedTask) -> io::Result<()> {
        let program = self.program(task).await?;
        self.watch(task, program);
        Ok(())
    }

    fn version(&self, task: &ServedTask) -> Version {
        match self.blue.as_ref() == Some(&task.task_definition) {
            true => Version::Blue,
            false => Version::Green,
        }
    }

    async fn program(&self, task: &ServedTask) -> io::Result<Running> {
        let version = self.version(task);
        self.program.start(task, version, &self.shared.groups).await
    }

    /// Waits until a program passes its health check.
    async fn wait_until_healthy(&self, program: &mut Running) -> io::Result<()> {
        let (address, path) = (program.address(), self.program.health_path());
        let clock = Clock::system();
        tokio::select! {
            (code, printed) = program.exited() => {
                let printed = printed.trim_end();
                Err(io::Error::other(format!("one exited with code {code}\n{printed}")))
            }
            () = health::first_success(&self.shared.client, address, path) => Ok(()),
            () = clock.sleep(HEALTHY_TIMEOUT) => Err(io::Error::other(format!(
                "one does not pass its health check at http://{address}{path} within {} seconds",
                HEALTHY_TIMEOUT.as_secs()
            ))),
        }
    }

    /// Registers a task's program as a target, starts its health checks, and
    /// spawns the task that will stop it.
    fn watch(&mut self, task: &ServedTask, program: Running) {
        let address = program.address();
        let health = health::watch(
            self.shared.clone(),
            task.id.clone(),
            address,
            self.program.health_path().to_owned(),
            task.is_healthy,
        );
        let (stop, asked) = oneshot::channel();
        let target = Target::new(task, address, self.version(task));
        self.shared.routing_table.add(target.clone());
        let holder = hold(self.shared.clone(), program, target, asked);
        self.holders.spawn(holder);
        let watched = Watched {
            _health: AbortOnDropHandle::new(tokio::spawn(health)),
            _stop: stop,
        };
        self.watched.insert(task.id.clone(), watched);
    }
}

/// Owns a program until it exits on its own, which is reported, or until a stop
/// is requested. A stop waits for requests in flight.
async fn hold(shared: Shared, mut program: Running, target: Target, asked: oneshot::Receiver<()>) {
    let task = &target.task;
    tokio::select! {
        (code, printed) = program.exited() => {
            shared.routing_table.remove(task);
            shared.messages.program_exited(task, code, &printed);
            let report = TaskReport::Exited { code };
            shared.account.with(|world| world.report_task(task, report));
        }
        _ = asked => {
            shared.routing_table.remove(task);
            let drained = async {
                while target.in_flight() > 0 {
                    Clock::system().sleep(TICK).await;
                }
            };
            // Requests that take longer are aborted, as AWS load balancers do.
            let _ = tokio::time::timeout(DRAIN_TIMEOUT, drained).await;
            program.stop(STOP_TIMEOUT).await;
        }
    }
}
