//! The parameters of the shipped controls and the types of their values.

use jiff::Timestamp;
use rego::unless;
use serde_json::{Map, Value};

/// One parameter of a control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Parameter {
    pub(super) name: &'static str,
    kind: Kind,
}

/// The type of a parameter's value. With a value of another type, a comparison
/// in Rego would silently be false.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Text,
    Texts,
    /// A positive integer.
    Count,
    /// A regular expression.
    Pattern,
    /// Time windows.
    Windows,
    /// Pipelines with the deployment groups and services that they may deploy to.
    Targets,
}

/// Days as Rego's `time.weekday` names them.
const DAYS: [&str; 7] = [
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
];

macro_rules! parameters {
    ($($name:literal: $kind:ident),* $(,)?) => {
        &[$(Parameter { name: $name, kind: Kind::$kind }),*]
    };
}

/// The parameters of a control.
#[must_use]
pub(super) fn parameters(control: &str) -> &'static [Parameter] {
    match control {
        "allowed-registries" => parameters!["registries": Texts],
        "capabilities" | "host-mounts" => parameters!["allowed": Texts],
        "freeze" => parameters!["windows": Windows],
        "gradual-traffic" => parameters!["pipelines": Texts, "allowed": Texts],
        "platform-version" => parameters!["linux": Text, "windows": Text],
        "release-targets" => parameters!["forbidden": Targets, "allowed": Targets],
        "required-labels" => parameters!["labels": Texts],
        "required-tags" => parameters!["tags": Texts],
        "resource-ceilings" => parameters!["cpu": Count, "memory": Count],
        "secrets-by-reference" => parameters!["pattern": Pattern, "allowed": Texts],
        _ => &[],
    }
}

/// Whether a control does nothing until one of its parameters is given.
#[must_use]
pub(super) fn needs_parameters(control: &str) -> bool {
    matches!(
        control,
        "freeze" | "release-targets" | "required-labels" | "required-tags" | "resource-ceilings"
    )
}

/// Checks the parameters given to a control.
///
/// # Errors
///
/// A sentence about each that the control does not have, or that has an invalid
/// value.
pub(super) fn check(control: &str, given: &Map<String, Value>) -> Result<(), Vec<String>> {
    let known = parameters(control);
    let problems: Vec<String> = given
        .iter()
        .filter_map(|(name, value)| {
            let Some(parameter) = known.iter().find(|known| known.name == name) else {
                let names: Vec<&str> = known.iter().map(|known| known.name).collect();
                return Some(match names.as_slice() {
                    [] => format!("controls.{control}.{name}: the control takes no parameters"),
                    names => format!(
                        "controls.{control}.{name}: no such parameter; there are level, {}",
                        names.join(", ")
                    ),
                });
            };
            let problem = parameter.kind.check(value).err()?;
            Some(format!("controls.{control}.{name}: {problem}"))
        })
        .collect();
    unless(problems, ())
}

impl Kind {
    fn check(self, value: &Value) -> Result<(), String> {
        match self {
            Self::Text => match value.as_str() {
                Some(text) if !text.trim().is_empty() => Ok(()),
                Some(_) | None => Err("a text is expected".into()),
            },
            Self::Texts => list(value, "a list of texts is expected", |entry| {
                Self::Text.check(entry)
            }),
            Self::Count => match value.as_u64() {
                Some(1..) => Ok(()),
                Some(0) | None => Err("a whole number above 0 is expected".into()),
            },
            Self::Pattern => {
                let pattern = value.as_str().ok_or("a regular expression is expected")?;
                let parsed = regex::Regex::new(pattern);
                parsed.map(|_| ()).map_err(|error| error.to_string())
            }
            Self::Windows => list(value, "a list of windows is expected", window),
            Self::Targets => list(value, "a list of targets is expected", target),
        }
    }
}

fn list(
    value: &Value,
    expected: &str,
    check: impl Fn(&Value) -> Result<(), String>,
) -> Result<(), String> {
    match value.as_array() {
        Some(entries) if !entries.is_empty() => entries.iter().try_for_each(check),
        Some(_) | None => Err(expected.into()),
    }
}

fn window(value: &Value) -> Result<(), String> {
    let members = ["from", "to", "days", "zone", "pipelines", "reason"];
    let window = only(value, &members)?;
    for (name, value) in window {
        match name.as_str() {
            "days" | "pipelines" => Kind::Texts.check(value),
            _ => Kind::Text.check(value),
        }
        .map_err(|problem| format!("{name}: {problem}"))?;
    }
    let moment = |name: &str| {
        let text = window.get(name).and_then(Value::as_str);
        text.map(|text| {
            text.parse::<Timestamp>()
                .map_err(|_| format!("{name}: `{text}` is not a time like 2026-12-20T00:00:00Z"))
        })
        .transpose()
    };
    let days = window.get("days").and_then(Value::as_array);
    match (moment("from")?, moment("to")?, days) {
        (Some(from), Some(to), None) if from < to => Ok(()),
        (Some(_), Some(_), None) => Err("the window ends before it begins".into()),
        (None, None, Some(days)) => days.iter().try_for_each(|day| {
            let known = DAYS.iter().any(|known| day == known);
            let problem = || format!("days: {day} is not a day like \"Saturday\"");
            known.then_some(()).ok_or_else(problem)
        }),
        _ => Err("a window has either from and to, or days".into()),
    }
}

