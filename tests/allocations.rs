//! Counts memory allocations on the paths that run all the time. The count does
//! not depend on the machine, so a call that suddenly costs twice as much shows
//! here first.
//!
//! Each figure includes both ends of a call, because both run in this process:
//! the worker with its SDK, and the simulator.

#[expect(dead_code, reason = "shared with the tests of the worker")]
mod support;

use std::alloc::System;
use std::time::Duration;

use simulator::codepipeline::ActionStatus;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::play::Journal;
use support::{Harness, Order};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Limit for a poll without jobs: the measured value plus a tenth.
const MOST_OF_A_POLL: usize = 480;

/// Limit for a call of a release that shifts traffic in ten steps, on average
/// from its files to its last report: the measured value plus a tenth.
const MOST_OF_A_CALL: usize = 1_130;

// A single test, because the allocations of others would be counted as well.
#[tokio::test(start_paused = true)]
async fn a_call_asks_for_memory_only_so_often() {
    // The worker's jitter uses this generator.
    fastrand::seed(1);
    let harness = Harness::new();
    let worker = harness.start_slow(&Journal::None);
    // The first release allocates everything that is created once.
    release(&harness).await;
    let of_a_release = Counted::during(&harness, release(&harness)).await;
    let hour = harness.wait(Duration::from_secs(3600));
    let of_polls = Counted::during(&harness, hour).await;
    worker.stop().await;
    for (counted, most) in [(of_polls, MOST_OF_A_POLL), (of_a_release, MOST_OF_A_CALL)] {
        let each = counted.allocations / counted.calls;
        assert!(each <= most, "{each}, and {most} is the limit: {counted:?}");
    }
}

async fn release(harness: &Harness) {
    let end = harness.end_of(&harness.queue(&Order::default())).await;
    assert_eq!(end.status, ActionStatus::Succeeded, "{end:#?}");
}

#[derive(Debug)]
struct Counted {
    calls: usize,
    allocations: usize,
}

impl Counted {
    async fn during(harness: &Harness, work: impl Future<Output = ()>) -> Self {
        let calls = || harness.world(|world| world.ledger.entries().count());
        let (before, region) = (calls(), Region::new(ALLOCATOR));
        work.await;
        let allocations = region.change().allocations;
        Self {
            calls: calls() - before,
            allocations,
        }
    }
}
