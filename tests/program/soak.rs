//! Three workers over HTTP, many releases, faults of every kind, and workers
//! that are killed or stopped. Afterwards the ledger must be consistent.
//!
//! `tests/run soak` runs it; `SOAK_SECONDS=600 SOAK_RELEASES=900 tests/run
//! soak` is the long run that `docs/reliability.md` describes.

mod stall;

use std::fmt::Write as _;
use std::fs;
use std::os::unix::process::ExitStatusExt as _;
use std::time::Duration;

use clock::{Clock, Mark};
use fastrand::Rng;
use simulator::codedeploy::Fixture;
use simulator::codepipeline::ActionStatus;
use simulator::faults::{Fault, Kind, Occurrence};
use simulator::world::World;
use tokio::process::Child;
use tokio::time::timeout;

use super::account::{Account, DRAIN, signal};
use crate::support::Order;
use crate::support::judge;
use crate::support::play;

/// Services to deploy to, each with its own deployment group.
const SERVICES: usize = 16;

/// One in this many releases is refused for its task definition.
const REFUSED: usize = 5;

/// Time for everything to end after the last fault. A release that was hit by
/// an outage waits before it retries.
const SETTLES: Duration = Duration::from_secs(15 * 60);

/// Allowed growth of a worker's memory after the first fifth of the run. It
/// also covers differences in the number of current jobs.
const FLAT_KB: u64 = 40 * 1024;

const CALLS: [(&str, &str); 12] = [
    ("codepipeline", "PollForJobs"),
    ("codepipeline", "AcknowledgeJob"),
    ("codepipeline", "PutJobSuccessResult"),
    ("codepipeline", "PutJobFailureResult"),
    ("s3", "GetObject"),
    ("s3", "PutObject"),
    ("s3", "DeleteObject"),
    ("s3", "ListObjectsV2"),
    ("ecs", "RegisterTaskDefinition"),
    ("codedeploy", "GetDeploymentGroup"),
    ("codedeploy", "CreateDeployment"),
    ("codedeploy", "GetDeployment"),
];

/// Results of a run.
#[derive(Debug, Default)]
struct Figures {
    releases: usize,
    faults: usize,
    killed: usize,
    told_to_stop: usize,
    /// Memory in kB of the worker that lives throughout.
    memory: Vec<u64>,
}

/// A number from the environment, or the value for CI.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no `config` to read it from"
)]
fn number(name: &str, otherwise: u64) -> u64 {
    let text = std::env::var(name).ok();
    text.map_or(otherwise, |text| {
        text.parse().unwrap_or_else(|_| panic!("{name}={text}"))
    })
}

fn order(number: usize) -> Order {
    let service = format!("app{:02}", number % SERVICES);
    let mut order = Order::default();
    for name in ["ApplicationName", "DeploymentGroupName"] {
        order.configuration.insert(name.into(), service.clone());
    }
    match number % REFUSED {
        0 => order.file("taskdef.json", "{}"),
        _ => order,
    }
}

fn seed(account: &Account) {
    account.world(|world| {
        for number in 0..SERVICES {
            let service = format!("app{number:02}");
            let fixture = Fixture {
                cluster: service.clone(),
                service: service.clone(),
                application: service.clone(),
                group: service,
                deployment_config: "CodeDeployDefault.ECSAllAtOnce".into(),
                termination_wait_minutes: 0,
                alarms: Vec::new(),
                ..Fixture::default()
            };
            fixture.build(world).expect("a scene");
        }
    });
}

fn upset(account: &Account, random: &mut Rng) {
    let (service, operation) = CALLS[random.usize(..CALLS.len())];
    let kind = match random.u32(..7) {
        0 => Kind::Throttle,
        1 => Kind::InternalError,
        2 => Kind::Unavailable,
        3 => Kind::CutBefore,
        4 => Kind::CutAfter,
        5 => Kind::Garbage,
        // Shorter than any deployment. Otherwise a call of a dead worker could
        // take effect after another worker's deployment has ended, which looks
        // like a new request.
        _ => Kind::Slow {
            seconds: f64::from(random.u32(5..30)),
        },
    };
    let fault = Fault {
        service: service.into(),
        operation: operation.into(),
        occurrence: Occurrence::Next(random.u64(1..6)),
        kind,
    };
    account
        .world(|world| world.faults.add(fault))
        .expect("a fault");
}

/// Memory in use by a process, in kB.
fn memory_of(worker: &Child) -> u64 {
    let path = format!("/proc/{}/status", worker.id().expect("it runs"));
    let status = fs::read_to_string(path).expect("a process");
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.split_whitespace().next());
    number.and_then(|kb| kb.parse().ok()).expect("a number")
}

/// A process that has just started does not handle signals yet.
async fn tell_to_stop(worker: &mut Child) {
    const SIGTERM: i32 = 15;
    signal(worker, "TERM");
    let left = timeout(DRAIN, worker.wait())
        .await
        .expect("it leaves in time");
    let status = left.expect("a status");
    let unheard = status.signal() == Some(SIGTERM);
    assert!(status.success() || unheard, "{status}");
}

