//! The versions of the action type, one for each engine.

use std::fmt;

use super::{Engine, is_plain_name};

/// Maximum length of a version in characters (docs/aws.md §1.1).
const MAX_VERSION: usize = 9;

/// A version of the action type: `1` or `2`, or one of them with an ending, as
/// in `1-b`.
///
/// The digit decides the properties. CodePipeline cannot change an action type
/// (docs/aws.md §1.1), so an account that needs another one with the same
/// properties, such as one with a queryable property, gives it an ending.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ActionVersion {
    engine: Engine,
    text: String,
}

impl ActionVersion {
    /// Parses a version.
    ///
    /// # Errors
    ///
    /// A sentence, if the text is not a version of this action type.
    pub fn parse(text: &str) -> Result<Self, String> {
        let has_ending = |engine: &Engine| {
            let rest = text.strip_prefix(digit(*engine));
            rest.is_some_and(|rest| {
                rest.is_empty() || rest.strip_prefix('-').is_some_and(is_plain_name)
            })
        };
        let engine = Engine::ALL.into_iter().find(has_ending);
        match engine.filter(|_| text.len() <= MAX_VERSION) {
            Some(engine) => Ok(Self {
                engine,
                text: text.to_owned(),
            }),
            None => Err(format!(
                "`{text}` is not a version of the action type: 1 is for CodeDeploy and 2 for ECS's \
                 own deployments; an ending, as in 1-b, tells types with the same properties \
                 apart; {MAX_VERSION} characters at most"
            )),
        }
    }

    /// The engine whose properties this version has.
    #[must_use]
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// The version as CodePipeline knows it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }
}

fn digit(engine: Engine) -> &'static str {
    match engine {
        Engine::CodeDeploy => "1",
        Engine::Ecs => "2",
    }
}

/// The engine's version without an ending.
impl From<Engine> for ActionVersion {
    fn from(engine: Engine) -> Self {
        Self {
            engine,
            text: digit(engine).to_owned(),
        }
    }
}

impl fmt::Display for ActionVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_digit_decides_and_an_ending_may_follow() {
        for (text, engine) in [
            ("1", Engine::CodeDeploy),
            ("2", Engine::Ecs),
            ("1-b", Engine::CodeDeploy),
            ("2-shop_7", Engine::Ecs),
            ("1-2345678", Engine::CodeDeploy),
        ] {
            let version = ActionVersion::parse(text).expect(text);
            assert_eq!((version.engine(), version.as_str()), (engine, text));
        }
        for text in [
            "",
            "0",
            "3",
            "7",
            "12",
            "1b",
            "1-",
            "1.0",
            "1-b c",
            "1-23456789",
            " 1",
            "b-1",
        ] {
            let problem = ActionVersion::parse(text).expect_err(text);
            assert!(
                problem.starts_with(&format!("`{text}` is not")),
                "{problem}"
            );
        }
    }
}
