//! Findings in the Static Analysis Results Interchange Format (SARIF) 2.1.0,
//! for code hosts.

use std::fmt::Write as _;

use serde_json::{Value, json};

use super::NOT_CHECKED;
use crate::cli::remark::{RULES, Remark};

/// Where to read about the tool: the package's repository. Until it has one,
/// the page of the built-in action, which describes the same files.
const INFORMATION: &str = if REPOSITORY.is_empty() {
    "https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-ECSbluegreen.html"
} else {
    REPOSITORY
};

/// `repository` in Cargo.toml; empty if it is not there.
const REPOSITORY: &str = env!("CARGO_PKG_REPOSITORY");

pub(super) fn sarif(remarks: &[Remark]) -> Value {
    let rules: Vec<Value> = RULES
        .iter()
        .map(|(id, about)| json!({ "id": id, "shortDescription": { "text": about } }))
        .collect();
    let results: Vec<Value> = remarks.iter().map(result).collect();
    let not_checked = NOT_CHECKED.map(|what| {
        let text = format!("not checked: {what}");
        json!({ "level": "note", "message": { "text": text } })
    });
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "bluegreen-worker",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "informationUri": INFORMATION,
                "rules": rules,
            } },
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": not_checked,
            }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn result(remark: &Remark) -> Value {
    let region = match remark.place.position {
        Some(position) => json!({ "startLine": position.line, "startColumn": position.column }),
        // Code hosts leave out results without a region. A file as a whole
        // begins with its first line.
        None => json!({ "startLine": 1 }),
    };
    let file = remark.place.file.as_deref().unwrap_or_default();
    let physical = json!({ "artifactLocation": { "uri": uri(file) }, "region": region });
    let mut location = json!({ "physicalLocation": physical });
    if let Some(path) = &remark.place.path {
        location["logicalLocations"] = json!([{ "fullyQualifiedName": path }]);
    }
    json!({
        "ruleId": remark.rule,
        // SARIF's levels have the names of our severities.
        "level": remark.severity.name(),
        "message": { "text": remark.words.to_string() },
        "locations": [location],
    })
}

/// A path as a URI: relative if the path is.
fn uri(path: &str) -> String {
    let mut uri = String::new();
    if path.starts_with('/') {
        uri.push_str("file://");
    }
    for byte in path.trim_start_matches("./").bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(&byte) {
            uri.push(char::from(byte));
        } else {
            let _ = write!(uri, "%{byte:02X}");
        }
    }
    uri
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_becomes_a_uri_reference() {
        assert_eq!(uri("./deploy/taskdef.json"), "deploy/taskdef.json");
        assert_eq!(
            uri("/srv/my app/é.json"),
            "file:///srv/my%20app/%C3%A9.json"
        );
    }
}
