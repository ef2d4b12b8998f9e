//! A digest of everything that a policy judgement was based on, short enough
//! for a token.

use std::collections::BTreeMap;

use sha2::{Digest as _, Sha256};

use super::bundle::Bundle;
use super::plan::{Plan, PlannedTaskDefinition};
use crate::job::TaskDefinitionArn;

/// How many bytes of the SHA-256 to keep. The digest is not a security measure:
/// a token is not authenticated, so its contents are always judged again.
const BYTES: usize = 16;

/// A digest of everything that was judged: 32 lower-case hex digits. Judgements
/// with the same digest were about the same release under the same policies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct JudgementDigest(String);

impl JudgementDigest {
    /// Computes the digest over the files as read, the rendered task
    /// definition, the AppSpec, the images, the action's configuration, and
    /// `policies`, the hash of the policy set (rules, data, controls,
    /// exemptions and the operator's other settings).
    #[must_use]
    pub fn of(
        plan: &Plan,
        bundle: &Bundle,
        configuration: &BTreeMap<String, String>,
        policies: Option<&str>,
    ) -> Self {
        let mut parts: Vec<Vec<u8>> = Vec::new();
        for (file, read) in &bundle.files {
            parts.push(file.artifact.clone().into_bytes());
            parts.push(file.path.clone().into_bytes());
            parts.push(read.as_ref().map_or_else(|_| Vec::new(), Clone::clone));
        }
        let (body, revision) = match &plan.task_definition {
            PlannedTaskDefinition::Register(body) => (body.to_string(), None),
            PlannedTaskDefinition::Existing(arn) => (String::new(), Some(arn.clone())),
        };
        let revision = revision.unwrap_or_else(|| TaskDefinitionArn::new(""));
        parts.push(body.into_bytes());
        let app_spec = plan.app_spec.as_ref();
        let app_spec = app_spec.map(|app_spec| app_spec.content(&revision).json);
        parts.push(app_spec.unwrap_or_default().into_bytes());
        let images = plan.images.iter().map(|(name, uri)| (name, uri));
        for (name, value) in images.chain(configuration) {
            parts.push(name.clone().into_bytes());
            parts.push(value.clone().into_bytes());
        }
        parts.push(policies.unwrap_or_default().to_owned().into_bytes());
        let mut hasher = Sha256::new();
        // Each part is preceded by its length, so that different parts never
        // give the same input.
        for part in parts {
            hasher.update((part.len() as u64).to_be_bytes());
            hasher.update(part);
        }
        Self(hex::encode(&hasher.finalize()[..BYTES]))
    }

    /// Parses the digest in a token. `None` if it is not a digest.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let is_digit = |c: char| c.is_ascii_digit() || ('a'..='f').contains(&c);
        let is_digest = text.len() == 2 * BYTES && text.chars().all(is_digit);
        is_digest.then(|| Self(text.to_owned()))
    }

    /// The hex digits.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::job::request::FileRef;
    use crate::release::bundle::Unreadable;
    use crate::release::tests::a_plan;

    fn bundle(text: &str) -> Bundle {
        let file = |path: &str| FileRef {
            artifact: "Build".into(),
            path: path.into(),
        };
        Bundle {
            files: [
                (file("taskdef.json"), Ok(text.as_bytes().to_vec())),
                (file("more.rego"), Err(Unreadable::ArtifactEmpty)),
            ]
            .into(),
        }
    }

    #[test]
    fn every_judged_part_changes_the_digest() {
        let configuration = |value: &str| [("Options".to_owned(), value.to_owned())].into();
        let digest = |plan: &Plan, text: &str, options: &str, policies| {
            JudgementDigest::of(plan, &bundle(text), &configuration(options), policies)
        };
        let plan = a_plan();
        let first = digest(&plan, "{}", "", Some("set"));
        assert_eq!(first, digest(&plan, "{}", "", Some("set")));
        assert_eq!(JudgementDigest::parse(first.as_str()), Some(first.clone()));
        let another = Plan {
            task_definition: PlannedTaskDefinition::Register(json!({"family": "other"})),
            ..a_plan()
        };
        let image = Plan {
            images: vec![("IMAGE1_NAME".into(), "example.com/other:1".into())],
            ..a_plan()
        };
        let named = |revision: &str| Plan {
            task_definition: PlannedTaskDefinition::Existing(TaskDefinitionArn::new(revision)),
            ..a_plan()
        };
        let mut all = vec![
            first,
            digest(&another, "{}", "", Some("set")),
            digest(&image, "{}", "", Some("set")),
            digest(&named("web:1"), "{}", "", Some("set")),
            digest(&named("web:2"), "{}", "", Some("set")),
            digest(&plan, "{} ", "", Some("set")),
            digest(&plan, "{}", "WhenBusy=Fail", Some("set")),
            digest(&plan, "{}", "", Some("other set")),
            digest(&plan, "{}", "", None),
        ];
        let count = all.len();
        all.sort_by(|a, b| a.as_str().cmp(b.as_str()));
        all.dedup();
        assert_eq!(all.len(), count);
    }

    #[test]
    fn what_is_no_digest_is_not_taken_for_one() {
        for text in [
            "",
            "0123",
            &"0".repeat(33),
            &"g".repeat(32),
            &"A".repeat(32),
        ] {
            assert_eq!(JudgementDigest::parse(text), None, "{text}");
        }
    }
}
