//! The current state as lines: the release's steps, traffic, task sets, alarms
//! and hooks, findings, and what the pipeline shows.

use std::time::Duration;

use super::bar;
use super::line::{Ink, Line, flow, labelled, wrapped};
use crate::job::duration::clock;
use crate::page::{
    ActionShown, FindingShown, HookState, SeverityShown, StepState, TaskSetShown, Tone,
    TrafficShown, Version, View,
};

/// Maximum width in columns; on wider terminals the rest stays free.
const MAX_COLUMNS: usize = 200;
/// Maximum number of lines of a text from the worker or from AWS. A text that
/// is longer ends with `…`.
const TEXT_LINES: usize = 6;
/// Maximum length of a bar or chart; one that is longer shows no more.
const MAX_BAR: usize = 120;

/// Maximum number of findings.
const MAX_FINDINGS: usize = 3;

/// A section's importance. If there are too few rows, sections with the last
/// ranks are left out first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Pipeline,
    State,
    AlarmsThatWentOff,
    Progress,
    Tasks,
    Rule,
    Requests,
    Findings,
    AlarmsAndHooks,
    Charts,
}

struct Section {
    rank: Rank,
    lines: Vec<Line>,
}

/// The lines that fit into this many columns and rows.
pub(in crate::cli::rehearse) fn board(view: &View, columns: usize, rows: usize) -> Vec<Line> {
    // The last column is unused, because some terminals wrap there.
    let columns = columns.saturating_sub(1).min(MAX_COLUMNS);
    let mut sections = sections(view, columns);
    let height = |sections: &[Section]| -> usize {
        sections.iter().map(|section| section.lines.len()).sum()
    };
    while height(&sections) > rows && sections.len() > 1 {
        let last = sections.iter().map(|section| section.rank).max();
        sections.retain(|section| Some(section.rank) != last);
    }
    let lines = sections.into_iter().flat_map(|section| section.lines);
    lines.take(rows).collect()
}

/// All sections in order.
fn sections(view: &View, columns: usize) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut add = |rank, lines| sections.push(Section { rank, lines });
    add(Rank::Rule, vec![rule(view, columns)]);
    add(Rank::State, state(view, columns));
    add(Rank::Progress, flow("Release", steps(view), columns));
    if let Some(traffic) = &view.traffic {
        add(Rank::Progress, vec![split(traffic, columns)]);
        add(Rank::Requests, requests(traffic, columns));
        add(Rank::Charts, charts(traffic, columns));
    }
    add(Rank::Tasks, task_sets(&view.task_sets, columns));
    let has_alarm = view.alarms.iter().any(|alarm| alarm.since.is_some());
    let rank = match has_alarm {
        true => Rank::AlarmsThatWentOff,
        false => Rank::AlarmsAndHooks,
    };
    add(rank, alarms_and_hooks(view, columns));
    let findings = view.findings.iter().flatten().take(MAX_FINDINGS);
    let findings = findings.flat_map(|one| finding(one, columns)).collect();
    add(Rank::Findings, findings);
    if let Some(action) = view.actions.first() {
        add(Rank::Pipeline, pipeline(view, action, columns));
    }
    sections
}

fn rule(view: &View, columns: usize) -> Line {
    let speed = view.speed.map(|speed| format!(" · {speed} × real time"));
    let text = format!(
        " {}{} ",
        clock(Duration::try_from_secs_f64(view.now).unwrap_or_default()),
        speed.unwrap_or_default()
    );
    let left = "─".repeat(2);
    let right = columns.saturating_sub(left.chars().count() + text.chars().count());
    Line::new(Ink::Soft, &left)
        .and(Ink::Strong, &text)
        .and(Ink::Soft, &"─".repeat(right))
        .fit(columns)
}

fn steps(view: &View) -> Vec<Line> {
    let steps = view.flow.iter();
    steps
        .map(|step| {
            let (ink, mark) = match step.state {
                StepState::NotYet => (Ink::Soft, "○"),
                StepState::UnderWay => (Ink::Busy, "●"),
                StepState::Done => (Ink::Good, "✓"),
                StepState::Failed => (Ink::Bad, "✕"),
            };
            let line = Line::new(ink, &format!("{mark} {}", step.name));
            match step.note.is_empty() {
                true => line,
                false => line.and(ink, &format!(" ({})", step.note)),
            }
        })
        .collect()
}

