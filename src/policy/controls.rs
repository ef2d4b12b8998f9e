//! The controls that ship with this program. Each is off unless it is
//! configured.

use std::collections::BTreeMap;

use super::parameters::{needs_parameters, parameters};
use super::question::{Level, Text};
use crate::job::nearest;

/// One control: a Rego file in `policies/controls`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Control {
    /// The name that the configuration uses.
    pub id: &'static str,
    /// The text of its Rego file.
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

/// All controls, sorted by name.
pub const CONTROLS: &[Control] = controls![
    "alarms",
    "allowed-registries",
    "capabilities",
    "digest",
    "efs-encryption",
    "freeze",
    "gradual-traffic",
    "health-check",
    "host-mounts",
    "host-network",
    "host-pid",
    "logging",
    "no-latest",
    "non-root",
    "plain-credentials",
    "platform-version",
    "privileged",
    "public-ip",
    "read-only-root",
    "release-targets",
    "required-labels",
    "required-tags",
    "resource-ceilings",
    "rollback",
    "secrets-by-reference",
];

impl Control {
    /// The control's package: `controls.` and its name with `_` for `-`.
    #[must_use]
    pub fn package(&self) -> String {
        format!("controls.{}", self.id.replace('-', "_"))
    }

    /// A field of the comment at the head of the file: `title`, `why`, `remedy`
    /// or `link`.
    #[must_use]
    pub fn about(&self, what: &str) -> &'static str {
        let start = format!("# {what}: ");
        let mut lines = self.rego.lines();
        lines
            .find_map(|line| line.strip_prefix(&start))
            .unwrap_or_default()
    }

    /// The parameters of which at least one must be given for the control to do
    /// anything.
    #[must_use]
    pub fn required_parameters(&self) -> Vec<&'static str> {
        match needs_parameters(self.id) {
            true => parameters(self.id).iter().map(|one| one.name).collect(),
            false => Vec::new(),
        }
    }

    /// The members of `input` that the control reads and that only AWS knows.
    /// Without AWS, as in `policy check`, they are missing.
    #[must_use]
    pub fn fields_from_aws(&self) -> Vec<&'static str> {
        let reads = |field: &&str| self.rego.contains(&format!("input.{field}"));
        FROM_AWS.into_iter().filter(reads).collect()
    }

    /// The control's file, with the path used in messages.
    #[must_use]
    pub fn text(&self) -> Text {
        Text::new(format!("controls/{}.rego", self.id), self.rego)
    }
}

/// Members of `input` that a worker reads from AWS.
const FROM_AWS: [&str; 4] = [
    "deployment.alarms",
    "deployment.autoRollback",
    "deployment.config",
    "service",
];

/// The controls that are on, with the level of their findings.
pub type Levels = BTreeMap<&'static str, Level>;

/// Parses `NAME=off|warn|deny`, separated by commas. `all` stands for every
/// control that needs no parameters. Later entries override earlier ones.
///
/// # Errors
///
/// A sentence about the first part that is invalid.
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
            .ok_or_else(|| no_level(part))?;
        let level = parse_level(level)?;
        let mut found = false;
        let is_meant = |c: &&Control| name == c.id || (name == "all" && !needs_parameters(c.id));
        for control in CONTROLS.iter().filter(is_meant) {
            found = true;
            match level {
                Some(level) => levels.insert(control.id, level),
                None => levels.remove(control.id),
            };
        }
        if !found {
            return Err(no_such_control(name));
        }
    }
    Ok(levels)
}

/// A message about a control without a level.
fn no_level(name: &str) -> String {
    match CONTROLS.iter().any(|control| control.id == name) || name == "all" {
        true => format!("`{name}` has no level; write {name}=warn or {name}=deny"),
        false => format!(
            "{}; a control is written with its level, like non-root=deny",
            no_such_control(name)
        ),
    }
}

/// Parses a level. `None` for `off`.
pub(super) fn parse_level(text: &str) -> Result<Option<Level>, String> {
    match text {
        "off" => Ok(None),
        "warn" => Ok(Some(Level::Warn)),
        "deny" => Ok(Some(Level::Deny)),
        _ => Err(format!("`{text}` is neither off, warn nor deny")),
    }
}

/// A message that there is no such control, with the name that was probably
/// meant.
#[must_use]
pub fn no_such_control(name: &str) -> String {
    let names: Vec<&str> = CONTROLS.iter().map(|control| control.id).collect();
    match nearest(name, names.iter().copied()) {
        Some(nearest) => format!("there is no control `{name}` (did you mean `{nearest}`?)"),
        None => format!(
            "there is no control `{name}`; there are {}",
            names.join(", ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_in_order() {
        let levels = parse_levels("all=deny, logging=warn,non-root=off").expect("levels");
        let every = CONTROLS.iter().filter(|c| !needs_parameters(c.id)).count();
        assert_eq!(levels.len(), every - 1);
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
    fn a_control_without_a_level_is_told_from_an_unknown_one() {
        let problem = |text: &str| parse_levels(text).unwrap_err();
        assert_eq!(
            problem("non-rot"),
            "there is no control `non-rot` (did you mean `non-root`?); a control is written with its level, like non-root=deny"
        );
        assert_eq!(
            problem("all=warn,digest"),
            "`digest` has no level; write digest=warn or digest=deny"
        );
    }

    #[test]
    fn a_control_tells_what_it_needs_beside_the_files() {
        let of = |id: &str| CONTROLS.iter().find(|control| control.id == id).expect(id);
        assert_eq!(of("freeze").required_parameters(), ["windows"]);
        assert!(of("capabilities").required_parameters().is_empty());
        let from_aws = CONTROLS.iter().filter(|c| !c.fields_from_aws().is_empty());
        let ids: Vec<&str> = from_aws.map(|control| control.id).collect();
        assert_eq!(ids, ["alarms", "gradual-traffic", "public-ip", "rollback"]);
    }

    #[test]
    fn every_control_is_in_its_package_and_says_what_it_is_for() {
        for control in CONTROLS {
            let package = format!("package {}\n", control.package());
            assert!(control.rego.contains(&package), "{}", control.id);
            for member in [
                "# id: ",
                "# title: ",
                "# why: ",
                "# remedy: ",
                "# link: https://",
            ] {
                assert!(control.rego.contains(member), "{}: {member}", control.id);
            }
        }
    }
}
