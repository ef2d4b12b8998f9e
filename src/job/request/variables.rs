//! CodePipeline's variables, `#{namespace.name}`.
//!
//! CodePipeline resolves them before a worker polls the job, so a job never
//! contains any. In a pipeline file they stand for a value that is not known
//! yet, so checks of the value skip them.

/// Whether the text contains a variable.
#[must_use]
pub fn holds_variable(text: &str) -> bool {
    let mut starts = text
        .match_indices("#{")
        .map(|(at, sign)| &text[at + sign.len()..]);
    starts.any(|rest| {
        rest.split_once('}')
            .is_some_and(|(inside, _)| is_variable(inside))
    })
}

/// Whether the text is a namespace and a name (docs/aws.md §1.1).
fn is_variable(inside: &str) -> bool {
    let is_part = |part: &str| {
        !part.is_empty()
            && part
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b"@-_".contains(&b))
    };
    inside
        .split_once('.')
        .is_some_and(|(namespace, name)| is_part(namespace) && is_part(name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_has_a_namespace_and_a_name() {
        for text in [
            "#{variables.Stage}",
            "shop-#{variables.Stage}-x",
            "#{ #{codepipeline.PipelineExecutionId}",
            "#{Build@1.A-B_c}",
        ] {
            assert!(holds_variable(text), "{text}");
        }
        for text in [
            "", "#{}", "#{a}", "#{a.}", "#{.a}", "#{a.b", "${a.b}", "#{a b.c}",
        ] {
            assert!(!holds_variable(text), "{text}");
        }
    }
}
