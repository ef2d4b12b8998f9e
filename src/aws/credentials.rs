//! Credentials from the SDK's default chain, with errors that say what to do.
//!
//! The SDK's errors tell which of its providers failed. A person needs to know
//! which profile that was, and which command renews its session. So the
//! provider of the SDK is wrapped: an error is replaced by a
//! [`CredentialsProblem`], and every call that fails for want of credentials
//! shows that one (see `error`).

mod problem;

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use aws_config::SdkConfig;
#[expect(deprecated, reason = "`load` takes no other type")]
use aws_config::profile::profile_file::ProfileFiles;
use aws_config::profile::{Profile, ProfileSet, load};
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, ProvideCredentials, SharedCredentialsProvider, future};
use aws_types::os_shim_internal::{Env, Fs};
use parking_lot::Mutex;

use super::error_text::{chain, clean_line, with_sources};

pub use problem::{CredentialsProblem, Session, SessionKind};

/// Timeout of loading credentials before the first call. The slowest source
/// that answers at all, a metadata service that is tried several times, takes
/// less.
const LOAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Maximum length of the SDK's text in a problem, in characters.
const MAX_DETAIL: usize = 500;

/// What the SDK's texts contain if a session is over: its own, and the error
/// codes of IAM Identity Center and AWS Sign-In. Its types are private.
const ENDED: [&str; 4] = [
    "has expired",
    "is expired",
    "UnauthorizedException",
    "because of a change in your password",
];

/// What the SDK's texts contain if there is no file with a session's token.
const NO_TOKEN: [&str; 3] = [
    "failed to load the cached SSO token",
    "/sso/cache/",
    "/login/cache/",
];

/// Loads the credentials of `config` for the first time, and returns the
/// configuration with a provider whose errors are [`CredentialsProblem`]s. The
/// first call uses the credentials that were loaded, so that a program that
/// asks for a code is not started twice.
///
/// The second value is what went wrong. The configuration can be used all the
/// same: its next call tries again.
pub async fn load_credentials(config: &SdkConfig) -> (SdkConfig, Option<CredentialsProblem>) {
    let Some(sdk) = config.credentials_provider() else {
        return (config.clone(), Some(CredentialsProblem::NoneFound));
    };
    let loading = tokio::time::timeout(LOAD_TIMEOUT, sdk.provide_credentials());
    let (first, problem) = match loading.await {
        Ok(Ok(credentials)) => (Some(credentials), None),
        Ok(Err(error)) => (None, Some(problem(&error).await)),
        Err(_) => (
            None,
            Some(CredentialsProblem::Other {
                detail: "no answer".into(),
            }),
        ),
    };
    let explained = Explained {
        sdk,
        first: Mutex::new(first),
    };
    let provider = SharedCredentialsProvider::new(explained);
    let config = config.to_builder().credentials_provider(provider).build();
    (config, problem)
}

/// The SDK's provider, with other errors.
#[derive(Debug)]
struct Explained {
    sdk: SharedCredentialsProvider,
    /// What was loaded before the first call.
    first: Mutex<Option<Credentials>>,
}

impl Explained {
    async fn provide(&self) -> provider::Result {
        let first = self.first.lock().take();
        if let Some(first) = first {
            return Ok(first);
        }
        match self.sdk.provide_credentials().await {
            Ok(credentials) => Ok(credentials),
            Err(error) => Err(CredentialsError::provider_error(problem(&error).await)),
        }
    }
}

impl ProvideCredentials for Explained {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.provide())
    }

    fn fallback_on_interrupt(&self) -> Option<Credentials> {
        self.sdk.fallback_on_interrupt()
    }
}

/// The problem that an error of this module's provider carries.
pub(super) fn carried<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a CredentialsProblem> {
    chain(error).find_map(<dyn Error>::downcast_ref)
}

async fn problem(error: &CredentialsError) -> CredentialsProblem {
    let text = with_sources(error);
    // A file that cannot be parsed is part of `text`.
    #[expect(deprecated, reason = "`load` takes no other type")]
    let files = ProfileFiles::default();
    let profiles = load(&Fs::real(), &Env::real(), &files, None).await.ok();
    let not_loaded = matches!(error, CredentialsError::CredentialsNotLoaded(_));
    judge(profiles.as_ref(), &text, not_loaded)
}

fn judge(profiles: Option<&ProfileSet>, text: &str, not_loaded: bool) -> CredentialsProblem {
    if not_loaded {
        let selected = profiles.map(|all| (all, all.selected_profile()));
        return match selected {
            Some((all, name)) if name != "default" && all.get_profile(name).is_none() => {
                let name = name.to_owned();
                CredentialsProblem::NoSuchProfile { name }
            }
            Some(_) | None => CredentialsProblem::NoneFound,
        };
    }
    let detail = || clean_line(text, MAX_DETAIL);
    let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
    match profiles.and_then(session) {
        Some(session) if has(&ENDED) => CredentialsProblem::Ended(session),
        Some(session) if has(&NO_TOKEN) => CredentialsProblem::NotBegun(session),
        Some(session) => CredentialsProblem::Failed {
            session,
            detail: detail(),
        },
        None => CredentialsProblem::Other { detail: detail() },
    }
}

/// The session that the selected profile, or the first of its sources that has
/// one, is about.
fn session(profiles: &ProfileSet) -> Option<Session> {
    let mut seen = BTreeSet::new();
    let mut name = profiles.selected_profile();
    // A profile that is its own source ends the search.
    while seen.insert(name) {
        let profile = profiles.get_profile(name)?;
        if let Some(kind) = kind(profile) {
            return Some(Session {
                kind,
                profile: name.to_owned(),
            });
        }
        name = profile.get("source_profile")?;
    }
    None
}

fn kind(profile: &Profile) -> Option<SessionKind> {
    let has = |key: &str| profile.get(key).is_some();
    if has("sso_session") || has("sso_start_url") {
        Some(SessionKind::IdentityCenter)
    } else if has("login_session") {
        Some(SessionKind::Console)
    } else {
        None
    }
}
