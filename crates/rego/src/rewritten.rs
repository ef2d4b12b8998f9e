//! Texts that OPA's parser takes and that of regorus does not, or takes for
//! something else. They are changed so that both read the same, in the same
//! lines.

pub(super) mod templates;

use regorus::unstable::{Expr, Module, Ref, Rule, RuleHead};

use super::parser::parse_as;
use super::syntax::{Key, Part, behind, each_expression, flatten};

/// The most changes to one file. Each parses it once more.
const MAX_CHANGES: usize = 100;

/// The error of regorus for a second body of a set.
const SECOND_BODY: &str = "else cannot be used with set rules";

/// The error of regorus for an import after a rule.
const LATE_IMPORT: &str = "unexpected keyword `import`";

/// The error of regorus for a blank before a bracket.
const BLANK: &str = "invalid whitespace before [";

/// The error of regorus for a rule that is a head alone.
const NO_BODY: &str = "rule must have a body or assignment";

/// Parses a file in one dialect, with the changes that are necessary.
///
/// # Errors
///
/// The error with file, line and column; of a file that needs more than
/// `MAX_CHANGES`, with the file alone.
pub(super) fn parse(path: &str, original: &str, is_v0: bool) -> Result<Ref<Module>, String> {
    let parsed = |text: &str| parse_as(path, text, is_v0);
    let mut text = without_old_keywords(original, is_v0);
    if let Some(changed) = templates::as_calls(&text, has_whole_not(&text)) {
        text = changed;
    }
    for changes in 0.. {
        let module = parsed(&text);
        let change = match &module {
            Ok(module) => end_of_statement(module).or_else(|| body_of_element(module)),
            Err(problem) => {
                second_head(&text, problem, is_v0).or_else(|| value_of_function(&text, problem))
            }
        };
        let changed = match (change, &module) {
            (Some((at, missing)), _) => {
                let mut changed = text.clone();
                changed.insert_str(at, &missing);
                Some(changed)
            }
            (None, Ok(_)) => None,
            (None, Err(problem)) => {
                with_import_first(&text, problem).or_else(|| without_blank(&text, problem))
            }
        };
        match changed {
            None => return module,
            Some(_) if changes == MAX_CHANGES => break,
            Some(changed) => text = changed,
        }
    }
    Err(format!(
        "{path}: more than {MAX_CHANGES} statements would have to be read in another way than they \
         are written; divide the file"
    ))
}

/// In OPA, `import rego.v1` may stand beside imports of keywords. In a file that
/// is read as v1 it changes nothing.
fn without_old_keywords(text: &str, is_v0: bool) -> String {
    const V1: &str = "import rego.v1";
    let mut lines = text.lines();
    let is_v1 = lines.any(|line| line.trim() == V1);
    let is_left_out = |line: &str| match is_v0 {
        true => line.starts_with("import future.keywords"),
        false => line.trim() == V1,
    };
    let line = |line: &str| match is_v1 && is_left_out(line) {
        true => format!("# {line}"),
        false => line.to_owned(),
    };
    text.split_inclusive('\n').map(line).collect()
}

/// Whether a file may have bodies under `not`.
fn has_whole_not(text: &str) -> bool {
    let lines = text.lines().filter_map(|line| line.split('#').next());
    let mut imports = lines.filter_map(|line| line.trim().strip_prefix("import "));
    imports.any(|import| is_whole_not(import.trim()))
}

/// Whether an import makes `not` stand for its whole expression: if a part of
/// it is undefined, the negation is true. In OPA these are the two that import
/// the keyword `not`.
pub(super) fn is_whole_not(import: &str) -> bool {
    matches!(import, "future.keywords" | "future.keywords.not")
}

/// In OPA a statement ends before a line that begins with a parenthesis. The
/// parser of regorus reads a call.
fn end_of_statement(module: &Module) -> Option<(usize, String)> {
    let mut found = None;
    each_expression(Part::Module(module), &mut |expr| {
        if let Expr::Call { fcn, .. } = expr
            && found.is_none()
            && behind(fcn).0.contains('\n')
        {
            found = Some(fcn.span().end as usize);
        }
        found.is_none()
    });
    Some((found?, ";".to_owned()))
}

