//! How often the paths that run all the time ask for memory: how much that is
//! does not depend on the machine, and a call that suddenly costs twice as much
//! is seen here first.
//!
//! Both ends of each call are in this process, the worker's with its SDK and
//! the simulator's, so that a figure is of the two together.

#[path = "support/play.rs"]
#[expect(dead_code, reason = "shared with tests in which workers die")]
mod play;
#[expect(dead_code, reason = "shared with the scenarios, which use more of it")]
mod support;

use std::alloc::System;
use std::time::Duration;

use bluegreen_worker::simulator::codepipeline::ActionStatus;
use play::Journal;
use stats_alloc::{INSTRUMENTED_SYSTEM, Region, StatsAlloc};
use support::{Harness, Order};

#[global_allocator]
static ALLOCATOR: &StatsAlloc<System> = &INSTRUMENTED_SYSTEM;

/// Of a poll that finds nothing: what was measured and a tenth more.
const MOST_OF_A_POLL: usize = 480;

/// Of a call of a release that shifts traffic in ten steps, from its files to
/// its last report: what was measured and a tenth more.
const MOST_OF_A_CALL: usize = 1_130;

// One test, for what others ask for would be counted as well.
#[tokio::test(start_paused = true)]
async fn a_call_asks_for_memory_only_so_often() {
    // The worker's jitter comes from here.
    fastrand::seed(1);
    let harness = Harness::new();
    let worker = harness.start_leisurely(&Journal::None);
    // What is made only once is made by the first release.
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
