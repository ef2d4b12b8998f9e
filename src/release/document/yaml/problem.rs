//! Explains why a text is not YAML.

use serde_saphyr::Error;

use super::{START, position};
use crate::job::Excerpt;
use crate::release::finding::{CommonMistake, Position, SyntaxCause, SyntaxProblem};
use crate::release::placeholder;

/// Converts the parser's error. Inspects the text as well, where that explains
/// more than the error.
pub(super) fn of(text: &str, error: &Error) -> SyntaxProblem {
    let position = error.location().and_then(position);
    let position = position.unwrap_or(START);
    let cause = cause(error);
    if matches!(cause, SyntaxCause::NotYaml { .. })
        && let Some(problem) = mistake(text, position)
    {
        return problem;
    }
    let line = text.lines().nth(position.line - 1).unwrap_or_default();
    // YAML parses a template's braces as a mapping within a mapping.
    let template = placeholder::first(line).filter(|left| left.starts_with("{{"));
    let cause = match (cause, template) {
        (SyntaxCause::DuplicateKey { key, .. }, _) => {
            let first = first_occurrence(text, position);
            SyntaxCause::DuplicateKey { key, first }
        }
        (SyntaxCause::NotYaml { .. }, Some(template)) => SyntaxCause::UnquotedPlaceholder {
            text: Excerpt::of(template),
        },
        (cause, _) => cause,
    };
    SyntaxProblem { position, cause }
}

/// Searches for common mistakes near the parser's error: a tab used for
/// indentation, or no space after a colon. The parser reports some of them at
/// the end of the previous line.
fn mistake(text: &str, position: Position) -> Option<SyntaxProblem> {
    let lines = text.lines().enumerate().skip(position.line - 1).take(2);
    for (index, line) in lines {
        let indentation: String = line.chars().take_while(|c| c.is_whitespace()).collect();
        let line_number = index + 1;
        let at = |column| Position {
            line: line_number,
            column,
        };
        if let Some(before) = indentation.find('\t') {
            return Some(SyntaxProblem {
                position: at(before + 1),
                cause: SyntaxCause::CommonMistake(CommonMistake::TabIndentation),
            });
        }
        let content = line[indentation.len()..].trim_start_matches("- ");
        let is_part = |c: char| c.is_ascii_alphanumeric() || c == '_';
        let name = content.find(|c| !is_part(c)).unwrap_or(0);
        let behind = content[name..].strip_prefix(':').unwrap_or_default();
        if line_number == position.line && name > 0 && behind.starts_with(is_part) {
            let before = line.len() - content.len();
            return Some(SyntaxProblem {
                position: at(before + name + 1),
                cause: SyntaxCause::CommonMistake(CommonMistake::NoSpaceAfterColon),
            });
        }
    }
    None
}

/// The previous occurrence of the key at `second`: in the same column above,
/// with nothing further left in between.
fn first_occurrence(text: &str, second: Position) -> Option<Position> {
    let from_column = |line: &str| -> Option<String> {
        let key: String = line.chars().skip(second.column.saturating_sub(1)).collect();
        Some(key.split_once(':')?.0.trim_end().to_owned())
    };
    let lines: Vec<&str> = text.lines().take(second.line).collect();
    let (here, above) = lines.split_last()?;
    let key = from_column(here)?;
    for (index, line) in above.iter().enumerate().rev() {
        let indent = line.chars().take_while(|c| " -".contains(*c)).count();
        if indent + 1 == second.column && from_column(line).as_ref() == Some(&key) {
            let line = index + 1;
            let column = second.column;
            return Some(Position { line, column });
        }
        if indent + 1 < second.column && !line.trim().is_empty() {
            return None;
        }
    }
    None
}

fn cause(error: &Error) -> SyntaxCause {
    if let Error::AliasError { error, .. } = error {
        return cause(error);
    }
    if let Error::DuplicateMappingKey { key, .. } = error {
        return SyntaxCause::DuplicateKey {
            key: Excerpt::of(key.as_deref().unwrap_or_default()),
            first: None,
        };
    }
    if let Error::MultipleDocuments { .. } = error {
        return SyntaxCause::MoreThanOneValue;
    }
    if let Error::Budget { .. }
    | Error::AliasReplayLimitExceeded { .. }
    | Error::AliasReplayStackDepthExceeded { .. } = error
    {
        return SyntaxCause::TooMuchYaml;
    }
    let detail = error.without_snippet().to_string();
    // The position is shown before the message.
    let detail = detail.split(" at line ").next().unwrap_or_default();
    SyntaxCause::NotYaml {
        detail: Excerpt::of(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn call_error(text: &str) -> (String, SyntaxCause) {
        let mut problems = parse(text).expect_err("should not parse");
        let problem = problems.remove(0);
        (problem.position.to_string(), problem.cause)
    }

    #[test]
    fn frequent_slips_are_called_by_their_name() {
        for (text, place, cause) in [
            (
                "a:\n\t- b\n",
                "2:1",
                SyntaxCause::CommonMistake(CommonMistake::TabIndentation),
            ),
            (
                "a:\n  b: c\n \td: e\n",
                "3:2",
                SyntaxCause::CommonMistake(CommonMistake::TabIndentation),
            ),
            (
                "a: 1\nb:2\n",
                "2:2",
                SyntaxCause::CommonMistake(CommonMistake::NoSpaceAfterColon),
            ),
            (
                "- a: 1\n  b:c\n",
                "2:4",
                SyntaxCause::CommonMistake(CommonMistake::NoSpaceAfterColon),
            ),
        ] {
            assert_eq!(call_error(text), (place.to_owned(), cause), "{text}");
        }
    }

    #[test]
    fn slips_have_their_place() {
        let duplicate = |first| SyntaxCause::DuplicateKey {
            key: Excerpt::of("a"),
            first,
        };
        let at = |line, column| Some(Position { line, column });
        let flat = ("3:1".to_owned(), duplicate(at(1, 1)));
        assert_eq!(call_error("a: 1\nb: 2\na: 3\n"), flat);
        let nested = ("4:3".to_owned(), duplicate(at(2, 3)));
        assert_eq!(call_error("- a: 1\n- a: 2\n  b: 3\n  a: 4\n"), nested);
        let flow = ("1:8".to_owned(), duplicate(None));
        assert_eq!(call_error("{a: 1, a: 2}\n"), flow);
        let two = call_error("a: 1\n---\nb: 2\n");
        assert_eq!(two.1, SyntaxCause::MoreThanOneValue);
        assert!(matches!(
            call_error("a: [1,\n").1,
            SyntaxCause::NotYaml { .. }
        ));
    }
}
