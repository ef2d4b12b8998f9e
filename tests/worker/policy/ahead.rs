//! Policies that are read while the release is still being checked.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use bluegreen_worker::policy::{Child, DEFAULT_NAMESPACE, Gate, PolicySet};
use clock::Clock;
use rustix::process::{Pid, Signal, kill_process};
use simulator::codepipeline::ActionStatus;
use simulator::world::{REGION, World};
use tempfile::TempDir;

use super::{PROGRAM, folder, levels, open, start, stop};
use crate::support;
use crate::support::Order;
use crate::support::slow::slow_harness;

const FIRST: &str = "package main\n\ndeny contains \"the first set\" if true\n";
const SECOND: &str = "package main\n\ndeny contains \"the second set\" if true\n";

/// More releases than may be read at the same time.
const MANY: usize = 6;

/// Time for a process to start on a busy machine.
const START_TIMEOUT: Duration = Duration::from_secs(60);

/// Long enough for other work to happen during a call.
const ROUND_TRIP: Duration = Duration::from_millis(500);

/// The program under its own name, so that its processes can be told from those
/// of other tests.
struct Named {
    program: PathBuf,
    _folder: TempDir,
}

impl Named {
    fn new() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let program = folder.path().join("reader");
        symlink(PROGRAM, &program).expect("a link");
        Self {
            program,
            _folder: folder,
        }
    }

    fn gate(&self) -> Gate {
        Gate::open(set(FIRST), Child::of(&self.program)).expect("it loads")
    }

    /// Waits for the process. Simulated time does not advance meanwhile,
    /// because the runtime is never idle.
    async fn started(&self) {
        let clock = Clock::system();
        let limit = clock.now() + START_TIMEOUT;
        while self.process().is_none() {
            assert!(clock.now() < limit, "no process reads the rules");
            tokio::task::yield_now().await;
        }
    }

    /// The running process, if there is one.
    fn process(&self) -> Option<Pid> {
        let is_its = |process: &Path| {
            let line = fs::read(process.join("cmdline")).unwrap_or_default();
            line.split(|byte| *byte == 0).next() == self.program.to_str().map(str::as_bytes)
        };
        let processes = fs::read_dir("/proc").expect("Linux has it");
        let found = processes
            .flatten()
            .map(|entry| entry.path())
            .find(|path| is_its(path))?;
        let number = found.file_name()?.to_str()?.parse().ok()?;
        Pid::from_raw(number)
    }
}

fn set(rules: &str) -> PolicySet {
    let folder = folder(&[("team.rego", rules)]);
    let paths = [folder.path().to_owned()];
    PolicySet::read(&paths, DEFAULT_NAMESPACE, &levels("")).expect("a set")
}

/// A release is refused with these words. `meanwhile` runs while its policies
/// are being read and before its service is read.
async fn refused(named: &Named, words: &str, meanwhile: impl FnOnce(&Gate)) {
    let (harness, gate) = (
        slow_harness(
            World::webapp(support::start(), &definitions(REGION)),
            ROUND_TRIP,
        ),
        named.gate(),
    );
    let action = harness.queue(&Order::default());
    let worker = start(&harness, gate.clone());
    let group_is_seen =
        |world: &World| world.ledger.effects("codedeploy", "GetDeploymentGroup") > 0;
    // In steps shorter than a call: the service is read in the next one.
    while !harness.world(|world| group_is_seen(world)) {
        harness.wait(ROUND_TRIP / 10).await;
    }
    named.started().await;
    assert_eq!(harness.effects("ecs", "DescribeServices"), 0);
    meanwhile(&gate);
    let view = harness.end_of(&action).await;
    stop(worker).await;
    let error = view.error.expect("it is refused");
    assert!(error.message.contains(words), "{error:?}");
    assert_eq!(named.process(), None, "a process is left");
}

#[tokio::test(start_paused = true)]
async fn a_set_that_takes_over_meanwhile_decides() {
    let replace = |gate: &Gate| assert!(gate.replace(set(SECOND)).expect("it loads"));
    refused(&Named::new(), "the second set", replace).await;
}

#[tokio::test(start_paused = true)]
async fn a_process_that_is_killed_meanwhile_is_not_asked() {
    let named = Named::new();
    let kill = |_: &Gate| {
        let process = named.process().expect("it reads");
        kill_process(process, Signal::KILL).expect("it is ours");
        // A dead process that was not waited for has no command line.
        while named.process().is_some() {
            std::thread::yield_now();
        }
    };
    refused(&named, "the first set", kill).await;
}

#[tokio::test(start_paused = true)]
async fn releases_without_a_preloaded_evaluator_are_judged_too() {
    let harness = slow_harness(
        World::webapp(support::start(), &definitions(REGION)),
        ROUND_TRIP,
    );
    let gate = open(&[("team.rego", FIRST)], "").expect("it loads");
    let orders = [(); MANY].map(|()| harness.queue(&Order::default()));
    let worker = start(&harness, gate);
    for action in orders {
        let view = harness.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Failed);
        let error = view.error.expect("it is refused");
        assert!(error.message.contains("the first set"), "{error:?}");
    }
    stop(worker).await;
}
