//! Findings for people: what, where with the line that is meant, what to do.

use std::fmt::Write as _;

use super::Remark;
use super::remark::Line;
use crate::job::Excerpt;
use crate::release::finding::Severity;

/// How a severity is called.
pub(in crate::cli) fn word(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Note => "note",
    }
}

fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\u{1b}[1;31m",
        Severity::Warning => "\u{1b}[1;33m",
        Severity::Note => "\u{1b}[1;36m",
    }
}

/// All findings, one after another, with an empty line behind each.
pub(in crate::cli) fn text(remarks: &[Remark], coloured: bool) -> String {
    let mut text = String::new();
    for remark in remarks {
        let word = word(remark.severity);
        let (on, off) = if coloured {
            (colour(remark.severity), "\u{1b}[0m")
        } else {
            ("", "")
        };
        let _ = writeln!(text, "{on}{word}{off}: {}", remark.words.what);
        let _ = writeln!(text, "  --> {}", place(remark));
        if let (Some(line), Some(position)) = (&remark.line, remark.position) {
            excerpt(&mut text, position.line, line, (on, off));
        }
        if !remark.words.remedy.is_empty() {
            let _ = writeln!(text, "  = {}", remark.words.remedy);
        }
        text.push('\n');
    }
    text
}

fn place(remark: &Remark) -> String {
    // A file's name may hold what turns a terminal upside down.
    let mut place: String = remark.file.chars().filter(|c| !c.is_control()).collect();
    if let Some(position) = remark.position {
        let _ = write!(place, ":{position}");
    }
    if let Some(path) = &remark.path {
        let _ = write!(place, " {path}");
    }
    if let Some(artifact) = &remark.artifact {
        let _ = write!(place, " (artifact {})", Excerpt::of(artifact));
    }
    place
}

fn excerpt(text: &mut String, number: usize, line: &Line, (on, off): (&str, &str)) {
    let number = number.to_string();
    let margin = " ".repeat(number.len());
    let before = " ".repeat(line.before);
    let _ = writeln!(text, " {margin} |");
    let _ = writeln!(text, " {number} | {}", line.text);
    let _ = writeln!(text, " {margin} | {before}{on}^{off}");
}

/// The last line: how many of each.
pub(super) fn count(remarks: &[Remark]) -> String {
    let counted = |severity: Severity| {
        let count = remarks.iter().filter(|r| r.severity == severity).count();
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", word(severity))
    };
    format!(
        "{}, {}, {}\n",
        counted(Severity::Error),
        counted(Severity::Warning),
        counted(Severity::Note)
    )
}
