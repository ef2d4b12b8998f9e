//! The types of values, as far as OPA's checker distinguishes them.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::builtins::signatures::{ANY, ARRAY, BOOL, Kinds, NULL, NUMBER, OBJECT, SET, TEXT};

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Type {
    Any,
    Null,
    Bool,
    Number,
    Text,
    /// The types of the first elements, and of those that may follow them.
    Array(Vec<Type>, Option<Box<Type>>),
    /// The types of members with known keys, and the key and value types of
    /// others.
    Object(BTreeMap<Value, Type>, Option<Box<(Type, Type)>>),
    Set(Box<Type>),
    /// A union. The empty union is the element type of an empty collection.
    OneOf(BTreeSet<Type>),
}

/// The key by which a reference selects a member.
pub(super) enum Key<'a> {
    /// A constant.
    Known(&'a Value),
    /// A term of this type.
    Of(&'a Type),
}

impl Type {
    /// An array of these elements. An empty one is, as in OPA, one of anything.
    pub(super) fn array(items: Vec<Self>) -> Self {
        let rest = items.is_empty().then(|| Box::new(Self::Any));
        Self::Array(items, rest)
    }

    /// An object of these members. An empty one is, as in OPA, one of anything.
    pub(super) fn object(members: BTreeMap<Value, Self>) -> Self {
        let rest = members.is_empty().then(|| Box::new((Self::Any, Self::Any)));
        Self::Object(members, rest)
    }

    pub(super) fn array_of(element: Self) -> Self {
        Self::Array(Vec::new(), Some(Box::new(element)))
    }

    pub(super) fn object_of(key: Self, value: Self) -> Self {
        Self::Object(BTreeMap::new(), Some(Box::new((key, value))))
    }

    pub(super) fn of(value: &Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(_) => Self::Bool,
            Value::Number(_) => Self::Number,
            Value::String(_) => Self::Text,
            Value::Array(items) => Self::array(items.iter().map(Self::of).collect()),
            Value::Set(items) => Self::Set(Box::new(Self::one_of(items.iter().map(Self::of)))),
            Value::Object(fields) => {
                let fields = fields
                    .iter()
                    .map(|(key, value)| (key.clone(), Self::of(value)));
                Self::object(fields.collect())
            }
            Value::Undefined => Self::Any,
        }
    }

    /// A collection of this kind, with anything in it.
    pub(super) fn of_anything(&self) -> Self {
        match self {
            Self::Array(..) => Self::array_of(Self::Any),
            Self::Object(..) => Self::object_of(Self::Any, Self::Any),
            Self::Set(_) => Self::Set(Box::new(Self::Any)),
            other => other.clone(),
        }
    }

    /// Any value of these kinds.
    pub(super) fn of_kinds(kinds: Kinds) -> Self {
        if kinds == ANY {
            return Self::Any;
        }
        let all = [
            (NULL, Self::Null),
            (BOOL, Self::Bool),
            (NUMBER, Self::Number),
            (TEXT, Self::Text),
            (ARRAY, Self::array_of(Self::Any)),
            (OBJECT, Self::object_of(Self::Any, Self::Any)),
            (SET, Self::Set(Box::new(Self::Any))),
        ];
        let of = all.into_iter().filter(|(kind, _)| kinds & kind != 0);
        Self::one_of(of.map(|(_, this)| this))
    }

    pub(super) fn one_of(types: impl IntoIterator<Item = Self>) -> Self {
        let mut all = BTreeSet::new();
        for this in types {
            match this {
                Self::Any => return Self::Any,
                Self::OneOf(more) => all.extend(more),
                this => {
                    all.insert(this);
                }
            }
        }
        match all.len() {
            1 => all.pop_first().unwrap_or(Self::Any),
            _ => Self::OneOf(all),
        }
    }

    /// Whether some value has both types.
    pub(super) fn meets(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Any, _) | (_, Self::Any) => true,
            (Self::OneOf(types), other) | (other, Self::OneOf(types)) => {
                types.is_empty() || types.iter().any(|this| this.meets(other))
            }
            (Self::Null, Self::Null)
            | (Self::Bool, Self::Bool)
            | (Self::Number, Self::Number)
            | (Self::Text, Self::Text) => true,
            (Self::Array(one, one_rest), Self::Array(other, other_rest)) => {
                let count = one.len().max(other.len());
                (0..count).all(|at| {
                    let one = one.get(at).or(one_rest.as_deref());
                    let other = other.get(at).or(other_rest.as_deref());
                    matches!((one, other), (Some(one), Some(other)) if one.meets(other))
                }) && both(one_rest, other_rest, Self::meets)
            }
            (Self::Object(one, one_rest), Self::Object(other, other_rest)) => {
                covered(one, other, other_rest.as_deref())
                    && covered(other, one, one_rest.as_deref())
                    && both(one_rest, other_rest, |one, other| one.1.meets(&other.1))
            }
            (Self::Set(one), Self::Set(other)) => one.meets(other),
            _ => false,
        }
    }

    /// The type of the member under a key, or `None` if there can be none.
    pub(super) fn member(&self, key: &Key<'_>) -> Option<Self> {
        match self {
            Self::Any => Some(Self::Any),
            Self::OneOf(types) if types.is_empty() => Some(Self::Any),
            Self::OneOf(types) => {
                let found: Vec<Self> = types.iter().filter_map(|this| this.member(key)).collect();
                (!found.is_empty()).then(|| Self::one_of(found))
            }
            Self::Null | Self::Bool | Self::Number | Self::Text => None,
            Self::Array(fixed, rest) => match key {
                Key::Known(index) => {
                    let index = index.as_number().ok()?.as_u64()?;
                    let index = usize::try_from(index).ok()?;
                    fixed.get(index).or(rest.as_deref()).cloned()
                }
                Key::Of(this) => this.meets(&Self::Number).then(|| self.elements()),
            },
            Self::Object(fixed, rest) => {
                let in_rest = |this: &Self| match rest.as_deref() {
                    Some((key, value)) if key.meets(this) => Some(value.clone()),
                    _ => None,
                };
                match key {
                    Key::Known(key) => fixed.get(key).cloned().or_else(|| in_rest(&Self::of(key))),
                    Key::Of(this) => {
                        let of = fixed.iter().filter(|(key, _)| Self::of(key).meets(this));
                        let found: Vec<Self> = of
                            .map(|(_, value)| value.clone())
                            .chain(in_rest(this))
                            .collect();
                        (!found.is_empty()).then(|| Self::one_of(found))
                    }
                }
            }
            Self::Set(element) => {
                let can = match key {
                    Key::Known(key) => element.meets(&Self::of(key)),
                    Key::Of(this) => element.meets(this),
                };
                // OPA's checker knows the element by its key.
                can.then(|| match key {
                    Key::Known(key) => Self::of(key),
                    Key::Of(_) => (**element).clone(),
                })
            }
        }
    }

    /// The type of a collection's keys.
    pub(super) fn keys(&self) -> Self {
        match self {
            Self::Array(..) => Self::Number,
            Self::Set(element) => (**element).clone(),
            Self::Object(fixed, rest) => {
                let rest = rest.as_deref().map(|(key, _)| key.clone());
                Self::one_of(fixed.keys().map(Self::of).chain(rest))
            }
            Self::OneOf(types) => {
                let of = types.iter().filter(|this| this.is_collection());
                Self::one_of(of.map(Self::keys))
            }
            Self::Any | Self::Null | Self::Bool | Self::Number | Self::Text => Self::Any,
        }
    }

    /// The type of a collection's values.
    pub(super) fn elements(&self) -> Self {
        match self {
            Self::Array(fixed, rest) => {
                Self::one_of(fixed.iter().cloned().chain(rest.as_deref().cloned()))
            }
            Self::Set(element) => (**element).clone(),
            Self::Object(fixed, rest) => {
                let rest = rest.as_deref().map(|(_, value)| value.clone());
                Self::one_of(fixed.values().cloned().chain(rest))
            }
            Self::OneOf(types) => {
                let of = types.iter().filter(|this| this.is_collection());
                Self::one_of(of.map(Self::elements))
            }
            Self::Any | Self::Null | Self::Bool | Self::Number | Self::Text => Self::Any,
        }
    }

    /// Whether a value of this type may be a collection.
    pub(super) fn is_collection(&self) -> bool {
        match self {
            Self::Any | Self::Array(..) | Self::Object(..) | Self::Set(_) => true,
            Self::OneOf(types) => types.is_empty() || types.iter().any(Self::is_collection),
            Self::Null | Self::Bool | Self::Number | Self::Text => false,
        }
    }
}

