//! How many calls are made for how many reads.

use async_trait::async_trait;
use jiff::Timestamp;
use parking_lot::Mutex;

use super::*;
use crate::job::DeployTarget;
use crate::ports::{CallErrorKind, Created, GroupAnswer, NewDeployment, OwnDeployment, StopAnswer};
use crate::rollout::step::StopMode;

/// A CodeDeploy that records its calls.
#[derive(Default)]
struct Noted {
    surveys: Mutex<Vec<usize>>,
    targets: AtomicUsize,
    targets_at_once: AtomicUsize,
    most_at_once: AtomicUsize,
    status: Mutex<Option<DeploymentStatus>>,
}

fn seen(id: &DeploymentId, status: DeploymentStatus) -> DeploymentSeen {
    DeploymentSeen {
        id: id.clone(),
        status,
        deploys_to: DeployTarget::group("shop", "web"),
        description: None,
        deployment_config: None,
        shift: None,
        ready_wait: None,
        awaited: None,
        termination_wait: None,
        creator: None,
        created: None,
        completed: None,
        error: None,
        rolls_back: false,
        rollback: None,
        superseded_by: None,
        reached: None,
        target: None,
    }
}

fn call_error() -> CallError {
    CallError::new(
        "codedeploy:GetDeployment",
        CallErrorKind::Throttled,
        "ThrottlingException",
        "",
    )
}

#[async_trait]
impl Deployments for Noted {
    async fn group(&self, _: &DeployTarget) -> Result<GroupAnswer, CallError> {
        Ok(GroupAnswer::NoTarget)
    }

    async fn create(&self, _: &NewDeployment) -> Result<Created, CallError> {
        Ok(Created::GroupIsBusy)
    }

    async fn survey(&self, ids: &[DeploymentId]) -> Vec<Answer> {
        self.surveys.lock().push(ids.len());
        let status = self.status.lock().clone();
        let status = status.unwrap_or(DeploymentStatus::InProgress);
        ids.iter()
            .map(|id| match id.as_str() {
                "d-GONE00000" => Ok(None),
                "d-SLOW00000" => Err(call_error()),
                _ => Ok(Some(seen(id, status.clone()))),
            })
            .collect()
    }

    async fn with_target(&self, mut seen: DeploymentSeen) -> Result<DeploymentSeen, CallError> {
        self.targets.fetch_add(1, Ordering::Relaxed);
        let at_once = self.targets_at_once.fetch_add(1, Ordering::Relaxed) + 1;
        self.most_at_once.fetch_max(at_once, Ordering::Relaxed);
        // Lets every other task that is ready run.
        tokio::task::yield_now().await;
        self.targets_at_once.fetch_sub(1, Ordering::Relaxed);
        seen.target = Some(TargetSeen {
            id: "prod:web".into(),
            status: crate::rollout::seen::TargetStatus::InProgress,
            events: Vec::new(),
            task_sets: Vec::new(),
        });
        Ok(seen)
    }

    async fn find(&self, _: &OwnDeployment) -> Answer {
        Ok(None)
    }

    async fn proceed(&self, _: &DeploymentId) -> Result<(), CallError> {
        Ok(())
    }

    async fn stop(&self, _: &DeploymentId, _: StopMode) -> Result<StopAnswer, CallError> {
        Ok(StopAnswer::Accepted)
    }
}

fn reader() -> (Arc<Noted>, Arc<BatchReader>, Clock) {
    let noted = Arc::new(Noted::default());
    let clock = Clock::simulated(Timestamp::UNIX_EPOCH, 1.0);
    let reader = BatchReader::new(noted.clone(), clock.clone());
    (noted, Arc::new(reader), clock)
}

fn ids(count: usize) -> Vec<DeploymentId> {
    let id = |n| DeploymentId::new(format!("d-{n:09}"));
    (0..count).map(id).collect()
}

async fn all(reader: &Arc<BatchReader>, ids: &[DeploymentId], wanted: Wanted) -> Vec<Answer> {
    let mut observations = Vec::new();
    for id in ids {
        let (reader, id) = (reader.clone(), id.clone());
        observations.push(tokio::spawn(async move { reader.read(&id, wanted).await }));
    }
    let mut answers = Vec::new();
    for look in observations {
        answers.push(look.await.unwrap());
    }
    answers
}

#[tokio::test(start_paused = true)]
async fn a_single_job_does_not_wait() {
    let (noted, reader, clock) = reader();
    let _presence = reader.enter();
    for _ in 0..3 {
        let answer = reader.read(&ids(1)[0], Wanted::Target).await;
        assert!(answer.unwrap().unwrap().target.is_some());
    }
    assert_eq!(clock.now(), Timestamp::UNIX_EPOCH);
    assert_eq!(*noted.surveys.lock(), [1, 1, 1]);
    assert_eq!(noted.targets.load(Ordering::Relaxed), 3);
}