/// The body that an element of a set lacks in v0, as in `names["a"]` before
/// `default`. The parser of regorus reads no set before a keyword.
fn body_of_element(module: &Module) -> Option<(usize, String)> {
    let is_element = |head: &Expr| matches!(flatten(head).1[..], [Key::Index(_)]);
    let end = |rule: &Ref<Rule>| match &**rule {
        Rule::Spec {
            head:
                RuleHead::Compr {
                    span,
                    refr,
                    assign: None,
                },
            bodies,
            ..
        } if bodies.is_empty() && is_element(refr) => Some(span.end),
        Rule::Spec { .. } | Rule::Default { .. } => None,
    };
    let end = module.policy.iter().find_map(end)?;
    Some((end as usize, " { true }".to_owned()))
}

/// The head that a second body of a set lacks: that of the first. In OPA, bodies
/// in a row are as many rules.
fn second_head(text: &str, problem: &str, is_v0: bool) -> Option<(usize, String)> {
    let at = place_of(text, problem, SECOND_BODY)?;
    let module = parse_as("", text.get(..at)?, is_v0).ok()?;
    let Rule::Spec { span, bodies, .. } = &**module.policy.last()? else {
        return None;
    };
    let (begin, end) = (span.start as usize, bodies.first()?.span.start as usize);
    let head = text.get(begin..end)?;
    let keyword = match text.get(end..)?.starts_with("if") {
        true => "if ",
        false => "",
    };
    (!head.contains('\n')).then(|| (at, format!("{head}{keyword}")))
}

/// The value that a function lacks whose head stands alone. In OPA it is true.
fn value_of_function(text: &str, problem: &str) -> Option<(usize, String)> {
    let at = place_of(text, problem, NO_BODY)?;
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let rest = text.get(at..)?.trim_start_matches(is_name);
    let start = text.len() - rest.len();
    let (mut depth, mut quote) = (0_usize, None);
    let mut characters = rest.char_indices();
    while let Some((index, character)) = characters.next() {
        match (quote, character) {
            (Some('"'), '\\') => drop(characters.next()),
            (Some(open), close) if open == close => quote = None,
            (Some(_), _) => {}
            (None, '"' | '`') => quote = Some(character),
            (None, '(') => depth += 1,
            (None, ')') if depth == 1 => return Some((start + index + 1, " := true".into())),
            (None, ')') => depth = depth.checked_sub(1)?,
            (None, _) if depth == 0 => return None,
            (None, _) => {}
        }
    }
    None
}

/// The text with an import of `data` or `input` behind the package's name
/// instead of after a rule. In OPA, an import may stand anywhere.
fn with_import_first(text: &str, problem: &str) -> Option<String> {
    let at = place_of(text, problem, LATE_IMPORT)?;
    let (before, rest) = text.split_at_checked(at)?;
    let import = rest.lines().next()?.split('#').next()?.trim_end();
    let path = import.strip_prefix("import ")?.trim_start();
    if !path.starts_with("data.") && !path.starts_with("input") {
        return None;
    }
    let mut lines = before.split_inclusive('\n');
    let above: usize = lines
        .by_ref()
        .take_while(|line| !line.starts_with("package "))
        .map(str::len)
        .sum();
    let name = before.get(above..)?.strip_prefix("package ")?.trim_start();
    let name_at = before.len() - name.len();
    let end = name_at + name.find(|c: char| c.is_whitespace() || c == '#')?;
    let (header, between) = before.split_at(end);
    Some(format!("{header} {import}{between}#{rest}"))
}

/// The text without the blank behind the name in a rule's head, as in `deny [x]`.
/// OPA allows it there.
fn without_blank(text: &str, problem: &str) -> Option<String> {
    let (before, rest) = text.split_at_checked(place_of(text, problem, BLANK)?)?;
    let rest = rest.trim_start_matches([' ', '\t']);
    let name = before.rsplit('\n').next()?;
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == '.';
    let is_head = name.starts_with(|c: char| c.is_alphabetic()) && name.chars().all(is_name);
    (is_head && rest.starts_with('[')).then(|| format!("{before}{rest}"))
}

