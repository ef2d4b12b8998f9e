//! Network settings and capacity providers of an AppSpec.

use serde_json::{Map, Value};

use super::keys::{Entry, Reader};
use crate::job::Excerpt;
use crate::release::document::Path;
use crate::release::finding::{AppSpecFinding, NetworkProblem, Wanted};
use crate::release::placeholder;
use crate::release::task_definition::unsigned;

/// Maximum number of subnets and security groups of a service (docs/aws.md
/// §4.3).
const MAX_SUBNETS: usize = 16;
const MAX_SECURITY_GROUPS: usize = 5;

/// ECS's own capacity providers.
const FARGATE: [&str; 2] = ["FARGATE", "FARGATE_SPOT"];

/// Maximum number of capacity providers (API reference,
/// CapacityProviderStrategyItem).
const MAX_PROVIDERS: usize = 20;

/// Maximum base and weight of a capacity provider in ECS.
const MAX_BASE: u64 = 100_000;
const MAX_WEIGHT: u64 = 1000;

impl Reader<'_> {
    /// Reads `NetworkConfiguration`, which must have all of its three settings.
    pub(super) fn network(&mut self, entry: &Entry<'_>, path: &Path<'_>) -> Option<Value> {
        const MEMBER: &str = "AwsvpcConfiguration";
        let outer = self.members(entry.value, &[MEMBER], path)?;
        let inner = self.required(&outer, MEMBER, path)?;
        let path = path.member(inner.written);
        let known = ["Subnets", "SecurityGroups", "AssignPublicIp"];
        let members = self.members(inner.value, &known, &path)?;
        let mut settings = members.unknown.clone();
        for member in known {
            let Some(entry) = members.get(member) else {
                let place = self.document.place(&path);
                let finding = NetworkProblem::Incomplete { missing: member };
                self.findings.error(place, AppSpecFinding::Network(finding));
                continue;
            };
            let path = path.member(entry.written);
            match member {
                "Subnets" => self.names(entry, MAX_SUBNETS, &path),
                "SecurityGroups" => self.names(entry, MAX_SECURITY_GROUPS, &path),
                _ => self.public_ip(entry, &path),
            }
            settings.insert(member.to_owned(), entry.value.clone());
        }
        let mut network = outer.unknown.clone();
        network.insert(MEMBER.to_owned(), Value::Object(settings));
        Some(Value::Object(network))
    }

    /// Checks a list of strings with at least one and at most `limit` entries.
    fn names(&mut self, entry: &Entry<'_>, limit: usize, path: &Path<'_>) {
        let Value::Array(list) = entry.value else {
            return self.wrong_type("a list", entry.value, path);
        };
        if list.is_empty() {
            let missing = entry.canonical;
            self.error(NetworkProblem::Incomplete { missing }, path);
        }
        if list.len() > limit {
            self.error(NetworkProblem::TooMany { limit }, path);
        }
        let (wanted, prefix) = match entry.canonical {
            "Subnets" => (Wanted::Subnet, "subnet-"),
            _ => (Wanted::SecurityGroup, "sg-"),
        };
        for (index, element) in list.iter().enumerate() {
            let path = path.index(index);
            match element.as_str() {
                Some("") => {
                    let missing = entry.canonical;
                    self.error(NetworkProblem::Incomplete { missing }, &path);
                }
                Some(text) if placeholder::is_token(text) => self.token(text, wanted, &path),
                Some(text) if !is_id(text, prefix) && placeholder::first(text).is_none() => {
                    let found = Excerpt::of(text);
                    let finding = NetworkProblem::NotAnId { found, prefix };
                    let place = self.document.place(&path);
                    self.findings
                        .warning(place, AppSpecFinding::Network(finding));
                }
                Some(_) => {}
                None => self.wrong_type("a string", element, &path),
            }
        }
    }

    fn public_ip(&mut self, entry: &Entry<'_>, path: &Path<'_>) {
        match self.text(entry, path) {
            Some("ENABLED" | "DISABLED") | None => {}
            Some(found) => {
                let found = Excerpt::of(found);
                self.error(NetworkProblem::AssignPublicIp { found }, path);
            }
        }
    }

    /// Reads `CapacityProviderStrategy`, with each entry in canonical case.
    pub(super) fn strategy(&mut self, entry: &Entry<'_>, path: &Path<'_>) -> Option<Value> {
        let Value::Array(list) = entry.value else {
            self.wrong_type("a list", entry.value, path);
            return None;
        };
        if list.len() > MAX_PROVIDERS {
            let limit = MAX_PROVIDERS;
            self.error(NetworkProblem::TooMany { limit }, path);
        }
        let (mut bases, mut has_weight) = (0, false);
        let mut names = Vec::new();
        let mut strategy = Vec::new();
        for (index, element) in list.iter().enumerate() {
            let path = path.index(index);
            let known = ["CapacityProvider", "Base", "Weight"];
            let Some(members) = self.members(element, &known, &path) else {
                continue;
            };
            if let Some(name) = self.required(&members, "CapacityProvider", &path) {
                names.extend(self.text(name, &path.member(name.written)));
            }
            let base = self.number(members.get("Base"), MAX_BASE, &path);
            let weight = self.number(members.get("Weight"), MAX_WEIGHT, &path);
            bases += usize::from(base.is_some_and(|base| base > 0));
            has_weight |= weight != Some(0);
            let mut provider: Map<String, Value> = members.unknown.clone();
            for entry in &members.known {
                provider.insert(entry.canonical.to_owned(), entry.value.clone());
            }
            strategy.push(Value::Object(provider));
        }
        if bases > 1 {
            self.error(NetworkProblem::SeveralBases, path);
        }
        // Developer guide, "Capacity provider considerations". Names of others
        // cannot begin with "fargate".
        let on_fargate = names.iter().filter(|name| FARGATE.contains(name)).count();
        let is_open =
            |name: &&str| placeholder::first(name).is_some() || placeholder::is_token(name);
        if (1..names.len()).contains(&on_fargate) && !names.iter().any(is_open) {
            self.error(NetworkProblem::FargateAndOthers, path);
        }
        if !has_weight && !strategy.is_empty() {
            let place = self.document.place(path);
            self.findings
                .warning(place, AppSpecFinding::Network(NetworkProblem::NoWeight));
        }
        Some(Value::Array(strategy))
    }

    /// Reads a number from 0 to `limit`, which may be written as text. Returns 0
    /// if it is absent and `None` if it is invalid.
    fn number(&mut self, entry: Option<&Entry<'_>>, limit: u64, path: &Path<'_>) -> Option<u64> {
        let Some(entry) = entry else {
            return Some(0);
        };
        let path = path.member(entry.written);
        let number = match entry.value {
            Value::Number(_) => unsigned(entry.value),
            Value::String(text) => {
                let Ok(number) = text.trim().parse() else {
                    self.wrong_type("a number", entry.value, &path);
                    return None;
                };
                self.unexpected_type("a number", entry.value, &path);
                Some(number)
            }
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.wrong_type("a number", entry.value, &path);
                return None;
            }
        };
        let fits = number.filter(|number| *number <= limit);
        if fits.is_none() {
            let finding = NetworkProblem::OutOfRange { from: 0, to: limit };
            self.error(finding, &path);
        }
        fits
    }
}

/// Whether the text is the ID of one subnet or security group.
fn is_id(text: &str, prefix: &str) -> bool {
    let rest = text.strip_prefix(prefix).unwrap_or_default();
    !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}
