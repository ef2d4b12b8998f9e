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

fn cause(error: &Error) -> SyntaxCause {
    if let Error::AliasError { error, .. } = error {
        return cause(error);
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
        let two = call_error("a: 1\n---\nb: 2\n");
        assert_eq!(two.1, SyntaxCause::MoreThanOneValue);
        assert!(matches!(
            call_error("a: [1,\n").1,
            SyntaxCause::NotYaml { .. }
        ));
    }
}
