//! The properties of an AppSpec's only resource.

use serde_json::{Map, Value, json};

use super::content::Places;
use super::keys::{Entry, Members, Reader};
use crate::job::Excerpt;
use crate::release::document::Path;
use crate::release::finding::{AppSpecFinding, AppSpecNote};
use crate::release::placeholder;
use crate::release::task_definition::integer;

const KNOWN: [&str; 5] = [
    "TaskDefinition",
    "LoadBalancerInfo",
    "PlatformVersion",
    "NetworkConfiguration",
    "CapacityProviderStrategy",
];

/// The properties in canonical case, and the values that other checks use.
pub(super) struct Properties {
    pub(super) members: Map<String, Value>,
    pub(super) container: String,
    pub(super) port: u16,
    pub(super) places: Places,
}

impl Reader<'_> {
    pub(super) fn properties(&mut self, value: &Value, path: &Path<'_>) -> Option<Properties> {
        let members = self.members(value, &KNOWN, path)?;
        let mut result = members.unknown.clone();
        let mut places = Places {
            file: self.document.origin.clone(),
            task_definition: self.document.place(path),
            ..Places::default()
        };
        if let Some(entry) = members.get("TaskDefinition") {
            let path = path.member(entry.written);
            places.task_definition = self.document.place(&path);
            result.insert("TaskDefinition".to_owned(), entry.value.clone());
        }
        let target = self.load_balancer(&members, path, &mut places);
        if let Some((container, port)) = &target {
            let info = json!({"ContainerName": container, "ContainerPort": port});
            result.insert("LoadBalancerInfo".to_owned(), info);
        }
        if let Some(entry) = members.get("PlatformVersion") {
            let path = path.member(entry.written);
            if entry.value == "" {
                self.note(AppSpecNote::NullMember, &path);
            } else {
                if entry.value.is_number() {
                    // What CodeDeploy makes of 1.4 without quotes is unknown.
                    self.unexpected_type("a string", entry.value, &path);
                } else {
                    self.text(entry, &path);
                }
                result.insert("PlatformVersion".to_owned(), entry.value.clone());
            }
        }
        if let Some(entry) = members.get("NetworkConfiguration") {
            let path = path.member(entry.written);
            places.network = self.document.place(&path);
            if let Some(network) = self.network(entry, &path) {
                result.insert("NetworkConfiguration".to_owned(), network);
            }
        }
        if let Some(entry) = members.get("CapacityProviderStrategy") {
            let path = path.member(entry.written);
            if let Some(strategy) = self.strategy(entry, &path) {
                result.insert("CapacityProviderStrategy".to_owned(), strategy);
            }
        }
        let (container, port) = target?;
        Some(Properties {
            members: result,
            container,
            port,
            places,
        })
    }

    fn load_balancer(
        &mut self,
        members: &Members<'_>,
        path: &Path<'_>,
        places: &mut Places,
    ) -> Option<(String, u16)> {
        let info = self.required(members, "LoadBalancerInfo", path)?;
        let path = path.member(info.written);
        let members = self.members(info.value, &["ContainerName", "ContainerPort"], &path)?;
        let container = self
            .required(&members, "ContainerName", &path)
            .and_then(|entry| {
                let path = path.member(entry.written);
                places.container = self.document.place(&path);
                self.text(entry, &path)
            });
        let port = self
            .required(&members, "ContainerPort", &path)
            .and_then(|entry| {
                let path = path.member(entry.written);
                places.port = self.document.place(&path);
                self.port(entry, &path)
            });
        Some((container?.to_owned(), port?))
    }

    fn port(&mut self, entry: &Entry<'_>, path: &Path<'_>) -> Option<u16> {
        let written = match entry.value {
            Value::Number(number) => match integer(number) {
                Some(integer) => integer.to_string(),
                None => number.to_string(),
            },
            Value::String(text) => text.trim().to_owned(),
            Value::Null | Value::Bool(_) | Value::Array(_) | Value::Object(_) => {
                self.wrong_type("a number", entry.value, path);
                return None;
            }
        };
        match written.parse() {
            Ok(port) if port > 0 => {
                if entry.value.is_string() {
                    self.note(AppSpecNote::PortAsText, path);
                }
                Some(port)
            }
            // Already reported.
            Ok(_) | Err(_) if placeholder::first(&written).is_some() => None,
            Ok(_) | Err(_) => {
                let found = Excerpt::of(&written);
                self.error(AppSpecFinding::NotAPort { found }, path);
                None
            }
        }
    }
}
