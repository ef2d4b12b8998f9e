//! Finds the paths in Rust code, with `use` trees expanded.
//!
//! It is a tokenizer, not a parser: comments, literals, words and `::` are
//! enough to find paths.

/// A path such as `crate::job::Key`, or a single word.
pub(crate) struct Mention<'a> {
    pub(crate) line: usize,
    pub(crate) path: Vec<&'a str>,
}

/// Every path in the text of `place`, a file in `src`. A path that reaches the
/// crate root with `super` is returned with `crate`.
pub(crate) fn mentions<'a>(place: &str, text: &'a str) -> Vec<Mention<'a>> {
    let mut found = Vec::new();
    // Prefixes of the open braces; a brace outside a `use` tree has none.
    let mut open: Vec<Vec<&str>> = Vec::new();
    let mut path: Vec<&str> = Vec::new();
    let mut joined = false;
    for (line, token) in tokens(text) {
        match token {
            "::" => joined = true,
            "{" if joined => {
                // The prefix is not a path of its own.
                if !path.is_empty() {
                    found.pop();
                }
                open.push(std::mem::take(&mut path));
                joined = false;
            }
            word if is_word(word) || (joined && word == "*") => {
                if !joined || path.is_empty() {
                    path = open.last().cloned().unwrap_or_default();
                    found.push(Mention {
                        line,
                        path: Vec::new(),
                    });
                }
                path.push(word);
                joined = false;
                if let Some(mention) = found.last_mut() {
                    mention.path = from_the_top(place, &path);
                }
            }
            other => {
                path.clear();
                joined = false;
                match other {
                    "{" => open.push(Vec::new()),
                    "}" => drop(open.pop()),
                    _ => {}
                }
            }
        }
    }
    found
}

/// Replaces `super`s that leave the top-level module. Inside an inline module
/// they climb one step less, so the result may be too far up, but never too
/// little.
fn from_the_top<'a>(place: &str, path: &[&'a str]) -> Vec<&'a str> {
    let own_name = usize::from(!place.ends_with("mod.rs"));
    let depth = place.matches('/').count() + own_name;
    let climbed = path.iter().take_while(|word| **word == "super").count();
    if climbed == 0 || climbed < depth {
        return path.to_vec();
    }
    let mut whole = vec!["crate"];
    whole.extend(&path[climbed..]);
    whole
}

/// Words, `::` and single characters with their line, without comments and
/// literals.
fn tokens(text: &str) -> Vec<(usize, &str)> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let skipped = comment(rest).or_else(|| literal(rest));
        let length = skipped.unwrap_or_else(|| match rest.find(|sign| !is_in_word(sign)) {
            Some(0) if rest.starts_with("::") => 2,
            Some(0) => first.len_utf8(),
            Some(end) => end,
            None => rest.len(),
        });
        let (token, after) = rest.split_at(length);
        if skipped.is_none() && !first.is_whitespace() {
            found.push((line, token));
        }
        line += token.matches('\n').count();
        rest = after;
    }
    found
}

fn is_in_word(sign: char) -> bool {
    sign.is_alphanumeric() || sign == '_'
}

fn is_word(token: &str) -> bool {
    token.starts_with(|first: char| is_in_word(first) && !first.is_ascii_digit())
}

/// Length of the comment at the start of `text`.
fn comment(text: &str) -> Option<usize> {
    if text.starts_with("//") {
        return Some(text.find('\n').unwrap_or(text.len()));
    }
    text.strip_prefix("/*")?;
    let mut depth = 0_usize;
    for (at, _) in text.char_indices() {
        if text[at..].starts_with("/*") {
            depth += 1;
        } else if text[at..].starts_with("*/") {
            depth -= 1;
            if depth == 0 {
                return Some(at + 2);
            }
        }
    }
    Some(text.len())
}

/// Length of the string or character literal at the start of `text`.
fn literal(text: &str) -> Option<usize> {
    let prefix = text.find(|sign: char| !matches!(sign, 'b' | 'c' | 'r'))?;
    let body = &text[prefix..];
    if text[..prefix].ends_with('r') {
        let hashes = body.find(|sign| sign != '#')?;
        let inside = body[hashes..].strip_prefix('"')?;
        let end = format!("\"{}", "#".repeat(hashes));
        let length = inside.find(&end).unwrap_or(inside.len());
        return Some((prefix + hashes + 1 + length + end.len()).min(text.len()));
    }
    let quote = body.chars().next()?;
    let is_lifetime =
        quote == '\'' && !body[1..].starts_with('\\') && body.chars().nth(2) != Some('\'');
    if !matches!(quote, '"' | '\'') || is_lifetime {
        return None;
    }
    let mut escaped = false;
    for (at, sign) in body.char_indices().skip(1) {
        match sign {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            _ if sign == quote => return Some(prefix + at + 1),
            _ => {}
        }
    }
    Some(text.len())
}
