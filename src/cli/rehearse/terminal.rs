//! The lines below the story, for those who stay in the shell: the pipeline's
//! own percentage and summary, where the traffic goes, and the tasks.

use super::seen::Seen;

/// Columns of a bar.
const BAR: usize = 30;

/// How everything stands. No line wraps.
pub(super) fn lines(seen: &Seen, columns: usize) -> Vec<String> {
    let pipeline = &seen.pipeline;
    let percent = usize::try_from(pipeline.percent.unwrap_or(0)).unwrap_or(0);
    let summary = pipeline.summary.as_deref();
    let summary = summary.unwrap_or("waiting for the worker");
    let summary = summary.lines().next().unwrap_or_default();
    let mut lines = vec![
        format!("{} {percent:>3} %  {summary}", bar(percent, '█', '░')),
        traffic(seen),
    ];
    let tasks = tasks(seen);
    if !tasks.is_empty() {
        lines.push(tasks);
    }
    if let Some(load) = load(seen) {
        lines.push(load);
    }
    lines.iter().map(|line| fitting(line, columns)).collect()
}

/// As much as fits; the last column stays free, for some terminals wrap there.
fn fitting(line: &str, columns: usize) -> String {
    line.chars().take(columns.saturating_sub(1)).collect()
}

fn bar(percent: usize, full: char, empty: char) -> String {
    let filled = percent.min(100) * BAR / 100;
    let mut bar: String = std::iter::repeat_n(full, filled).collect();
    bar.extend(std::iter::repeat_n(empty, BAR - filled));
    bar
}

/// Green's share of production's traffic.
fn traffic(seen: &Seen) -> String {
    let green = seen.green_weight();
    let percent = usize::try_from(green).unwrap_or(0);
    format!(
        "{}       traffic: blue {} %, green {green} %",
        bar(percent, '▓', '·'),
        100 - green
    )
}

fn tasks(seen: &Seen) -> String {
    let sets = seen.task_sets.iter().map(|set| {
        let mut states: Vec<(&str, usize)> = Vec::new();
        for task in &set.tasks {
            match states.iter_mut().find(|(state, _)| *state == task.state) {
                Some((_, count)) => *count += 1,
                None => states.push((task.state, 1)),
            }
        }
        let states: Vec<String> = states
            .iter()
            .map(|(state, count)| format!("{count} {state}"))
            .collect();
        format!("{}: {}", seen.version_of(set), states.join(", "))
    });
    sets.collect::<Vec<_>>().join("   ")
}

fn load(seen: &Seen) -> Option<String> {
    let load = seen.traffic.as_ref()?.load.as_ref()?;
    let [blue, green] = load.answered;
    Some(format!(
        "{} requests, {} failed   from blue {blue}, from green {green}   99 % within {:.1} ms",
        load.requests,
        load.failures,
        load.p99.as_secs_f64() * 1e3,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bar_is_as_full_as_it_says() {
        assert_eq!(bar(50, '█', '░'), "███████████████░░░░░░░░░░░░░░░");
        assert_eq!(bar(0, '█', '░').chars().filter(|c| *c == '█').count(), 0);
        assert_eq!(bar(100, '█', '░').chars().count(), BAR);
        assert_eq!(bar(101, '█', '░').chars().count(), BAR);
    }

    #[test]
    fn no_line_wraps() {
        assert_eq!(fitting("a summary that is cut", 10).chars().count(), 9);
        assert_eq!(fitting("short", 80), "short");
        assert_eq!(fitting("x", 0), "");
    }
}
