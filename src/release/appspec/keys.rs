//! Objects whose keys may be written in any case.

use serde_json::{Map, Value};

use crate::job::{Excerpt, nearest};
use crate::release::document::{Document, Path};
use crate::release::finding::{AppSpecFinding, AppSpecNote, EcsRule, Findings, ValueKind, Wanted};
use crate::release::placeholder;

/// Walks an AppSpec's tree and collects findings.
pub(super) struct Reader<'a> {
    pub(super) document: &'a Document,
    pub(super) findings: &'a mut Findings,
}

/// The correct parent of members that end up elsewhere because of one wrong
/// indentation (docs/aws.md §5.2).
pub(super) const PARENTS: [(&str, &str); 15] = [
    ("Resources", "the top level"),
    ("Hooks", "the top level"),
    ("Type", "TargetService"),
    ("Properties", "TargetService"),
    ("TaskDefinition", "Properties"),
    ("LoadBalancerInfo", "Properties"),
    ("PlatformVersion", "Properties"),
    ("NetworkConfiguration", "Properties"),
    ("CapacityProviderStrategy", "Properties"),
    ("ContainerName", "LoadBalancerInfo"),
    ("ContainerPort", "LoadBalancerInfo"),
    ("AwsvpcConfiguration", "NetworkConfiguration"),
    ("Subnets", "AwsvpcConfiguration"),
    ("SecurityGroups", "AwsvpcConfiguration"),
    ("AssignPublicIp", "AwsvpcConfiguration"),
];

/// A known member: its canonical name, the name as written, and its value.
pub(super) struct Entry<'v> {
    pub(super) canonical: &'static str,
    pub(super) written: &'v str,
    pub(super) value: &'v Value,
}

/// The members of an object, split into known and unknown.
#[derive(Default)]
pub(super) struct Members<'v> {
    pub(super) known: Vec<Entry<'v>>,
    pub(super) unknown: Map<String, Value>,
}

impl<'v> Members<'v> {
    pub(super) fn get(&self, canonical: &str) -> Option<&Entry<'v>> {
        self.known.iter().find(|entry| entry.canonical == canonical)
    }
}

impl Reader<'_> {
    /// Splits an object's members into known and unknown ones. Drops members
    /// without a value; unknown ones are passed on to CodeDeploy.
    pub(super) fn members<'v>(
        &mut self,
        value: &'v Value,
        known: &[&'static str],
        path: &Path<'_>,
    ) -> Option<Members<'v>> {
        let Value::Object(object) = value else {
            self.wrong_type("an object", value, path);
            return None;
        };
        let mut members = Members::default();
        for (written, value) in object {
            let path = path.member(written);
            let place = self.document.place_of_name(&path);
            let folded = folded(written);
            let same = |canonical: &&&'static str| canonical.eq_ignore_ascii_case(&folded);
            let Some(canonical) = known.iter().find(same).copied() else {
                let elsewhere = PARENTS
                    .iter()
                    .find(|(name, _)| name.eq_ignore_ascii_case(&folded));
                let finding = match elsewhere {
                    Some(&(name, parent)) => AppSpecFinding::Misplaced { name, parent },
                    None => AppSpecFinding::UnknownMember {
                        name: Excerpt::of(written),
                        nearest: nearest(written, known.iter().copied()),
                    },
                };
                self.findings.warning(place, finding);
                members.unknown.insert(written.clone(), value.clone());
                continue;
            };
            if members.get(canonical).is_some() {
                self.findings
                    .error(place, AppSpecFinding::KeyTwice { canonical });
                continue;
            }
            if !is_documented(canonical, written) {
                self.findings
                    .note(place.clone(), AppSpecNote::KeyCase { canonical });
            }
            if value.is_null() && canonical != "Hooks" {
                self.findings.note(place, AppSpecNote::NullMember);
                continue;
            }
            members.known.push(Entry {
                canonical,
                written,
                value,
            });
        }
        Some(members)
    }

    /// Returns a required member, or reports it as missing.
    pub(super) fn required<'m, 'v>(
        &mut self,
        members: &'m Members<'v>,
        member: &'static str,
        path: &Path<'_>,
    ) -> Option<&'m Entry<'v>> {
        let entry = members.get(member);
        if entry.is_none() {
            let place = self.document.place(&path.member(member));
            self.findings
                .error(place, AppSpecFinding::Missing { member });
        }
        entry
    }

    /// Returns a member that must be non-empty text, or reports it.
    pub(super) fn text<'v>(&mut self, entry: &Entry<'v>, path: &Path<'_>) -> Option<&'v str> {
        match entry.value {
            Value::String(text) if !text.trim().is_empty() => Some(text),
            Value::String(_) => {
                let finding = AppSpecFinding::Missing {
                    member: entry.canonical,
                };
                self.error(finding, path);
                None
            }
            Value::Null
            | Value::Bool(_)
            | Value::Number(_)
            | Value::Array(_)
            | Value::Object(_) => {
                self.wrong_type("a string", entry.value, path);
                None
            }
        }
    }

    pub(super) fn wrong_type(&mut self, expected: &'static str, value: &Value, path: &Path<'_>) {
        let found = ValueKind::of(value);
        self.error(AppSpecFinding::WrongType { expected, found }, path);
    }

    /// Warns about a value that is passed on as it is, because CodeDeploy is not
    /// known to refuse it.
    pub(super) fn unexpected_type(
        &mut self,
        expected: &'static str,
        value: &Value,
        path: &Path<'_>,
    ) {
        let found = ValueKind::of(value);
        let finding = AppSpecFinding::WrongType { expected, found };
        self.findings.warning(self.document.place(path), finding);
    }

    pub(super) fn error(&mut self, finding: impl Into<AppSpecFinding>, path: &Path<'_>) {
        let finding: AppSpecFinding = finding.into();
        self.findings.error(self.document.place(path), finding);
    }

    /// Warns about a word in capitals that was probably meant to be replaced.
    pub(super) fn token(&mut self, text: &str, wanted: Wanted, path: &Path<'_>) {
        if placeholder::is_token(text) {
            let text = Excerpt::of(text);
            let place = self.document.place(path);
            self.findings
                .warning(place, EcsRule::Token { text, wanted });
        }
    }

    pub(super) fn note(&mut self, finding: AppSpecNote, path: &Path<'_>) {
        self.findings.note(self.document.place(path), finding);
    }
}

/// A name without differences of case, those of other alphabets included: `ſ` is
/// an `s` and the Kelvin sign a `k`. CodeDeploy may take such a name for a known
/// one, which policies would then not have seen under its name.
fn folded(name: &str) -> String {
    name.to_uppercase().to_lowercase()
}

/// AWS's own examples write `Resources` as well as `resources` (docs/aws.md
/// §5.2).
fn is_documented(canonical: &str, written: &str) -> bool {
    let mut letters = canonical.chars();
    let lower_first: String = letters
        .next()
        .into_iter()
        .map(|first| first.to_ascii_lowercase())
        .chain(letters)
        .collect();
    written == canonical || written == lower_first
}
