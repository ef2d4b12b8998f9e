//! Rendering: replaces `<NAME>` with an image URI in every string value, and
//! changes nothing else.

use std::collections::BTreeSet;

use serde_json::Value;

use super::placeholder;

/// An image's name and the URI that replaces it.
pub type Substitution = (String, String);

/// Replaces placeholders anywhere in the value, except in member names. Returns
/// the names that occurred.
pub fn render<'a>(value: &mut Value, images: &'a [Substitution]) -> BTreeSet<&'a str> {
    let mut used = BTreeSet::new();
    render_into(value, images, &mut used);
    used
}

fn render_into<'a>(value: &mut Value, images: &'a [Substitution], used: &mut BTreeSet<&'a str>) {
    match value {
        Value::String(text) => {
            let replaced = placeholder::substituted(text, |name| {
                let (name, uri) = images.iter().find(|(known, _)| known == name)?;
                used.insert(name);
                Some(uri)
            });
            if let Some(replaced) = replaced {
                *text = replaced;
            }
        }
        Value::Array(elements) => elements
            .iter_mut()
            .for_each(|element| render_into(element, images, used)),
        Value::Object(members) => members
            .values_mut()
            .for_each(|member| render_into(member, images, used)),
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn images() -> Vec<Substitution> {
        [
            ("A", "repo/a:1"),
            (
                "B-2",
                "111122223333.dkr.ecr.eu-west-1.amazonaws.com/b@sha256:00",
            ),
        ]
        .map(|(name, uri)| (name.to_owned(), uri.to_owned()))
        .into()
    }

    #[test]
    fn names_are_replaced_wherever_they_stand() {
        let images = images();
        let mut value = json!({
            "image": "<A>",
            "<A>": ["x <A> <A>", {"deep": "<B-2>"}],
            "other": "<C>"
        });
        let used = render(&mut value, &images);
        assert_eq!(used.into_iter().collect::<Vec<_>>(), ["A", "B-2"]);
        assert_eq!(value["image"], "repo/a:1");
        assert_eq!(value["<A>"][0], "x repo/a:1 repo/a:1");
        assert_eq!(value["<A>"][1]["deep"], images[1].1);
        assert_eq!(value["other"], "<C>");
    }

    fn any_value() -> impl Strategy<Value = Value> {
        let text = prop_oneof!["[ -~é→]{0,12}", "[x<]{0,2}<(A|B-2|C)>[x>]{0,2}"];
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            text.prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 6, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
                prop::collection::btree_map("[a-z<>A]{0,6}", inner, 0..6)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    /// The value without placeholders and URIs.
    fn skeleton(value: &Value) -> String {
        let mut text = value.to_string();
        for (name, uri) in images() {
            text = text.replace(&uri, "§").replace(&format!("<{name}>"), "§");
        }
        text
    }

    proptest! {
        #[test]
        fn nothing_but_placeholders_changes(value in any_value()) {
            // Member names are not replaced, so exclude them here.
            prop_assume!(!value.to_string().contains("<A>\":"));
            let mut rendered = value.clone();
            render(&mut rendered, &images());
            prop_assert_eq!(skeleton(&rendered), skeleton(&value));
        }

        #[test]
        fn rendering_again_changes_nothing(value in any_value()) {
            let mut once = value;
            render(&mut once, &images());
            let mut twice = once.clone();
            let images = images();
            let used = render(&mut twice, &images);
            prop_assert!(used.is_empty());
            prop_assert_eq!(twice, once);
        }
    }
}
