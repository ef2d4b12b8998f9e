//! Texts that OPA's parser takes and that of regorus does not, or takes for
//! something else. They are changed so that both read the same, in the same
//! lines.

pub(super) mod templates;

use regorus::unstable::{Expr, Module, Ref, Rule};

use super::parser::parse_as;
use super::syntax::{Part, behind, each_expression};

/// The most changes to one file. Each parses it once more.
const MAX_CHANGES: usize = 100;

/// The error of regorus for a second body of a set.
const SECOND_BODY: &str = "else cannot be used with set rules";

/// Parses a file in one dialect, with the changes that are necessary.
///
/// # Errors
///
/// The error with file, line and column; of a file that needs more than
/// `MAX_CHANGES`, with the file alone.
pub(super) fn parse(path: &str, original: &str, is_v0: bool) -> Result<Ref<Module>, String> {
    let mut text = without_old_keywords(original, is_v0);
    if let Some(changed) = templates::as_calls(&text, has_whole_not(&text)) {
        text = changed;
    }
    for _ in 0..=MAX_CHANGES {
        let parsed = parse_as(path, &text, is_v0);
        let change = match &parsed {
            Ok(module) => end_of_statement(module),
            Err(problem) => second_head(&text, problem, is_v0),
        };
        let Some((at, missing)) = change else {
            return parsed;
        };
        text.insert_str(at, &missing);
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

/// The place in the text that a problem of this kind names.
fn place_of(text: &str, problem: &str, kind: &str) -> Option<usize> {
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
}
