//! `action-type`: the custom action type, to be created in CodePipeline.

use std::io::{self, Write as _};

use super::{Exit, complain};
use crate::job::action_type::definition;

/// The custom action type that pipelines name and this worker polls for.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Print it for `aws codepipeline create-custom-action-type --cli-input-json`
    Print {
        /// The Region whose console the action's links open
        #[arg(long, env = "AWS_REGION", default_value = "us-east-1", value_parser = region)]
        region: String,
        /// The action type's version
        #[arg(long, default_value = "1", value_parser = version)]
        version: String,
    },
}

pub(super) fn run(args: &Args) -> Exit {
    match &args.command {
        Command::Print { region, version } => {
            match writeln!(io::stdout(), "{:#}", definition(version, region)) {
                Ok(()) => Exit::Done,
                Err(problem) => {
                    complain(&format!("cannot write: {problem}"));
                    Exit::Unexpected
                }
            }
        }
    }
}

/// The text becomes part of links.
fn region(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match (1..=30).contains(&text.len()) && text.chars().all(allowed) {
        true => Ok(text.to_owned()),
        false => Err("a Region such as eu-west-1 is wanted".into()),
    }
}

/// As CodePipeline has it (aws-facts §1.1).
fn version(text: &str) -> Result<String, String> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
    match (1..=9).contains(&text.len()) && text.chars().all(allowed) {
        true => Ok(text.to_owned()),
        false => Err("1 to 9 letters, digits, - or _ are wanted".into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_part_of_a_link_is_no_region() {
        assert!(region("us-gov-west-1").is_ok());
        for text in ["", "eu west", "eu/west", "<region>", &"a".repeat(31)] {
            assert!(region(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_version_has_at_most_nine_characters() {
        assert!(version("123456789").is_ok());
        for text in ["", "1234567890", "1.0"] {
            assert!(version(text).is_err(), "{text}");
        }
    }
}