#[tokio::test(start_paused = true)]
async fn a_call_carries_as_many_looks_as_it_can_and_the_rest_after_a_moment() {
    let (noted, reader, clock) = reader();
    let _presences: Vec<ReaderGuard> = (0..60).map(|_| reader.enter()).collect();
    let answers = all(&reader, &ids(2 * BATCH + 1), Wanted::Itself).await;
    assert!(answers.iter().all(|answer| matches!(answer, Ok(Some(_)))));
    assert_eq!(*noted.surveys.lock(), [BATCH, BATCH, 1]);
    assert_eq!(clock.now(), Timestamp::UNIX_EPOCH + BATCH_WINDOW);
}

#[tokio::test(start_paused = true)]
async fn what_ails_one_deployment_hurts_no_other() {
    let (noted, reader, _) = reader();
    let _presences: Vec<ReaderGuard> = (0..3).map(|_| reader.enter()).collect();
    let mixed = ["d-GONE00000", "d-SLOW00000", "d-GOOD00000"].map(DeploymentId::new);
    let answers = all(&reader, &mixed, Wanted::Itself).await;
    assert_eq!(answers[0], Ok(None));
    assert_eq!(answers[1], Err(call_error()));
    assert!(matches!(answers[2], Ok(Some(_))));
    assert_eq!(*noted.surveys.lock(), [3]);
}

#[tokio::test(start_paused = true)]
async fn many_look_at_the_same_deployment_with_one_question() {
    let (noted, reader, _) = reader();
    let _presences: Vec<ReaderGuard> = (0..4).map(|_| reader.enter()).collect();
    let same = vec![DeploymentId::new("d-SAME00000"); 4];
    let answers = all(&reader, &same, Wanted::Itself).await;
    assert_eq!(answers.len(), 4);
    assert_eq!(*noted.surveys.lock(), [1]);
}

#[tokio::test(start_paused = true)]
async fn a_target_is_read_when_there_is_news_or_after_a_while() {
    let (noted, reader, clock) = reader();
    let _presences: Vec<ReaderGuard> = (0..300).map(|_| reader.enter()).collect();
    let id = ids(1).remove(0);
    let reads = || noted.targets.load(Ordering::Relaxed);
    for _ in 0..3 {
        let answer = reader.read(&id, Wanted::Target).await.unwrap().unwrap();
        assert!(answer.target.is_some(), "what was read is remembered");
    }
    assert_eq!(reads(), 1);
    *noted.status.lock() = Some(DeploymentStatus::Ready);
    reader.read(&id, Wanted::Target).await.unwrap();
    assert_eq!(reads(), 2, "news");
    clock.sleep(MAX_EAGER_STALENESS).await;
    reader.read(&id, Wanted::Target).await.unwrap();
    assert_eq!(reads(), 2, "not yet");
    reader.read(&id, Wanted::TargetEagerly).await.unwrap();
    assert_eq!(reads(), 3);
    clock.sleep(MAX_STALENESS).await;
    reader.read(&id, Wanted::Target).await.unwrap();
    assert_eq!(reads(), 4);
    *noted.status.lock() = Some(DeploymentStatus::Succeeded);
    reader.read(&id, Wanted::Target).await.unwrap();
    assert_eq!(reads(), 4, "success needs no more");
}

#[tokio::test(start_paused = true)]
async fn only_so_many_targets_are_looked_at_side_by_side() {
    let (noted, reader, _) = reader();
    let _presences: Vec<ReaderGuard> = (0..BATCH).map(|_| reader.enter()).collect();
    all(&reader, &ids(BATCH), Wanted::Target).await;
    assert_eq!(noted.targets.load(Ordering::Relaxed), BATCH);
    let most = noted.most_at_once.load(Ordering::Relaxed);
    assert_eq!(most, TARGETS_AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn no_more_targets_are_remembered_than_there_may_be_jobs() {
    let (_, reader, clock) = reader();
    for id in ids(MAX_CACHED + 1) {
        reader.cache(seen(&id, DeploymentStatus::InProgress));
    }
    assert_eq!(reader.cached().len(), MAX_CACHED);
    clock.sleep(CACHE_TTL).await;
    let id = DeploymentId::new("d-LATER0000");
    reader.cache(seen(&id, DeploymentStatus::InProgress));
    assert_eq!(reader.cached().len(), 1, "the rest is forgotten");
}

#[tokio::test(start_paused = true)]
async fn many_rest_longer_and_still_see_a_result_within_two_intervals() {
    let (_, reader, _) = reader();
    let interval = Duration::from_secs(10);
    let mut presences: Vec<ReaderGuard> = (0..CROWD).map(|_| reader.enter()).collect();
    assert_eq!(reader.rest(interval).0, interval);
    presences.push(reader.enter());
    let (rest, spread) = reader.rest(interval);
    assert!(rest > interval);
    assert!(rest.mul_f64(1.0 + spread) + BATCH_WINDOW < 2 * interval);
    presences.pop();
    assert_eq!(reader.rest(interval).0, interval);
}
