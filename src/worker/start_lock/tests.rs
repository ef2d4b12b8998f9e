//! Releases that meet at one service, and the edge at which a lock ends.

use jiff::Timestamp;

use super::*;
use crate::ports::has_send_permit;

fn locks(bucket: &Arc<Memory>, clock: &Clock) -> StartLocks {
    StartLocks::new(Some(bucket.clone()), clock)
}

fn clock() -> Clock {
    Clock::simulated(Timestamp::UNIX_EPOCH, 1.0)
}

fn service(name: &str) -> ServiceName {
    ServiceName {
        cluster: "prod".into(),
        service: name.into(),
    }
}

async fn lock(locks: &StartLocks, name: &str, release: &str) -> Option<StartLock> {
    let locked = locks.lock(None, &service(name), &Key::new(release)).await;
    locked.expect("memory answers")
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn a_service_has_one_release_at_a_time() {
    let (bucket, clock) = (Arc::default(), clock());
    let (one, other) = (locks(&bucket, &clock), locks(&bucket, &clock));
    let first = lock(&one, "web", "a").await.expect("it is free");
    assert!(lock(&other, "web", "b").await.is_none());
    assert!(lock(&one, "web", "b").await.is_none(), "nor in the process");
    assert!(lock(&other, "api", "b").await.is_some(), "another service");
    one.unlock(first).await;
    assert!(lock(&other, "web", "b").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn services_of_one_name_in_two_accounts_are_locked_apart() {
    let locks = locks(&Arc::default(), &clock());
    let (web, account) = (service("web"), Some("444455556666"));
    lock(&locks, "web", "a").await.expect("it is free");
    let elsewhere = locks.lock(account, &web, &Key::new("b")).await;
    let elsewhere = elsewhere.expect("memory answers").expect("it is free too");
    let again = locks.lock(account, &web, &Key::new("c")).await;
    assert!(again.expect("memory answers").is_none());
    locks.unlock(elsewhere).await;
    assert!(
        lock(&locks, "web", "c").await.is_none(),
        "it is still locked"
    );
}

#[tokio::test(start_paused = true)]
async fn a_release_takes_its_own_lock_over_in_any_worker() {
    let (bucket, clock) = (Arc::default(), clock());
    let (one, other) = (locks(&bucket, &clock), locks(&bucket, &clock));
    lock(&one, "web", "a").await.expect("it is free");
    assert!(lock(&other, "web", "a").await.is_some());
    // It counts as a new one for those that wait.
    assert!(lock(&one, "web", "b").await.is_none());
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_nobody_removes_ends_when_it_has_been_seen_for_its_length() {
    let (bucket, clock) = (Arc::default(), clock());
    let (one, other) = (locks(&bucket, &clock), locks(&bucket, &clock));
    let first = lock(&one, "web", "a").await.expect("it is free");
    clock.sleep(10 * SECOND).await;
    assert!(lock(&other, "web", "b").await.is_none(), "first seen");
    clock.sleep(LENGTH - SECOND).await;
    assert!(lock(&other, "web", "b").await.is_none());
    clock.sleep(SECOND).await;
    let second = lock(&other, "web", "b").await.expect("it has ended");
    // The first holder wakes up. It must not remove the other's lock.
    one.unlock(first).await;
    assert!(lock(&one, "web", "c").await.is_none());
    other.unlock(second).await;
    assert!(lock(&one, "web", "c").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn a_lock_that_is_taken_anew_is_counted_anew() {
    let (bucket, clock) = (Arc::default(), clock());
    let (one, other) = (locks(&bucket, &clock), locks(&bucket, &clock));
    for _ in 0..3 {
        lock(&one, "web", "a").await.expect("its own");
        assert!(lock(&other, "web", "b").await.is_none());
        clock.sleep(LENGTH - SECOND).await;
        assert!(lock(&other, "web", "b").await.is_none());
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_ends_like_any_other() {
    let (bucket, clock) = (Arc::<Memory>::default(), clock());
    let text = br#"{"v":2,"release":"a","nonce":1}"#.to_vec();
    let written = bucket.write("services/prod/web.json", text, Only::IfAbsent);
    written.await.expect("memory answers");
    let locks = locks(&bucket, &clock);
    assert!(lock(&locks, "web", "a").await.is_none(), "another version");
    clock.sleep(LENGTH).await;
    assert!(lock(&locks, "web", "a").await.is_some());
}

#[tokio::test(start_paused = true)]
async fn requests_are_sent_up_to_half_of_the_length_and_only_under_the_lease() {
    let clock = clock();
    let locks = StartLocks::new(None, &clock);
    let mine = lock(&locks, "web", "a").await.expect("it is free");
    let may_send =
        |mine: &StartLock| with_send_permit(mine.send_permit(), async { has_send_permit() });
    assert!(may_send(&mine).await);
    let without_lease = with_send_permit(Arc::new(|| false), may_send(&mine));
    assert!(!without_lease.await);
    clock.sleep(SAFE - SECOND).await;
    assert!(may_send(&mine).await);
    clock.sleep(SECOND).await;
    assert!(!may_send(&mine).await);
}
