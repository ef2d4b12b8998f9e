//! Gives malicious releases to a worker, followed by a good one.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::sync::Arc;

use bluegreen_worker::job::action_type::PROVIDER;
use parking_lot::Mutex;
use simulator::codepipeline::{
    ActionDeclaration, ActionStatus, ActionTypeId, InputArtifact, Source,
};
use simulator::s3::Content;
use tracing_subscriber::fmt::MakeWriter;

use super::archives::zip;
use crate::support::{APPSPEC, Harness, IMAGE_DETAIL, Order, TASKDEF};

/// Stands for a value that must not be shown.
pub(crate) const SECRET: &str = "correct-horse-battery";

/// Names that identify the test's releases in its output.
pub(crate) type Cases = Vec<(&'static str, ActionDeclaration)>;

/// The files of a valid release, which contain a secret.
pub(crate) fn good_files() -> BTreeMap<&'static str, Vec<u8>> {
    [
        ("taskdef.json", with_secret()),
        ("appspec.yaml", APPSPEC.into()),
        ("imageDetail.json", IMAGE_DETAIL.into()),
    ]
    .map(|(name, text)| (name, text.into_bytes()))
    .into()
}

/// A valid task definition with a secret in its environment.
pub(crate) fn with_secret() -> String {
    TASKDEF.replace("\"hello\"", &format!("\"{SECRET}\""))
}

/// A release with this artifact.
pub(crate) fn release(artifact: impl Into<Content>) -> ActionDeclaration {
    release_from(Source::Content(artifact.into()))
}

pub(crate) fn release_from(source: Source) -> ActionDeclaration {
    ActionDeclaration {
        action_type: ActionTypeId::custom("Deploy", PROVIDER, "1"),
        pipeline: "shop".into(),
        stage: "Deploy".into(),
        action: "Release".into(),
        execution: None,
        configuration: Order::default().configuration,
        inputs: vec![InputArtifact {
            name: "Bundle".into(),
            source,
        }],
        encryption_key: None,
    }
}

/// A release with one file replaced.
pub(crate) fn release_with(name: &'static str, bytes: impl Into<Vec<u8>>) -> ActionDeclaration {
    let mut files = good_files();
    files.insert(name, bytes.into());
    release(zip(&files))
}

/// Releases every case at once and then a good one. Returns the messages shown
/// to the authors.
///
/// # Panics
///
/// If a case was not refused as expected, if something of it was registered, if
/// an error was logged, if a secret was shown, or if the good release did not
/// succeed.
pub(crate) async fn refuse_all(harness: &Harness, cases: Cases) -> String {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let listening = tracing::subscriber::set_default(subscriber);
    let worker = harness.worker();
    let mut queued = Vec::new();
    for (name, declaration) in cases {
        let action = harness.world(|world| world.queue_action(declaration));
        queued.push((name, action.expect("a pipeline accepts the action")));
    }
    let mut told = String::new();
    for (name, action) in queued {
        let view = harness.end_of(&action).await;
        assert_eq!(view.status, ActionStatus::Failed, "{name}: {view:#?}");
        let error = view.error.expect("a reason");
        writeln!(told, "## {name}: {}\n{}\n", error.code, error.message).expect("memory");
    }
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 0);
    assert_eq!(harness.effects("codedeploy", "CreateDeployment"), 0);
    let good = harness.queue(&Order::default().option("CompleteWhen=TrafficShifted"));
    let view = harness.end_of(&good).await;
    worker.stop().await;
    drop(listening);
    assert_eq!(view.status, ActionStatus::Succeeded, "{view:#?}");
    assert_eq!(harness.effects("ecs", "RegisterTaskDefinition"), 1);
    let log = log.text();
    assert!(!log.contains("ERROR"), "{log}");
    for text in [&log, &told] {
        assert!(!text.contains(SECRET), "a secret came out: {text}");
    }
    told
}

/// Compares with the stored snapshot, which shows every message.
pub(crate) fn assert_reported(name: &str, told: &str) {
    insta::with_settings!({ prepend_module_to_snapshot => false, omit_expression => true }, {
        insta::assert_snapshot!(name, told);
    });
}

/// Everything that was logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        let bytes = self.0.lock();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn keep(&self, bytes: &[u8]) {
        let mut all = self.0.lock();
        all.extend_from_slice(bytes);
    }
}

impl io::Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.keep(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Log {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}
