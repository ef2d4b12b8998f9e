//! `config`: prints the settings in effect, or the reference of all settings.

use serde_json::{Value as Json, json};

use super::{Exit, Failed, environment, json_text, print};
use crate::config::{self, Flags, Value, settings_page};

/// Show settings.
#[derive(clap::Args, Debug)]
pub(super) struct Args {
    #[command(subcommand)]
    command: Command,
}

const PRINT_EXAMPLES: &str = "\
Examples:
  bluegreen-worker config print --config /etc/bluegreen-worker.toml
  bluegreen-worker config print --json";

const REFERENCE_EXAMPLES: &str = "\
Examples:
  bluegreen-worker config reference > settings.md";

#[derive(clap::Subcommand, Debug)]
enum Command {
    /// Print the settings that `run` would use, and where each comes from;
    /// secret parts are masked
    #[command(after_help = PRINT_EXAMPLES)]
    Print {
        #[command(flatten)]
        flags: Box<Flags>,
        /// Print JSON instead of TOML
        #[arg(long)]
        json: bool,
    },
    /// Print the reference of all settings, in Markdown
    #[command(after_help = REFERENCE_EXAMPLES)]
    Reference,
}

pub(super) fn run(args: &Args) -> Result<Exit, Failed> {
    let text = match &args.command {
        Command::Reference => settings_page(),
        Command::Print { flags, json } => {
            let values = config::load_all(flags, &environment())?.values;
            match json {
                true => json_text(&in_json(&values)),
                false => values.iter().map(line).collect(),
            }
        }
    };
    Ok(print(&text, Exit::Done))
}

/// A line of TOML.
fn line(value: &Value) -> String {
    let Value { name, source, .. } = value;
    match &value.text {
        Some(text) => format!("{name} = {} # {source}\n", toml::Value::from(text.as_str())),
        None => format!("# {name} is not set\n"),
    }
}

fn in_json(values: &[Value]) -> Json {
    let members = values.iter().map(|value| {
        let shown = json!({ "value": value.text, "source": value.source.to_string() });
        (value.name.to_owned(), shown)
    });
    Json::Object(members.collect())
}
