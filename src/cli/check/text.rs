//! Findings as text: what, where with the source line, and what to do.

use std::fmt::Write as _;

use super::NOT_CHECKED;
use crate::cli::remark::{Line, Remark};
use crate::job::excerpt::is_safe;
use crate::release::finding::{Place, Severity};

fn colour(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "\u{1b}[1;31m",
        Severity::Warning => "\u{1b}[1;33m",
        Severity::Note => "\u{1b}[1;36m",
    }
}

/// How many notes with the same words about one file are shown in full; for the
/// others the path is enough. The output of `DescribeTaskDefinition` can have
/// dozens of members that are null.
const SHOWN_ALIKE: usize = 2;

/// How many paths of the others are named.
const NAMED_PATHS: usize = 5;

/// All findings, each followed by an empty line.
pub(in crate::cli) fn text(remarks: &[Remark], coloured: bool) -> String {
    let mut text = String::new();
    for (index, remark) in remarks.iter().enumerate() {
        let is_alike = |other: &&Remark| are_alike(remark, other);
        let alike: Vec<&Remark> = remarks.iter().filter(is_alike).collect();
        let before = remarks[..index].iter().filter(is_alike).count();
        let all_shown = alike.len() <= SHOWN_ALIKE + 1;
        if all_shown || before < SHOWN_ALIKE {
            write(&mut text, remark, coloured);
        }
        if !all_shown && before + 1 == SHOWN_ALIKE {
            others(&mut text, &alike[SHOWN_ALIKE..]);
        }
    }
    text
}

fn are_alike(one: &Remark, other: &Remark) -> bool {
    let are_notes = one.severity == Severity::Note && other.severity == Severity::Note;
    are_notes && one.place.file == other.place.file && one.words == other.words
}

/// Summarizes the notes that are only counted.
fn others(text: &mut String, counted: &[&Remark]) {
    let paths = counted
        .iter()
        .filter_map(|remark| remark.place.path.as_deref());
    let named: Vec<&str> = paths.take(NAMED_PATHS).collect();
    let rest = match counted.len().saturating_sub(named.len()) {
        0 => String::new(),
        count => format!(" and {count} more"),
    };
    let _ = writeln!(text, "note: the same of {}{rest}\n", named.join(", "));
}

fn write(text: &mut String, remark: &Remark, coloured: bool) {
    let word = remark.severity.name();
    let (on, off) = if coloured {
        (colour(remark.severity), "\u{1b}[0m")
    } else {
        ("", "")
    };
    let _ = writeln!(text, "{on}{word}{off}: {}", remark.words.what);
    let _ = writeln!(text, "  --> {}", place(&remark.place));
    if let (Some(line), Some(position)) = (&remark.line, remark.place.position) {
        excerpt(text, position.line, line, (on, off));
    }
    if !remark.words.remedy.is_empty() {
        let _ = writeln!(text, "  = {}", remark.words.remedy);
    }
    text.push('\n');
}

/// The place without control characters, which a file name may contain.
fn place(place: &Place) -> String {
    place.to_string().chars().filter(|c| is_safe(*c)).collect()
}

fn excerpt(text: &mut String, number: usize, line: &Line, (on, off): (&str, &str)) {
    let number = number.to_string();
    let margin = " ".repeat(number.len());
    let before = " ".repeat(line.before);
    let _ = writeln!(text, " {margin} |");
    let _ = writeln!(text, " {number} | {}", line.text);
    let _ = writeln!(text, " {margin} | {before}{on}^{off}");
}

/// The last line: the number of findings by severity.
pub(super) fn count(remarks: &[Remark]) -> String {
    let counted = |severity: Severity| {
        let count = remarks.iter().filter(|r| r.severity == severity).count();
        let plural = if count == 1 { "" } else { "s" };
        format!("{count} {}{plural}", severity.name())
    };
    format!(
        "{}, {}, {}\nNot checked: {}.\n",
        counted(Severity::Error),
        counted(Severity::Warning),
        counted(Severity::Note),
        NOT_CHECKED.join(", and ")
    )
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::messages::Words;

    fn notes(count: usize) -> Vec<Remark> {
        let note = |index: usize| {
            let place = Place {
                path: Some(format!("a{index}")),
                ..Place::default()
            };
            let words = Words {
                what: "left out".to_owned(),
                remedy: String::new(),
            };
            Remark::new(Severity::Note, "rule", &place, Path::new("f"), words)
        };
        (0..count).map(note).collect()
    }

    #[test]
    fn notes_alike_are_shown_in_full_up_to_their_bound() {
        let shown = |count| text(&notes(count), false).matches("note: left out").count();
        assert_eq!(shown(SHOWN_ALIKE + 1), SHOWN_ALIKE + 1);
        assert_eq!(shown(SHOWN_ALIKE + 2), SHOWN_ALIKE);
        let few = text(&notes(SHOWN_ALIKE + NAMED_PATHS), false);
        assert!(
            few.ends_with("note: the same of a2, a3, a4, a5, a6\n\n"),
            "{few}"
        );
        let many = text(&notes(SHOWN_ALIKE + NAMED_PATHS + 9), false);
        assert!(many.ends_with("a5, a6 and 9 more\n\n"), "{many}");
    }

    #[test]
    fn errors_are_always_shown_in_full() {
        let mut remarks = notes(20);
        for remark in &mut remarks {
            remark.severity = Severity::Error;
        }
        assert_eq!(text(&remarks, false).matches("error: ").count(), 20);
    }
}
