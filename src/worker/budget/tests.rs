//! The order and timing of permits.

use std::sync::atomic::AtomicUsize;

use jiff::Timestamp;

use super::*;

fn budget(ceiling: f64) -> Arc<Budget> {
    let clock = Clock::simulated(Timestamp::UNIX_EPOCH, 1.0);
    Arc::new(Budget::new(Rate(ceiling), &clock))
}

async fn with<T>(budget: &Arc<Budget>, work: impl Future<Output = T>) -> T {
    tokio::select! {
        biased;
        () = budget.run() => unreachable!("it runs for ever"),
        done = work => done,
    }
}

fn call_error(kind: CallErrorKind) -> CallError {
    CallError::new("codepipeline:PollForJobs", kind, "", "")
}

#[tokio::test(start_paused = true)]
async fn the_most_urgent_goes_first_and_the_pace_is_kept() {
    let budget = budget(2.0);
    let order = Mutex::new(Vec::new());
    let all = [
        Urgency::Progress,
        Urgency::Change,
        Urgency::Poll,
        Urgency::Claim,
        Urgency::Final,
    ];
    let calls = all.map(|urgency| {
        let (budget, order) = (&budget, &order);
        let mut ticket = budget.queue(urgency);
        async move {
            let permit = ticket.permit().await;
            let call = async {
                let at = budget.now().as_millis();
                order.lock().push((urgency, at));
                Ok(())
            };
            permit.send(call).await
        }
    });
    with(&budget, futures_util::future::join_all(calls)).await;
    let order = order.into_inner();
    // The fourth goes to the request that has waited longest.
    assert_eq!(
        order,
        [
            (Urgency::Final, 0),
            (Urgency::Claim, 500),
            (Urgency::Poll, 1_000),
            (Urgency::Progress, 1_500),
            (Urgency::Change, 2_000),
        ]
    );
}

#[tokio::test(start_paused = true)]
async fn a_poll_has_a_seconds_permits_and_gives_back_what_it_does_not_use() {
    let budget = budget(5.0);
    let answered = async || -> Result<(), CallError> { Ok(()) };
    with(&budget, async {
        let mut permits = budget.batch(50).await;
        assert_eq!(permits.len(), 5);
        let at: Vec<u128> = permits.iter().map(|permit| permit.at.as_millis()).collect();
        assert_eq!(at, [0, 200, 400, 600, 800]);
        // The poll and two acknowledgements go out.
        for permit in permits.drain(..3) {
            permit.send(answered()).await.unwrap();
        }
        drop(permits);
        budget.call(Urgency::Final, None, answered).await.unwrap();
        assert_eq!(budget.now().as_millis(), 600);
        assert_eq!(budget.batch(3).await.len(), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_job_is_acknowledged_soon_after_its_poll_however_slow_the_pace() {
    let budget = budget(0.1);
    with(&budget, async {
        let permits = budget.batch(50).await;
        let at: Vec<u128> = permits.iter().map(|permit| permit.at.as_millis()).collect();
        assert_eq!(at, [0, 1_000]);
        for permit in permits {
            permit.send(async { Ok(()) }).await.unwrap();
        }
        // Its cost delays the next permit.
        budget.queue(Urgency::Final).permit().await;
        assert_eq!(budget.now().as_secs(), 20);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_throttled_call_is_repeated_at_a_slower_pace_and_others_are_not() {
    let budget = budget(8.0);
    for (kind, calls, left) in [
        (CallErrorKind::Unclear, 1, 5.0_f64),
        (CallErrorKind::Refused, 1, 5.0),
        (CallErrorKind::Throttled, ATTEMPTS, 5.0 / 32.0),
    ] {
        let made = AtomicUsize::new(0);
        let call = async || -> Result<(), CallError> {
            made.fetch_add(1, Ordering::Relaxed);
            Err(call_error(kind))
        };
        let answer = with(&budget, budget.call(Urgency::Claim, None, call)).await;
        assert_eq!(answer, Err(call_error(kind)));
        assert_eq!(made.into_inner(), calls as usize, "{kind:?}");
        let rate = budget.rate().0;
        let expected = left.max(0.2);
        assert!((expected..expected + 0.5).contains(&rate), "{rate}");
    }
}

#[tokio::test(start_paused = true)]
async fn calls_that_come_one_by_one_do_not_raise_the_rate() {
    let budget = budget(40.0);
    let answered = async || -> Result<(), CallError> { Ok(()) };
    with(&budget, async {
        for _ in 0..100 {
            budget.call(Urgency::Poll, None, answered).await.unwrap();
            budget.clock.sleep(Duration::from_secs(5)).await;
        }
        assert_eq!(budget.rate(), Rate(5.0));
        for _ in 0..100 {
            budget.call(Urgency::Poll, None, answered).await.unwrap();
        }
        assert!(budget.rate().0 > 20.0, "{:?}", budget.rate());
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn to_hand_a_job_back_costs_its_return_as_well() {
    let budget = budget(1.0);
    with(&budget, async {
        let permit = budget.queue_to_hand_back(Urgency::Change).permit().await;
        permit.send(async { Ok(()) }).await.unwrap();
        budget.queue(Urgency::Final).permit().await;
        assert_eq!(budget.now().as_secs(), 3);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn a_free_budget_delays_no_call() {
    let budget = budget(0.001);
    let mut waiting = budget.queue(Urgency::Progress);
    budget.lift_limit();
    waiting.permit().await;
    budget.queue(Urgency::Progress).permit().await;
}

#[tokio::test(start_paused = true)]
async fn a_cancelled_wait_uses_no_budget() {
    let budget = budget(1.0);
    drop(budget.queue(Urgency::Final));
    let granted = budget.queue(Urgency::Final);
    with(&budget, async {
        budget.clock.sleep(Duration::from_millis(1)).await;
        // It has been granted by now, but the ticket was not read.
        drop(granted);
        budget.queue(Urgency::Progress).permit().await;
        assert_eq!(budget.now().as_millis(), 1);
    })
    .await;
}

#[tokio::test(start_paused = true)]
async fn what_is_least_urgent_gets_through_though_others_always_wait() {
    let budget = budget(1.0);
    let polls = async {
        // Two at once, so that a request is always waiting.
        let poll = async || loop {
            budget.batch(2).await.clear();
            budget.clock.sleep(Duration::from_millis(1)).await;
        };
        tokio::join!(poll(), poll());
    };
    let report = async {
        tokio::task::yield_now().await;
        budget.queue(Urgency::Progress).permit().await;
    };
    let polls_and_report = async {
        tokio::select! {
            biased;
            () = polls => {}
            () = report => {}
        }
    };
    let limit = Duration::from_secs(30);
    let done = tokio::time::timeout(limit, with(&budget, polls_and_report));
    done.await.expect("everybody has a turn in its time");
}

#[tokio::test(start_paused = true)]
async fn a_poll_gets_through_though_many_rollouts_end() {
    let budget = budget(1.0);
    let mut ends: Vec<Ticket> = (0..100).map(|_| budget.queue(Urgency::Final)).collect();
    with(&budget, async {
        budget.batch(2).await.clear();
        assert!(budget.now() <= Duration::from_secs(FAIR_TURN_EVERY));
        for end in &mut ends {
            end.permit().await;
        }
    })
    .await;
}
