//! Messages for files that cannot be parsed as JSON or YAML.

use crate::job::Excerpt;
use crate::messages::Words;
use crate::release::finding::{CommonMistake, Position, SyntaxCause, TextProblem};

pub(super) fn words(problem: &TextProblem) -> Words {
    match problem {
        TextProblem::Empty => Words::new(
            "the file is empty",
            "check that the build writes it before it makes the artifact",
        ),
        TextProblem::Utf16 => Words::new("the file is in UTF-16", "save it as UTF-8"),
        TextProblem::NotUtf8 { position: _ } => Words::new(
            "the text is not UTF-8 from here on",
            "save the file as UTF-8",
        ),
        TextProblem::Nul { position: _ } => Words::new(
            "the text holds a NUL character",
            "remove it, or check that the path names a text file",
        ),
        TextProblem::MergeConflict { position: _ } => Words::new(
            "a merge conflict was left in the file",
            "settle it, and remove the lines with <<<<<<<, ======= and >>>>>>>",
        ),
        TextProblem::GitLfsPointer => Words::new(
            "the artifact holds a Git LFS pointer in place of the file",
            "take the file out of Git LFS, or let the build fetch it",
        ),
    }
}

pub(super) fn syntax(cause: &SyntaxCause) -> Words {
    match cause {
        SyntaxCause::TrailingComma => Words::new(
            "a comma without another entry behind it",
            "remove the comma; JSON has none before } or ]",
        ),
        SyntaxCause::ExtraComma => Words::new("a comma too many", "remove it"),
        SyntaxCause::MissingComma => {
            Words::new("a comma is missing here", "put one between the entries")
        }
        SyntaxCause::MissingColon => {
            Words::new("a name without : and a value", "write \"name\": value")
        }
        SyntaxCause::SingleQuotes => Words::new("single quotes", "write strings in double quotes"),
        SyntaxCause::CommonMistake(found) => mistake(found),
        SyntaxCause::UnquotedKey { key } => Words::new(
            format!("the name {key} stands without quotes"),
            format!("write \"{key}\""),
        ),
        SyntaxCause::UnquotedText => Words::new(
            "a value stands without quotes",
            "put it in double quotes, or write true, false or a number",
        ),
        SyntaxCause::ForeignWord { word } => Words::new(
            format!("JSON has no {word}"),
            "write true, false or null, or put it in double quotes",
        ),
        SyntaxCause::UnquotedPlaceholder { text } => Words::new(
            format!("the placeholder {text} stands without quotes"),
            if text.as_str().starts_with('<') {
                format!("write \"{text}\" if the action replaces it, or let the build do so")
            } else {
                "let the build replace it".to_owned()
            },
        ),
        SyntaxCause::Unexpected { character } => unexpected(*character),
        SyntaxCause::Unclosed { what } => Words::new(
            format!("the {what} that begins here is never closed"),
            "close it",
        ),
        SyntaxCause::BadEscape => Words::new(
            "a backslash before a character that needs none",
            "write \\\\ for a backslash",
        ),
        SyntaxCause::LoneSurrogate => Words::new(
            "an escape that is half of a character",
            "write both halves, or the character itself",
        ),
        SyntaxCause::ControlCharacter => Words::new(
            "a tab or another control character inside a string",
            "write it as an escape, such as \\t",
        ),
        SyntaxCause::NotANumber => Words::new(
            "this is not a number that JSON has",
            "write a decimal number without a leading zero, + or unit, or put it in quotes",
        ),
        SyntaxCause::NumberOutOfRange => Words::new(
            "the number is too large for any program",
            "write a smaller one",
        ),
        SyntaxCause::MemberTwice { name, first } => member_twice(name, *first),
        SyntaxCause::ReservedName => Words::new(
            "a name that begins like this cannot be read faithfully",
            "choose another name",
        ),
        SyntaxCause::MoreThanOneValue => Words::new(
            "more text behind the end of the document",
            "keep one document in the file",
        ),
        SyntaxCause::NotJson => Words::new(
            "this is not JSON, which begins with {",
            "check that the path names the right file, and that the build makes JSON of a template",
        ),
        SyntaxCause::NoValue => Words::new("a value is missing here", "write one"),
        SyntaxCause::TooDeep { limit } => Words::new(
            format!("brackets nested more than {limit} deep"),
            "check that the path names the right file",
        ),
        SyntaxCause::TooManyValues { limit } => Words::new(
            format!("more than {limit} values"),
            "check that the path names the right file",
        ),
        SyntaxCause::TooMuchYaml => Words::new(
            "more nesting, values or aliases than are read",
            "check that the path names the right file",
        ),
        SyntaxCause::NotYaml { detail } => Words::new(
            format!("this is not YAML: {detail}"),
            "check the indentation and quotes here and on the line before",
        ),
        SyntaxCause::YamlForJson => Words::new(
            "the file is YAML, and must be JSON",
            "convert it, or check that the path names the right file",
        ),
    }
}

fn member_twice(name: &Excerpt, first: Option<Position>) -> Words {
    Words::new(
        match first {
            Some(first) => format!("“{name}” stands at {first} as well, and this one counts"),
            None => format!("“{name}” stands here more than once, and the last one counts"),
        },
        "remove one of them",
    )
}

fn mistake(mistake: &CommonMistake) -> Words {
    match mistake {
        CommonMistake::CurlyQuotes => Words::new(
            "curly quotes, which editors for prose put in",
            "write straight double quotes",
        ),
        CommonMistake::HashComment => Words::new(
            "a comment with #, which JSON does not have",
            "remove it, or write it with //",
        ),
        CommonMistake::TabIndentation => Words::new(
            "a tab indents this line, and YAML takes spaces only",
            "replace the tab with spaces",
        ),
        CommonMistake::NoSpaceAfterColon => Words::new(
            "no space behind the colon, so this is one word",
            "write \"name: value\", with a space",
        ),
        CommonMistake::UnresolvedTag { tag } => Words::new(
            format!("nothing resolves the tag {tag} here"),
            "write the value itself",
        ),
        CommonMistake::NoOuterBraces => Words::new(
            "the braces around the whole document are missing",
            "begin the file with { and end it with }",
        ),
    }
}

fn unexpected(character: char) -> Words {
    if character.is_whitespace() {
        return Words::new(
            format!(
                "U+{:04X} looks blank, but JSON does not know it",
                u32::from(character)
            ),
            "replace it with a space",
        );
    }
    Words::new(
        format!("“{character}” cannot stand here"),
        "check the brackets, commas and quotes before it",
    )
}
