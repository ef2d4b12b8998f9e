//! Simulated IAM: roles with their policies. A trust policy decides who may
//! assume its role. What a role may do is not enforced; only
//! `SimulatePrincipalPolicy` evaluates it.

mod simulate;
mod trust;

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::api::{Answer, ApiError};
use crate::ids;
use crate::wire::message::percent_encode;
use crate::wire::query::Form;
use crate::world::World;

/// The trust policy of a role for tasks.
const FOR_TASKS: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"Service":"ecs-tasks.amazonaws.com"},"Action":"sts:AssumeRole"}]}"#;

/// IAM's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Iam {
    roles: BTreeMap<String, Role>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Role {
    /// The `Role` object as IAM shows it.
    shown: Value,
    trust: String,
    inline: BTreeMap<String, String>,
    attached: BTreeSet<String>,
}

/// Handles one call of the query protocol.
pub fn call(world: &mut World, operation: &str, form: &Form) -> Answer {
    match operation {
        "CreateRole" => create(world, form),
        "GetRole" => Ok(json!({ "Role": role(world, form)?.shown })),
        "ListRoles" => {
            let prefix = form.text("PathPrefix").unwrap_or("/");
            let roles = world.iam.roles.values().map(|role| &role.shown);
            let found =
                roles.filter(|it| it["Path"].as_str().is_some_and(|it| it.starts_with(prefix)));
            Ok(json!({ "Roles": found.collect::<Vec<_>>(), "IsTruncated": false }))
        }
        "DeleteRole" => {
            let found = role(world, form)?;
            if !found.inline.is_empty() || !found.attached.is_empty() {
                let message = "Cannot delete entity, must delete policies first.";
                return Err(ApiError::with_status(409, "DeleteConflict", message));
            }
            world.iam.roles.remove(form.required("RoleName")?);
            Ok(json!({}))
        }
        "UpdateAssumeRolePolicy" => {
            let trust = document(form, "PolicyDocument")?.to_owned();
            let role = role(world, form)?;
            role.shown["AssumeRolePolicyDocument"] = json!(percent_encode(&trust));
            role.trust = trust;
            Ok(json!({}))
        }
        // No role has an instance profile.
        "ListInstanceProfilesForRole" => {
            role(world, form)?;
            Ok(json!({ "InstanceProfiles": [], "IsTruncated": false }))
        }
        "GetRolePolicy" => {
            let name = form.required("PolicyName")?;
            let role = role(world, form)?;
            let document = role.inline.get(name).ok_or_else(|| no_policy(name))?;
            Ok(json!({
                "RoleName": role.shown["RoleName"],
                "PolicyName": name,
                "PolicyDocument": percent_encode(document),
            }))
        }
        "ListRolePolicies" => {
            let names = role(world, form)?.inline.keys();
            Ok(json!({ "PolicyNames": names.collect::<Vec<_>>(), "IsTruncated": false }))
        }
        "DeleteRolePolicy" => {
            let name = form.required("PolicyName")?;
            let removed = role(world, form)?.inline.remove(name);
            removed.map(|_| json!({})).ok_or_else(|| no_policy(name))
        }
        "ListAttachedRolePolicies" => {
            let attached = role(world, form)?.attached.iter().map(|arn| {
                let name = arn.rsplit('/').next().unwrap_or_default();
                json!({ "PolicyName": name, "PolicyArn": arn })
            });
            Ok(json!({ "AttachedPolicies": attached.collect::<Vec<_>>(), "IsTruncated": false }))
        }
        "DetachRolePolicy" => {
            let arn = form.required("PolicyArn")?;
            let is_removed = role(world, form)?.attached.remove(arn);
            is_removed.then(|| json!({})).ok_or_else(|| no_policy(arn))
        }
        "PutRolePolicy" => {
            let document = document(form, "PolicyDocument")?.to_owned();
            let name = form.required("PolicyName")?.to_owned();
            role(world, form)?.inline.insert(name, document);
            Ok(json!({}))
        }
        "AttachRolePolicy" => {
            let arn = form.required("PolicyArn")?;
            if !arn.starts_with("arn:aws:iam::") {
                let message = format!("ARN {arn} is not valid.");
                return Err(ApiError::new("InvalidInput", message));
            }
            role(world, form)?.attached.insert(arn.to_owned());
            Ok(json!({}))
        }
        "SimulatePrincipalPolicy" => simulate::simulate(world, form),
        _ => Err(ApiError::invalid_action(operation)),
    }
}

