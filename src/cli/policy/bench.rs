//! `policy bench`: how long the policies take for a release, their process
//! included.

use std::path::Path;
use std::time::Duration;

use super::release::LocalRelease;
use super::set::SetArgs;
use crate::cli::{Exit, say};
use crate::clock::Clock;
use crate::messages;

pub(super) async fn run(bundle: &Path, rounds: u32, set: &SetArgs) -> Result<Exit, Vec<String>> {
    let (gate, _) = set.open().await?;
    let release = LocalRelease::read(bundle).await.map_err(|p| vec![p])?;
    let Some(subject) = release.subject() else {
        let findings = release.findings().iter();
        return Err(findings.map(messages::finding::marked).collect());
    };
    let clock = Clock::system();
    let mut times = Vec::new();
    for _ in 0..rounds {
        let start = clock.now();
        gate.review(None, &subject, release.bundle()).await;
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
    Ok(say(&line, Exit::Done))
}
