//! The page of the documentation with every setting, made from the keys.

use std::fmt::Write as _;

use clap::{Args as _, Command};

use super::flags::Flags;
use super::keys::KEYS;
use super::layers::{flag, variable};

/// What stands before the settings.
const BEGINNING: &str = "\
# Settings

<!-- Written by `bluegreen-worker config reference`; a test compares it. -->

Each setting is a key of the TOML file that `--config` names, an environment variable and a flag of \
`bluegreen-worker run`. Flags win over variables, variables over the file, the file over the defaults. \
Region, credentials, endpoints and proxies come from the AWS SDK's usual chain: `AWS_REGION`, \
`AWS_PROFILE`, `AWS_ENDPOINT_URL`, `HTTPS_PROXY` and so on; `AWS_CA_BUNDLE` names certificates that \
are trusted besides the system's.

Unknown keys, unknown `BLUEGREEN_` variables and values out of bounds end the program with exit code 2; \
every problem is named with its place, not only the first. `bluegreen-worker config print` shows what is \
in force and where each value came from. SIGHUP has a running worker read the file and the policies \
again: what is marked *reload* changes at once for every new job, the rest with a restart, which the \
log says. A file that is wrong then changes nothing.

";

/// All settings in Markdown.
#[must_use]
pub fn reference() -> String {
    let flags = Flags::augment_args(Command::new("run"));
    let mut page = BEGINNING.to_owned();
    for key in KEYS {
        let argument = flags
            .get_arguments()
            .find(|argument| argument.get_id() == key.name);
        let help = argument.and_then(|argument| argument.get_help());
        let help = help.map(ToString::to_string).unwrap_or_default();
        let meaning = help.split(" [default:").next().unwrap_or_default();
        let default = match key.name {
            "journal" => "`$STATE_DIRECTORY`, else none".to_owned(),
            _ => key
                .default
                .map_or_else(|| "none".to_owned(), |default| format!("`{default}`")),
        };
        let list = match key.separator {
            Some(separator) => {
                format!("; a list in the file, separated by `{separator}` elsewhere")
            }
            None => String::new(),
        };
        let change = if key.reloads { "reload" } else { "restart" };
        let _ = write!(
            page,
            "## `{}`\n\n{meaning}.\n\n\
             | | |\n|---|---|\n\
             | value | {}{list} |\n\
             | default | {default} |\n\
             | variable, flag | `{}`, `{}` |\n\
             | to change it | {change} |\n\n",
            key.name,
            key.form,
            variable(key.name),
            flag(key.name),
        );
    }
    page.truncate(page.trim_end().len());
    page.push('\n');
    page
}
