//! CodePipeline's variables, `#{namespace.name}`.
//!
//! CodePipeline puts their values in before a worker is given the job, so that
//! a job never holds one. In a file they stand for a value that nobody knows
//! yet, and no check of the value looks into them.

/// Whether a variable stands in the text.
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

/// A namespace and a name (aws-facts §1.1).
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
