//! Why a text is not YAML.

use serde_saphyr::Error;

use super::position;
use crate::job::Excerpt;
use crate::release::finding::{Position, SyntaxCause, SyntaxProblem};
use crate::release::placeholder;

/// The parser's error in our words, with a second look at the text where that
/// tells more than the parser knows.
pub(super) fn of(text: &str, error: &Error) -> SyntaxProblem {
    let position = error.location().and_then(position);
    let position = position.unwrap_or(Position { line: 1, column: 1 });
    let line = text.lines().nth(position.line - 1).unwrap_or_default();
    // To YAML a template's braces are a mapping within a mapping.
    let template = placeholder::first(line).filter(|left| left.starts_with("{{"));
    let cause = match (cause(error), template) {
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

/// Where the key at `second` stood before: in the same column above, with
/// nothing further left between.
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
    // The place stands before the message.
    let detail = detail.split(" at line ").next().unwrap_or_default();
    SyntaxCause::NotYaml {
        detail: Excerpt::of(detail),
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    fn trouble(text: &str) -> (String, SyntaxCause) {
        let mut problems = parse(text).expect_err("should not parse");
        let problem = problems.remove(0);
        (problem.position.to_string(), problem.cause)
    }

    #[test]
    fn slips_have_their_place() {
        let duplicate = |first| SyntaxCause::DuplicateKey {
            key: Excerpt::of("a"),
            first,
        };
        let at = |line, column| Some(Position { line, column });
        let flat = ("3:1".to_owned(), duplicate(at(1, 1)));
        assert_eq!(trouble("a: 1\nb: 2\na: 3\n"), flat);
        let nested = ("4:3".to_owned(), duplicate(at(2, 3)));
        assert_eq!(trouble("- a: 1\n- a: 2\n  b: 3\n  a: 4\n"), nested);
        let flow = ("1:8".to_owned(), duplicate(None));
        assert_eq!(trouble("{a: 1, a: 2}\n"), flow);
        let two = trouble("a: 1\n---\nb: 2\n");
        assert_eq!(two.1, SyntaxCause::MoreThanOneValue);
        assert!(matches!(trouble("a: [1,\n").1, SyntaxCause::NotYaml { .. }));
    }
}
