//! The settings as flags of the command line.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::LazyLock;

use clap::{Arg, ArgMatches, Args, Command, FromArgMatches, value_parser};

use super::key::{Key, Unset};
use super::keys::KEYS;

/// The flags' names without their two dashes, in the order of the keys.
static NAMES: LazyLock<Vec<String>> =
    LazyLock::new(|| KEYS.iter().map(|key| key.name.replace('_', "-")).collect());

/// The settings as flags. Each is also a key of the file and, in capitals
/// after `BLUEGREEN_`, an environment variable; flags win over variables,
/// variables over the file.
#[derive(Clone, Debug, Default)]
pub struct Flags {
    pub config: Option<PathBuf>,
    /// The values by the names of their keys.
    pub(super) values: BTreeMap<&'static str, String>,
}

impl Flags {
    /// Flags that name only the settings file.
    #[must_use]
    pub fn of_file(file: PathBuf) -> Self {
        Self {
            config: Some(file),
            ..Self::default()
        }
    }

    /// The flags of a command that needs only the setting `name`, besides the
    /// file.
    #[must_use]
    pub fn only(name: &'static str, config: Option<PathBuf>, value: Option<String>) -> Self {
        let values = value.map(|value| (name, value)).into_iter().collect();
        Self { config, values }
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }
}

impl Args for Flags {
    fn augment_args(command: Command) -> Command {
        let config = Arg::new("config")
            .short('c')
            .long("config")
            .value_name("FILE")
            .value_parser(value_parser!(PathBuf))
            .help("Read settings from this TOML file");
        let settings = KEYS.iter().zip(&*NAMES).map(|(key, name)| {
            Arg::new(key.name)
                .long(name.as_str())
                .value_name(key.placeholder)
                .help(help(key))
        });
        command.arg(config).args(settings)
    }

    fn augment_args_for_update(command: Command) -> Command {
        Self::augment_args(command)
    }
}

impl FromArgMatches for Flags {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, clap::Error> {
        let given = |key: &Key| Some((key.name, matches.get_one::<String>(key.name)?.clone()));
        Ok(Self {
            config: matches.get_one("config").cloned(),
            values: KEYS.iter().filter_map(given).collect(),
        })
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), clap::Error> {
        *self = Self::from_arg_matches(matches)?;
        Ok(())
    }
}

fn help(key: &Key) -> String {
    match key.unset {
        Unset::Value(default) | Unset::Effect(default) => {
            format!("{} [default: {default}]", key.meaning)
        }
        Unset::Off => key.meaning.to_owned(),
    }
}
