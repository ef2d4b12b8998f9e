//! The intermediate representation: names are resolved, variables are numbered
//! per rule, and the statements of each body are in evaluation order.
//!
//! A [`Program`] is a tree of [`Node`]s, one for each path of `data` that a
//! package or rule has. A node may have a [`Group`]: all rules of one name. A
//! group's [`Rule`]s have [`Clause`]s (the body and its `else` branches), which
//! have [`Statement`]s, which have [`Term`]s.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::functions::Function;
use super::notations::Notations;

/// A source position: an index into [`Program::files`] and a line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Place {
    pub(super) file: usize,
    pub(super) line: u32,
}

/// The number of a variable within its rule.
pub(super) type Slot = usize;

#[derive(Clone, Debug)]
pub(super) enum Term {
    Const(Value),
    Var(Slot),
    Array(Vec<Term>),
    Set(Vec<Term>),
    Object(Vec<(Term, Term)>),
    Reference(Box<Reference>),
    Call(Box<Call>),
    Comprehension(Box<Comprehension>),
}

/// `head[a][b]`. A path element that is an unbound variable, or a pattern that
/// contains one, iterates over all keys.
#[derive(Clone, Debug)]
pub(super) struct Reference {
    pub(super) head: Head,
    pub(super) path: Vec<Term>,
}

#[derive(Clone, Debug)]
pub(super) enum Head {
    Input,
    Data,
    Term(Term),
}

#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) callee: Callee,
    pub(super) arguments: Vec<Term>,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Callee {
    /// A function that a policy defines, by its group.
    Rule(usize),
    Builtin(&'static Function),
    /// An unknown function. Only files that are not
    /// [`Manner::Strict`](super::lower::Manner) may call one: tests replace it,
    /// and [`Machine::add_function`](super::machine::Machine) may provide it.
    Missing(String),
}

#[derive(Clone, Debug)]
pub(super) struct Comprehension {
    pub(super) kind: Collection,
    /// The key of an object comprehension.
    pub(super) key: Option<Term>,
    pub(super) value: Term,
    pub(super) body: Vec<Statement>,
    pub(super) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Collection {
    Array,
    Set,
    Object,
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) place: Place,
    pub(super) kind: Kind,
    pub(super) with: Vec<With>,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    /// Holds for each value that is not `false`.
    Holds(Term),
    /// Unifies two terms.
    Unify(Term, Term),
    /// A term moved out of the negation that follows. It binds no variable but
    /// its slot.
    Lift(Slot, Term),
    /// Holds if the inner statement does not.
    Not(Box<Kind>),
    SomeIn {
        key: Option<Term>,
        value: Term,
        collection: Term,
    },
    Every {
        key: Option<Slot>,
        value: Slot,
        domain: Term,
        body: Vec<Statement>,
    },
    Print(Vec<Term>),
}

#[derive(Clone, Debug)]
pub(super) struct With {
    pub(super) target: Target,
    pub(super) value: Replacement,
}

#[derive(Clone, Debug)]
pub(super) enum Target {
    Input(Vec<String>),
    Data(Vec<String>),
    Function(usize),
    Builtin(String),
}

#[derive(Clone, Debug)]
pub(super) enum Replacement {
    Value(Term),
    Function(Callee),
}

/// All rules of one name.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) path: Vec<String>,
    pub(super) shape: Shape,
    pub(super) rules: Vec<Rule>,
    pub(super) default: Option<Box<Rule>>,
    pub(super) place: Place,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Complete,
    /// `name contains x`
    Set,
    /// `name[x] := y`, or a set below such a key.
    Object,
    /// A function with this number of arguments.
    Function(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) place: Place,
    pub(super) arguments: Vec<Term>,
    /// The keys behind the group's name in the head of a partial object rule.
    pub(super) keys: Vec<Term>,
    /// Whether the rule adds its value to a set (`contains`).
    pub(super) contains: bool,
    /// The body, then those of the `else` branches.
    pub(super) clauses: Vec<Clause>,
    pub(super) slots: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) place: Place,
    pub(super) body: Vec<Statement>,
    pub(super) value: Term,
}

/// A path of `data` below which there are packages or rules. Children are
/// indexes into [`Program::nodes`].
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) children: BTreeMap<String, usize>,
    pub(super) group: Option<usize>,
}

/// All loaded policies.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// Paths of the files.
    pub(super) files: Vec<String>,
    /// Files whose type errors are ignored.
    pub(super) unchecked: BTreeSet<usize>,
    pub(super) groups: Vec<Group>,
    /// The tree of packages and rules. The first node is `data` itself.
    pub(super) nodes: Vec<Node>,
    /// Unusual notations of the numbers in the policies.
    pub(super) notations: Notations,
}

impl Program {
    /// The node at a path, if there is one.
    pub(super) fn node(&self, path: &[String]) -> Option<usize> {
        let mut node = 0;
        for part in path {
            node = *self.nodes.get(node)?.children.get(part)?;
        }
        Some(node)
    }

    pub(super) fn place(&self, place: Place) -> String {
        let file = self.files.get(place.file).map_or("", String::as_str);
        format!("{file}:{}", place.line)
    }
}

impl Term {
    /// Calls `visit` for every variable in the term, including those of nested
    /// comprehensions.
    pub(super) fn slots(&self, visit: &mut dyn FnMut(Slot)) {
        match self {
            Self::Const(_) => {}
            Self::Var(slot) => visit(*slot),
            Self::Array(items) | Self::Set(items) => items.iter().for_each(|t| t.slots(visit)),
            Self::Object(fields) => fields.iter().for_each(|(key, value)| {
                key.slots(visit);
                value.slots(visit);
            }),
            Self::Reference(reference) => {
                if let Head::Term(head) = &reference.head {
                    head.slots(visit);
                }
                reference.path.iter().for_each(|t| t.slots(visit));
            }
            Self::Call(call) => call.arguments.iter().for_each(|t| t.slots(visit)),
            Self::Comprehension(comprehension) => {
                if let Some(key) = &comprehension.key {
                    key.slots(visit);
                }
                comprehension.value.slots(visit);
                comprehension.body.iter().for_each(|s| s.slots(visit));
            }
        }
    }
}

impl Statement {
    pub(super) fn slots(&self, visit: &mut dyn FnMut(Slot)) {
        self.kind.slots(visit);
        for with in &self.with {
            if let Replacement::Value(value) = &with.value {
                value.slots(visit);
            }
        }
    }
}

impl Kind {
    pub(super) fn slots(&self, visit: &mut dyn FnMut(Slot)) {
        match self {
            Self::Holds(term) => term.slots(visit),
            Self::Unify(one, other) => {
                one.slots(visit);
                other.slots(visit);
            }
            Self::Lift(slot, term) => {
                visit(*slot);
                term.slots(visit);
            }
            Self::Not(kind) => kind.slots(visit),
            Self::SomeIn {
                key,
                value,
                collection,
            } => {
                key.iter().for_each(|t| t.slots(visit));
                value.slots(visit);
                collection.slots(visit);
            }
            Self::Every {
                key,
                value,
                domain,
                body,
            } => {
                key.iter().for_each(|slot| visit(*slot));
                visit(*value);
                domain.slots(visit);
                body.iter().for_each(|s| s.slots(visit));
            }
            Self::Print(terms) => terms.iter().for_each(|t| t.slots(visit)),
        }
    }
}
