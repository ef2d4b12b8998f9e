//! Parses AWS's message for a denied call: who may not do what to which
//! resource, and which kind of policy is the reason.
//!
//! The action that AWS names need not be the one that was called: registering a
//! task definition with a role needs `iam:PassRole` on that role, and
//! `CreateDeployment` needs `codedeploy:GetDeploymentConfig` too. So the remedy
//! follows AWS's text, not our call. The form of the text is documented (IAM
//! user guide, *Troubleshooting access denied error messages*):
//!
//! > User: PRINCIPAL is not authorized to perform: ACTION on resource: RESOURCE
//! > because no KIND policy allows the ACTION action
//!
//! or, instead of the reason, `with an explicit deny in a KIND policy`, since
//! 2026 followed by that policy's ARN. Some services leave out the resource or
//! the reason.

/// A denial as AWS describes it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Denial {
    /// The ARN of the user or assumed role that was denied.
    pub principal: Option<String>,
    /// The action as IAM names it, such as `iam:PassRole`.
    pub action: String,
    /// The ARN of the resource, or `*`.
    pub resource: Option<String>,
    pub reason: Reason,
}

/// Why the call was denied.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No policy of this kind allows it.
    NotAllowed(PolicyKind),
    /// A policy of this kind denies it, whatever others allow. `policy` is its
    /// ARN, if AWS states it.
    Denied {
        kind: PolicyKind,
        policy: Option<String>,
    },
    /// AWS states no reason that this build knows.
    Unknown,
}

/// The kinds of policy that AWS distinguishes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PolicyKind {
    Identity,
    Resource,
    PermissionsBoundary,
    ServiceControl,
    ResourceControl,
    Session,
    VpcEndpoint,
}

/// Each kind with AWS's words for it. Two of them contain "resource".
const KINDS: [(&str, PolicyKind); 7] = [
    ("service control policy", PolicyKind::ServiceControl),
    ("resource control policy", PolicyKind::ResourceControl),
    ("permissions boundary", PolicyKind::PermissionsBoundary),
    ("session policy", PolicyKind::Session),
    ("VPC endpoint policy", PolicyKind::VpcEndpoint),
    ("resource-based policy", PolicyKind::Resource),
    ("identity-based policy", PolicyKind::Identity),
];

impl Denial {
    /// Parses AWS's text; `None` if it describes no denial.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (before, after) = text.split_once("is not authorized to perform: ")?;
        let (action, rest) = next_word(after)?;
        if !is_action(action) {
            return None;
        }
        let named = rest.trim_start().strip_prefix("on resource: ");
        let resource = named.and_then(next_word);
        let reason = resource.map_or(rest, |(_, reason)| reason);
        Some(Self {
            principal: principal(before),
            action: action.to_owned(),
            resource: resource.map(|(resource, _)| resource.to_owned()),
            reason: Reason::read(reason),
        })
    }

    /// The name of the IAM role that was denied, if it is one.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        let principal = self.principal.as_deref()?;
        let (_, role) = principal.split_once(":assumed-role/")?;
        role.split('/').next().filter(|name| !name.is_empty())
    }
}

impl Reason {
    fn read(text: &str) -> Self {
        let kind = KINDS.iter().find(|(words, _)| text.contains(words));
        let Some((words, kind)) = kind else {
            return Self::Unknown;
        };
        if !text.contains("explicit deny") {
            return Self::NotAllowed(*kind);
        }
        let behind = text.split_once(words).map(|(_, behind)| behind);
        let policy = behind.and_then(|behind| behind.strip_prefix(": "));
        let policy = policy.and_then(next_word);
        Self::Denied {
            kind: *kind,
            policy: policy.map(|(arn, _)| arn.to_owned()),
        }
    }
}

fn principal(before: &str) -> Option<String> {
    let (_, named) = before.rsplit_once("User: ")?;
    let (principal, _) = next_word(named)?;
    Some(principal.to_owned())
}

/// The text up to the next space, without surrounding quotes or punctuation,
/// and the rest.
fn next_word(text: &str) -> Option<(&str, &str)> {
    let end = text.find(char::is_whitespace).unwrap_or(text.len());
    let (word, rest) = text.split_at(end);
    let word = word
        .trim_matches('"')
        .trim_end_matches(['.', ',', ';', '"']);
    (!word.is_empty()).then_some((word, rest))
}

