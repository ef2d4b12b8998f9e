//! The settings page of the documentation, made from the keys.

use std::fmt::Write as _;

use super::key::Unset;
use super::keys::KEYS;
use super::layers::{flag, variable};

/// The introduction, before the settings.
const BEGINNING: &str = "\
# Settings

<!-- Written by `bluegreen-worker config reference`; a test compares it. -->

You can set each of these as a key of the TOML file that `--config` names, as an environment \
variable, or as a flag of `bluegreen-worker run`. Flags override variables, variables override the \
file, and the file overrides the defaults. The Region, credentials, endpoints and proxies come from \
the AWS SDK's default chain: `AWS_REGION`, `AWS_PROFILE`, `AWS_ENDPOINT_URL`, `HTTPS_PROXY` and so \
on. `AWS_CA_BUNDLE` names certificates to trust in addition to the system's.

A profile may use IAM Identity Center (`aws sso login`), an `aws login` session, \
`credential_process`, or a role with a `source_profile`. If its session has expired, each command \
that calls AWS names the command that renews it; `run` then ends at its start with exit code 2. If \
a session expires while the worker runs, its log says so.

An unknown key, an unknown `BLUEGREEN_` variable or an invalid value ends the program with exit code \
2. It reports every problem with its location. `bluegreen-worker config print` shows the settings in \
effect and where each value comes from.

SIGHUP makes a running worker reload the file and the policies. Settings marked *reload* take effect \
at once for every new job. Settings marked *restart* take effect after a restart; the log says so. If \
the file is invalid, nothing changes.

";

/// All settings in Markdown.
#[must_use]
pub fn settings_page() -> String {
    let mut overview = "| Variable | Default | Meaning |\n|---|---|---|\n".to_owned();
    let mut sections = String::new();
    for key in KEYS {
        let meaning = key.meaning;
        let default = match key.unset {
            Unset::Value(default) => format!("`{default}`"),
            Unset::Effect(words) => words.to_owned(),
            Unset::Off => "none".to_owned(),
        };
        let _ = writeln!(
            overview,
            "| `{}` | {default} | {} |",
            variable(key.name),
            meaning.replace('|', "\\|"),
        );
        let list = match key.separator {
            Some(separator) => {
                format!("; a list in the file, otherwise separated by `{separator}`")
            }
            None => String::new(),
        };
        let change = if key.reloads { "reload" } else { "restart" };
        let _ = write!(
            sections,
            "## `{}`\n\n{meaning}.\n\n\
             | | |\n|---|---|\n\
             | values | {}{list} |\n\
             | default | {default} |\n\
             | variable, flag | `{}`, `{}` |\n\
             | takes effect after | {change} |\n\n",
            key.name,
            key.form,
            variable(key.name),
            flag(key.name),
        );
    }
    format!("{BEGINNING}{overview}\n{}\n", sections.trim_end())
}
