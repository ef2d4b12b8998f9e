//! Templates, such as `$"{name} has no user"`, and bodies under `not`, which the
//! parser of regorus does not know. They are changed to calls that `lower`
//! knows, in the same lines.

/// Templates within each other: more than a person writes, few enough for the
/// stack.
const MAX_DEPTH: usize = 64;

/// What stands for a template: it takes a text, an expression, a text, and so on.
pub(crate) const TEMPLATE: &str = "internal.template";

/// What stands for a body under `not`: it takes a comprehension of that body.
pub(crate) const BODY: &str = "internal.body";

/// The text with calls instead. Only a file that `has_bodies` has them under
/// `not`. A text with an error is left as it is.
pub(super) fn as_calls(text: &str, has_bodies: bool) -> Option<String> {
    let mut reader = Reader {
        rest: text,
        made: String::with_capacity(text.len()),
        has_bodies,
        depth: 0,
    };
    let is_complete = reader.code().is_some() && reader.rest.is_empty();
    is_complete.then_some(reader.made)
}

/// A part of a policy as it is written, which an explanation shows.
pub(crate) fn as_written(text: &str) -> String {
    let mut written = text.to_owned();
    let bodies = (format!("{BODY}([null |"), "{");
    if text.contains(&bodies.0) {
        written = written.replace(&bodies.0, bodies.1).replace("])", "}");
    }
    for quote in ['"', '`'] {
        let begin = format!("{TEMPLATE}({quote}");
        while let Some(at) = written.find(&begin) {
            let (before, rest) = written.split_at(at);
            let rest = &rest[begin.len()..];
            let rest = rest.replace(&format!("{quote},("), "{");
            let rest = rest.replace(&format!("),{quote}"), "}");
            let rest = rest.replacen(&format!("{quote})"), &quote.to_string(), 1);
            written = format!("{before}${quote}{rest}");
        }
    }
    written
}

struct Reader<'a> {
    rest: &'a str,
    made: String,
    has_bodies: bool,
    /// Templates that are open.
    depth: usize,
}

impl Reader<'_> {
    /// Takes over so many bytes.
    fn take(&mut self, length: usize) {
        let (taken, rest) = self.rest.split_at(length);
        self.made.push_str(taken);
        self.rest = rest;
    }

    /// Takes over the code up to a brace that it does not open. `None` if a text
    /// does not end.
    fn code(&mut self) -> Option<()> {
        let mut closing = Vec::new();
        while let Some(next) = self.rest.chars().next() {
            match next {
                '#' => self.take(self.rest.find('\n').unwrap_or(self.rest.len())),
                '"' | '`' => self.text(next)?,
                '$' if self.rest[1..].starts_with(['"', '`']) => {
                    self.rest = &self.rest[1..];
                    self.template()?;
                }
                '{' if self.has_bodies && self.is_behind_not() => {
                    self.rest = &self.rest[1..];
                    self.made.push_str(&format!("{BODY}([null |"));
                    closing.push("])");
                }
                '{' => {
                    self.take(1);
                    closing.push("}");
                }
                '}' => match closing.pop() {
                    Some(end) => {
                        self.rest = &self.rest[1..];
                        self.made.push_str(end);
                    }
                    None => return Some(()),
                },
                other => self.take(other.len_utf8()),
            }
        }
        closing.is_empty().then_some(())
    }

    fn is_behind_not(&self) -> bool {
        let before = self.made.trim_end().strip_suffix("not");
        let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
        before.is_some_and(|before| !before.ends_with(is_part))
    }

    fn text(&mut self, quote: char) -> Option<()> {
        self.take(1);
        loop {
            match self.rest.chars().next()? {
                '\\' if quote == '"' => {
                    self.take(1);
                    self.take(self.rest.chars().next()?.len_utf8());
                }
                next => {
                    self.take(next.len_utf8());
                    if next == quote {
                        return Some(());
                    }
                }
            }
        }
    }

    /// A template, behind its sign.
    fn template(&mut self) -> Option<()> {
        if self.depth == MAX_DEPTH {
            return None;
        }
        self.depth += 1;
        let quote = self.rest.chars().next()?;
        let start = self.made.len();
        self.take(1);
        let mut has_expressions = false;
        loop {
            match self.rest.chars().next()? {
                '\\' if self.rest[1..].starts_with('{') => {
                    self.rest = &self.rest[1..];
                    self.take(1);
                }
                '\\' if quote == '"' => {
                    self.take(1);
                    self.take(self.rest.chars().next()?.len_utf8());
                }
                '{' => {
                    has_expressions = true;
                    self.rest = &self.rest[1..];
                    self.made.push_str(&format!("{quote},("));
                    self.code()?;
                    self.rest = self.rest.strip_prefix('}')?;
                    self.made.push_str(&format!("),{quote}"));
                }
                next => {
                    self.take(next.len_utf8());
                    if next == quote {
                        break;
                    }
                }
            }
        }
        if has_expressions {
            self.made.insert_str(start, &format!("{TEMPLATE}("));
            self.made.push(')');
        }
        self.depth -= 1;
        Some(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn templates_and_bodies_become_calls_in_the_same_lines() {
        for (old, new) in [
            ("$\"a\"", "\"a\""),
            ("$\"\\{a} } é\"", "\"{a} } é\""),
            ("$\"a {x} b\"", "internal.template(\"a \",(x),\" b\")"),
            (
                "$`a\n{x # }\n}\\`",
                "internal.template(`a\n`,(x # }\n),`\\`)",
            ),
            (
                "$\"{{\"k\": \"}\"}}\"",
                "internal.template(\"\",({\"k\": \"}\"}),\"\")",
            ),
            (
                "$\"{$\"{x}\"}\"",
                "internal.template(\"\",(internal.template(\"\",(x),\"\")),\"\")",
            ),
            (
                "a if not {\n\tx := {1}\n}",
                "a if not internal.body([null |\n\tx := {1}\n])",
            ),
            ("not ({x})", "not ({x})"),
            ("a.not {x}", "a.not {x}"),
            ("cannot {x}", "cannot {x}"),
            ("# $\"{\n`$\"{`", "# $\"{\n`$\"{`"),
        ] {
            assert_eq!(as_calls(old, true).as_deref(), Some(new));
        }
        for open in ["$\"{x", "$\"{x}", "$\"{x\"", "\"", "`", "a if {", "}"] {
            assert_eq!(as_calls(open, true), None, "{open}");
        }
        assert_eq!(as_calls("not {x}", false).as_deref(), Some("not {x}"));
    }

    #[test]
    fn templates_in_each_other_are_bounded() {
        let nested = |depth: usize| format!("{}x{}", "$\"{".repeat(depth), "}\"".repeat(depth));
        assert!(as_calls(&nested(MAX_DEPTH), false).is_some());
        assert_eq!(as_calls(&nested(MAX_DEPTH + 1), false), None);
    }

    #[test]
    fn an_explanation_shows_what_is_written() {
        for text in [
            "m := $\"{c.name} has {count(c.env)}\"",
            "m := $`a {x}`",
            "$\"{$\"{x}\"}\" == \"a\"",
            "not { x := 1 }",
            "f(\"a\", [x])",
        ] {
            let made = as_calls(text, true).expect(text);
            assert_eq!(as_written(&made), text);
        }
    }
}
