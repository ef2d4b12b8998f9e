//! All the worst inputs at once, for the real program.

use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use bluegreen_worker::release::bundle::MAX_FILE_BYTES;
use clock::Clock;
use simulator::codepipeline::{ActionDeclaration, ActionStatus, InputArtifact, Source};
use simulator::wire::{Options, Simulator};
use simulator::world::{REGION, World};

use super::archives::{stored, written, zip};
use super::artifacts::{bombs, many};
use super::files::{aliases, appspec};
use super::trial::{good_files, release, release_with};
use crate::support::process::Process;

/// Malicious jobs at the same time.
const HOSTILE: usize = 32;

/// Limit of the program's peak memory, in kB. This build is not optimised; an
/// optimised one needs less.
const MOST_MEMORY_KB: u64 = 90_000;

/// Simulated seconds per real second.
const SPEED: f64 = 600.0;

#[tokio::test]
async fn thirty_two_hostile_jobs_at_once_stay_within_memory() {
    let now = Clock::system().now();
    let mut world = World::webapp(now, &definitions(REGION));
    let mut queue = |declaration| world.queue_action(declaration).expect("a fine action");
    let worst = worst();
    let hostile: Vec<String> = (0..HOSTILE)
        .map(|number| queue(worst[number % worst.len()].clone()))
        .collect();
    let good = queue(release(zip(&good_files())));
    let clock = Clock::simulated(now, SPEED);
    let simulator = Simulator::start(world, clock.clone(), Options::default())
        .await
        .expect("a free port");
    let worker = Process::start(&simulator);
    let world = simulator.world();
    let limit = clock.now() + Duration::from_secs(48 * 3600);
    let status = |action: &str| {
        let mut world = world.lock();
        world.follow(clock.now());
        world
            .codepipeline
            .view(action)
            .expect("it was queued")
            .status
    };
    for action in hostile.iter().chain([&good]) {
        while status(action) == ActionStatus::InProgress {
            assert!(clock.now() < limit, "it never ends");
            clock.sleep(Duration::from_secs(10)).await;
        }
    }
    let memory = worker.peak_memory_kb();
    assert_eq!(worker.stop().code(), Some(0), "SIGTERM ends it in order");
    for action in &hostile {
        assert_eq!(status(action), ActionStatus::Failed);
    }
    assert_eq!(status(&good), ActionStatus::Succeeded);
    simulator.shutdown().await;
    assert!(memory < MOST_MEMORY_KB, "{memory} kB at the peak");
}

/// As many files with images as an action may name.
fn many_images(text: &str) -> ActionDeclaration {
    let names: Vec<String> = (1..=39).map(|n| format!("{n}.json")).collect();
    let mut files = good_files();
    files.extend(
        names
            .iter()
            .map(|name| (name.as_str(), text.as_bytes().to_vec())),
    );
    let mut declaration = release(zip(&files));
    let images = (1..=39).map(|n| format!("I{n}=Bundle/{n}.json"));
    let images = images.collect::<Vec<String>>().join(",");
    declaration.configuration.insert("Images".into(), images);
    declaration
}

/// As many artifacts as an action may have, each with as large a directory as is
/// read.
fn large_directories() -> ActionDeclaration {
    const NAME: usize = 120;
    let archive = written(|writer| {
        for number in 0..99_000 {
            let name = format!("{number:0>NAME$}");
            writer.start_file(name, stored()).expect("a name");
        }
    });
    let mut declaration = release(archive.clone());
    let names = ["Bundle", "B", "C", "D", "E"];
    declaration.inputs = names
        .map(|name| InputArtifact {
            name: name.into(),
            source: Source::Content(archive.clone().into()),
        })
        .into();
    let images = names.map(|name| format!("I{name}={name}")).join(",");
    declaration.configuration.insert("Images".into(), images);
    declaration
}

/// The inputs that need the most memory or time to refuse.
fn worst() -> Vec<ActionDeclaration> {
    let megabyte = usize::try_from(MAX_FILE_BYTES).expect("it fits");
    let fill = |text: &str| text.repeat(megabyte / text.len());
    vec![
        many(99_000),
        large_directories(),
        bombs(1_000_000, 1_000_000),
        release_with("taskdef.json", fill("[0,")),
        release_with("taskdef.json", fill("{\"a\":")),
        release_with(
            "taskdef.json",
            format!("[{}0]", fill("{},").split_at(megabyte - 9).0),
        ),
        appspec(aliases()),
        appspec(fill("a: b\n")),
        appspec(format!("a: [{}]\n", fill("x,"))),
        many_images(&fill(" ")),
    ]
}
