//! Many workers share one journal: each job belongs to one worker, and a dead
//! worker's jobs to exactly one other.

use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use jiff::Timestamp;

use super::super::*;
use super::directory::entry;
use super::objects::{Bucket, Fault};
use crate::job::JobId;
use crate::ports::CallErrorKind;

const LEASE: Duration = Duration::from_secs(45);

/// More than any worker's clock may be wrong by.
const SKEW: Duration = Duration::from_secs(5 * 60);

fn clock() -> Clock {
    Clock::simulated(Timestamp::UNIX_EPOCH + 2 * SKEW, 1.0)
}

fn worker(bucket: &Arc<Bucket>, clock: &Clock) -> Fleet {
    Fleet::new(bucket.clone(), clock, LEASE)
}

/// The jobs that are taken over by a worker without jobs of its own.
async fn taken_over(fleet: &Fleet) -> Vec<Entry> {
    let nothing_in_flight = |_: &JobId| false;
    fleet
        .take_over(&nothing_in_flight, 100)
        .await
        .unwrap()
        .entries
}

/// Lets a worker renew its lease and watch the others for a while.
async fn lives(fleet: &Fleet, clock: &Clock, time: Duration) {
    let watch = async {
        loop {
            fleet.until_next_scan().await;
        }
    };
    tokio::select! {
        biased;
        () = fleet.keep() => {}
        () = watch => {}
        () = clock.sleep(time) => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_is_one_workers_until_it_is_cleared() {
    let (bucket, clock) = (Arc::default(), clock());
    let (one, other) = (worker(&bucket, &clock), worker(&bucket, &clock));
    one.record(entry("a")).await.unwrap();
    let second = other.record(entry("a")).await;
    assert!(matches!(second, Err(JournalError::Elsewhere)), "{second:?}");
    one.record(entry("a").claimed()).await.unwrap();
    assert_eq!(taken_over(&other).await, [], "its worker lives");
    one.clear(&JobId::new("a")).await.unwrap();
    assert_eq!(bucket.keys("jobs/"), [""; 0]);
    other.record(entry("a")).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_dead_workers_job_becomes_exactly_one_others() {
    let (bucket, clock) = (Arc::default(), clock());
    let dead = worker(&bucket, &clock);
    dead.record(entry("a")).await.unwrap();
    let (one, other) = (worker(&bucket, &clock), worker(&bucket, &clock));
    tokio::join!(
        lives(&one, &clock, 2 * LEASE),
        lives(&other, &clock, 2 * LEASE)
    );
    let (first, second) = tokio::join!(taken_over(&one), taken_over(&other));
    assert_eq!(first.len() + second.len(), 1);
    assert_eq!(
        bucket.keys("workers/").len(),
        2,
        "the dead one's lease is gone"
    );
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_renews_its_lease_is_never_taken_for_dead() {
    let (bucket, clock) = (Arc::default(), clock());
    let (one, other) = (worker(&bucket, &clock), worker(&bucket, &clock));
    one.record(entry("a")).await.unwrap();
    let lease_guard = one.lease_guard().await;
    tokio::join!(
        lives(&one, &clock, 40 * LEASE),
        lives(&other, &clock, 40 * LEASE)
    );
    assert_eq!(taken_over(&other).await, []);
    assert_eq!(lease_guard.while_held(async { 7 }).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn clocks_that_are_five_minutes_apart_make_no_difference() {
    let bucket = Arc::default();
    let late = Clock::simulated(Timestamp::UNIX_EPOCH + SKEW, 1.0);
    let early = Clock::simulated(Timestamp::UNIX_EPOCH + 3 * SKEW, 1.0);
    for (mine, theirs) in [(&late, &early), (&early, &late)] {
        let (one, other) = (worker(&bucket, mine), worker(&bucket, theirs));
        one.record(entry("a")).await.unwrap();
        let time = 10 * LEASE;
        tokio::join!(lives(&one, mine, time), lives(&other, theirs, time));
        assert_eq!(taken_over(&other).await, [], "it lives");
        lives(&other, theirs, LEASE * 7 / 4).await;
        assert_eq!(taken_over(&other).await.len(), 1, "it is dead");
        other.clear(&JobId::new("a")).await.unwrap();
    }
}

/// A process that is paused for a minute looks like one that does not renew its
/// lease.
#[tokio::test(start_paused = true)]
async fn a_worker_that_wakes_up_does_nothing_before_it_has_looked_at_its_lease() {
    let (bucket, clock) = (Arc::default(), clock());
    let (stalled, other) = (worker(&bucket, &clock), worker(&bucket, &clock));
    stalled.record(entry("a")).await.unwrap();
    let lease_guard = stalled.lease_guard().await;
    lives(&other, &clock, 2 * LEASE).await;
    assert_eq!(taken_over(&other).await.len(), 1);

    let act = lease_guard.while_held(async { panic!("it acts") });
    assert_eq!(act.await, Err(NotOurs::Lost));
    let noted = stalled.record(entry("a").claimed()).await;
    assert!(matches!(noted, Err(JournalError::Elsewhere)), "{noted:?}");
    assert_eq!(
        taken_over(&stalled).await,
        [],
        "it begins anew, with nothing"
    );
}

#[tokio::test(start_paused = true)]
async fn what_is_under_way_when_the_lease_runs_out_is_broken_off() {
    let (bucket, clock) = (Arc::default(), clock());
    let one = worker(&bucket, &clock);
    let lease_guard = one.lease_guard().await;
    let begun = clock.mark();
    let endless = lease_guard.while_held(std::future::pending::<()>());
    assert_eq!(endless.await, Err(NotOurs::Unsure));
    assert!(clock.since(&begun) < LEASE, "before anybody takes it");
    // No worker has, so the lease is renewed.
    assert_eq!(lease_guard.while_held(async { 7 }).await, Ok(7));
}

#[tokio::test(start_paused = true)]
async fn while_the_bucket_is_away_nothing_is_begun_that_could_be_anothers() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let one = worker(&bucket, &clock);
    let lease_guard = one.lease_guard().await;
    bucket.set_down(true);
    assert_eq!(
        lease_guard.while_held(async { 7 }).await,
        Ok(7),
        "the lease is fresh"
    );
    assert!(one.record(entry("a")).await.is_err() || bucket.keys("jobs/").is_empty());
    clock.sleep(LEASE).await;
    let begun = clock.mark();
    let (done, ()) = tokio::join!(lease_guard.while_held(async { 7 }), async {
        clock.sleep(3 * LEASE).await;
        bucket.set_down(false);
    });
    assert_eq!(done, Ok(7));
    assert!(
        clock.since(&begun) >= 3 * LEASE,
        "not before the bucket is back"
    );
}

#[tokio::test(start_paused = true)]
async fn a_write_whose_answer_was_lost_is_recognised() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let one = worker(&bucket, &clock);
    let lease_guard = one.lease_guard().await;
    for fault in [Fault::AnswerLost, Fault::NotSent] {
        bucket.upset(fault);
        assert!(one.record(entry("a")).await.is_err(), "nobody knows");
        one.record(entry("a")).await.unwrap();
        bucket.upset(fault);
        assert!(one.record(entry("a").claimed()).await.is_err());
        one.record(entry("a").claimed()).await.unwrap();
        one.clear(&JobId::new("a")).await.unwrap();
        // The same for the lease itself.
        clock.sleep(LEASE * 3 / 4).await;
        bucket.upset(fault);
        assert_eq!(lease_guard.while_held(async { 7 }).await, Ok(7));
    }
}

#[tokio::test(start_paused = true)]
async fn an_entry_that_was_written_and_not_heard_of_is_found_again() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let one = worker(&bucket, &clock);
    let _ = one.lease_guard().await;
    bucket.upset(Fault::AnswerLost);
    assert!(one.record(entry("a")).await.is_err());
    let soon = clock.mark();
    one.until_next_scan().await;
    assert!(clock.since(&soon) <= LEASE);
    assert_eq!(taken_over(&one).await, [entry("a")]);
}

#[tokio::test(start_paused = true)]
async fn what_others_have_put_there_does_no_harm_and_is_kept() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let one = worker(&bucket, &clock);
    bucket.put("jobs/torn.json", "{\"worker\":\"x");
    bucket.put("jobs/notes.txt", "by hand");
    bucket.put("workers/strange.json", "?");
    let newer = "{\"worker\":\"x\",\"entry\":{\"v\":2,\"job\":[]}}";
    bucket.put("jobs/newer.json", newer);
    let foreign = serde_json::to_string(&entry("../x")).unwrap();
    let foreign = format!("{{\"worker\":\"x\",\"entry\":{foreign}}}");
    bucket.put("jobs/other.json", &foreign);
    let why = status_of_fleet(&*bucket).await.unwrap().unreadable;
    let why: Vec<&str> = why.iter().map(|it| it.why.as_str()).collect();
    assert!(
        why[0].starts_with("a newer worker wrote it, in version 2 at"),
        "{why:?}"
    );
    assert_eq!(why[1], "it names another job");
    assert!(why[2].starts_with("EOF while parsing"), "{why:?}");
    one.record(entry("a")).await.unwrap();
    assert_eq!(taken_over(&one).await, [entry("a")]);
    one.clear(&JobId::new("a")).await.unwrap();
    lives(&one, &clock, 3 * LEASE).await;
    assert_eq!(bucket.keys("jobs/").len(), 4);
    assert_eq!(bucket.keys("workers/").len(), 1, "nobody renews it");
}

/// A newer worker may write a member that older ones can do without.
#[tokio::test(start_paused = true)]
async fn an_entry_with_a_member_of_a_newer_worker_is_taken_over() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let one = worker(&bucket, &clock);
    let newer = serde_json::to_string(&entry("a")).unwrap();
    let newer = newer.replace("\"v\":1", "\"v\":1,\"hint\":{}");
    let record = format!("{{\"worker\":\"x\",\"hint\":1,\"entry\":{newer}}}");
    bucket.put("jobs/a.json", &record);
    assert_eq!(taken_over(&one).await, [entry("a")]);
}

#[tokio::test(start_paused = true)]
async fn a_job_that_a_worker_cannot_go_on_with_is_left_to_the_others() {
    let (bucket, clock) = (Arc::default(), clock());
    let (old, new) = (worker(&bucket, &clock), worker(&bucket, &clock));
    old.record(entry("a")).await.unwrap();
    old.record(entry("b")).await.unwrap();
    old.leave(entry("a")).await.unwrap();
    assert_eq!(taken_over(&old).await, [entry("b")], "not again");
    assert_eq!(taken_over(&new).await, [entry("a")]);
    old.leave(entry("a")).await.unwrap();
    assert_eq!(taken_over(&new).await, [entry("a")], "it is the other's");
    new.clear(&JobId::new("a")).await.unwrap();
    assert_eq!(taken_over(&old).await, [entry("b")]);
    assert_eq!(old.size().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn no_more_jobs_are_taken_over_than_there_are_slots() {
    let (bucket, clock) = (Arc::default(), clock());
    let dead = worker(&bucket, &clock);
    for id in ["a", "b", "c"] {
        dead.record(entry(id)).await.unwrap();
    }
    let one = worker(&bucket, &clock);
    lives(&one, &clock, 2 * LEASE).await;
    let has_b = |job: &JobId| job.as_str() == "b";
    let accepted = one.take_over(&has_b, 1).await.unwrap();
    assert_eq!(accepted.entries, [entry("a")]);
    assert!(accepted.more);
    let accepted = one.take_over(&has_b, 5).await.unwrap();
    assert_eq!(
        accepted.entries.len(),
        2,
        "its own that is not in hand as well"
    );
    assert!(!accepted.more);
}

#[tokio::test(start_paused = true)]
async fn a_worker_that_leaves_nothing_behind_leaves_no_lease() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let one = worker(&bucket, &clock);
    one.record(entry("a")).await.unwrap();
    one.close().await;
    assert_eq!(
        bucket.keys("workers/").len(),
        1,
        "its job waits for another"
    );
    one.clear(&JobId::new("a")).await.unwrap();
    one.close().await;
    assert_eq!(bucket.keys(""), [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn a_person_can_read_it_and_it_holds_no_secret() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let one = worker(&bucket, &clock);
    one.record(entry("a")).await.unwrap();
    let text = bucket.text("jobs/a.json");
    assert!(text.contains("shop") && text.contains("Intended"), "{text}");
    assert!(!text.contains("hidden"), "{text}");
    let lease = bucket.text(&bucket.keys("workers/")[0]);
    assert!(
        lease.contains("\"beat\":0") && lease.contains("1970-01-01T00:10:00Z"),
        "{lease}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_object_that_cannot_be_read_keeps_no_job_from_being_taken_over() {
    let (bucket, clock) = (Arc::default(), clock());
    let dead = worker(&bucket, &clock);
    for id in ["a", "c", "z"] {
        dead.record(entry(id)).await.unwrap();
    }
    bucket.put("jobs/b.json", &"x".repeat(20_000));
    bucket.put("jobs/b2.json", "{\"worker\":");
    bucket.put("jobs/not an id.json", "{}");
    bucket.spoil("jobs/a.json", CallErrorKind::Denied);
    bucket.spoil("jobs/c.json", CallErrorKind::Unclear);
    let other = worker(&bucket, &clock);
    lives(&other, &clock, 2 * LEASE).await;
    assert_eq!(taken_over(&other).await, [entry("z")]);
    // What may be readable later is read again soon.
    let soon = tokio::time::timeout(LEASE, other.until_next_scan()).await;
    assert!(soon.is_ok());
    // Nothing can be read: that is the bucket's error.
    bucket.set_down(true);
    let nothing_in_flight = |_: &JobId| false;
    let listing = other.take_over(&nothing_in_flight, 100);
    assert!(listing.await.is_err());
}

#[tokio::test(start_paused = true)]
async fn a_take_over_that_was_sent_again_is_recognised() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let dead = worker(&bucket, &clock);
    dead.record(entry("a")).await.unwrap();
    let one = worker(&bucket, &clock);
    lives(&one, &clock, LEASE / 2).await;
    clock.sleep(LEASE).await;
    one.lease_guard().await;
    bucket.upset(Fault::SentAgain);
    one.until_next_scan().await;
    assert_eq!(bucket.keys("workers/").len(), 1, "the lease is gone");
    bucket.upset(Fault::SentAgain);
    assert_eq!(taken_over(&one).await, [entry("a")]);
    bucket.upset(Fault::SentAgain);
    one.record(entry("a").claimed()).await.unwrap();
    assert_eq!(one.size().await.unwrap(), 1);
}

#[tokio::test(start_paused = true)]
async fn entries_that_went_with_a_lease_are_forgotten() {
    let (bucket, clock) = (Arc::<Bucket>::default(), clock());
    let (stalled, other) = (worker(&bucket, &clock), worker(&bucket, &clock));
    stalled.record(entry("a")).await.unwrap();
    lives(&other, &clock, 2 * LEASE).await;
    assert_eq!(taken_over(&other).await, [entry("a")]);
    stalled.lease_guard().await;
    assert_eq!(stalled.size().await.unwrap(), 0, "they are the other's");
    stalled.close().await;
    assert_eq!(bucket.keys("workers/").len(), 1, "it leaves no lease");
}
