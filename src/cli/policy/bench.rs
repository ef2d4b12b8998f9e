//! `policy bench`: measures how long the policies take for a release, including
//! their process.

use std::time::Duration;

use clock::Clock;

use super::release::{ReleaseArgs, refused};
use super::set::SetArgs;
use crate::cli::{Exit, Failed, print};

pub(super) async fn run(release: &ReleaseArgs, rounds: u32, set: &SetArgs) -> Result<Exit, Failed> {
    let (gate, _) = set.open().await?;
    let release = release.read(gate.artifact_policy().as_deref()).await?;
    let (Some(subject), Some(document)) = (release.subject(), release.document()) else {
        return Err(refused(release.findings()));
    };
    let clock = Clock::system();
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = clock.now();
        let reviewed = gate.review_document(None, document, &subject, release.bundle());
        reviewed.await;
        let time = clock.now().duration_since(start);
        times.push(time.unsigned_abs());
    }
    times.sort_unstable();
    let shown = |time: &Duration| format!("{:.1} ms", time.as_secs_f64() * 1000.0);
    let at = |share: usize| shown(&times[(times.len() - 1) * share / 100]);
    let line = format!(
        "{rounds} evaluations, each in a process of its own: fastest {}, median {}, 95 % within {}, slowest {}\n",
        at(0),
        at(50),
        at(95),
        at(100)
    );
    Ok(print(&line, Exit::Done))
}
