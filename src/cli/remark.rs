//! What the commands tell their caller about files: a remark about a finding, or
//! that the command was called wrongly.

use std::path::Path;

use serde_json::{Value, json};

use crate::job::Excerpt;
use crate::messages::Words;
use crate::release::finding::{FindingKind, Place, Position, Severity};

/// A finding in words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Remark {
    pub(super) severity: Severity,
    /// The kind of finding: a stable name for programs.
    pub(super) rule: &'static str,
    /// With the file's path on this machine.
    pub(super) place: Place,
    pub(super) words: Words,
    pub(super) line: Option<Line>,
}

/// A part of a source line, ready to be shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) text: String,
    /// The number of characters before the position of the finding.
    pub(super) before: usize,
}

/// Maximum number of characters shown before the position of the finding. A
/// template on a single line would fill the screen.
const SHOWN_BEFORE: usize = 60;

/// An error in how the command was called, not a finding.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct Misuse(pub(super) String);

impl Remark {
    /// Creates a remark. `file` is the path on this machine; it is shown with
    /// `/` between folders.
    pub(super) fn new(
        severity: Severity,
        rule: &'static str,
        place: &Place,
        file: &Path,
        words: Words,
    ) -> Self {
        Self {
            severity,
            rule,
            place: Place {
                file: Some(file.to_string_lossy().replace('\\', "/")),
                ..place.clone()
            },
            words,
            line: None,
        }
    }

    /// Adds the source line, from the file's bytes.
    #[must_use]
    pub(super) fn with_source(mut self, bytes: &[u8]) -> Self {
        let position = self.place.position;
        self.line = position.and_then(|position| Line::of(bytes, position));
        self
    }

    /// The finding as a program reads it.
    pub(super) fn json(&self) -> Value {
        finding_json(self.severity, self.rule, &self.place, &self.words)
    }
}

/// A finding as a program reads it; `docs/checking.md` describes the members.
pub(super) fn finding_json(severity: Severity, rule: &str, place: &Place, words: &Words) -> Value {
    json!({
        "severity": severity.name(),
        "rule": rule,
        "file": place.file,
        "line": place.position.map(|position| position.line),
        "column": place.position.map(|position| position.column),
        "path": place.path,
        "artifact": place.artifact,
        "message": words.what,
        "remedy": words.remedy,
    })
}

impl Line {
    fn of(bytes: &[u8], at: Position) -> Option<Self> {
        let bytes = bytes.strip_prefix("\u{feff}".as_bytes()).unwrap_or(bytes);
        let line = bytes
            .split(|byte| *byte == b'\n')
            .nth(at.line.checked_sub(1)?)?;
        let line = String::from_utf8_lossy(line);
        let line = line.trim_end();
        let column = at.column.checked_sub(1)?;
        let start = column.saturating_sub(SHOWN_BEFORE);
        let rest: String = line
            .chars()
            .skip(start)
            .map(|c| if c == '\t' { ' ' } else { c })
            .collect();
        Some(Self {
            text: Excerpt::of(&rest).as_str().to_owned(),
            before: column - start,
        })
    }
}

/// The stable name of a kind of finding.
pub(super) fn rule(kind: &FindingKind) -> &'static str {
    match kind {
        FindingKind::Unreadable(_) | FindingKind::NotFetched => "unreadable-file",
        FindingKind::Text(_) => "not-text",
        FindingKind::Syntax(_) => "syntax",
        FindingKind::Image(_) => "image",
        FindingKind::TaskDefinition(_) => "task-definition",
        FindingKind::AppSpecNote(_) | FindingKind::AppSpec(_) => "appspec",
        FindingKind::Pair(_) | FindingKind::EcsRule(_) => "consistency",
        FindingKind::ReleaseTarget(_) | FindingKind::Presence(_) => "target",
        // `check` evaluates no policies; `policy check` does.
        FindingKind::Policy(_) => "policy",
        FindingKind::More { .. } => "more",
    }
}

/// Every rule with its description.
pub(super) const RULES: [(&str, &str); 12] = [
    ("appspec", "The AppSpec is one that CodeDeploy takes"),
    (
        "assumed",
        "Nothing about the release had to be assumed, and all of it was read",
    ),
    (
        "configuration",
        "The action's configuration is complete and well-formed",
    ),
    ("consistency", "The files fit each other and ECS's rules"),
    ("image", "Every image is given and well-formed"),
    ("more", "There are more findings than are shown"),
    ("not-text", "The file is text"),
    ("pipeline", "The pipeline fits CodePipeline's rules"),
    ("target", "The release fits what AWS shows"),
    ("syntax", "The file is JSON or YAML"),
    (
        "task-definition",
        "The task definition is one that ECS takes",
    ),
    (
        "unreadable-file",
        "The file is in its artifact and can be read",
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_line_is_cut_around_the_place_that_is_meant() {
        let text = format!("first\n{}X{}\r\n", "a".repeat(500), "b".repeat(500));
        let position = Position {
            line: 2,
            column: 501,
        };
        let line = Line::of(text.as_bytes(), position).expect("there is such a line");
        assert_eq!(line.before, SHOWN_BEFORE);
        assert_eq!(line.text.chars().nth(line.before), Some('X'));
        assert!(line.text.chars().count() < 130);
    }

    #[test]
    fn a_place_beyond_the_text_has_no_line() {
        let position = Position { line: 9, column: 1 };
        assert_eq!(Line::of(b"one\ntwo", position), None);
    }
}