fn target(value: &Value) -> Result<(), String> {
    let of_group = ["application", "group"];
    let of_service = ["cluster", "service"];
    let members = [&["pipeline", "account"][..], &of_group, &of_service].concat();
    let target = only(value, &members)?;
    if target.is_empty() {
        return Err(
            "a target names a pipeline, an account, a deployment group or a service".into(),
        );
    }
    let names = |members: [&str; 2]| members.iter().any(|name| target.contains_key(*name));
    if names(of_group) && names(of_service) {
        return Err("a target is either a deployment group or a service".into());
    }
    target
        .values()
        .try_for_each(|value| Kind::Text.check(value))
}

/// The members of an object that has no others than these.
fn only<'a>(value: &'a Value, members: &[&str]) -> Result<&'a Map<String, Value>, String> {
    let object = value.as_object().ok_or_else(|| {
        let members = members.join(", ");
        format!("an entry with the members {members} is expected")
    })?;
    match object.keys().find(|name| !members.contains(&name.as_str())) {
        None => Ok(object),
        Some(name) => Err(format!(
            "no such member `{name}`; there are {}",
            members.join(", ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::controls::CONTROLS;
    use serde_json::json;

    fn problems(control: &str, given: &Value) -> Vec<String> {
        let given = given.as_object().expect("an object");
        check(control, given).err().unwrap_or_default()
    }

    #[test]
    fn every_parameter_is_named_in_its_control() {
        for control in CONTROLS {
            let names: Vec<&str> = parameters(control.id).iter().map(|p| p.name).collect();
            let line = control
                .rego
                .lines()
                .find_map(|l| l.strip_prefix("# parameters: "));
            assert_eq!(line.unwrap_or_default(), names.join(", "), "{}", control.id);
        }
    }

    #[test]
    fn values_of_the_right_kind_pass() {
        let given = [
            ("resource-ceilings", json!({"cpu": 4096})),
            ("required-tags", json!({"tags": ["team"]})),
            ("secrets-by-reference", json!({"pattern": "(?i)key$"})),
            (
                "freeze",
                json!({"windows": [
                    {"from": "2026-12-20T00:00:00Z", "to": "2027-01-02T00:00:00+01:00"},
                    {"days": ["Saturday"], "zone": "Europe/Berlin", "pipelines": ["*"]},
                ]}),
            ),
            (
                "release-targets",
                json!({
                    "forbidden": [{"pipeline": "*-test"}],
                    "allowed": [{"cluster": "prod", "service": "web"}, {"group": "web"}],
                }),
            ),
        ];
        for (control, given) in given {
            assert_eq!(problems(control, &given), [""; 0], "{control}");
        }
    }

    #[test]
    fn others_are_named_and_never_ignored() {
        let given = [
            ("resource-ceilings", json!({"cpu": "4096"}), "above 0"),
            ("resource-ceilings", json!({"cpu": 0}), "above 0"),
            (
                "resource-ceilings",
                json!({"cpus": 1}),
                "there are level, cpu, memory",
            ),
            ("digest", json!({"x": 1}), "takes no parameters"),
            ("required-tags", json!({"tags": []}), "a list of texts"),
            ("required-tags", json!({"tags": [7]}), "a text is expected"),
            (
                "secrets-by-reference",
                json!({"pattern": "("}),
                "unclosed group",
            ),
            (
                "freeze",
                json!({"windows": [{"days": ["Sat"]}]}),
                "is not a day",
            ),
            (
                "freeze",
                json!({"windows": [{"from": "2026-12-20", "to": "x"}]}),
                "is not a time",
            ),
            (
                "freeze",
                json!({"windows": [{"from": "2026-12-20T00:00:00Z", "to": "2026-12-20T00:00:00Z"}]}),
                "ends before it begins",
            ),
            (
                "freeze",
                json!({"windows": [{"reason": "x"}]}),
                "either from and to",
            ),
            (
                "release-targets",
                json!({"allowed": [{"grp": "x"}]}),
                "no such member",
            ),
            (
                "release-targets",
                json!({"allowed": [{}]}),
                "names a pipeline",
            ),
            (
                "release-targets",
                json!({"allowed": [{"group": "web", "service": "web"}]}),
                "either a deployment group or a service",
            ),
        ];
        for (control, given, expected) in given {
            let problems = problems(control, &given);
            assert!(
                problems.len() == 1 && problems[0].contains(expected),
                "{given}: {problems:?}"
            );
        }
    }
}
