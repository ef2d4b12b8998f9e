//! Finds tags such as `!Ref`, which the parser ignores. A tag is in the text
//! right before its value, or at the end of the line before it.

use crate::job::Excerpt;
use crate::release::document::positions::{Inside, Positions};
use crate::release::finding::{CommonMistake, Position, SyntaxCause, SyntaxProblem};

/// The first value with a custom tag. YAML's own tags begin with two
/// exclamation marks and make no difference here.
pub(super) fn unresolved(text: &str, positions: &Positions) -> Option<SyntaxProblem> {
    let lines: Vec<&str> = text.lines().collect();
    first(&lines, positions)
}

/// CloudFormation's long form of the tag of the value at `at`: `Fn::Sub` for
/// `!Sub`.
pub(super) fn long_form(lines: &[&str], at: Position) -> Option<String> {
    let (tag, _) = tag_of(lines, at)?;
    Some(match &tag[1..] {
        name @ ("Ref" | "Condition") => name.to_owned(),
        name => format!("Fn::{name}"),
    })
}

fn first(lines: &[&str], positions: &Positions) -> Option<SyntaxProblem> {
    let own = positions.at.and_then(|at| tag_of(lines, at));
    let own = own.map(|(tag, position)| SyntaxProblem {
        position,
        cause: SyntaxCause::CommonMistake(CommonMistake::UnresolvedTag {
            tag: Excerpt::of(tag),
        }),
    });
    own.or_else(|| match &positions.inside {
        Inside::Nothing => None,
        Inside::Elements(elements) => elements.iter().find_map(|inside| first(lines, inside)),
        Inside::Members(members) => members
            .values()
            .filter_map(|member| first(lines, &member.value))
            .min_by_key(|problem| problem.position),
    })
}

/// The tag of the value at `at`, with the tag's position.
fn tag_of<'a>(lines: &[&'a str], at: Position) -> Option<(&'a str, Position)> {
    let index = at.line.checked_sub(1)?;
    let line = *lines.get(index)?;
    let start = line
        .char_indices()
        .nth(at.column.checked_sub(1)?)
        .map_or(line.len(), |(start, _)| start);
    let (before, from) = line.split_at(start);
    if from.starts_with('!') {
        let word = from.split_whitespace().next()?;
        return tag_in(line, word, at.line);
    }
    if before.trim().is_empty() {
        // A block value begins on the line after its tag.
        let earlier = lines[..index].iter().enumerate().rev();
        let mut earlier = earlier.map(|(index, line)| (index, without_comment(line)));
        let (index, line) = earlier.find(|(_, line)| !line.is_empty())?;
        let line = line.trim_end_matches(|c: char| c.is_ascii_digit() || "|>+-".contains(c));
        return tag_in(line, line.split_whitespace().last()?, index + 1);
    }
    let mut words = before.strip_suffix(' ')?.split_whitespace().rev();
    let word = words.find(|word| !word.starts_with('&'))?;
    tag_in(before, word, at.line)
}

fn without_comment(line: &str) -> &str {
    let line = if line.trim_start().starts_with('#') {
        ""
    } else {
        line
    };
    line.split_once(" #")
        .map_or(line, |(line, _)| line)
        .trim_end()
}

/// `word`, which is a part of the line, as a tag with its position; `None` if
/// it is no tag.
fn tag_in<'a>(line: &'a str, word: &'a str, number: usize) -> Option<(&'a str, Position)> {
    let tag = word.trim_start_matches(['[', '{', ',']);
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == ':';
    let name = tag.strip_prefix('!')?;
    if !name.starts_with(|c: char| c.is_ascii_alphabetic()) || !name.chars().all(is_part) {
        return None;
    }
    let offset = line.rfind(tag)?;
    let position = Position {
        line: number,
        column: line[..offset].chars().count() + 1,
    };
    Some((tag, position))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::{parse, parse_long_form};
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
            ("a: !Sub |\n  text\n", "1:4", "!Sub"),
            ("a: !If # why\n\n  - x\n", "1:4", "!If"),
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
            "a: # !Ref\n  b: c\n",
        ] {
            assert!(parse(text).is_ok(), "{text}");
        }
    }

    #[test]
    fn a_short_form_is_read_as_its_long_form() {
        let text = "\
a: !Join
  - ','
  - - b
    - !Ref C
c: !If [x, !Ref A, [!Ref B, !Not [!Condition y]]]
d: !Sub |
  one
f:
  - !If
    - A
    - Name: B
  - plain
g: &g !GetAtt R.Arn
h: !Transform
  Name: x
i: *g
";
        let parsed = parse_long_form(text).expect("it parses");
        let expected = json!({
            "a": { "Fn::Join": [",", ["b", { "Ref": "C" }]] },
            "c": { "Fn::If": ["x", { "Ref": "A" },
                [{ "Ref": "B" }, { "Fn::Not": [{ "Condition": "y" }] }]] },
            "d": { "Fn::Sub": "one\n" },
            "f": [{ "Fn::If": ["A", { "Name": "B" }] }, "plain"],
            "g": { "Fn::GetAtt": "R.Arn" },
            "h": { "Fn::Transform": { "Name": "x" } },
            "i": { "Fn::GetAtt": "R.Arn" },
        });
        assert_eq!(parsed.value, expected);
    }
}
