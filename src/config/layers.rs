//! File, environment and flags, laid over one another.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;

use super::SettingProblem;
use super::keys::{KEYS, Settings};

/// A configuration file may have this many bytes; it holds a dozen lines.
const MAX_FILE_BYTES: u64 = 64 * 1024;

/// A name this close to a known one is taken for a slip of the finger.
const SIMILAR: f64 = 0.75;

/// The settings as flags. Each is also a key of the file and, in capitals
/// after `BLUEGREEN_`, an environment variable; flags win over variables,
/// variables over the file.
#[derive(Args, Clone, Debug, Default)]
pub struct Flags {
    /// Read settings from this TOML file
    #[arg(long, value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Between two polls for jobs, jittered [default: 5s]
    #[arg(long, value_name = "DURATION")]
    poll_interval: Option<String>,
    /// Between two looks at one deployment [default: 10s]
    #[arg(long, value_name = "DURATION")]
    observe_interval: Option<String>,
    /// How long a visit watches before it hands the job back [default: 20s]
    #[arg(long, value_name = "DURATION")]
    watch: Option<String>,
    /// Calls to CodePipeline per second [default: 5/s]
    #[arg(long, value_name = "RATE")]
    report_rate: Option<String>,
    /// Visits at once [default: 1000]
    #[arg(long, value_name = "COUNT")]
    max_jobs: Option<String>,
    /// Where unfinished jobs are noted [default: $STATE_DIRECTORY, else none]
    #[arg(long, value_name = "DIRECTORY")]
    journal: Option<String>,
    /// Files, directories and s3:// places of Rego that every release must
    /// pass, separated by colons
    #[arg(long, value_name = "PATHS")]
    policy: Option<String>,
    /// The file with the policies' exemptions, parameters and further checks
    #[arg(long, value_name = "FILE")]
    policy_terms: Option<String>,
    /// The Rego package whose rules count, with those below it [default: main]
    #[arg(long, value_name = "PACKAGE")]
    policy_namespace: Option<String>,
    /// Shipped controls, such as all=warn,non-root=deny [default: all off]
    #[arg(long, value_name = "LEVELS")]
    controls: Option<String>,
    /// Where health, readiness and metrics are served [default: 127.0.0.1:8080]
    #[arg(long, value_name = "ADDRESS")]
    listen: Option<String>,
    /// Which events are logged, as a tracing filter [default: info]
    #[arg(long, value_name = "FILTER")]
    log: Option<String>,
    /// text or json [default: text]
    #[arg(long, value_name = "FORMAT")]
    log_format: Option<String>,
    /// The action type's version to poll for [default: 1]
    #[arg(long, value_name = "VERSION")]
    action_version: Option<String>,
}

impl Flags {
    fn get(&self, name: &str) -> Option<&str> {
        match name {
            "poll_interval" => &self.poll_interval,
            "observe_interval" => &self.observe_interval,
            "watch" => &self.watch,
            "report_rate" => &self.report_rate,
            "max_jobs" => &self.max_jobs,
            "journal" => &self.journal,
            "policy" => &self.policy,
            "policy_terms" => &self.policy_terms,
            "policy_namespace" => &self.policy_namespace,
            "controls" => &self.controls,
            "listen" => &self.listen,
            "log" => &self.log,
            "log_format" => &self.log_format,
            "action_version" => &self.action_version,
            _ => &None,
        }
        .as_deref()
    }
}

/// Reads all three layers. `environment` is the process's, or a test's.
///
/// # Errors
///
/// Every problem of every layer.
pub fn load(
    flags: &Flags,
    environment: &BTreeMap<String, String>,
) -> Result<Settings, Vec<SettingProblem>> {
    let mut problems = Vec::new();
    let file = match &flags.config {
        Some(path) => file_layer(path, &mut problems),
        None => BTreeMap::new(),
    };
    unknown_variables(environment, &mut problems);
    let state_directory = environment.get("STATE_DIRECTORY").map(String::as_str);
    let mut settings = Settings::initial(state_directory);
    for key in KEYS {
        let variable = variable(key.name);
        let text = flags
            .get(key.name)
            .map(|text| (format!("--{}", key.name.replace('_', "-")), text))
            .or_else(|| {
                environment
                    .get(&variable)
                    .map(|text| (variable, text.as_str()))
            })
            .or_else(|| {
                file.get(key.name)
                    .map(|(place, text)| (place.clone(), text.as_str()))
            });
        if let Some((place, text)) = text
            && let Err(what) = (key.read)(text, &mut settings)
        {
            problems.push(SettingProblem { place, what });
        }
    }
    if problems.is_empty() {
        Ok(settings)
    } else {
        Err(problems)
    }
}

