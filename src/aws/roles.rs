//! Assumes IAM roles with the worker's own credentials.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use async_trait::async_trait;
use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{self, SharedCredentialsProvider};
use aws_sdk_sts::Client;
use clock::Clock;
use parking_lot::Mutex;

use super::account::ports;
use super::error::{call_error, incomplete};
use super::service_clients;
use crate::job::AllowedRole;
use crate::ports::{CallError, Ports, Roles};

const CALL: &str = "sts:AssumeRole";

/// Maximum number of cached roles with their clients, least recently used
/// dropped first. More than the number of jobs likely to be polled between two
/// polls of the same job. A cache miss costs one call.
const MAX_CACHED: usize = 256;

/// Credentials that expire within this margin are renewed before use. A call
/// with all its attempts takes less.
const MARGIN: Duration = Duration::from_secs(5 * 60);

/// Assumes roles with STS and caches their ports.
pub(super) struct AssumedRoles {
    config: SdkConfig,
    clock: Clock,
    cached: Mutex<VecDeque<CachedRole>>,
}

struct CachedRole {
    role: AllowedRole,
    session: String,
    ports: Ports,
}

impl AssumedRoles {
    pub(super) fn new(config: &SdkConfig, clock: &Clock) -> Self {
        Self {
            config: config.clone(),
            clock: clock.clone(),
            cached: Mutex::default(),
        }
    }

    fn look_up(&self, role: &AllowedRole, session: &str) -> Option<Ports> {
        let mut cached = self.cached.lock();
        let is_same = |cached: &CachedRole| cached.role == *role && cached.session == session;
        let found = cached
            .iter()
            .position(is_same)
            .and_then(|at| cached.remove(at))?;
        let ports = found.ports.clone();
        cached.push_back(found);
        Some(ports)
    }
}

#[async_trait]
impl Roles for AssumedRoles {
    async fn assume(
        &self,
        role: &AllowedRole,
        session: &str,
        own: &Ports,
    ) -> Result<Ports, CallError> {
        if let Some(ports) = self.look_up(role, session) {
            return Ok(ports);
        }
        let role_credentials = RoleCredentials {
            client: service_clients::sts(&self.config),
            role: role.clone(),
            session: session.to_owned(),
            clock: self.clock.clone(),
            latest: Arc::default(),
        };
        // Fail now if the role cannot be assumed, not in the middle of the
        // release.
        role_credentials.renew().await?;
        let provider = provide_credentials_fn(move || {
            let role = role_credentials.clone();
            async move { role.provide().await }
        });
        let config = self
            .config
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            .build();
        let ports = Ports {
            jobs: own.jobs.clone(),
            artifacts: own.artifacts.clone(),
            roles: own.roles.clone(),
            ..ports(&config, &[], None, false, &self.clock)
        };
        let mut cached = self.cached.lock();
        if cached.len() == MAX_CACHED {
            cached.pop_front();
        }
        cached.push_back(CachedRole {
            role: role.clone(),
            session: session.to_owned(),
            ports: ports.clone(),
        });
        Ok(ports)
    }
}

/// Provides a role's credentials and renews them before they expire.
#[derive(Clone, Debug)]
struct RoleCredentials {
    client: Client,
    role: AllowedRole,
    session: String,
    clock: Clock,
    latest: Arc<Mutex<Option<Credentials>>>,
}

impl RoleCredentials {
    async fn renew(&self) -> Result<Credentials, CallError> {
        let answer = self
            .client
            .assume_role()
            .role_arn(&self.role.arn)
            .role_session_name(&self.session)
            .set_external_id(self.role.external_id.clone())
            .send()
            .await
            .map_err(|error| call_error(CALL, Some(&self.role.arn), &error))?;
        let given = answer
            .credentials()
            .ok_or_else(|| incomplete(CALL, &self.role.arn))?;
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            Some(given.session_token().to_owned()),
            SystemTime::try_from(*given.expiration()).ok(),
            "AssumeRole",
        );
        *self.latest.lock() = Some(credentials.clone());
        Ok(credentials)
    }

    async fn provide(&self) -> provider::Result {
        let latest = self.latest.lock().clone();
        if let Some(latest) = latest.filter(|latest| lasts(latest, self.clock.now().into())) {
            return Ok(latest);
        }
        self.renew().await.map_err(CredentialsError::provider_error)
    }
}

fn lasts(credentials: &Credentials, now: SystemTime) -> bool {
    credentials.expiry().is_none_or(|end| end > now + MARGIN)
}
