//! Whether the trust policy of a role lets a caller assume it.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use crate::api::ApiError;
use crate::keys::Caller;
use crate::wire::query::Form;
use crate::world::World;

use super::simulate::{Conditions, Effect, List, Policy, cannot_evaluate, matches};

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase", deny_unknown_fields)]
struct Statement {
    #[serde(default, rename = "Sid")]
    _sid: String,
    effect: Effect,
    principal: Principal,
    action: List<String>,
    #[serde(default)]
    condition: Conditions,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Principal {
    Everyone(String),
    Kinds(BTreeMap<String, List<String>>),
}

/// A role that the caller may assume.
pub(crate) struct Trusting {
    pub(crate) name: String,
    pub(crate) id: String,
    pub(crate) longest_session: u64,
}

impl World {
    /// The role with this ARN, if its trust policy allows the caller's
    /// `AssumeRole`. A role's own policies are not evaluated.
    pub(crate) fn trusting_role(
        &self,
        arn: &str,
        caller: &Caller,
        form: &Form,
    ) -> Result<Option<Trusting>, ApiError> {
        let Some(role) = self.iam.role_with_arn(arn) else {
            return Ok(None);
        };
        let policy: Policy<Statement> = serde_json::from_str(&role.trust)
            .map_err(|error| cannot_evaluate(&format!("the trust policy of {arn}: {error}")))?;
        let (mut is_allowed, mut is_denied) = (false, false);
        for statement in policy.statement.items() {
            let mut actions = statement.action.items().iter();
            let applies = actions.any(|it| matches(&it.to_ascii_lowercase(), "sts:assumerole"))
                && self.is_named(&statement.principal, caller)
                && self.is_met(&statement.condition, caller, form);
            match statement.effect {
                Effect::Allow => is_allowed |= applies,
                Effect::Deny => is_denied |= applies,
            }
        }
        let text = |name: &str| role.shown[name].as_str().unwrap_or_default().to_owned();
        Ok((is_allowed && !is_denied).then(|| Trusting {
            name: text("RoleName"),
            id: text("RoleId"),
            longest_session: role.shown["MaxSessionDuration"].as_u64().unwrap_or(3600),
        }))
    }

    fn is_named(&self, principal: &Principal, caller: &Caller) -> bool {
        let (own, account) = (self.principal(caller), &self.account);
        let is_caller = |named: &String| {
            *named == own
                || *named == caller.arn(account)
                || named == account
                || *named == format!("arn:aws:iam::{account}:root")
                || named == "*"
        };
        match principal {
            Principal::Everyone(named) => is_caller(named),
            Principal::Kinds(kinds) => {
                let named = kinds.get("AWS").map_or(&[][..], List::items);
                named.iter().any(is_caller)
            }
        }
    }

    /// The ARN of the caller's user or role.
    fn principal(&self, caller: &Caller) -> String {
        let arn = caller.arn(&self.account);
        let Some(role) = caller.role().and_then(|it| it.split('/').nth(1)) else {
            return arn;
        };
        match self.iam.roles.get(role).map(|role| &role.shown["Arn"]) {
            Some(Value::String(arn)) => arn.clone(),
            Some(_) | None => format!("arn:aws:iam::{}:role/{role}", self.account),
        }
    }

    fn is_met(&self, conditions: &Conditions, caller: &Caller, form: &Form) -> bool {
        let value = |key: &str| match key.to_ascii_lowercase().as_str() {
            "sts:externalid" => form.text("ExternalId").map(str::to_owned),
            "sts:rolesessionname" => form.text("RoleSessionName").map(str::to_owned),
            "aws:principalarn" => Some(self.principal(caller)),
            "aws:principalaccount" => Some(self.account.clone()),
            _ => None,
        };
        let mut keys = conditions.string_equals.iter();
        keys.all(|(key, wanted)| value(key).is_some_and(|it| wanted.items().contains(&it)))
    }
}
