//! Which of Rego's two dialects a file is written in.

use regorus::Engine;
use regorus::unstable::Rule;

use super::engine::in_one_line;
use super::question::Text;

/// Adds a file in the dialect that it parses in: v1, or else v0.
///
/// # Errors
///
/// What is wrong, with file and line. Of a file that is neither, what v1 has
/// to say, unless that is no more than that v0 writes rules otherwise.
pub(super) fn add(engine: &mut Engine, file: &Text) -> Result<(), String> {
    let mut add = |v0: bool| {
        engine.set_rego_v0(v0);
        engine.add_policy(file.path.clone(), file.text.clone())
    };
    let Err(first) = add(false) else {
        return Ok(());
    };
    if let Err(second) = add(true) {
        let (first, second) = (in_one_line(&first), in_one_line(&second));
        let is_v0 = first.contains(MANNER_OF_V0) && !second.contains(MANNER_OF_V0);
        return Err(if is_v0 {
            format!("{second} (read as Rego v0)")
        } else {
            first
        });
    }
    no_chained_bodies(engine)
}

/// What the engine says of `deny[msg] { … }` in a file of v1.
const MANNER_OF_V0: &str = "keyword is required before rule body";

/// `r = 5 { … } { … }` gives `true` for its second body in this engine and 5
/// in others, without a word, so a file that has such a rule is refused.
fn no_chained_bodies(engine: &mut Engine) -> Result<(), String> {
    let Some(module) = engine.get_modules().last() else {
        return Ok(());
    };
    for rule in &module.policy {
        let Rule::Spec { span, bodies, .. } = &**rule else {
            continue;
        };
        if bodies.iter().skip(1).any(|body| !body.is_else) {
            return Err(format!(
                "{}:{}: a rule has several bodies; write the rule once for each",
                span.source.file(),
                span.line
            ));
        }
    }
    Ok(())
}
