//! Tags such as `!Ref`, which the parser passes over.

use crate::job::Excerpt;
use crate::release::document::positions::{Inside, Positions};
use crate::release::finding::{CommonMistake, Position, SyntaxCause, SyntaxProblem};

/// The first value with a tag of somebody's own. YAML's own tags begin with
/// two exclamation marks and change nothing here.
pub(super) fn unresolved(text: &str, positions: &Positions) -> Option<SyntaxProblem> {
    let lines: Vec<&str> = text.lines().collect();
    first(&lines, positions)
}

fn first(lines: &[&str], positions: &Positions) -> Option<SyntaxProblem> {
    let own = positions.at.and_then(|at| before(lines, at));
    own.or_else(|| match &positions.inside {
        Inside::Nothing => None,
        Inside::Elements(elements) => elements.iter().find_map(|inside| first(lines, inside)),
        Inside::Members(members) => members
            .values()
            .filter_map(|member| first(lines, &member.value))
            .min_by_key(|problem| problem.position),
    })
}

/// The tag that stands right before a value, or at its beginning.
fn before(lines: &[&str], at: Position) -> Option<SyntaxProblem> {
    let line = lines.get(at.line.checked_sub(1)?)?;
    let start = line
        .char_indices()
        .nth(at.column.checked_sub(1)?)
        .map(|(start, _)| start);
    let (before, from) = line.split_at(start.unwrap_or(line.len()));
    let word = if from.starts_with('!') {
        from.split_whitespace().next()?
    } else {
        before.strip_suffix(' ')?.split_whitespace().last()?
    };
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':';
    let name = word.strip_prefix('!')?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_part) {
        return None;
    }
    let offset = line.find(word)?;
    let position = Position {
        line: at.line,
        column: line[..offset].chars().count() + 1,
    };
    let tag = Excerpt::of(word);
    Some(SyntaxProblem {
        position,
        cause: SyntaxCause::CommonMistake(CommonMistake::UnresolvedTag { tag }),
    })
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[test]
    fn a_tag_that_nothing_resolves_is_found_wherever_it_stands() {
        for (text, place, tag) in [
            ("a: !Ref Name\n", "1:4", "!Ref"),
            ("a:\n  - b: !GetAtt Hook.Arn\n", "2:8", "!GetAtt"),
            ("a: !Sub \"${A}-b\"\n", "1:4", "!Sub"),
            ("a: [x, !Ref B]\n", "1:8", "!Ref"),
            ("a: !Join [x, y]\n", "1:4", "!Join"),
            ("b: !Ref B\na: 1\nc: !Ref C\n", "1:4", "!Ref"),
        ] {
            let problem = parse(text).expect_err("there is a tag").remove(0);
            let tag = Excerpt::of(tag);
            assert_eq!(problem.position.to_string(), place, "{text}");
            assert_eq!(
                problem.cause,
                SyntaxCause::CommonMistake(CommonMistake::UnresolvedTag { tag }),
                "{text}"
            );
        }
    }

    #[test]
    fn yaml_s_own_tags_and_exclamation_marks_in_text_are_fine() {
        for text in [
            "a: !!str 80\n",
            "a: wow !Ref\n",
            "a: \"b !Ref c\"\n",
            "a: [\"b !\", \"c\"]\n",
            "# !Ref\na: b\n",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }
}
