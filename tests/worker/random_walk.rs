//! Random walks: releases, faults, killed workers, alarms, stops and leaps of
//! time in any order. Afterwards the ledger must be consistent, and every kind
//! of decision must have occurred.
//!
//! `WALKS=100 cargo test --test worker random_walk` is a shorter run. A failing walk
//! prints its seed, and `WALK_SEED=… cargo test --test worker all_walks --
//! --nocapture` repeats it and prints its calls.

mod account;
mod asked;
mod closely;
mod decided;
mod memory;
mod target;
mod walk;

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use bluegreen_worker::job::Engine;
use parking_lot::Mutex;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::{EnvFilter, fmt};

use self::account::Journals;
use self::decided::{Decided, EVERY, SELDOM};
use self::walk::Walk;
use crate::support::lines::Lines;

/// Walks per run of the tests. If some decision has not occurred by then, the
/// test continues until it has.
const WALKS: u64 = 1_000;

/// Walks within which every decision must occur.
const MOST_WALKS: u64 = 2_000;

/// Failing walks that are printed.
const MAX_PRINTED: usize = 20;

/// The result of a walk.
struct Trace {
    /// Every call with its outcome, one per line.
    calls: String,
    complaints: Vec<String>,
    decided: BTreeSet<String>,
}

/// The walk of this seed. Every other one is for a service that ECS deploys
/// itself.
fn walk(seed: u64) -> Trace {
    let engine = Engine::ALL[usize::from(seed % 2 == 1)];
    let journals = Journals::of(seed / 2);
    let (log, decided) = (Lines::default(), Decided::default());
    let lines = fmt::layer()
        .with_ansi(false)
        .with_writer(log.clone())
        .with_filter(EnvFilter::new("bluegreen_worker=warn"));
    let kinds = decided
        .clone()
        .with_filter(EnvFilter::new("bluegreen_worker::worker::follow=debug"));
    let subscriber = tracing_subscriber::registry().with(lines).with(kinds);
    let _guard = tracing::subscriber::set_default(subscriber);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .expect("a runtime");
    let (calls, mut complaints) = runtime.block_on(async {
        // The worker's jitter uses this generator too.
        fastrand::seed(seed);
        Walk::new(seed, engine, journals).go().await
    });
    complaints.extend(closely::about_the_log(&log.text()));
    Trace {
        calls,
        complaints,
        decided: decided.kinds(),
    }
}

/// A number from the environment; tests have no other settings than these two.
#[expect(
    clippy::disallowed_methods,
    reason = "a test has no `config` to read it from"
)]
fn number(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
}

#[expect(
    clippy::print_stdout,
    reason = "whoever repeats a walk wants to read it"
)]
fn show(trace: &Trace) {
    println!("{}", trace.calls);
}

/// Decisions that did not occur in any walk.
fn missing(all: &BTreeSet<String>) -> Vec<&'static str> {
    let missing = EVERY.iter().filter(|kind| !all.contains(**kind));
    missing.copied().collect()
}

#[test]
fn all_walks_balance_and_come_to_every_decision() {
    if let Some(seed) = number("WALK_SEED") {
        let trace = walk(seed);
        show(&trace);
        assert_eq!(trace.complaints, [""; 0]);
        return;
    }
    let asked = number("WALKS");
    let (least, most) = match asked {
        Some(walks) => (walks, walks),
        None => (WALKS, MOST_WALKS),
    };
    let next = AtomicU64::new(0);
    let (all, failed) = (Mutex::new(BTreeSet::new()), Mutex::new(Vec::new()));
    let has_every = || missing(&all.lock()).is_empty();
    let stroll = || {
        loop {
            let seed = next.fetch_add(1, Ordering::Relaxed);
            if seed >= most || (seed >= least && has_every()) {
                return;
            }
            let trace = walk(seed);
            all.lock().extend(trace.decided);
            if !trace.complaints.is_empty() {
                let mut failed = failed.lock();
                failed.push(format!("WALK_SEED={seed}: {:?}", trace.complaints));
            }
        }
    };
    let cores = thread::available_parallelism().map_or(1, usize::from);
    thread::scope(|scope| {
        for _ in 0..cores {
            scope.spawn(stroll);
        }
    });
    let (all, mut failed) = (all.into_inner(), failed.into_inner());
    let number = failed.len();
    failed.truncate(MAX_PRINTED);
    let walks = next.into_inner();
    assert!(failed.is_empty(), "{number} of {walks}: {failed:#?}");
    let is_listed =
        |kind: &&String| EVERY.contains(&kind.as_str()) || SELDOM.contains(&kind.as_str());
    let unlisted: Vec<_> = all.iter().filter(|kind| !is_listed(kind)).collect();
    assert_eq!(unlisted, [""; 0], "decided, and not listed");
    // A run with a given number of walks need not have every decision.
    let missing = missing(&all);
    assert!(
        missing.is_empty() || asked.is_some(),
        "never decided: {missing:#?}"
    );
}

#[test]
fn the_same_seed_gives_the_same_walk() {
    for seed in 0..20 {
        let (one, other) = (walk(seed), walk(seed));
        let mut lines = one.calls.lines().zip(other.calls.lines());
        assert_eq!(lines.find(|(a, b)| a != b), None, "{seed}");
        assert_eq!(one.calls.len(), other.calls.len(), "{seed}");
    }
}
