//! Reads CloudFormation templates, as far as their values are literal.

use serde_json::Value;

use super::document::{Document, Path};

/// A resource of a template.
pub struct Resource {
    /// Its logical id.
    pub name: String,
    /// Its properties, with CloudFormation's names; `null` if it has none.
    pub properties: Document,
}

/// All resources of one type, such as `AWS::ECS::TaskDefinition`.
#[must_use]
pub fn resources(template: &Document, kind: &str) -> Vec<Resource> {
    let all = template.value.get("Resources").and_then(Value::as_object);
    let of_kind = all
        .into_iter()
        .flatten()
        .filter(|(_, resource)| resource["Type"] == kind);
    let read = |(name, _): (&String, &Value)| {
        let resources = Path::ROOT.member("Resources");
        let resource = resources.member(name);
        let properties = template.part(&resource.member("Properties"));
        let nothing = || Document::without_text(Value::Null, template.origin.clone());
        Resource {
            name: name.clone(),
            properties: properties.unwrap_or_else(nothing),
        }
    };
    of_kind.map(read).collect()
}

/// The function in place of a value, such as `Ref` or `Fn::Sub`, whose result
/// only CloudFormation can compute.
#[must_use]
pub fn function(value: &Value) -> Option<&str> {
    let mut members = value.as_object()?.keys();
    let name = members.next()?;
    let is_function = name == "Ref" || name == "Condition" || name.starts_with("Fn::");
    (is_function && members.next().is_none()).then_some(name)
}
