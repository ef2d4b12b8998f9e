//! Reads request members and writes response members of the AWS JSON 1.1
//! protocol (docs/aws.md §0).

use std::sync::LazyLock;

use jiff::Timestamp;
use serde_json::{Map, Value};

use crate::api::ApiError;

/// A request, or an object inside it.
#[derive(Clone, Copy)]
pub(crate) struct Members<'a>(&'a Map<String, Value>);

impl<'a> Members<'a> {
    /// The members of a request body.
    pub(crate) fn of(body: &'a Value) -> Result<Self, ApiError> {
        match body.as_object() {
            Some(members) => Ok(Self(members)),
            None => Err(mismatch("the body", "an object")),
        }
    }

    /// The member as it was sent; `null` counts as absent.
    pub(crate) fn raw(self, name: &str) -> Option<&'a Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// A copy of all members.
    pub(crate) fn to_value(self) -> Value {
        Value::Object(self.0.clone())
    }

    pub(crate) fn text(self, name: &str) -> Result<Option<&'a str>, ApiError> {
        self.read(name, "a string", Value::as_str)
    }

    pub(crate) fn number(self, name: &str) -> Result<Option<i64>, ApiError> {
        self.read(name, "an integer", Value::as_i64)
    }

    /// The size of a page; `None` if the request asks for none or for more than
    /// `most`.
    pub(crate) fn page_size(
        self,
        name: &str,
        (default, most): (usize, usize),
    ) -> Result<Option<usize>, ApiError> {
        let size = match self.number(name)? {
            None => Some(default),
            Some(size) => usize::try_from(size).ok(),
        };
        Ok(size.filter(|size| (1..=most).contains(size)))
    }

    pub(crate) fn decimal(self, name: &str) -> Result<Option<f64>, ApiError> {
        self.read(name, "a number", Value::as_f64)
    }

    /// A point in time, sent as seconds since 1970 with a fraction.
    pub(crate) fn time(self, name: &str) -> Result<Option<Timestamp>, ApiError> {
        self.read(name, "a timestamp", |value| {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "what does not fit saturates, and the timestamp then refuses it"
            )]
            let milliseconds = (value.as_f64()? * 1000.0) as i64;
            Timestamp::from_millisecond(milliseconds).ok()
        })
    }

    pub(crate) fn flag(self, name: &str) -> Result<Option<bool>, ApiError> {
        self.read(name, "a boolean", Value::as_bool)
    }

    pub(crate) fn object(self, name: &str) -> Result<Option<Self>, ApiError> {
        self.read(name, "an object", |value| value.as_object().map(Self))
    }

    /// The members of an object; an absent one has none.
    pub(crate) fn object_or_empty(self, name: &str) -> Result<Self, ApiError> {
        static EMPTY: LazyLock<Map<String, Value>> = LazyLock::new(Map::new);
        Ok(self.object(name)?.unwrap_or(Self(&EMPTY)))
    }

    /// A list's elements; an absent list is empty.
    pub(crate) fn list(self, name: &str) -> Result<&'a [Value], ApiError> {
        let list = self.read(name, "a list", |value| value.as_array())?;
        Ok(list.map_or(&[], Vec::as_slice))
    }

    pub(crate) fn texts(self, name: &str) -> Result<Vec<&'a str>, ApiError> {
        let list = self.list(name)?.iter();
        list.map(|element| element.as_str().ok_or_else(|| mismatch(name, "strings")))
            .collect()
    }

    pub(crate) fn objects(self, name: &str) -> Result<Vec<Self>, ApiError> {
        self.list(name)?.iter().map(Self::of).collect()
    }

    fn read<T>(
        self,
        name: &str,
        wanted: &str,
        convert: impl Fn(&'a Value) -> Option<T>,
    ) -> Result<Option<T>, ApiError> {
        match self.raw(name) {
            None => Ok(None),
            Some(value) => match convert(value) {
                Some(converted) => Ok(Some(converted)),
                None => Err(mismatch(name, wanted)),
            },
        }
    }
}

/// The error for a value of another type than this.
pub(crate) fn mismatch(name: &str, wanted: &str) -> ApiError {
    ApiError::new(
        "SerializationException",
        format!("The value of {name} can not be converted to {wanted}"),
    )
}

/// A timestamp as the protocol writes it: seconds since 1970, with
/// milliseconds.
pub(crate) fn epoch(at: Timestamp) -> Value {
    let milliseconds = at.as_millisecond();
    if milliseconds % 1000 == 0 {
        Value::from(milliseconds / 1000)
    } else {
        #[expect(
            clippy::cast_precision_loss,
            reason = "milliseconds of any real date fit an f64"
        )]
        Value::from(milliseconds as f64 / 1000.0)
    }
}

/// The value without its `null` members, which AWS never sends.
pub(crate) fn without_nulls(mut value: Value) -> Value {
    drop_nulls(&mut value);
    value
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(elements) => elements.iter_mut().for_each(drop_nulls),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// One page of a list, and the token of the next page.
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next: Option<String>,
}

/// The page for `token`. Returns `None` if the token is invalid.
pub(crate) fn page<T>(items: Vec<T>, token: Option<&str>, size: usize) -> Option<Page<T>> {
    let start: usize = match token {
        None => 0,
        Some(token) => token.strip_prefix("page-")?.parse().ok()?,
    };
    let end = start.saturating_add(size);
    let next = (end < items.len()).then(|| format!("page-{end}"));
    let items = items.into_iter().skip(start).take(size).collect();
    Some(Page { items, next })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_member_of_the_wrong_type_is_named() {
        let body = json!({"name": 3});
        let error = Members::of(&body).unwrap().text("name").unwrap_err();
        assert_eq!(error.code, "SerializationException");
        assert!(error.message.contains("name"));
    }

    #[test]
    fn pages_cover_a_listing_once_and_end() {
        let mut token = None;
        let mut seen = Vec::new();
        loop {
            let page = page((0..7).collect(), token.as_deref(), 3).unwrap();
            seen.extend(page.items);
            match page.next {
                Some(next) => token = Some(next),
                None => break,
            }
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>());
        assert!(page(vec![1], Some("nonsense"), 3).is_none());
    }

    #[test]
    fn times_are_seconds_with_milliseconds() {
        let shown = |text: &str| epoch(text.parse().unwrap()).to_string();
        assert_eq!(shown("1970-01-01T00:00:05Z"), "5");
        assert_eq!(shown("1970-01-01T00:00:05.25Z"), "5.25");
        assert_eq!(shown("1970-01-01T00:00:05.0004Z"), "5");
        assert_eq!(shown("2026-01-01T00:00:00.001Z"), "1767225600.001");
    }

    #[test]
    fn responses_have_no_nulls() {
        let at = Timestamp::from_second(1_767_225_600).unwrap();
        let answer = json!({"a": null, "b": [{"c": null, "at": epoch(at)}]});
        assert_eq!(without_nulls(answer), json!({"b": [{"at": 1_767_225_600}]}));
    }
}
