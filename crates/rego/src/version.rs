//! Determines whether a file is written in Rego v1 or v0.

use regorus::unstable::{Module, Ref, Rule, RuleHead, Span};

use super::rewritten;
use super::syntax::{behind, name_of};

/// The keywords that a file can import.
const KEYWORDS: [&str; 5] = ["contains", "every", "if", "in", "not"];

/// Keywords of OPA that this engine does not have, and what to write instead.
const MISSING: [(&str, &str); 2] = [
    ("or", "write a rule for each alternative"),
    ("and", "write each condition in a line of its own"),
];

/// The error of regorus for `deny[msg] { … }` in a v1 file.
const MANNER_OF_V0: &str = "keyword is required before rule body";

/// Parses a file as v1, or otherwise as v0.
///
/// # Errors
///
/// The error with file and line. If the file is of neither dialect, the error of
/// v1, unless v1 only rejects the file for the rule syntax of v0.
pub fn parse(path: &str, text: &str) -> Result<Ref<Module>, String> {
    let parsed = |is_v0| {
        let module = rewritten::parse(path, text, is_v0)?;
        match misread(&module) {
            None => Ok(Ok(module)),
            Some((span, what)) => Ok(Err(format!("{path}:{}: {what}", span.line))),
        }
    };
    let first = match parsed(false) {
        Ok(Ok(module)) => return Ok(module),
        Ok(Err(problem)) | Err(problem) => problem,
    };
    if let Some(problem) = at_missing_keyword(text, &first) {
        return Err(problem);
    }
    Err(match parsed(true) {
        Ok(Ok(module)) => return Ok(module),
        Ok(Err(second)) if second != first => format!("{first}; read as Rego v0, {second}"),
        Err(second) if first.contains(MANNER_OF_V0) && !second.contains(MANNER_OF_V0) => {
            format!("{second} (read as Rego v0)")
        }
        Ok(Err(_)) | Err(_) => first,
    })
}

/// What is wrong with a keyword, if it is one that this engine does not have.
fn missing_keyword(word: &str) -> Option<String> {
    let mut all = MISSING.iter();
    let (keyword, instead) = all.find(|(keyword, _)| *keyword == word)?;
    let what = format!("this engine does not have OPA's keyword `{keyword}`; {instead}");
    Some(what)
}

/// The problem that the parser has with such a keyword.
fn at_missing_keyword(text: &str, problem: &str) -> Option<String> {
    let rest = text.get(rewritten::place_of(text, problem, ": ")?..)?;
    let word = rest
        .split(|c: char| !c.is_alphanumeric() && c != '_')
        .next()?;
    let (place, _) = problem.split_once(": ")?;
    Some(format!("{place}: {}", missing_keyword(word)?))
}

/// What regorus accepts in this dialect and OPA does not.
fn misread(module: &Module) -> Option<(&Span, String)> {
    let imports = || module.imports.iter().map(|import| import.refr.span());
    let unknown = imports().find(|path| {
        let keyword = path.text().strip_prefix("future.keywords.");
        keyword.is_some_and(|keyword| !KEYWORDS.contains(&keyword))
    });
    if let Some(path) = unknown {
        let what = missing_keyword(path.text().trim_start_matches("future.keywords."));
        let what = what.unwrap_or_else(|| format!("there is no keyword `{}`", path.text()));
        return Some((path, what));
    }
    let has_contains =
        imports().any(|path| matches!(path.text(), "future.keywords" | "future.keywords.contains"));
    module.policy.iter().find_map(|rule| {
        let name = name_of(rule);
        let what = match &**rule {
            _ if name == "if" => "`if` is a keyword only with `import rego.v1`".to_owned(),
            Rule::Spec { head, bodies, .. } => match head {
                RuleHead::Compr { assign: None, .. } if bodies.is_empty() => {
                    format!("`{name}` has neither a value nor a body")
                }
                RuleHead::Set { refr, .. } => {
                    let is_said = behind(refr).1.starts_with("contains");
                    match (is_said, module.rego_v1) {
                        (false, true) => "`contains` is required for a set".to_owned(),
                        (true, false) if !has_contains => {
                            "`contains` is a keyword only with `import rego.v1`".to_owned()
                        }
                        (true | false, _) => return None,
                    }
                }
                // OPA allows blanks where a body follows the head.
                RuleHead::Func { refr, .. }
                    if !behind(refr).0.is_empty()
                        && (bodies.is_empty()
                            || !module.rego_v1
                            || !behind(refr).0.trim_matches([' ', '\t']).is_empty()) =>
                {
                    format!("nothing may stand between `{name}` and `(`")
                }
                RuleHead::Compr { .. } | RuleHead::Func { .. } => return None,
            },
            Rule::Default { .. } => return None,
        };
        Some((rule.span(), what))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(policy: &str) -> String {
        let text = format!("package main\n{policy}\n");
        parse("team.rego", &text).expect_err(policy)
    }

    #[test]
    fn a_file_that_mixes_the_dialects_is_of_neither() {
        let old = "deny[msg] { bad; msg := \"x\" }\n";
        for (rule, what) in [
            // Without the import, `bad` would be true, and `if` a rule.
            ("bad if { input.x }", "`bad` has neither a value nor a body"),
            ("f(x) if { x }", "`if` is a keyword only with"),
            (
                "bad contains 1 { input.x }",
                "`contains` is a keyword only with",
            ),
            ("bad", "`bad` has neither a value nor a body"),
            ("a.b[\"c\"]", "`a` has neither a value nor a body"),
            ("f (x) { x }", "nothing may stand between `f` and `(`"),
        ] {
            let problem = refused(&format!("{old}{rule}"));
            let first = "team.rego:2:11: `if` keyword is required before rule body";
            let expected = format!("{first}; read as Rego v0, team.rego:3: {what}");
            assert!(problem.starts_with(&expected), "{problem}");
        }
        let problem = refused("bad if { input.x }\nnames[\"a\"]");
        let expected = "team.rego:3: `contains` is required for a set; read as Rego v0, team.rego:2: `bad` has neither";
        assert!(problem.starts_with(expected), "{problem}");
    }

    #[test]
    fn an_unknown_keyword_cannot_be_imported() {
        let problem = refused("import future.keywords.iff\nbad := 1");
        assert_eq!(
            problem,
            "team.rego:2: there is no keyword `future.keywords.iff`"
        );
        let problem = refused("import future.keywords\nbad if {\n\tinput.x or input.y\n}");
        let expected = "team.rego:4:13: this engine does not have OPA's keyword `or`; write a rule for each alternative";
        assert_eq!(problem, expected);
        let problem = refused("import future.keywords.and\nbad := 1");
        assert!(problem.starts_with("team.rego:2: this engine does not have OPA's keyword `and`"));
        let file = "package main\nimport future.keywords.contains\nimport future.keywords.if\n\
                    bad contains 1 if { input.x }\na.b[c] contains 2 { c := 1 }\nf(x) { x }\n";
        assert!(parse("team.rego", file).is_ok());
    }
}
