//! The summary at the end: what the pipeline shows, and what the clients saw.

use std::io::{self, Write};
use std::time::Duration;

use simulator::codepipeline::ActionView;
use simulator::traffic::Shown;

/// Writes what the pipeline shows.
pub(super) fn pipeline(out: &mut impl Write, view: &ActionView) -> io::Result<()> {
    writeln!(out, "\nWhat the pipeline shows:")?;
    writeln!(out, "  status    {}", view.status.as_str())?;
    if let Some(error) = &view.error {
        writeln!(out, "  type      {}", error.code)?;
        block(out, "message", &error.message)?;
    } else if let Some(summary) = &view.summary {
        block(out, "summary", summary)?;
    }
    if let Some(link) = &view.link {
        writeln!(out, "  link      {link}")?;
    }
    let mut label = "variables";
    for (name, value) in &view.output_variables {
        writeln!(out, "  {label:<9} {name} = {value}")?;
        label = "";
    }
    Ok(())
}

/// Writes which events were sent.
pub(super) fn events(out: &mut impl Write, states: &[String]) -> io::Result<()> {
    if states.is_empty() {
        return Ok(());
    }
    writeln!(out, "\nEvents sent: {}", states.join(", "))
}

fn block(out: &mut impl Write, label: &str, text: &str) -> io::Result<()> {
    let mut label = label;
    for line in text.lines() {
        writeln!(out, "{}", format!("  {label:<9} {line}").trim_end())?;
        label = "";
    }
    Ok(())
}

/// Writes what the clients saw.
pub(super) fn clients(out: &mut impl Write, shown: Option<&Shown>) -> io::Result<()> {
    let Some((shown, load)) = shown.and_then(|shown| Some((shown, shown.load.as_ref()?))) else {
        return Ok(());
    };
    let [blue, green] = load.answered;
    writeln!(out, "\nWhat {} clients saw:", load.clients)?;
    writeln!(
        out,
        "  requests  {}, of which {} failed",
        load.requests, load.failures
    )?;
    for words in &load.told {
        writeln!(out, "            {words}")?;
    }
    writeln!(out, "  answers   {blue} from blue, {green} from green")?;
    writeln!(
        out,
        "  times     half within {}, 90 % within {}, 99 % within {}, all within {}",
        ms(load.median),
        ms(load.p90),
        ms(load.p99),
        ms(load.longest)
    )?;
    let mut label = "shares";
    for (weight, [blue, green]) in &shown.by_weight {
        let total = blue + green;
        let share = (green * 100 + total / 2) / total;
        writeln!(
            out,
            "  {label:<9} at a weight of {weight:>3} % green gave {share:>3} % of {total} answers"
        )?;
        label = "";
    }
    Ok(())
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}
