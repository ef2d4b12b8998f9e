//! The controls that ship with this program, each off until it is asked for.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::question::Text;

/// What a finding does to the release.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Level {
    /// The author hears of it.
    Warn,
    /// The release is refused.
    Deny,
}

/// One control: a Rego file in `policies/controls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// As the configuration names it.
    pub id: &'static str,
    /// Its Rego file.
    pub rego: &'static str,
}

macro_rules! controls {
    ($($id:literal),* $(,)?) => {
        &[$(Control {
            id: $id,
            rego: include_str!(concat!("../../policies/controls/", $id, ".rego")),
        }),*]
    };
}

/// All of them, by name.
pub const CONTROLS: &[Control] = controls![
    "alarms",
    "allowed-registries",
    "digest",
    "efs-encryption",
    "health-check",
    "host-network",
    "host-pid",
    "logging",
    "no-latest",
    "non-root",
    "plain-credentials",
    "privileged",
    "read-only-root",
    "rollback",
];

impl Control {
    /// Its package: `controls.` and its name with `_` for `-`.
    #[must_use]
    pub fn package(&self) -> String {
        format!("controls.{}", self.id.replace('-', "_"))
    }

    /// Its file, under the name that messages give it.
    #[must_use]
    pub fn text(&self) -> Text {
        Text {
            path: format!("controls/{}.rego", self.id),
            text: self.rego.to_owned(),
        }
    }
}

/// Which controls are on, and what their findings do.
pub type Levels = BTreeMap<&'static str, Level>;

/// Reads `NAME=off|warn|deny`, separated by commas; `all` stands for every
/// control, and what is written later wins.
///
/// # Errors
///
/// A sentence about the first part that cannot be read.
pub fn parse_levels(text: &str) -> Result<Levels, String> {
    let mut levels = Levels::new();
    for part in text
        .split(',')
        .map(str::trim)
        .filter(|part| !part.is_empty())
    {
        let (name, level) = part
            .split_once('=')
            .map(|(name, level)| (name.trim(), level.trim()))
            .ok_or_else(|| format!("`{part}` is not written like non-root=deny"))?;
        let level = match level {
            "off" => None,
            "warn" => Some(Level::Warn),
            "deny" => Some(Level::Deny),
            _ => return Err(format!("`{level}` is neither off, warn nor deny")),
        };
        let mut found = false;
        for control in CONTROLS.iter().filter(|c| name == "all" || name == c.id) {
            found = true;
            match level {
                Some(level) => levels.insert(control.id, level),
                None => levels.remove(control.id),
            };
        }
        if !found {
            let names: Vec<&str> = CONTROLS.iter().map(|control| control.id).collect();
            return Err(format!(
                "there is no control `{name}`; there are {}",
                names.join(", ")
            ));
        }
    }
    Ok(levels)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_order() {
        let levels = parse_levels("all=deny, logging=warn,non-root=off").expect("levels");
        assert_eq!(levels.len(), CONTROLS.len() - 1);
        assert_eq!(levels["logging"], Level::Warn);
        assert_eq!(levels["privileged"], Level::Deny);
        assert!(parse_levels("").expect("nothing").is_empty());
    }

    #[test]
    fn what_is_no_level_is_named() {
        for text in ["privileged", "privileged=on", "priviledged=deny", "=deny"] {
            assert!(parse_levels(text).is_err(), "{text}");
        }
    }

    #[test]
    fn every_control_is_in_its_package_and_says_what_it_is_for() {
        for control in CONTROLS {
            let package = format!("package {}\n", control.package());
            assert!(control.rego.contains(&package), "{}", control.id);
            for member in ["# id: ", "# title: ", "# why: ", "# remedy: "] {
                assert!(control.rego.contains(member), "{}: {member}", control.id);
            }
        }
    }
}
