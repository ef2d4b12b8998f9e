//! Findings as JSON; `docs/checking.md` describes the format.

use serde_json::{Value, json};

use super::{NOT_CHECKED, refused};
use crate::cli::remark::Remark;

/// The version of the JSON output. It changes only with incompatible changes.
const VERSION: u32 = 1;

pub(super) fn json(remarks: &[Remark]) -> Value {
    let findings: Vec<Value> = remarks.iter().map(Remark::json).collect();
    json!({
        "version": VERSION,
        "refused": refused(remarks),
        "findings": findings,
        "notChecked": NOT_CHECKED,
    })
}
