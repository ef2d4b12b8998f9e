//! Counts the round trips between the offer of a job and its deployment. Each
//! call takes half a simulated second, so the elapsed time shows how many calls
//! were made one after another.

use std::collections::BTreeMap;
use std::time::Duration;

use bluegreen_worker::job::action_type::definitions;
use jiff::Unit;
use simulator::archive::zip_with_gap;
use simulator::codepipeline::{ActionDeclaration, InputArtifact, Source};
use simulator::s3::Content;
use simulator::world::{REGION, World};

use crate::support::play::Journal;
use crate::support::slow::slow_harness;
use crate::support::{APPSPEC, Harness, IMAGE_DETAIL, Order, TASKDEF, start};

/// Duration of each call. It is longer than the rate limit's interval between
/// calls to CodePipeline, which therefore does not show in the time.
const ROUND_TRIP: Duration = Duration::from_millis(500);

/// Acknowledge; the group and then its service and listener, concurrently with
/// the artifacts and then the image and the family's newest revision; register;
/// create.
const SMALL: f64 = 5.0;

/// One more if the files are not in the first range, which is the end of the
/// archive: its directory must be read first.
const LARGE: f64 = 6.0;

/// One more if the directory does not fit into the first range.
const MANY_FILES: f64 = 7.0;

/// All calls after the offer: acknowledge, one range, group, service, listener,
/// image, newest revision, register, create.
const SMALL_CALLS: usize = 9;

/// The same with four ranges: the end and three places.
const LARGE_CALLS: usize = 12;

/// And with the directory.
const MANY_FILES_CALLS: usize = 13;

/// Number of files whose directory is longer than the first range.
const MANY: usize = 1_000;

/// Zero bytes in front of the directory.
const GAP: u64 = 300_000_000;

#[tokio::test(start_paused = true)]
async fn a_deployment_is_five_round_trips_behind_its_offer() {
    let harness = slow_harness(webapp(), ROUND_TRIP);
    harness.queue(&Order::default());
    let way = Way::of(&harness, &Journal::None).await;
    assert_eq!(way.calls.len(), SMALL_CALLS, "{way:#?}");
    assert!(way.round_trips <= SMALL, "{way:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_journal_costs_no_round_trip() {
    let place = tempfile::TempDir::new().expect("a directory");
    let harness = slow_harness(webapp(), ROUND_TRIP);
    harness.queue(&Order::default());
    let way = Way::of(&harness, &Journal::Directory(place.path().to_owned())).await;
    assert_eq!(way.calls.len(), SMALL_CALLS, "{way:#?}");
    assert!(way.round_trips <= SMALL, "{way:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_large_artifact_costs_a_round_trip_more() {
    let way = way_of_large(0).await;
    assert_eq!(way.calls.len(), LARGE_CALLS, "{way:#?}");
    assert!(way.round_trips <= LARGE, "{way:#?}");
}

#[tokio::test(start_paused = true)]
async fn a_large_artifact_of_many_files_costs_two() {
    let way = way_of_large(MANY).await;
    assert_eq!(way.calls.len(), MANY_FILES_CALLS, "{way:#?}");
    assert!(way.round_trips <= MANY_FILES, "{way:#?}");
}

async fn way_of_large(files: usize) -> Way {
    let harness = slow_harness(webapp(), ROUND_TRIP);
    let declaration = ActionDeclaration {
        inputs: vec![InputArtifact {
            name: "Bundle".into(),
            source: Source::Content(large(files)),
        }],
        ..Order::default().declaration()
    };
    harness
        .world(|world| world.queue_action(declaration))
        .expect("a pipeline accepts the action");
    Way::of(&harness, &Journal::None).await
}

/// Group, service and registration are three round trips. The state of a group
/// that was free is used for five seconds.
#[tokio::test(start_paused = true)]
async fn what_was_seen_long_ago_is_looked_at_again() {
    for (round_trip, again) in [(1_600, 0), (1_700, 2)] {
        let harness = slow_harness(webapp(), Duration::from_millis(round_trip));
        harness.queue(&Order::default());
        let way = Way::of(&harness, &Journal::None).await;
        assert_eq!(way.calls.len(), SMALL_CALLS + again, "{way:#?}");
    }
}

fn webapp() -> World {
    World::webapp(start(), &definitions(REGION))
}

/// The calls from the offer to the deployment.
#[derive(Debug)]
struct Way {
    round_trips: f64,
    /// All calls after the offer, including `CreateDeployment`.
    calls: Vec<String>,
}

impl Way {
    /// Runs a worker for the queued action.
    async fn of(harness: &Harness, journal: &Journal) -> Self {
        let worker = harness.start_slow(journal);
        let created = |world: &World| world.ledger.effects("codedeploy", "CreateDeployment") > 0;
        harness.until(created).await;
        let way = harness.world(|world| {
            let calls: Vec<_> = world.ledger.entries().collect();
            let last = calls
                .iter()
                .position(|call| call.operation == "CreateDeployment");
            let calls = &calls[..=last.expect("it was made")];
            let offer = calls
                .iter()
                .rposition(|call| call.operation == "PollForJobs");
            let (offer, calls) = calls.split_at(offer.expect("it was offered") + 1);
            let (offer, last) = (
                offer.last().expect("it is there"),
                calls.last().expect("so"),
            );
            let time = (last.at - offer.at).total(Unit::Second).expect("seconds");
            Self {
                round_trips: time / ROUND_TRIP.as_secs_f64(),
                calls: calls.iter().map(|call| call.operation.clone()).collect(),
            }
        });
        worker.stop().await;
        way
    }
}

/// An archive with `other_files` more files, in which the three required
/// entries are so far apart that each is fetched with its own request.
fn large(other_files: usize) -> Content {
    let mut files = BTreeMap::from([
        ("appspec.yaml".to_owned(), APPSPEC.to_owned()),
        ("imageDetail.json".to_owned(), IMAGE_DETAIL.to_owned()),
        ("taskdef.json".to_owned(), TASKDEF.to_owned()),
    ]);
    let mut noise = fastrand::Rng::with_seed(9);
    for between in ["b", "j"] {
        let text = (0..200_000).map(|_| noise.alphanumeric()).collect();
        files.insert(format!("{between}.txt"), text);
    }
    for number in 0..other_files {
        files.insert(format!("x/{number:060}"), String::new());
    }
    let archive = zip_with_gap(&files, GAP).expect("good names");
    archive.expect("an archive without extensions has room for it")
}