/// The state as a sentence, and what continues a deployment that waits.
fn state(view: &View, columns: usize) -> Vec<Line> {
    let state = &view.state;
    let (ink, mark) = match state.tone {
        Tone::Still => (Ink::Plain, ""),
        Tone::Busy => (Ink::Busy, "● "),
        Tone::Good => (Ink::Good, "✓ "),
        Tone::Bad => (Ink::Bad, "✕ "),
        Tone::Warning => (Ink::Warning, "▲ "),
    };
    let mut lines = text("State", ink, &format!("{mark}{}", state.sentence), columns);
    if let Some(waiting) = &state.waiting {
        let key = waiting.key.iter();
        let how = key.map(|key| format!("Press {key} to continue it"));
        let command = waiting.command.iter();
        let how = how.chain(command.map(|command| format!("On AWS: {command}")));
        lines.extend(how.flat_map(|how| text("", Ink::Strong, &how, columns)));
    }
    lines
}

/// A text in whole sentences, wrapped.
fn text(label: &str, ink: Ink, what: &str, columns: usize) -> Vec<Line> {
    let room = columns.saturating_sub(labelled("").width());
    let mut all = wrapped(what, room);
    let mut lines: Vec<String> = all.by_ref().take(TEXT_LINES).collect();
    if all.next().is_some()
        && let Some(last) = lines.last_mut()
    {
        last.push_str(" …");
    }
    let labels = std::iter::once(label).chain(std::iter::repeat(""));
    let lines = lines.iter().zip(labels);
    lines
        .map(|(line, label)| labelled(label).and(ink, line).fit(columns))
        .collect()
}

fn split(traffic: &TrafficShown, columns: usize) -> Line {
    let (blue, green) = (100 - traffic.green.min(100), traffic.green);
    let left = labelled("Traffic").and(Ink::Blue, &format!("blue {blue:>3} % "));
    let right = Line::new(Ink::Green, &format!(" green {green:>3} %"));
    let room = columns.saturating_sub(left.width() + right.width());
    let bar = bar::shares(green, room.min(MAX_BAR));
    left.join(bar).join(right).fit(columns)
}

/// The current request rates, and the totals by result.
fn requests(traffic: &TrafficShown, columns: usize) -> Vec<Line> {
    let mut pieces = Vec::new();
    // The last span is still incomplete.
    if let Some(span) = traffic.spans.iter().rev().nth(1) {
        pieces.push(Line::new(Ink::Blue, &format!("blue {:>4.0}/s", span.blue)));
        pieces.push(Line::new(
            Ink::Green,
            &format!("green {:>4.0}/s", span.green),
        ));
        let ink = if span.failed > 0.0 {
            Ink::Bad
        } else {
            Ink::Plain
        };
        pieces.push(Line::new(ink, &format!("failed {:>4.0}/s", span.failed)));
    }
    if let Some(load) = &traffic.load {
        let ink = if load.failures > 0 {
            Ink::Bad
        } else {
            Ink::Good
        };
        let asked = Line::new(Ink::Plain, &format!("{:>6} asked, ", load.requests));
        pieces.push(asked.and(ink, &format!("{:>4} failed", load.failures)));
        pieces.push(Line::new(
            Ink::Plain,
            &format!("{:>6} from blue, {:>6} from green", load.blue, load.green),
        ));
        pieces.push(Line::new(
            Ink::Plain,
            &format!("99 % within {:>5.1} ms", load.p99),
        ));
    }
    match pieces.is_empty() {
        true => Vec::new(),
        false => flow("Requests", pieces, columns),
    }
}

/// Charts of green's share and of each version's requests over time.
fn charts(traffic: &TrafficShown, columns: usize) -> Vec<Line> {
    let spans = &traffic.spans[..traffic.spans.len().saturating_sub(1)];
    if spans.len() < 2 {
        return Vec::new();
    }
    let room = columns.saturating_sub(labelled("").width() + "  requests/s".len());
    let weights: Vec<f64> = spans.iter().map(|span| f64::from(span.weight)).collect();
    let blue: Vec<f64> = spans.iter().map(|span| span.blue).collect();
    let green: Vec<f64> = spans.iter().map(|span| span.green).collect();
    let top = blue.iter().chain(&green).copied().fold(0.0, f64::max);
    let line = |ink, values: &[f64], top, label: &str| {
        let chart = bar::chart(values, top, room.min(MAX_BAR));
        let line = labelled("").and(ink, &chart);
        line.and(Ink::Soft, &format!("  {label}")).fit(columns)
    };
    let mut lines = vec![line(Ink::Green, &weights, 100.0, "green, %")];
    if top > 0.0 {
        lines.push(line(Ink::Blue, &blue, top, "blue, /s"));
        lines.push(line(Ink::Green, &green, top, "green, /s"));
    }
    lines
}

fn task_sets(sets: &[TaskSetShown], columns: usize) -> Vec<Line> {
    let names = sets.iter().map(|set| set.task_definition.chars().count());
    let width = names.max().unwrap_or(0);
    let labels = std::iter::once("Tasks").chain(std::iter::repeat(""));
    let lines = sets.iter().zip(labels).flat_map(|(set, label)| {
        let mut lines = flow(label, task_set(set, width), columns);
        if let Some(why) = &set.last_stop {
            lines.extend(text("", Ink::Bad, &format!("Last stop: {why}"), columns));
        }
        lines
    });
    lines.collect()
}