fn create(world: &mut World, form: &Form) -> Answer {
    let name = form.required("RoleName")?;
    let well_formed = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-".contains(c);
    if !(1..=64).contains(&name.len()) || !name.chars().all(well_formed) {
        return Err(ApiError::new(
            "ValidationError",
            "The specified value for roleName is invalid. It must contain only alphanumeric \
             characters and/or the following: +=,.@_-",
        ));
    }
    if world.iam.roles.contains_key(name) {
        let message = format!("Role with name {name} already exists.");
        return Err(ApiError::with_status(409, "EntityAlreadyExists", message));
    }
    let trust = document(form, "AssumeRolePolicyDocument")?;
    let path = form.text("Path").unwrap_or("/");
    if !path.starts_with('/') || !path.ends_with('/') {
        return Err(ApiError::new(
            "ValidationError",
            "The specified value for path is invalid. It must begin and end with /",
        ));
    }
    let longest = form.text("MaxSessionDuration").unwrap_or("3600");
    let longest = longest.parse::<u64>().ok();
    let longest = longest.filter(|it| (3600..=43_200).contains(it));
    let longest = longest.ok_or_else(|| {
        let message = "The MaxSessionDuration must be between 3600 and 43200 seconds.";
        ApiError::new("ValidationError", message)
    })?;
    let shown = &mut world.add_role(path, name, trust).shown;
    shown["MaxSessionDuration"] = json!(longest);
    if let Some(description) = form.text("Description") {
        shown["Description"] = json!(description);
    }
    Ok(json!({ "Role": shown }))
}

fn no_policy(name: &str) -> ApiError {
    no_such_entity(&format!("role policy with name {name}"))
}

fn no_such_entity(what: &str) -> ApiError {
    ApiError::with_status(404, "NoSuchEntity", format!("The {what} cannot be found."))
}

impl Iam {
    fn role_with_arn(&self, arn: &str) -> Option<&Role> {
        self.roles.values().find(|role| role.shown["Arn"] == arn)
    }
}

impl World {
    /// Creates a role for tasks, unless it exists. `role` is its ARN or name.
    pub fn add_task_role(&mut self, role: &str) {
        let path_and_name = role.split_once(":role").map_or(role, |(_, rest)| rest);
        let (path, name) = match path_and_name.rsplit_once('/') {
            Some((path, name)) => (format!("{path}/"), name),
            None => ("/".to_owned(), path_and_name),
        };
        if !self.iam.roles.contains_key(name) {
            self.add_role(&path, name, FOR_TASKS);
        }
    }

    pub(crate) fn add_role(&mut self, path: &str, name: &str, trust: &str) -> &mut Role {
        let arn = format!("arn:aws:iam::{}:role{path}{name}", self.account);
        // Does not change the ids that are given later.
        let id = ids::sha256(&arn)[..17].to_uppercase();
        let shown = json!({
            "Path": path,
            "RoleName": name,
            "RoleId": format!("AROA{id}"),
            "Arn": arn,
            "CreateDate": self.now().to_string(),
            // IAM returns policy documents URL-encoded.
            "AssumeRolePolicyDocument": percent_encode(trust),
        });
        let role = Role {
            shown,
            trust: trust.to_owned(),
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
        };
        self.iam
            .roles
            .entry(name.to_owned())
            .insert_entry(role)
            .into_mut()
    }
}

/// A policy document, which must be JSON with statements.
fn document<'a>(form: &'a Form, name: &str) -> Result<&'a str, ApiError> {
    let text = form.required(name)?;
    let parsed: Option<Value> = serde_json::from_str(text).ok();
    match parsed.filter(|policy| policy.get("Statement").is_some()) {
        Some(_) => Ok(text),
        None => Err(ApiError::new(
            "MalformedPolicyDocument",
            "Syntax errors in policy.",
        )),
    }
}

fn role<'w>(world: &'w mut World, form: &Form) -> Result<&'w mut Role, ApiError> {
    let name = form.required("RoleName")?;
    let role = world.iam.roles.get_mut(name);
    role.ok_or_else(|| no_such_entity(&format!("role with name {name}")))
}
