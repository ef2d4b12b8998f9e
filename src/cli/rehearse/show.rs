//! What a rehearsal looks like: a line for each thing that happens, at the
//! time when it happened, and on a terminal a bar below them.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::scenario::Scenario;
use super::seen::{Deployment, Event, Seen};
use crate::simulator::codepipeline::ActionView;

/// Columns of the bar.
const BAR: usize = 30;

pub(super) struct Show<W> {
    out: W,
    /// Columns of the terminal, where `out` is one.
    columns: fn() -> Option<usize>,
    /// What has been told already.
    told: BTreeSet<String>,
    /// The bar that stands on the terminal.
    bar: Option<String>,
}

impl<W: Write> Show<W> {
    pub(super) fn new(out: W, columns: fn() -> Option<usize>) -> Self {
        Self {
            out,
            columns,
            told: BTreeSet::new(),
            bar: None,
        }
    }

    pub(super) fn opening(
        &mut self,
        bundle: &Path,
        scenario: Scenario,
        speed: f64,
    ) -> io::Result<()> {
        let (bundle, outlook) = (bundle.display(), scenario.outlook());
        writeln!(
            self.out,
            "Rehearsing {bundle} on a pretend AWS, {speed} times as fast as real time. {outlook}\n"
        )
    }

    /// Tells what is new.
    pub(super) fn moment(&mut self, seen: &Seen) -> io::Result<()> {
        for (at, line) in story(seen) {
            if self.told.insert(line.clone()) {
                self.wipe()?;
                writeln!(self.out, "{}  {line}", clock(at))?;
            }
        }
        self.draw(&seen.pipeline)
    }

    /// Tells what the pipeline shows in the end.
    pub(super) fn ending(&mut self, view: &ActionView) -> io::Result<()> {
        self.wipe()?;
        writeln!(self.out, "\nWhat the pipeline shows:")?;
        writeln!(self.out, "  status    {:?}", view.status)?;
        if let Some(error) = &view.error {
            writeln!(self.out, "  type      {}", error.code)?;
            self.block("message", &error.message)?;
        } else if let Some(summary) = &view.summary {
            self.block("summary", summary)?;
        }
        if let Some(link) = &view.link {
            writeln!(self.out, "  link      {link}")?;
        }
        let mut label = "variables";
        for (name, value) in &view.output_variables {
            writeln!(self.out, "  {label:<9} {name} = {value}")?;
            label = "";
        }
        Ok(())
    }

    fn block(&mut self, label: &str, text: &str) -> io::Result<()> {
        let mut label = label;
        for line in text.lines() {
            writeln!(self.out, "{}", format!("  {label:<9} {line}").trim_end())?;
            label = "";
        }
        Ok(())
    }

    /// The bar with the pipeline's own percentage and summary.
    fn draw(&mut self, pipeline: &ActionView) -> io::Result<()> {
        let Some(columns) = (self.columns)() else {
            return self.out.flush();
        };
        let percent = usize::try_from(pipeline.percent.unwrap_or(0)).unwrap_or(0);
        let summary = pipeline.summary.as_deref();
        let line = bar(
            percent.min(100),
            summary.unwrap_or("waiting for the worker"),
            columns,
        );
        if self.bar.as_ref() != Some(&line) {
            self.wipe()?;
            write!(self.out, "{line}")?;
            self.bar = Some(line);
        }
        self.out.flush()
    }

    fn wipe(&mut self) -> io::Result<()> {
        if self.bar.take().is_some() {
            // Back to the line's beginning, and erase it.
            write!(self.out, "\r\u{1b}[2K")?;
        }
        Ok(())
    }
}

/// One line; the last column stays free, for some terminals wrap there.
fn bar(percent: usize, summary: &str, columns: usize) -> String {
    let full = percent * BAR / 100;
    let summary = summary.lines().next().unwrap_or_default();
    format!(
        "{}{} {percent:>3} %  {summary}",
        "█".repeat(full),
        "░".repeat(BAR - full)
    )
    .chars()
    .take(columns.saturating_sub(1))
    .collect()
}

/// Everything that can be told by now, oldest first, with its time since the
/// action's start.
fn story(seen: &Seen) -> Vec<(Duration, String)> {
    let mut story = Vec::new();
    if let Some(at) = seen.taken {
        story.push((seen.since_start(at), "The worker takes the job".into()));
    }
    if let Some(at) = seen.registered {
        story.push((seen.since_start(at), "Task definition registered".into()));
    }
    for deployment in &seen.deployments {
        let lines = life(deployment).into_iter();
        story.extend(lines.map(|(at, line)| (seen.since_start_of(at), line)));
    }
    // Stable: what happened at once stays in the order of its telling.
    story.sort_by_key(|(at, _)| *at);
    story
}

/// A deployment's life so far.
fn life(deployment: &Deployment) -> Vec<(f64, String)> {
    let info = &deployment.info;
    let (id, label) = match info.is_rollback() {
        true => (format!("Rollback {}", info.deployment_id), "rollback "),
        false => (format!("Deployment {}", info.deployment_id), ""),
    };
    let mut lines = vec![(info.create_time, format!("{id} created"))];
    if let Some(target) = &deployment.target {
        for event in &target.lifecycle_events {
            let told = progress(event, deployment)
                .into_iter()
                .chain(end(event))
                .map(|(at, what)| {
                    let name = &event.lifecycle_event_name;
                    (at, format!("  {label}{name:<22} {what}"))
                });
            lines.extend(told);
        }
        if info.status == "Ready" {
            let line = format!("{id} waits until somebody continues it");
            lines.push((target.last_updated_at, line));
        }
    }
    if let Some(at) = info.complete_time {
        lines.push((at, format!("{id} {}", info.status)));
    }
    lines
}

/// How an event that takes its time is getting on. What a rollback takes back
/// is told by the deployment itself.
fn progress(event: &Event, deployment: &Deployment) -> Option<(f64, String)> {
    if deployment.info.is_rollback() {
        return None;
    }
    match (event.lifecycle_event_name.as_str(), event.status.as_str()) {
        ("Install", _) => Some((event.start_time?, "starts the new tasks".into())),
        ("AllowTraffic", "InProgress") => {
            let target = deployment.target.as_ref()?;
            let weight = target.green()?.traffic_weight;
            let line = format!("{weight:>3} % of the traffic on the new tasks");
            Some((target.last_updated_at, line))
        }
        _ => None,
    }
}

/// How an event ended. One that never began is no story.
fn end(event: &Event) -> Option<(f64, String)> {
    event.start_time?;
    Some((event.end_time?, event.status.clone()))
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{:>3}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bar_fits_the_terminal() {
        assert_eq!(
            bar(50, "AllowTraffic runs", 80),
            "███████████████░░░░░░░░░░░░░░░  50 %  AllowTraffic runs"
        );
        assert_eq!(bar(100, "a summary that is cut", 45).chars().count(), 44);
        assert_eq!(bar(0, "first line\nsecond", 80).lines().count(), 1);
        assert_eq!(bar(100, "", 0), "");
    }

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(clock(Duration::from_millis(9_999)), "  0:09");
        assert_eq!(clock(Duration::from_secs(3_700)), " 61:40");
    }
}
