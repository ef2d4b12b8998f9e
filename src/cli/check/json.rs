//! Findings as JSON; `docs/checking.md` describes the format.

use serde_json::{Value, json};

use super::text::word;
use super::{NOT_CHECKED, refused};
use crate::cli::remark::Remark;

/// The version of the JSON output. It changes only with incompatible changes.
const VERSION: u32 = 1;

pub(super) fn json(remarks: &[Remark]) -> Value {
    let findings: Vec<Value> = remarks.iter().map(finding).collect();
    json!({
        "version": VERSION,
        "refused": refused(remarks),
        "findings": findings,
        "notChecked": NOT_CHECKED,
    })
}

fn finding(remark: &Remark) -> Value {
    json!({
        "severity": word(remark.severity),
        "rule": remark.rule,
        "file": remark.file,
        "line": remark.position.map(|position| position.line),
        "column": remark.position.map(|position| position.column),
        "path": remark.path,
        "artifact": remark.artifact,
        "message": remark.words.what,
        "remedy": remark.words.remedy,
    })
}
