//! What a rehearsal looks like: a line for each thing that happens, and on a
//! terminal a bar below them.

use std::collections::BTreeSet;
use std::io::{self, Write};
use std::path::Path;
use std::time::Duration;

use super::scenario::Scenario;
use super::stage::Seen;
use crate::rollout::seen::{DeploymentSeen, EventStatus, Label};
use crate::simulator::codepipeline::ActionView;

/// Columns of the bar.
const BAR: usize = 30;
/// Columns that the line with the bar may take.
const LINE: usize = 100;

pub(super) struct Show<W> {
    out: W,
    is_terminal: bool,
    /// What has been told already.
    told: BTreeSet<String>,
    bar: bool,
}

impl<W: Write> Show<W> {
    pub(super) fn new(out: W, is_terminal: bool) -> Self {
        Self {
            out,
            is_terminal,
            told: BTreeSet::new(),
            bar: false,
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
        let at = clock(seen.elapsed);
        self.tell(&at, "The pipeline offers the job".into())?;
        for revision in 1..=seen.registered {
            self.tell(&at, format!("Task definition registered ({revision})"))?;
        }
        for (label, deployment) in [("", &seen.deployment), ("rollback ", &seen.rollback)] {
            if let Some(deployment) = deployment {
                for line in lines(label, deployment) {
                    self.tell(&at, line)?;
                }
            }
        }
        self.draw(seen)
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
            writeln!(self.out, "  {label:<9} {line}")?;
            label = "";
        }
        Ok(())
    }

    fn tell(&mut self, at: &str, line: String) -> io::Result<()> {
        if self.told.contains(&line) {
            return Ok(());
        }
        self.wipe()?;
        writeln!(self.out, "{at}  {line}")?;
        self.told.insert(line);
        Ok(())
    }

    /// The bar with the pipeline's own percentage and summary.
    fn draw(&mut self, seen: &Seen) -> io::Result<()> {
        if !self.is_terminal {
            return self.out.flush();
        }
        self.wipe()?;
        let percent = usize::try_from(seen.pipeline.percent.unwrap_or(0))
            .unwrap_or(0)
            .min(100);
        let full = percent * BAR / 100;
        let summary = seen
            .pipeline
            .summary
            .as_deref()
            .unwrap_or("waiting for the worker");
        let line = format!(
            "{}{} {percent:>3} %  {summary}",
            "█".repeat(full),
            "░".repeat(BAR - full)
        );
        let line: String = line.chars().take(LINE).collect();
        write!(self.out, "{line}")?;
        self.bar = true;
        self.out.flush()
    }

    fn wipe(&mut self) -> io::Result<()> {
        if self.bar {
            // Back to the line's beginning, and erase it.
            write!(self.out, "\r\u{1b}[2K")?;
            self.bar = false;
        }
        Ok(())
    }
}

/// Everything that can be told of a deployment by now, oldest first.
fn lines(label: &str, seen: &DeploymentSeen) -> Vec<String> {
    let mut lines = vec![
        format!("Deployment {} created {label}", seen.id)
            .trim_end()
            .to_owned(),
    ];
    let Some(target) = &seen.target else {
        return lines;
    };
    let green = target
        .task_sets
        .iter()
        .find(|set| set.label == Label::Green);
    for event in &target.events {
        let name = &event.name;
        match event.status {
            EventStatus::Pending | EventStatus::Unknown | EventStatus::Unrecognised(_) => {}
            EventStatus::InProgress => match green {
                Some(green) if name == "AllowTraffic" => lines.push(format!(
                    "  {label}{name:<22} {:>3} % of the traffic on the new tasks",
                    green.traffic_weight
                )),
                Some(green) if name == "Install" => lines.push(format!(
                    "  {label}{name:<22} {} of {} new tasks running",
                    green.running, green.desired
                )),
                Some(_) | None => lines.push(format!("  {label}{name}")),
            },
            EventStatus::Succeeded => lines.push(format!("  {label}{name:<22} Succeeded")),
            EventStatus::Failed => lines.push(format!("  {label}{name:<22} Failed")),
            EventStatus::Skipped => lines.push(format!("  {label}{name:<22} Skipped")),
        }
    }
    if seen.status.is_final() {
        lines.push(format!("Deployment {} {:?}", seen.id, seen.status));
    }
    lines
}

/// Minutes and seconds.
fn clock(time: Duration) -> String {
    format!("{:>3}:{:02}", time.as_secs() / 60, time.as_secs() % 60)
}
