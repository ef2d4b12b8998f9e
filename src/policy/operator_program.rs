//! Checks by a program of the operator: it reads the document on standard input
//! and writes findings, under limits like those of the evaluating process.

use std::io;
use std::path::Path;
use std::process::Child as Process;

use serde::Deserialize;
use serde_json::Value;

use super::child::{ChildError, TIMEOUT, start};
use super::child_io::{ChildIo, Output};
use super::question::{Level, RuleFinding};
use super::rule_findings::{MAX_FINDINGS, limited};
use crate::job::is_plain_name;

/// The command that sets its own limits and then executes the program.
pub const PROGRAM_COMMAND: &str = "policy-program";

/// A program as configured.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WrittenProgram {
    name: String,
    command: Vec<String>,
    #[serde(default)]
    reads: Format,
}

/// A program that checks releases.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct OperatorProgram {
    pub(super) name: String,
    command: Vec<String>,
    format: Format,
}

/// The format of a program's output.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Format {
    /// A list of findings, or an object with `findings`.
    #[default]
    Findings,
    /// The output of `conftest test --output json`.
    Conftest,
    /// The output of `opa eval --format json`: each expression is a set of
    /// findings.
    Opa,
}

impl TryFrom<WrittenProgram> for OperatorProgram {
    type Error = String;

    fn try_from(written: WrittenProgram) -> Result<Self, String> {
        if !is_plain_name(&written.name) {
            return Err("name: letters, digits, - and _ are expected".into());
        }
        match written.command.first() {
            Some(program) if program.starts_with('/') => Ok(Self {
                name: written.name,
                command: written.command,
                format: written.reads,
            }),
            // The environment is empty, so there is no `PATH` to search.
            Some(_) | None => Err("command: an absolute path comes first".into()),
        }
    }
}

impl OperatorProgram {
    /// Whether the program exists.
    pub(super) fn is_there(&self) -> bool {
        Path::new(&self.command[0]).is_file()
    }

    /// Runs the program on the document and waits for it. `ourselves` is the
    /// path of this binary, which sets the limits before it executes the
    /// program.
    ///
    /// # Errors
    ///
    /// If there is no valid answer, for whatever reason.
    pub(super) fn ask(
        &self,
        ourselves: &Path,
        document: &str,
    ) -> Result<Vec<RuleFinding>, ChildError> {
        let child_error = |what: String| ChildError {
            at: Some(format!("check {}", self.name)),
            what,
        };
        let process = self.start(ourselves);
        let process =
            process.map_err(|error| child_error(format!("cannot be started: {error}")))?;
        let document = document.as_bytes().to_vec();
        let Output { output, ended } = ChildIo::with(process).end(document, TIMEOUT);
        match (self.format, ended.map_err(child_error)?) {
            (_, 0) | (Format::Conftest, 1) => {}
            (Format::Findings | Format::Conftest | Format::Opa, code) => {
                return Err(child_error(format!(
                    "its process ended with exit code {code}"
                )));
            }
        }
        let value: Value = serde_json::from_slice(&output)
            .map_err(|error| child_error(format!("its answer is not JSON: {error}")))?;
        let findings = self.read(&value).map_err(child_error)?;
        if findings.len() > MAX_FINDINGS {
            let count = findings.len();
            return Err(child_error(format!(
                "it found {count} things, and {MAX_FINDINGS} is the limit"
            )));
        }
        Ok(findings)
    }

    fn start(&self, ourselves: &Path) -> io::Result<Process> {
        let command = self.command.iter().map(String::as_str);
        let arguments: Vec<&str> = [PROGRAM_COMMAND].into_iter().chain(command).collect();
        start(ourselves, &arguments)
    }

