//! Access keys that a caller may sign with: the account's own, credentials of
//! jobs, which can read only the job's artifacts (docs/aws.md §3), and sessions
//! of roles.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::names::Names;

/// Lifetime of a job's artifact credentials (docs/aws.md §3).
pub const LIFETIME: Duration = Duration::from_secs(15 * 60);

/// Prefix of every job's access key. An unknown key with this prefix is
/// refused; any other unknown key counts as the account's.
pub(crate) const JOB_KEY_PREFIX: &str = "ASIASIM";

/// How long expired credentials are kept, so that they are refused as expired
/// and not as unknown.
const KEPT_AFTER_EXPIRY: Duration = Duration::from_secs(24 * 3600);

/// All known keys.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Keys {
    pub account: AccountKey,
    sessions: BTreeMap<String, Session>,
    /// Access keys in `sessions`, oldest first.
    issued: VecDeque<String>,
}

/// The account's long-lived key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct AccountKey {
    pub access_key_id: String,
    pub secret_access_key: String,
}

/// Temporary credentials.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Session {
    pub access_key_id: String,
    pub secret_access_key: String,
    pub session_token: String,
    pub expires: Timestamp,
    /// Bucket and key of each object that they can read.
    pub objects: Objects,
    /// The same of those that they can write.
    #[serde(default)]
    pub outputs: Objects,
    /// ARN of the role session, if this is one. A role session may do
    /// everything.
    pub role: Option<String>,
}

/// Bucket and key of each of several objects.
pub type Objects = Vec<(String, String)>;

/// The signer of a request.
#[derive(Clone, Debug)]
pub enum Caller {
    /// The account's own principal, which may do everything.
    Account,
    /// Artifact credentials of a job.
    Job(Box<Session>),
    /// A session of an assumed role.
    Role(Box<Session>),
}

impl Keys {
    pub(crate) fn new(names: &mut Names) -> Self {
        Self {
            account: AccountKey {
                access_key_id: "AKIASIMULATOR0000000".into(),
                secret_access_key: names.hex()[..40].into(),
            },
            sessions: BTreeMap::new(),
            issued: VecDeque::new(),
        }
    }

    /// The session with this access key, expired or not.
    #[must_use]
    pub fn session(&self, access_key_id: &str) -> Option<&Session> {
        self.sessions.get(access_key_id)
    }

    /// All sessions that are kept, by access key.
    pub fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// Issues new credentials that can read and write these objects from `now`
    /// on.
    pub(crate) fn issue(
        &mut self,
        names: &mut Names,
        now: Timestamp,
        (objects, outputs): (Objects, Objects),
    ) -> &Session {
        let session = self.add(names, (now, LIFETIME));
        (session.objects, session.outputs) = (objects, outputs);
        session
    }

    /// Issues new credentials for a role session.
    pub(crate) fn assume(
        &mut self,
        names: &mut Names,
        times: (Timestamp, Duration),
        arn: String,
    ) -> &Session {
        let session = self.add(names, times);
        session.role = Some(arn);
        session
    }

    fn add(&mut self, names: &mut Names, (now, lifetime): (Timestamp, Duration)) -> &mut Session {
        self.drop_expired(now);
        let (id, secret, token) = (names.hex(), names.hex(), names.hex());
        let access_key_id = format!("{JOB_KEY_PREFIX}{}", id[..13].to_uppercase());
        let session = Session {
            access_key_id: access_key_id.clone(),
            secret_access_key: secret[..40].into(),
            session_token: format!("{token}{secret}"),
            expires: now + lifetime,
            objects: Vec::new(),
            outputs: Vec::new(),
            role: None,
        };
        self.issued.push_back(access_key_id.clone());
        self.sessions.entry(access_key_id).or_insert(session)
    }

    fn drop_expired(&mut self, now: Timestamp) {
        while let Some(oldest) = self.issued.front() {
            let is_kept = self
                .session(oldest)
                .is_some_and(|session| session.expires + KEPT_AFTER_EXPIRY > now);
            if is_kept {
                break;
            }
            self.sessions.remove(oldest);
            self.issued.pop_front();
        }
    }
}

impl Caller {
    /// ARN of the principal.
    #[must_use]
    pub fn arn(&self, account: &str) -> String {
        match self {
            Self::Account => format!("arn:aws:iam::{account}:user/simulator"),
            Self::Job(session) | Self::Role(session) => match &session.role {
                Some(role) => role.clone(),
                None => {
                    let key = &session.access_key_id;
                    format!("arn:aws:sts::{account}:assumed-role/codepipeline/{key}")
                }
            },
        }
    }

    /// ARN of the role session, if the caller has assumed a role.
    #[must_use]
    pub fn role(&self) -> Option<&str> {
        match self {
            Self::Account | Self::Job(_) => None,
            Self::Role(session) => session.role.as_deref(),
        }
    }
}

impl Session {
    /// Whether the credentials have expired at `now`.
    #[must_use]
    pub fn has_expired(&self, now: Timestamp) -> bool {
        now >= self.expires
    }

    /// Whether the credentials can read this object.
    #[must_use]
    pub fn covers(&self, bucket: &str, key: &str) -> bool {
        self.objects.iter().any(|(b, k)| b == bucket && k == key)
    }

    /// Whether the credentials can write this object.
    #[must_use]
    pub fn may_write(&self, bucket: &str, key: &str) -> bool {
        self.outputs.iter().any(|(b, k)| b == bucket && k == key)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_expire_after_a_quarter_of_an_hour_to_the_second() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut names = Names::default();
        let mut keys = Keys::new(&mut names);
        let session = keys.issue(&mut names, now, (vec![("b".into(), "k".into())], vec![]));
        assert!(!session.has_expired(now + Duration::from_secs(899)));
        assert!(session.has_expired(now + LIFETIME));
        assert!(session.covers("b", "k"));
        assert!(!session.covers("b", "other"));
    }

    #[test]
    fn old_credentials_are_forgotten_in_the_end() {
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let mut names = Names::default();
        let mut keys = Keys::new(&mut names);
        let old = keys
            .issue(&mut names, now, Default::default())
            .access_key_id
            .clone();
        keys.issue(&mut names, now + LIFETIME, Default::default());
        assert!(keys.session(&old).is_some());
        keys.issue(
            &mut names,
            now + LIFETIME + KEPT_AFTER_EXPIRY,
            Default::default(),
        );
        assert!(keys.session(&old).is_none());
    }
}
