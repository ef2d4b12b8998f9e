//! The real program releases an artifact of 300 MB: it reads only a few ranges
//! and needs little memory.

use std::collections::BTreeMap;
use std::io::{self, Seek, SeekFrom, Write};
use std::time::Duration;

use bluegreen_worker::job::action_type::{PROVIDER, definitions};
use clock::Clock;
use simulator::codepipeline::{
    ActionDeclaration, ActionStatus, ActionTypeId, InputArtifact, Source,
};
use simulator::s3::Content;
use simulator::wire::{Options, Simulator};
use simulator::world::{REGION, World};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use crate::support::process::Process;

/// Entries stored around the required ones, and the bytes of each.
const ASSETS: usize = 300;
const ASSET: usize = 1_000_000;

/// The files of a release, each after a hundred assets.
const WANTED: [(&str, &str); 3] = [
    (
        "deploy/taskdef.json",
        include_str!("../../examples/webapp/taskdef.json"),
    ),
    (
        "deploy/appspec.yaml",
        include_str!("../../examples/webapp/appspec.yaml"),
    ),
    (
        "imageDetail.json",
        include_str!("../../examples/webapp/imageDetail.json"),
    ),
];

const MOST_BYTES: u64 = 1_000_000;
const MOST_GETS: usize = 5;
/// Limit in addition to the program itself.
const MOST_MEMORY_KB: u64 = 40_000;

/// Simulated seconds per real second.
const SPEED: f64 = 600.0;

#[tokio::test]
async fn a_large_artifact_is_read_in_a_few_ranges_and_little_memory() {
    let now = Clock::system().now();
    let mut world = World::webapp(now, &definitions(REGION));
    let action = world
        .queue_action(declaration(artifact()))
        .expect("a pipeline accepts the action");
    let clock = Clock::simulated(now, SPEED);
    let simulator = Simulator::start(world, clock.clone(), Options::default())
        .await
        .expect("a free port");

    let worker = Process::start(&simulator);
    let world = simulator.world();
    let limit = clock.now() + Duration::from_secs(24 * 3600);
    let view = loop {
        let view = {
            let mut world = world.lock();
            world.follow(clock.now());
            world.codepipeline.view(&action).expect("it was queued")
        };
        if view.status != ActionStatus::InProgress {
            break view;
        }
        assert!(clock.now() < limit, "it never ends: {view:#?}");
        clock.sleep(Duration::from_secs(10)).await;
    };
    let memory = worker.peak_memory_kb();
    assert_eq!(worker.stop().code(), Some(0), "SIGTERM ends it in order");
    simulator.shutdown().await;

    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    let world = world.lock();
    let reads: Vec<u64> = world
        .ledger
        .calls("s3", "GetObject")
        .map(|call| bytes_of(call.input["range"].as_str().expect("a range")))
        .collect();
    assert!((1..=MOST_GETS).contains(&reads.len()), "{reads:?}");
    assert!(reads.iter().sum::<u64>() < MOST_BYTES, "{reads:?}");
    assert!(memory < MOST_MEMORY_KB, "{memory} kB at the peak");
}

/// Number of bytes in a `Range` header.
fn bytes_of(range: &str) -> u64 {
    let range = range.strip_prefix("bytes=").expect("bytes");
    let (start, end) = range.split_once('-').expect("one range");
    let end: u64 = end.parse().expect("an end");
    match start {
        "" => end,
        start => end + 1 - start.parse::<u64>().expect("a start"),
    }
}

fn declaration(artifact: Content) -> ActionDeclaration {
    let configuration = [
        ("ApplicationName", "webapp"),
        ("DeploymentGroupName", "webapp"),
        ("TaskDefinitionTemplateArtifact", "Build"),
        ("TaskDefinitionTemplatePath", "deploy/taskdef.json"),
        ("AppSpecTemplateArtifact", "Build"),
        ("AppSpecTemplatePath", "deploy/appspec.yaml"),
        ("Image1ArtifactName", "Build"),
        ("Image1ContainerName", "IMAGE1_NAME"),
    ];
    ActionDeclaration {
        action_type: ActionTypeId::custom("Deploy", PROVIDER, "1"),
        pipeline: "shop".into(),
        stage: "Deploy".into(),
        action: "Release".into(),
        execution: None,
        configuration: configuration.map(|(k, v)| (k.into(), v.into())).into(),
        inputs: vec![InputArtifact {
            name: "Build".into(),
            source: Source::Content(artifact),
        }],
        encryption_key: None,
    }
}

/// The archive. Only pages with bytes other than zero are in memory.
fn artifact() -> Content {
    let mut pages = Pages::default();
    let mut writer = ZipWriter::new(&mut pages);
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Stored);
    let asset = vec![0; ASSET];
    for number in 0..ASSETS {
        writer
            .start_file(format!("assets/{number:03}.bin"), options)
            .expect("a name");
        writer.write_all(&asset).expect("memory");
        let wanted = WANTED.get(number / 100).filter(|_| number % 100 == 50);
        if let Some((path, text)) = wanted {
            writer.start_file(*path, options).expect("a name");
            writer.write_all(text.as_bytes()).expect("memory");
        }
    }
    writer.finish().expect("an archive");
    let content = pages.content();
    assert!(content.length() > 300_000_000);
    content
}

const PAGE: usize = 4096;

/// A file in memory that does not store pages of zeros.
#[derive(Default)]
struct Pages {
    /// Pages with bytes other than zero, by number.
    pages: BTreeMap<usize, Vec<u8>>,
    position: usize,
    length: usize,
}

impl Pages {
    fn content(self) -> Content {
        let length = self.length;
        let pieces = self.pages.into_iter().map(|(number, mut page)| {
            let start = number * PAGE;
            page.truncate(length - start);
            (start as u64, page)
        });
        Content::sparse(length as u64, pieces).expect("few enough pages")
    }
}

impl Write for Pages {
    /// Writes up to the end of a page.
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let (number, start) = (self.position / PAGE, self.position % PAGE);
        let bytes = &bytes[..bytes.len().min(PAGE - start)];
        if self.pages.contains_key(&number) || bytes.iter().any(|byte| *byte != 0) {
            let page = self.pages.entry(number).or_insert_with(|| vec![0; PAGE]);
            page[start..start + bytes.len()].copy_from_slice(bytes);
        }
        self.position += bytes.len();
        self.length = self.length.max(self.position);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Seek for Pages {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        let position = match to {
            SeekFrom::Start(position) => Some(position),
            SeekFrom::Current(by) => (self.position as u64).checked_add_signed(by),
            SeekFrom::End(by) => (self.length as u64).checked_add_signed(by),
        };
        let position = position.ok_or(io::ErrorKind::InvalidInput)?;
        self.position = usize::try_from(position).map_err(io::Error::other)?;
        Ok(position)
    }
}
