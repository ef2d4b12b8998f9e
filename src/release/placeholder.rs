//! Placeholders that should have been replaced.

/// The delimiters of placeholders in common tools: CodePipeline `<X>`, shells
/// and CloudFormation `${X}`, template engines `{{x}}`, CDK `Token[…]`,
/// CodePipeline's variables `#{x}`. Shells also write `$X`, and those of
/// Windows `%X%`.
const SIGNS: [(&str, &str); 5] = [
    ("<", ">"),
    ("${", "}"),
    ("{{", "}}"),
    ("Token[", "]"),
    ("#{", "}"),
];

/// Maximum length of a placeholder's name in characters. Anything longer is
/// more likely to be prose.
const MAX_NAME: usize = 100;

/// Lambda's name for a function's latest version, which is not a placeholder.
const NEWEST_VERSION: &str = "$LATEST";

/// The first placeholder in the text, with its delimiters.
#[must_use]
pub fn first(text: &str) -> Option<&str> {
    let starts = text.char_indices().map(|(start, _)| &text[start..]);
    starts.filter_map(at_start).next()
}

/// The placeholder at the start of the text, with its delimiters.
#[must_use]
pub fn at_start(text: &str) -> Option<&str> {
    between_signs(text)
        .or_else(|| shell_variable(text))
        .or_else(|| windows_variable(text))
}

fn between_signs(text: &str) -> Option<&str> {
    let (open, close) = SIGNS.iter().find(|(open, _)| text.starts_with(open))?;
    let inside = &text[open.len()..];
    let mut window = MAX_NAME.min(inside.len());
    while !inside.is_char_boundary(window) {
        window -= 1;
    }
    let name = &inside[..inside[..window].find(close)?];
    // Template engines allow functions and arguments between the delimiters.
    let is_known = match *open {
        "{{" => !name.trim().is_empty() && !name.contains(['{', '}', '\n']),
        _ => is_name(name),
    };
    is_known.then(|| &text[..open.len() + name.len() + close.len()])
}

/// Recognises environment variables by their capital letters. Other text after
/// a dollar sign may be anything, such as part of a password.
fn shell_variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix('$')?;
    let is_part = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
    let length = name.find(|c| !is_part(c)).unwrap_or(name.len());
    let variable = &text[..=length];
    let begins_well = name.starts_with(|c: char| c.is_ascii_uppercase() || c == '_');
    let ends_well = !name[length..].starts_with(|c: char| c.is_ascii_lowercase());
    let is_known = begins_well && ends_well && length <= MAX_NAME;
    (is_known && variable != NEWEST_VERSION).then_some(variable)
}

/// Recognises `%NAME%`. Shorter names may be codes of a URL or a date.
fn windows_variable(text: &str) -> Option<&str> {
    const LEAST: usize = 3;
    let (name, _) = text.strip_prefix('%')?.split_once('%')?;
    let is_part = |b: u8| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_';
    let is_known = (LEAST..=MAX_NAME).contains(&name.len())
        && name.starts_with(|c: char| c.is_ascii_uppercase())
        && name.bytes().all(is_part);
    is_known.then(|| &text[..name.len() + 2])
}

/// Whether the text is a name, with the punctuation that delimiters may
/// contain, and not markup or prose.
fn is_name(name: &str) -> bool {
    !name.is_empty()
        && name
            .chars()
            .all(|c| c.is_alphanumeric() || "_-.:/[]{$".contains(c))
        && !name.starts_with('/')
}

/// Whether the whole text is several words in capitals such as `TASK_ROLE_ARN`,
/// or one in `__NAME__`, as in templates for `sed` and `envsubst`. A single word
/// is too ambiguous.
#[must_use]
pub fn is_token(text: &str) -> bool {
    let inner = text.strip_prefix("__").and_then(|it| it.strip_suffix("__"));
    let is_word = |word: &str| {
        !word.is_empty()
            && word
                .bytes()
                .all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
    };
    let words = inner.unwrap_or(text);
    text.len() <= MAX_NAME
        && text.contains('_')
        && words.starts_with(|c: char| c.is_ascii_uppercase())
        && words.split('_').all(is_word)
}

/// Replaces every `<name>` for which `replacement` returns a value, in one
/// pass: replacements are not scanned again. `None` if nothing was replaced.
#[must_use]
pub fn substituted<'a>(
    text: &str,
    mut replacement: impl FnMut(&str) -> Option<&'a str>,
) -> Option<String> {
    let mut result = String::new();
    let mut rest = text;
    let mut replaced = false;
    while let Some(start) = rest.find('<') {
        let (before, from) = rest.split_at(start);
        result.push_str(before);
        let name = from[1..]
            .find(['<', '>'])
            .filter(|end| from[1 + end..].starts_with('>'));
        match name
            .map(|end| &from[1..=end])
            .and_then(|name| Some((name, replacement(name)?)))
        {
            Some((name, uri)) => {
                result.push_str(uri);
                replaced = true;
                rest = &from[name.len() + 2..];
            }
            None => {
                result.push('<');
                rest = &from[1..];
            }
        }
    }
    result.push_str(rest);
    replaced.then_some(result)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_signs_of_our_field_are_known() {
        for (text, expected) in [
            ("<IMAGE1_NAME>", Some("<IMAGE1_NAME>")),
            ("repo:<TAG>", Some("<TAG>")),
            ("${REVISION}", Some("${REVISION}")),
            ("${Token[TOKEN.147]}", Some("${Token[TOKEN.147]}")),
            ("Token[TOKEN.147]", Some("Token[TOKEN.147]")),
            ("{{ image }}", Some("{{ image }}")),
            ("{{ must_env `TAG` }}", Some("{{ must_env `TAG` }}")),
            ("#{Build.URI}", Some("#{Build.URI}")),
            ("repo:$TAG-1", Some("$TAG")),
            ("$_A1", Some("$_A1")),
            ("$Ecret", None),
            ("$ecret", None),
            ("check:$LATEST", None),
            ("5 $", None),
            ("%REPOSITORY_URI%:1", Some("%REPOSITORY_URI%")),
            ("a%ENV%", Some("%ENV%")),
            ("%Y%m%d", None),
            ("a%2F%3A%AB%", None),
            ("100% OF%", None),
            ("$1", None),
            ("{{}}", None),
            ("a < b > c", None),
            ("<>", None),
            ("<b>bold</b>", Some("<b>")),
            ("</b>", None),
            ("repo:1.2", None),
            ("<é…", None),
        ] {
            assert_eq!(first(text), expected, "{text}");
        }
    }

    #[test]
    fn words_in_capitals_are_tokens() {
        for text in [
            "TASK_EXECUTION_ARN",
            "AWS_REGION",
            "A_1",
            "__CPU__",
            "__A_B__",
        ] {
            assert!(is_token(text), "{text}");
        }
        for text in [
            "", "WEB", "web_app", "Web_App", "_A", "A_", "A__B", "1_A", "A-B", "A B", "__", "____",
            "__a__",
        ] {
            assert!(!is_token(text), "{text}");
        }
    }

    #[test]
    fn replacement_happens_once_and_everywhere() {
        let uri = |name: &str| (name == "A").then_some("<A>");
        assert_eq!(
            substituted("<A> <A><B>", uri).as_deref(),
            Some("<A> <A><B>")
        );
        let uri = |name: &str| (name == "A").then_some("x");
        assert_eq!(substituted("<A>,<A><B>", uri).as_deref(), Some("x,x<B>"));
        assert_eq!(substituted("<<A>>", uri).as_deref(), Some("<x>"));
        assert_eq!(substituted("<B> < A", uri), None);
    }
}