/// `service:Operation`.
fn is_action(word: &str) -> bool {
    let is_name = |name: &str| {
        let mut letters = name.chars();
        letters.all(|c| c.is_ascii_alphanumeric() || c == '-') && !name.is_empty()
    };
    word.split_once(':')
        .is_some_and(|(service, operation)| is_name(service) && is_name(operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    const WORKER: &str =
        "User: arn:aws:sts::111122223333:assumed-role/worker/i-1 is not authorized to perform: ";

    #[test]
    fn aws_names_the_action_the_resource_and_what_stands_in_the_way() {
        let not_allowed = Reason::NotAllowed;
        let denied = |kind| Reason::Denied { kind, policy: None };
        for (text, action, resource, reason) in [
            (
                "iam:PassRole on resource: arn:aws:iam::111122223333:role/task because no identity-based policy allows the iam:PassRole action",
                "iam:PassRole",
                Some("arn:aws:iam::111122223333:role/task"),
                not_allowed(PolicyKind::Identity),
            ),
            (
                "ecs:TagResource on resource: arn:aws:ecs:eu-west-1:111122223333:task-definition/web:* with an explicit deny in a service control policy",
                "ecs:TagResource",
                Some("arn:aws:ecs:eu-west-1:111122223333:task-definition/web:*"),
                denied(PolicyKind::ServiceControl),
            ),
            (
                "ecs:RegisterTaskDefinition on resource: * with an explicit deny in an identity-based policy: arn:aws:iam::111122223333:policy/freeze",
                "ecs:RegisterTaskDefinition",
                Some("*"),
                Reason::Denied {
                    kind: PolicyKind::Identity,
                    policy: Some("arn:aws:iam::111122223333:policy/freeze".into()),
                },
            ),
            (
                "codedeploy:GetDeploymentConfig on resource: arn:x because no permissions boundary allows the codedeploy:GetDeploymentConfig action",
                "codedeploy:GetDeploymentConfig",
                Some("arn:x"),
                not_allowed(PolicyKind::PermissionsBoundary),
            ),
            (
                "s3:GetObject on resource: \"arn:aws:s3:::b/k\" because no session policy allows the s3:GetObject action",
                "s3:GetObject",
                Some("arn:aws:s3:::b/k"),
                not_allowed(PolicyKind::Session),
            ),
            (
                "kms:Decrypt on resource: arn:k because no resource-based policy allows the kms:Decrypt action",
                "kms:Decrypt",
                Some("arn:k"),
                not_allowed(PolicyKind::Resource),
            ),
            (
                "ecs:DescribeServices on resource: arn:s with an explicit deny in a resource control policy",
                "ecs:DescribeServices",
                Some("arn:s"),
                denied(PolicyKind::ResourceControl),
            ),
            (
                "ecs:DescribeServices on resource: arn:s because no VPC endpoint policy allows the ecs:DescribeServices action",
                "ecs:DescribeServices",
                Some("arn:s"),
                not_allowed(PolicyKind::VpcEndpoint),
            ),
            (
                "codepipeline:PollForJobs",
                "codepipeline:PollForJobs",
                None,
                Reason::Unknown,
            ),
            (
                "codedeploy:CreateDeployment on resource: arn:g.",
                "codedeploy:CreateDeployment",
                Some("arn:g"),
                Reason::Unknown,
            ),
        ] {
            let denial = Denial::read(&format!("{WORKER}{text}")).expect(text);
            assert_eq!(denial.action, action, "{text}");
            assert_eq!(denial.resource.as_deref(), resource, "{text}");
            assert_eq!(denial.reason, reason, "{text}");
            assert_eq!(denial.role(), Some("worker"), "{text}");
        }
    }

    #[test]
    fn other_texts_are_no_denial() {
        for text in [
            "",
            "Access Denied",
            "is not authorized to perform: ",
            "is not authorized to perform: everything",
            "is not authorized to perform: a:b:c on resource: x",
            "is not authorized to perform: iam:Pass\u{1b}[31mRole on resource: x",
        ] {
            assert_eq!(Denial::read(text), None, "{text}");
        }
    }

    #[test]
    fn only_an_assumed_role_has_a_name() {
        for (principal, role) in [
            ("arn:aws:iam::111122223333:user/deploy", None),
            ("arn:aws-cn:sts::111122223333:assumed-role/w/s", Some("w")),
            ("anonymous", None),
        ] {
            let text = format!("User: {principal} is not authorized to perform: ecs:X");
            let denial = Denial::read(&text).expect(principal);
            assert_eq!(denial.role(), role);
            assert_eq!(denial.principal.as_deref(), Some(principal));
        }
    }
}
