//! Collects findings up to a limit, and sorts them.

use super::{Finding, FindingKind, Place, Severity};

/// Maximum number of findings of each severity. No message shows as many, and a
/// hostile file could cause thousands.
pub const MAX_FINDINGS: usize = 100;

/// A list of findings.
#[derive(Debug, Default)]
pub struct Findings {
    kept: Vec<Finding>,
    dropped: [usize; 3],
    counts: [usize; 3],
}

impl Findings {
    /// Adds a finding. Beyond [`MAX_FINDINGS`] of its severity it is only
    /// counted.
    pub fn push(&mut self, finding: Finding) {
        let severity = index(finding.severity);
        if self.counts[severity] < MAX_FINDINGS {
            self.counts[severity] += 1;
            self.kept.push(finding);
        } else {
            self.dropped[severity] += 1;
        }
    }

    /// Adds an error, which refuses the release.
    pub fn error(&mut self, place: Place, kind: impl Into<FindingKind>) {
        self.push(Finding::error(place, kind));
    }

    /// Adds a warning, which the author should know about.
    pub fn warning(&mut self, place: Place, kind: impl Into<FindingKind>) {
        self.push(Finding::warning(place, kind));
    }

    /// Adds a note that something was tolerated or changed.
    pub fn note(&mut self, place: Place, kind: impl Into<FindingKind>) {
        self.push(Finding::note(place, kind));
    }

    /// Adds several findings.
    pub fn extend(&mut self, findings: impl IntoIterator<Item = Finding>) {
        findings.into_iter().for_each(|finding| self.push(finding));
    }

    /// Whether any finding refuses the release.
    #[must_use]
    pub fn refuse(&self) -> bool {
        self.counts[index(Severity::Error)] > 0
    }

    /// All findings, most severe first, and within each severity by place.
    #[must_use]
    pub fn into_sorted(self) -> Vec<Finding> {
        let mut findings = self.kept;
        for severity in [Severity::Error, Severity::Warning, Severity::Note] {
            let count = self.dropped[index(severity)];
            if count > 0 {
                findings.push(Finding {
                    severity,
                    place: Place::default(),
                    kind: FindingKind::More { count },
                });
            }
        }
        findings.sort_by(|a, b| rank(a).cmp(&rank(b)));
        findings
    }
}

/// `More` is sorted after the other findings of its severity.
fn rank(finding: &Finding) -> (Severity, bool, &Place) {
    let is_rest = matches!(finding.kind, FindingKind::More { .. });
    (finding.severity, is_rest, &finding.place)
}

fn index(severity: Severity) -> usize {
    match severity {
        Severity::Error => 0,
        Severity::Warning => 1,
        Severity::Note => 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_of_notes_hides_no_error() {
        let mut findings = Findings::default();
        for _ in 0..=MAX_FINDINGS {
            findings.note(Place::default(), FindingKind::NotFetched);
        }
        assert!(!findings.refuse());
        findings.error(Place::default(), FindingKind::NotFetched);
        assert!(findings.refuse());
        let sorted = findings.into_sorted();
        assert_eq!(sorted.len(), MAX_FINDINGS + 2);
        assert_eq!(sorted[0].severity, Severity::Error);
        let last = &sorted[MAX_FINDINGS + 1].kind;
        assert_eq!(*last, FindingKind::More { count: 1 });
    }
}