/// A task set's parts. The name of its task definition is padded to `width`.
fn task_set(set: &TaskSetShown, width: usize) -> Vec<Line> {
    let (ink, version) = match set.version {
        Version::Blue => (Ink::Blue, "blue"),
        Version::Green => (Ink::Green, "green"),
    };
    let mut states: Vec<(&str, usize)> = Vec::new();
    for task in &set.tasks {
        match states.iter_mut().find(|(state, _)| *state == task.state) {
            Some((_, count)) => *count += 1,
            None => states.push((&task.state, 1)),
        }
    }
    let mut pieces = vec![
        Line::new(ink, &format!("{version:<5} {:>3} %", set.weight)),
        Line::new(Ink::Plain, &format!("{:<width$}", set.task_definition)),
        Line::new(Ink::Soft, &format!("{:<8}", set.status)),
    ];
    if states.is_empty() && set.stopped == 0 {
        pieces.push(Line::new(Ink::Soft, "no task yet"));
    }
    for (state, count) in states {
        let (ink, mark) = match state {
            "healthy" => (Ink::Good, "✓"),
            "unhealthy" | "stopped" => (Ink::Bad, "✕"),
            _ => (Ink::Busy, "●"),
        };
        pieces.push(Line::new(ink, &format!("{mark} {count} {state}")));
    }
    let under_way: usize = set.tasks.iter().filter_map(|task| task.in_flight).sum();
    if under_way > 0 {
        pieces.push(Line::new(Ink::Soft, &format!("{under_way} under way")));
    }
    if set.stopped > 0 {
        let ink = set.last_stop.as_ref().map_or(Ink::Soft, |_| Ink::Bad);
        pieces.push(Line::new(ink, &format!("{} stopped", set.stopped)));
    }
    pieces
}

/// The alarms that are or were on, and the hooks.
fn alarms_and_hooks(view: &View, columns: usize) -> Vec<Line> {
    let on = view.alarms.iter().filter(|alarm| alarm.since.is_some());
    let alarms: Vec<Line> = on
        .map(|alarm| match alarm.is_on {
            true => Line::new(Ink::Bad, &format!("✕ {}", alarm.name)),
            false => Line::new(Ink::Plain, &format!("✓ {} is quiet again", alarm.name)),
        })
        .collect();
    let hooks: Vec<Line> = view
        .hooks
        .iter()
        .map(|hook| {
            let (ink, mark, state) = match hook.state {
                HookState::Runs => (Ink::Busy, "●", "runs"),
                HookState::Waits => (Ink::Busy, "●", "waits"),
                HookState::Succeeded => (Ink::Good, "✓", "succeeded"),
                HookState::Failed => (Ink::Bad, "✕", "failed"),
            };
            Line::new(ink, &format!("{mark} {} {state}", hook.event))
        })
        .collect();
    let mut lines = Vec::new();
    for (label, pieces) in [("Alarms", alarms), ("Hooks", hooks)] {
        if !pieces.is_empty() {
            lines.extend(flow(label, pieces, columns));
        }
    }
    lines
}

fn finding(one: &FindingShown, columns: usize) -> Vec<Line> {
    let (ink, severity) = match one.severity {
        SeverityShown::Error => (Ink::Bad, "error"),
        SeverityShown::Warning => (Ink::Warning, "warning"),
        SeverityShown::Note => (Ink::Soft, "note"),
    };
    text(
        "Finding",
        ink,
        &format!("{severity}: {}", one.text),
        columns,
    )
}

fn pipeline(view: &View, action: &ActionShown, columns: usize) -> Vec<Line> {
    let (ink, status) = match action.status.as_str() {
        "InProgress" => (Ink::Busy, "in progress"),
        "Succeeded" => (Ink::Good, "succeeded"),
        other => (Ink::Bad, other),
    };
    let mut first = labelled("Pipeline").and(ink, &status.to_lowercase());
    if let Some((kind, _)) = &action.error {
        first = first.and(ink, &format!(": {kind}"));
    }
    if let Some(percent) = action
        .percent
        .and_then(|percent| usize::try_from(percent).ok())
    {
        let room = columns.saturating_sub(first.width() + 8).min(30);
        first = first
            .and(Ink::Plain, " ")
            .join(bar::progress(percent, room))
            .and(Ink::Strong, &format!(" {percent} %"));
    }
    let error = action.error.as_ref().map(|(_, message)| message);
    let words = error.or(action.summary.as_ref()).map_or("", String::as_str);
    // The state has it already.
    let words = if view.state.waiting.is_some() {
        ""
    } else {
        words
    };
    let words = text("", Ink::Plain, words, columns);
    std::iter::once(first.fit(columns)).chain(words).collect()
}