    fn read(&self, answer: &Value) -> Result<Vec<RuleFinding>, String> {
        match self.format {
            Format::Findings => {
                let list = answer.get("findings").unwrap_or(answer);
                self.list(list, None)
            }
            Format::Conftest => {
                let files = answer.as_array().filter(|files| !files.is_empty());
                let files = files.ok_or("its answer is not conftest's: a list of files")?;
                let mut findings = Vec::new();
                for file in files {
                    if file.get("filename").is_none() {
                        return Err("its answer is not conftest's: a file has no name".into());
                    }
                    for (member, level) in [("failures", Level::Deny), ("warnings", Level::Warn)] {
                        if let Some(list) = file.get(member).filter(|list| !list.is_null()) {
                            findings.extend(self.list(list, Some(level))?);
                        }
                    }
                }
                Ok(findings)
            }
            Format::Opa => {
                let results = answer.get("result").and_then(Value::as_array);
                // OPA omits `result` if the query is undefined.
                let results = results.filter(|results| !results.is_empty());
                let results = results.ok_or("its query is undefined")?;
                let mut findings = Vec::new();
                for expression in results
                    .iter()
                    .filter_map(|result| result["expressions"].as_array())
                    .flatten()
                {
                    findings.extend(self.list(&expression["value"], Some(Level::Deny))?);
                }
                Ok(findings)
            }
        }
    }

    fn list(&self, list: &Value, level: Option<Level>) -> Result<Vec<RuleFinding>, String> {
        let entries = list
            .as_array()
            .ok_or("its answer is not a list of findings")?;
        entries
            .iter()
            .map(|entry| self.finding(entry, level))
            .collect()
    }

    fn finding(&self, entry: &Value, level: Option<Level>) -> Result<RuleFinding, String> {
        const SHAPE: &str = "a finding is neither a text nor an object with a text `msg`";
        // Conftest puts the other members of a finding into `metadata`.
        let member = |name: &str| {
            let own = entry.get(name).and_then(Value::as_str);
            own.or_else(|| entry["metadata"][name].as_str())
                .map(limited)
        };
        let message = entry.as_str().map(limited).or_else(|| member("msg"));
        let level = match (level, entry.get("level").map(Value::as_str)) {
            (Some(level), _) => level,
            (None, None | Some(Some("deny"))) => Level::Deny,
            (None, Some(Some("warn"))) => Level::Warn,
            (None, Some(_)) => return Err("a finding's level is neither deny nor warn".into()),
        };
        Ok(RuleFinding {
            level,
            rule: member("rule").unwrap_or_else(|| self.name.clone()),
            message: message.ok_or(SHAPE)?,
            remedy: member("remedy"),
            path: member("path"),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(format: &str, answer: &Value) -> Result<Vec<String>, String> {
        let written = json!({"name": "own", "command": ["/bin/own"], "reads": format});
        let written: WrittenProgram =
            serde_json::from_value(written).map_err(|error| error.to_string())?;
        let findings = OperatorProgram::try_from(written)?.read(answer)?;
        Ok(findings
            .iter()
            .map(|f| format!("{:?} {} {}", f.level, f.rule, f.message))
            .collect())
    }

    #[test]
    fn findings_are_read_from_each_format() {
        for (format, answer, expected) in [
            ("findings", json!([]), vec![]),
            ("findings", json!(["a"]), vec!["Deny own a"]),
            (
                "findings",
                json!({"findings": [{"msg": "a", "level": "warn", "rule": "R"}]}),
                vec!["Warn R a"],
            ),
            (
                "conftest",
                json!([{"filename": "", "namespace": "main", "successes": 1,
                    "warnings": [{"msg": "w"}], "failures": [{"msg": "f", "metadata": {"rule": "R"}}]}]),
                vec!["Deny R f", "Warn own w"],
            ),
            (
                "conftest",
                json!([{"filename": "", "successes": 3}]),
                vec![],
            ),
            (
                "opa",
                json!({"result": [{"expressions": [{"value": ["a"], "text": "data.main.deny"}]}]}),
                vec!["Deny own a"],
            ),
        ] {
            let expected: Vec<String> = expected.into_iter().map(String::from).collect();
            assert_eq!(read(format, &answer), Ok(expected), "{format} {answer}");
        }
    }

    #[test]
    fn what_is_not_understood_refuses() {
        for (format, answer) in [
            ("findings", json!({})),
            ("findings", json!([{"message": "a"}])),
            ("findings", json!([{"msg": "a", "level": "info"}])),
            ("findings", json!([7])),
            ("conftest", json!([])),
            ("conftest", json!([{"failures": []}])),
            ("conftest", json!({"failures": []})),
            ("opa", json!({})),
            (
                "opa",
                json!({"result": [{"expressions": [{"value": true}]}]}),
            ),
        ] {
            assert!(read(format, &answer).is_err(), "{format} {answer}");
        }
    }
}