/// The place in the text that a problem of this kind names.
pub(super) fn place_of(text: &str, problem: &str, kind: &str) -> Option<usize> {
    let (place, _) = problem.split_once(kind)?;
    let mut numbers = place
        .rsplit(':')
        .filter_map(|part| part.trim().parse::<usize>().ok());
    let (column, line) = (numbers.next()?, numbers.next()?);
    let mut lines = text.split_inclusive('\n');
    let before: usize = lines
        .by_ref()
        .take(line.checked_sub(1)?)
        .map(str::len)
        .sum();
    let mut at = 1;
    let reaches = |character: char| {
        let found = at >= column;
        // regorus counts a tab as four columns.
        at += if character == '\t' { 4 } else { 1 };
        found
    };
    Some(before + lines.next()?.find(reaches)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_regorus_reads_otherwise_is_changed_in_its_line() {
        for (old, new, is_v0) in [
            (
                "a if {\n\tinput.x # (\n\t(1 + 1) > 1\n}",
                "a if {\n\tinput.x; # (\n\t(1 + 1) > 1\n}",
                false,
            ),
            (
                "a if {\n\tinput.x\n\t(f(1))\n\tinput.y\n\t(1)\n}",
                "a if {\n\tinput.x;\n\t(f(1))\n\tinput.y;\n\t(1)\n}",
                false,
            ),
            ("a if (\n\t1 > 0\n)", "a if (\n\t1 > 0\n)", false),
            (
                "import rego.v1\nimport future.keywords.in",
                "# import rego.v1\nimport future.keywords.in",
                false,
            ),
            (
                "a contains x if { x := 1 } {\n\tx := 2 } { x := 3 }",
                "a contains x if { x := 1 } a contains x if {\n\tx := 2 } a contains x if { x := 3 }",
                false,
            ),
            (
                "a[x] { x := 1 } { x := 2 }",
                "a[x] { x := 1 } a[x] { x := 2 }",
                true,
            ),
            (
                "a[\"x\"] # {\na[\"y\"]\n\ndefault b = 1",
                "a[\"x\"] # {\na[\"y\"] { true }\n\ndefault b = 1",
                true,
            ),
            ("a [\"x\"] { true }", "a[\"x\"] { true }", true),
            (
                "f(\"(\\\")\", [x]) # )\na if f(1)",
                "f(\"(\\\")\", [x]) := true # )\na if f(1)",
                false,
            ),
        ] {
            let file = |text: &str| format!("package main\n{text}\n");
            let module = parse("a.rego", &file(old), is_v0).expect(old);
            assert_eq!(&**module.package.span.source.get_contents(), file(new));
        }
    }

    #[test]
    fn changes_to_one_file_are_bounded() {
        let file = |count: usize| {
            let statements = "\tinput.x\n\t(f(1))\n".repeat(count);
            format!("package main\na if {{\n{statements}}}\n")
        };
        let parsed = |count| parse("a.rego", &file(count), false);
        assert!(parsed(MAX_CHANGES).is_ok());
        let refused = parsed(MAX_CHANGES + 1).err().unwrap_or_default();
        assert!(
            refused.starts_with("a.rego: more than 100 statements"),
            "{refused}"
        );
    }

    #[test]
    fn an_import_may_follow_a_rule() {
        let old =
            "# a\npackage main # b\nimport data.x\na := 1\n import data.y # c\nimport data.z as w";
        let new = "# a\npackage main import data.z as w import data.y # b\nimport data.x\na := 1\n #import data.y # c\n#import data.z as w";
        let module = parse("a.rego", old, false).expect(old);
        assert_eq!(&**module.package.span.source.get_contents(), new);
        assert_eq!(module.imports.len(), 3);
        for import in ["import future.keywords.in", "import data.y :="] {
            let text = format!("package main\na := 1\n{import}\n");
            assert!(parse("a.rego", &text, false).is_err(), "{import}");
        }
    }
}
