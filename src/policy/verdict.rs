//! Turns what rules found into findings: applies the operator's exemptions,
//! locates them in the author's file, and redacts values of environment
//! variables.

use serde_json::Value;

use super::exemption::{About, Exemption, Verdict, judge};
use super::input::Subject;
use super::place::{Places, container};
use super::question::{Level, RuleFinding};
use super::redact::Redactor;
use crate::job::Excerpt;
use crate::release::bundle::Bundle;
use crate::release::finding::{Finding, Place, PolicyFinding};

/// The most characters of a policy's message that a finding contains.
pub(super) const MAX_MESSAGE: usize = 500;

/// The findings for what was found in `document`.
pub(super) fn findings(
    found: &[RuleFinding],
    exemptions: &[Exemption],
    subject: &Subject<'_>,
    bundle: &Bundle,
    redactor: &Redactor<'_>,
    document: &Value,
) -> Vec<Finding> {
    let shown = |text: &str| Excerpt::within(&redactor.clean(text), MAX_MESSAGE);
    let places = Places::new(subject.request, bundle, document);
    let mut findings = Vec::new();
    for one in found {
        let path = one.path.as_deref();
        let place = path.map_or_else(Place::default, |path| places.of(path));
        let about = About {
            rule: &one.rule,
            pipeline: &subject.pipeline.pipeline,
            container: path.and_then(|path| container(path, subject.task_definition)),
            now: subject.now,
        };
        let counts = PolicyFinding::Found {
            rule: shown(&one.rule),
            message: shown(&one.message),
            remedy: one.remedy.as_deref().map(shown),
        };
        match judge(exemptions, &about) {
            Verdict::Excused { by, ends_soon } => {
                let exempted = PolicyFinding::Exempted {
                    rule: shown(&one.rule),
                    message: shown(&one.message),
                    reason: shown(&by.reason),
                    until: Excerpt::of(&by.until),
                    ends_soon,
                };
                findings.push(if ends_soon {
                    Finding::warning(place, exempted)
                } else {
                    Finding::note(place, exempted)
                });
            }
            verdict @ (Verdict::Counts | Verdict::Ended(_)) => {
                findings.push(match one.level {
                    Level::Deny => Finding::error(place.clone(), counts),
                    Level::Warn => Finding::warning(place.clone(), counts),
                });
                if let Verdict::Ended(by) = verdict {
                    let ended = PolicyFinding::ExemptionEnded {
                        rule: shown(&one.rule),
                        until: Excerpt::of(&by.until),
                    };
                    findings.push(Finding::note(place, ended));
                }
            }
        }
    }
    findings
}