/// Whether what may follow in two collections can be the same. As in OPA, also
/// where nothing needs to follow.
fn both<T>(one: &Option<Box<T>>, other: &Option<Box<T>>, meet: impl Fn(&T, &T) -> bool) -> bool {
    one.as_deref()
        .zip(other.as_deref())
        .is_none_or(|(one, other)| meet(one, other))
}

/// Whether all known members of one object can be in another.
fn covered(
    one: &BTreeMap<Value, Type>,
    other: &BTreeMap<Value, Type>,
    rest: Option<&(Type, Type)>,
) -> bool {
    one.iter().all(|(key, value)| match (other.get(key), rest) {
        (Some(other), _) => value.meets(other),
        (None, Some((keys, values))) => keys.meets(&Type::of(key)) && value.meets(values),
        (None, None) => false,
    })
}

/// An array or a set of these.
fn collection_of(element: &Type) -> Type {
    Type::one_of([
        Type::array_of(element.clone()),
        Type::Set(Box::new(element.clone())),
    ])
}

/// The type of a built-in function's argument, where it is more precise than the
/// kinds in its signature.
pub(super) fn argument(name: &str, at: usize, kinds: Kinds) -> Type {
    let any_array = || Type::array_of(Type::Any);
    let any_object = || Type::object_of(Type::Any, Type::Any);
    let in_zone = || Type::array(vec![Type::Number, Type::Text]);
    match (name, at) {
        ("sum" | "product", 0) => collection_of(&Type::Number),
        ("concat", 1) => collection_of(&Type::Text),
        ("strings.any_prefix_match" | "strings.any_suffix_match", _) => {
            Type::one_of([Type::Text, collection_of(&Type::Text)])
        }
        ("union" | "intersection", 0) => Type::Set(Box::new(Type::Set(Box::new(Type::Any)))),
        ("glob.match", 1) => Type::one_of([Type::Null, Type::array_of(Type::Text)]),
        ("object.union_n", 0) => Type::array_of(any_object()),
        ("strings.replace_n", 0) => Type::object_of(Type::Text, Type::Text),
        ("json.filter" | "json.remove", 1) => {
            collection_of(&Type::one_of([Type::Text, any_array()]))
        }
        ("json.patch", 1) => {
            let members = [("op", Type::Text), ("path", Type::Any)];
            let members = members.into_iter().map(|(name, of)| (name.into(), of));
            let rest = Some(Box::new((Type::Any, Type::Any)));
            Type::array_of(Type::Object(members.collect(), rest))
        }
        ("graph.reachable" | "graph.reachable_paths", 0) => {
            Type::object_of(Type::Any, collection_of(&Type::Any))
        }
        ("time.date" | "time.clock" | "time.weekday" | "time.diff", _) => {
            Type::one_of([Type::Number, in_zone()])
        }
        ("time.format", 0) => {
            let with_layout = Type::array(vec![Type::Number, Type::Text, Type::Text]);
            Type::one_of([Type::Number, in_zone(), with_layout])
        }
        _ => Type::of_kinds(kinds),
    }
}

/// The result type of a built-in function, where it is more precise than the
/// kinds in its signature.
pub(super) fn result(name: &str, kinds: Kinds) -> Type {
    match name {
        "split" | "regex.split" | "regex.find_n" | "net.cidr_expand" | "strings.split_n" => {
            match kinds {
                SET => Type::Set(Box::new(Type::Text)),
                _ => Type::array_of(Type::Text),
            }
        }
        "regex.find_all_string_submatch_n" => Type::array_of(Type::array_of(Type::Text)),
        "urlquery.decode_object" => Type::object_of(Type::Text, Type::array_of(Type::Text)),
        "graph.reachable_paths" => Type::Set(Box::new(Type::array_of(Type::Any))),
        "numbers.range" | "numbers.range_step" | "indexof_n" => Type::array_of(Type::Number),
        "time.clock" | "time.date" => Type::array(vec![Type::Number; 3]),
        "time.diff" => Type::array(vec![Type::Number; 6]),
        "walk" => Type::Array(vec![Type::array_of(Type::Any), Type::Any], None),
        "minus" => Type::one_of([Type::Number, Type::Set(Box::new(Type::Any))]),
        _ => Type::of_kinds(kinds),
    }
}