async fn replaced(account: &Account, worker: &mut Child, gently: bool) {
    if gently {
        tell_to_stop(worker).await;
    } else {
        worker.kill().await.expect("it dies");
    }
    *worker = account.quiet_worker();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes: tests/run soak"]
async fn a_fleet_that_is_struck_again_and_again_loses_and_doubles_nothing() {
    let releases = usize::try_from(number("SOAK_RELEASES", 40)).expect("a count");
    let lasts = Duration::from_secs(number("SOAK_SECONDS", 15));
    let account = Account::with_fleet().await;
    seed(&account);
    let clock = Clock::system();
    let mut random = Rng::with_seed(number("SOAK_SEED", 1));
    let mut figures = Figures::default();
    let mut workers = [0; 3].map(|_| account.quiet_worker());
    let mut actions = Vec::new();
    let begun = clock.mark();
    let passed = |begun: &Mark| Clock::system().since(begun);
    let mut next_blow = Duration::from_secs(2);
    while passed(&begun) < lasts || actions.len() < releases {
        let share = passed(&begun).as_secs_f64() / lasts.as_secs_f64();
        while actions.len() < releases && share * releases as f64 >= actions.len() as f64 {
            let declaration = order(actions.len()).declaration();
            actions.push(
                account
                    .world(|world| world.queue_action(declaration))
                    .expect("queued"),
            );
        }
        if passed(&begun) >= next_blow {
            next_blow += Duration::from_secs(2);
            figures.memory.push(memory_of(&workers[0]));
            match random.u32(..4) {
                0 => {
                    let gently = random.bool();
                    figures.told_to_stop += usize::from(gently);
                    figures.killed += usize::from(!gently);
                    // The first worker lives throughout.
                    let worker = &mut workers[random.usize(1..3)];
                    replaced(&account, worker, gently).await;
                }
                _ => {
                    figures.faults += 1;
                    upset(&account, &mut random);
                }
            }
        }
        clock.sleep(Duration::from_millis(50)).await;
    }
    account.world(|world| world.faults.clear());
    let settling = clock.mark();
    let all_over = || {
        account.world(|world| {
            let actions = world.codepipeline.actions().iter();
            actions
                .clone()
                .all(|action| action.status != ActionStatus::InProgress)
        })
    };
    while !all_over() {
        assert!(
            passed(&settling) < SETTLES,
            "it never ends: {figures:?} {}",
            still_open(&account)
        );
        clock.sleep(Duration::from_millis(200)).await;
    }
    // By then the jobs are removed from the journal.
    clock.sleep(Duration::from_secs(10)).await;
    let took = passed(&begun);
    figures.memory.push(memory_of(&workers[0]));
    for worker in &mut workers {
        tell_to_stop(worker).await;
    }
    figures.releases = actions.len();
    judge_it(&account, &figures);
    show(&account, &figures, took);
}

fn judge_it(account: &Account, figures: &Figures) {
    account.world(|world| {
        let complaints = judge::complaints(world);
        let about = complaints.first().and_then(|first| first.split(':').next());
        assert_eq!(
            complaints,
            [""; 0],
            "{}",
            life_of(world, about.unwrap_or_default())
        );
        let bucket = world.s3.bucket(play::BUCKET).expect("it was made");
        let entries = bucket.objects.keys();
        let left: Vec<&String> = entries.filter(|key| key.contains("/jobs/")).collect();
        assert_eq!(left, [""; 0], "nothing is left in the journal");
        let actions = world.codepipeline.actions().iter();
        let lost = |status| {
            actions
                .clone()
                .filter(|action| action.status == status)
                .count()
        };
        let refused = figures.releases.div_ceil(REFUSED);
        assert_eq!(
            lost(ActionStatus::Failed),
            refused,
            "only what is wrong fails"
        );
        assert_eq!(lost(ActionStatus::Succeeded), figures.releases - refused);
        let registered = world.ledger.effects("ecs", "RegisterTaskDefinition");
        // Releases of one service are alike here, and may reuse a revision that
        // another one registered.
        assert!(registered <= figures.releases - refused, "{registered}");
    });
    let early = figures.memory[figures.memory.len() / 5];
    let last = *figures.memory.last().expect("it was measured");
    assert!(last < early + FLAT_KB, "memory grows: {:?}", figures.memory);
}

/// Actions that have not ended.
fn still_open(account: &Account) -> String {
    account.world(|world| {
        let actions = world.codepipeline.actions().iter();
        let open = actions.filter(|action| action.status == ActionStatus::InProgress);
        open.map(|action| life_of(world, &action.id)).collect()
    })
}

/// All calls for an action, for diagnosis.
fn life_of(world: &World, action: &str) -> String {
    let mut life = String::new();
    let told = world.ledger.entries().filter(|entry| {
        let text = entry.input.to_string();
        text.contains(action) || entry.operation.starts_with("AcknowledgeJob")
    });
    for entry in told.filter(|entry| entry.operation != "PollForJobs") {
        let description = &entry.input["description"];
        writeln!(
            life,
            "{} {} {description} {:?} {}",
            entry.at, entry.operation, entry.outcome, entry.took_effect
        )
        .expect("text");
    }
    life
}

#[expect(
    clippy::print_stdout,
    reason = "whoever soaks wants to see what came of it"
)]
fn show(account: &Account, figures: &Figures, took: Duration) {
    let count =
        |service, operation| account.world(|world| world.ledger.effects(service, operation));
    println!("seconds              {}", took.as_secs());
    println!("releases             {}", figures.releases);
    println!(
        "jobs                 {}",
        count("codepipeline", "AcknowledgeJob")
    );
    println!(
        "deployments          {}",
        count("codedeploy", "CreateDeployment")
    );
    println!("faults armed         {}", figures.faults);
    println!("workers killed       {}", figures.killed);
    println!("workers told to stop {}", figures.told_to_stop);
    let peak = figures.memory.iter().max().expect("measured");
    let fifths = figures.memory.chunks(figures.memory.len().div_ceil(5));
    let fifths: Vec<u64> = fifths
        .map(|part| part.iter().sum::<u64>() / part.len() as u64)
        .collect();
    println!("memory in kB, mean of each fifth {fifths:?}, peak {peak}");
}
