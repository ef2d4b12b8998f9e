//! Determines whether a file is written in Rego v1 or v0.

use regorus::Engine;
use regorus::unstable::{Rule, RuleHead};

use super::parser::in_one_line;
use super::question::Text;
use super::rewritten;

/// Adds a file in the dialect in which it parses: v1, or otherwise v0.
///
/// # Errors
///
/// The error with file and line. If the file parses in neither dialect, the
/// error of v1, unless v1 only rejects the file for the rule syntax of v0.
pub(super) fn add(engine: &mut Engine, file: &Text) -> Result<(), String> {
    let mut add = |v0: bool| {
        engine.set_rego_v0(v0);
        engine.add_policy(file.path.clone(), rewritten::text(file, v0))
    };
    let Err(first) = add(false) else {
        return Ok(());
    };
    let second = add(true);
    if second.is_ok() && has_words_of_v1(engine) {
        return Err(in_one_line(&first));
    }
    if let Err(second) = second {
        let (first, second) = (in_one_line(&first), in_one_line(&second));
        let is_v0 = first.contains(MANNER_OF_V0) && !second.contains(MANNER_OF_V0);
        return Err(if is_v0 {
            format!("{second} (read as Rego v0)")
        } else {
            first
        });
    }
    Ok(())
}

/// The error of regorus for `deny[msg] { … }` in a v1 file.
const MANNER_OF_V0: &str = "keyword is required before rule body";

/// `contains` in a rule head is a keyword of v1, or of a file that imports it.
/// regorus accepts it in any v0 file; OPA does not.
fn has_words_of_v1(engine: &mut Engine) -> bool {
    let Some(module) = engine.get_modules().last() else {
        return false;
    };
    let imports = module.imports.iter();
    let has_keywords = imports
        .map(|import| import.refr.span().text())
        .any(|path| path.starts_with("future.keywords") || path == "rego.v1");
    let is_of_v1 = |rule: &Rule| match rule {
        Rule::Spec {
            head: RuleHead::Set { span, refr, .. },
            ..
        } => {
            let after = span.text().strip_prefix(refr.span().text());
            after.is_some_and(|after| after.trim_start().starts_with("contains"))
        }
        Rule::Spec {
            head: RuleHead::Compr { .. } | RuleHead::Func { .. },
            ..
        }
        | Rule::Default { .. } => false,
    };
    !has_keywords && module.policy.iter().any(|rule| is_of_v1(rule))
}
