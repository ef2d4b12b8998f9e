//! The programs of all tasks: started, watched and stopped as the pretend ECS
//! would have it.

use std::collections::BTreeMap;
use std::io;
use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;

use super::account::Account;
use super::client::Client;
use super::health;
use super::program::{Program, Running};
use super::remarks::Remarks;
use super::routing_table::{RoutingTable, Target, Version};
use super::shell::Groups;
use crate::clock::Clock;
use crate::simulator::codedeploy::routes;
use crate::simulator::ecs::{ServedTask, TaskReport};

/// Between two looks at the account, in real time.
const TICK: Duration = Duration::from_millis(20);
/// How long a task that is let go may take for what is under way.
const DRAIN: Duration = Duration::from_secs(10);
/// How long a program may take to end once it is told to.
const STOP: Duration = Duration::from_secs(3);
/// How long the programs of the old version may take to come up, before
/// anything else begins. The slowest of frameworks take less.
const COME_UP: Duration = Duration::from_secs(60);
/// What a program that cannot be started is said to have exited with, as a
/// shell would say.
const CANNOT_START: i32 = 127;

/// Where the tasks are.
pub(super) struct Fleet {
    account: Account,
    /// Names of the cluster and the service.
    service: (String, String),
    program: Program,
    routing_table: RoutingTable,
    client: Client,
    remarks: Remarks,
    groups: Groups,
    /// The task definition that ran at the beginning.
    blue: Option<String>,
    programs: BTreeMap<String, Watched>,
    stopping: JoinSet<()>,
}

/// A program that is watched.
struct Watched {
    _health: AbortOnDropHandle<()>,
    /// Asks whoever holds the program to stop it.
    stop: oneshot::Sender<()>,
    holder: tokio::task::JoinHandle<()>,
}

impl Fleet {
    /// Starts the programs of the tasks that run already, and waits until they
    /// take requests.
    pub(super) async fn start(
        account: Account,
        service: (String, String),
        program: Program,
        (routing_table, client): (RoutingTable, Client),
        (remarks, groups): (Remarks, Groups),
    ) -> io::Result<Self> {
        let mut fleet = Self {
            account,
            service,
            program,
            routing_table,
            client,
            remarks,
            groups,
            blue: None,
            programs: BTreeMap::new(),
            stopping: JoinSet::new(),
        };
        let tasks = fleet.tasks();
        fleet.blue = tasks.first().map(|task| task.task_definition.clone());
        let mut running = Vec::new();
        for task in &tasks {
            running.push((task, fleet.program(task).await?));
        }
        // They count as healthy already, so they have to be.
        for (_, program) in &mut running {
            fleet.come_up(program).await?;
        }
        for (task, program) in running {
            fleet.watch(task, program);
        }
        fleet.direct(&tasks);
        Ok(fleet)
    }

    /// Follows the account until `end`, then stops everything.
    pub(super) async fn follow(mut self, end: CancellationToken) {
        while !end.is_cancelled() {
            self.turn().await;
            let _ = end.run_until_cancelled(Clock::system().sleep(TICK)).await;
        }
        for task in self.programs.keys().cloned().collect::<Vec<_>>() {
            self.let_go(&task);
        }
        while self.stopping.join_next().await.is_some() {}
    }

    async fn turn(&mut self) {
        let tasks = self.tasks();
        for task in &tasks {
            if !self.programs.contains_key(&task.id)
                && let Err(problem) = self.launch(task).await
            {
                self.remarks.not_started(&task.id, &problem);
                let report = TaskReport::Exited { code: CANNOT_START };
                self.account
                    .with(|world| world.report_task(&task.id, report));
            }
        }
        self.direct(&tasks);
        let is_gone = |id: &&String| !tasks.iter().any(|task| task.id == **id);
        let gone: Vec<String> = self.programs.keys().filter(is_gone).cloned().collect();
        for id in gone {
            self.let_go(&id);
        }
        while self.stopping.try_join_next().is_some() {}
    }

    fn tasks(&self) -> Vec<ServedTask> {
        let (cluster, service) = &self.service;
        self.account
            .with(|world| world.ecs.served_tasks(cluster, service))
    }

    /// Sets the listeners' rules and the targets' states as the account has
    /// them now.
    fn direct(&self, tasks: &[ServedTask]) {
        let (cluster, service) = &self.service;
        let routes = self.account.with(|world| routes(world, cluster, service));
        self.routing_table.update(routes, |targets| {
            for target in targets {
                if let Some(task) = tasks.iter().find(|task| task.id == target.task) {
                    target.is_healthy = task.is_healthy;
                    target.is_draining = task.is_draining;
                }
            }
        });
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
        self.program.start(task, version, &self.groups).await
    }

    /// Waits until a program passes its health check.
    async fn come_up(&self, program: &mut Running) -> io::Result<()> {
        let (address, path) = (program.address(), self.program.health_path());
        let clock = Clock::system();
        tokio::select! {
            (code, printed) = program.ended() => {
                let printed = printed.trim_end();
                Err(io::Error::other(format!("one has ended with exit code {code}\n{printed}")))
            }
            () = health::comes_up(&self.client, address, path) => Ok(()),
            () = clock.sleep(COME_UP) => Err(io::Error::other(format!(
                "one does not pass its health check at http://{address}{path} within {} seconds",
                COME_UP.as_secs()
            ))),
        }
    }

    /// Has a task's program take requests, checks it, and stops it when it is
    /// time to.
    fn watch(&mut self, task: &ServedTask, program: Running) {
        let address = program.address();
        let health = health::watch(
            (self.account.clone(), self.remarks.clone()),
            self.client.clone(),
            task.id.clone(),
            address,
            self.program.health_path().to_owned(),
            task.is_healthy,
        );
        let (stop, asked) = oneshot::channel();
        let target = Target::new(
            &task.id,
            address,
            self.version(task),
            task.revision,
            &task.target_group,
        );
        self.routing_table.add(target.clone());
        let holder = hold(program, target, self.routing_table.clone(), asked, {
            let (account, id) = (self.account.clone(), task.id.clone());
            let remarks = self.remarks.clone();
            move |code, printed: &str| {
                remarks.ended(&id, code, printed);
                account.with(|world| world.report_task(&id, TaskReport::Exited { code }));
            }
        });
        let watched = Watched {
            _health: AbortOnDropHandle::new(tokio::spawn(health)),
            stop,
            holder: tokio::spawn(holder),
        };
        self.programs.insert(task.id.clone(), watched);
    }

    /// Stops a task's program once what is under way there has ended.
    fn let_go(&mut self, task: &str) {
        if let Some(Watched { stop, holder, .. }) = self.programs.remove(task) {
            // One that has ended by itself is not there to be asked.
            let _ = stop.send(());
            self.stopping.spawn(async move {
                let _ = holder.await;
            });
        }
    }
}

/// Keeps a program until it ends by itself, which is reported, or until it is
/// asked to stop, which waits for what is under way.
async fn hold(
    mut program: Running,
    target: Target,
    routing_table: RoutingTable,
    asked: oneshot::Receiver<()>,
    report: impl FnOnce(i32, &str),
) {
    tokio::select! {
        (code, printed) = program.ended() => {
            routing_table.remove(&target.task);
            report(code, &printed);
        }
        _ = asked => {
            routing_table.remove(&target.task);
            let drained = async {
                while target.in_flight() > 0 {
                    Clock::system().sleep(TICK).await;
                }
            };
            // What hangs for ever is cut off, as AWS' load balancers do.
            let _ = tokio::time::timeout(DRAIN, drained).await;
            program.stop(STOP).await;
        }
    }
}
