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
    for (weight, answered) in shares(shown) {
        let total = answered[0] + answered[1];
        let share = (answered[1] * 100 + total / 2) / total;
        writeln!(
            out,
            "  {label:<9} at a weight of {weight:>3} % green gave {share:>3} % of {total} answers"
        )?;
        label = "";
    }
    Ok(())
}

/// The responses of blue and green at each weight of green, in order.
fn shares(shown: &Shown) -> Vec<(u32, [u64; 2])> {
    let mut shares: Vec<(u32, [u64; 2])> = Vec::new();
    let mut before = 0;
    for span in &shown.spans {
        // A span in which the weight changes has requests at both weights.
        let is_pure = span.weight == before;
        before = span.weight;
        if !is_pure {
            continue;
        }
        match shares
            .last_mut()
            .filter(|(weight, _)| *weight == span.weight)
        {
            Some((_, sum)) => {
                for (sum, more) in sum.iter_mut().zip(span.answered) {
                    *sum += more;
                }
            }
            None => shares.push((span.weight, span.answered)),
        }
    }
    shares.retain(|(_, answered)| answered[0] + answered[1] > 0);
    shares
}

fn ms(time: Duration) -> String {
    format!("{:.1} ms", time.as_secs_f64() * 1e3)
}

#[cfg(test)]
mod tests {
    use simulator::traffic::Span;

    use super::*;

    #[test]
    fn shares_are_shown_for_each_weight_without_transitions() {
        let span = |weight, answered| Span {
            weight,
            answered,
            ..Span::default()
        };
        let shown = Shown {
            spans: vec![
                span(0, [50, 0]),
                span(0, [50, 0]),
                span(10, [48, 2]),
                span(10, [90, 10]),
                span(100, [5, 45]),
                span(100, [0, 0]),
            ],
            ..Shown::default()
        };
        assert_eq!(shares(&shown), [(0, [100, 0]), (10, [90, 10])]);
    }
}