fn variable(name: &str) -> String {
    format!("BLUEGREEN_{}", name.to_uppercase())
}

/// A misspelt variable would be ignored in silence; name it instead.
fn unknown_variables(environment: &BTreeMap<String, String>, problems: &mut Vec<SettingProblem>) {
    let known: Vec<String> = KEYS.iter().map(|key| variable(key.name)).collect();
    for name in environment
        .keys()
        .filter(|name| name.starts_with("BLUEGREEN_"))
    {
        if !known.contains(name) {
            problems.push(SettingProblem {
                place: name.clone(),
                what: unknown("variable", name, known.iter().map(String::as_str)),
            });
        }
    }
}

/// Key to (place, text). Every value is read as text, as in the environment.
fn file_layer(
    path: &Path,
    problems: &mut Vec<SettingProblem>,
) -> BTreeMap<&'static str, (String, String)> {
    let mut layer = BTreeMap::new();
    let place = path.display().to_string();
    let mut problem = |place: String, what: String| problems.push(SettingProblem { place, what });
    let table: toml::Table = match read_bounded(path).map(|text| (text.parse(), text)) {
        Ok((Ok(table), _)) => table,
        Ok((Err(error), text)) => {
            let error: toml::de::Error = error;
            problem(at(&place, &text, error.span()), error.message().to_owned());
            return layer;
        }
        Err(what) => {
            problem(place, what);
            return layer;
        }
    };
    for (name, value) in table {
        let place = format!("{place}, key {name}");
        let Some(key) = KEYS.iter().find(|key| key.name == name) else {
            problem(
                place,
                unknown("key", &name, KEYS.iter().map(|key| key.name)),
            );
            continue;
        };
        match value {
            toml::Value::String(text) => {
                layer.insert(key.name, (place, text));
            }
            toml::Value::Integer(number) => {
                layer.insert(key.name, (place, number.to_string()));
            }
            toml::Value::Float(_)
            | toml::Value::Boolean(_)
            | toml::Value::Datetime(_)
            | toml::Value::Array(_)
            | toml::Value::Table(_) => {
                problem(place, "a text is expected, in quotation marks".into());
            }
        }
    }
    layer
}

fn read_bounded(path: &Path) -> Result<String, String> {
    use std::io::Read as _;
    let mut text = String::new();
    std::fs::File::open(path)
        .and_then(|file| file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text))
        .map_err(|error| format!("cannot be read: {error}"))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(format!("has more than {MAX_FILE_BYTES} bytes"));
    }
    Ok(text)
}

fn at(file: &str, text: &str, span: Option<std::ops::Range<usize>>) -> String {
    let Some(before) = span.and_then(|span| text.get(..span.start)) else {
        return file.to_owned();
    };
    let line = before.matches('\n').count() + 1;
    let column = before.chars().rev().take_while(|c| *c != '\n').count() + 1;
    format!("{file}:{line}:{column}")
}

fn unknown<'a>(kind: &str, name: &str, known: impl Iterator<Item = &'a str>) -> String {
    let nearest = known
        .map(|known| (strsim::jaro_winkler(known, name), known))
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .filter(|(similarity, _)| *similarity >= SIMILAR);
    match nearest {
        Some((_, nearest)) => format!("no such {kind}; did you mean `{nearest}`?"),
        None => format!("no such {kind}"),
    }
}

#[cfg(test)]
#[path = "tests.rs"]
mod tests;
