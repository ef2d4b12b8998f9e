//! Why there are no credentials, and what to do about it.

use std::borrow::Cow;
use std::error::Error;
use std::fmt::{Display, Formatter, Result as Written};

/// Why no credentials could be loaded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CredentialsProblem {
    /// The session of the profile is over.
    Ended(Session),
    /// The profile needs a session, and none was begun on this machine.
    NotBegun(Session),
    /// The profile needs a session, and something else failed.
    Failed { session: Session, detail: String },
    /// The selected profile is in none of the files.
    NoSuchProfile { name: String },
    /// No source has credentials, and none failed.
    NoneFound,
    /// A source failed.
    Other { detail: String },
}

/// A profile that gets its credentials from a person's session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    pub kind: SessionKind,
    /// The profile that a person logs in to. It may be the source of the
    /// selected profile.
    pub profile: String,
}

/// Where a person logs in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionKind {
    /// IAM Identity Center: `aws sso login`.
    IdentityCenter,
    /// The AWS console: `aws login`.
    Console,
}

impl Session {
    /// The command that begins or renews the session.
    #[must_use]
    pub fn command(&self) -> String {
        let plain = |c: char| c.is_ascii_alphanumeric() || "._-/@+".contains(c);
        let profile = match self.profile.chars().all(plain) {
            true => Cow::Borrowed(self.profile.as_str()),
            false => Cow::Owned(format!("'{}'", self.profile.replace('\'', r"'\''"))),
        };
        match self.kind {
            SessionKind::IdentityCenter => format!("aws sso login --profile {profile}"),
            SessionKind::Console => format!("aws login --profile {profile}"),
        }
    }
}

impl Display for Session {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        let kind = match self.kind {
            SessionKind::IdentityCenter => "IAM Identity Center session",
            SessionKind::Console => "`aws login` session",
        };
        write!(f, "{kind} of the profile `{}`", self.profile)
    }
}

impl CredentialsProblem {
    /// Whether no retry helps until a person has done something.
    #[must_use]
    pub fn needs_a_person(&self) -> bool {
        match self {
            Self::Ended(_) | Self::NotBegun(_) | Self::NoSuchProfile { .. } => true,
            Self::Failed { .. } | Self::NoneFound | Self::Other { .. } => false,
        }
    }

    /// What happened.
    #[must_use]
    pub fn what(&self) -> String {
        match self {
            Self::Ended(session) => format!("the {session} has expired"),
            Self::NotBegun(session) => format!("there is no {session} on this machine"),
            Self::Failed { session, detail } => {
                format!("the {session} gives no credentials: {detail}")
            }
            Self::NoSuchProfile { name } => {
                format!("the AWS configuration files have no profile `{name}`")
            }
            Self::NoneFound => {
                "there are no AWS credentials in the environment, a profile, or a role of the \
                 container or instance"
                    .into()
            }
            Self::Other { detail } => format!("the AWS credentials cannot be loaded: {detail}"),
        }
    }

    /// What to do about it.
    #[must_use]
    pub fn remedy(&self) -> String {
        match self {
            Self::Ended(session) => format!("renew it with `{}`", session.command()),
            Self::NotBegun(session) => format!("begin one with `{}`", session.command()),
            Self::Failed { session, .. } => {
                format!(
                    "if the session is over, renew it with `{}`",
                    session.command()
                )
            }
            Self::NoSuchProfile { .. } => {
                "correct AWS_PROFILE; `aws configure list-profiles` lists the profiles".into()
            }
            Self::NoneFound => {
                "give the worker a role, or set AWS_PROFILE or AWS_ACCESS_KEY_ID".into()
            }
            Self::Other { .. } => {
                "see that the source of the credentials is configured and can be reached".into()
            }
        }
    }
}

impl Display for CredentialsProblem {
    fn fmt(&self, f: &mut Formatter<'_>) -> Written {
        write!(f, "{}; {}", self.what(), self.remedy())
    }
}

impl Error for CredentialsProblem {}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(profile: &str) -> Session {
        Session {
            kind: SessionKind::Console,
            profile: profile.into(),
        }
    }

    #[test]
    fn the_command_can_be_pasted_into_a_shell() {
        assert_eq!(console("dev").command(), "aws login --profile dev");
        assert_eq!(
            console("my dev's").command(),
            r"aws login --profile 'my dev'\''s'"
        );
    }
}
