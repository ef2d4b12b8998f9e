//! What policies are lowered to: rules whose names are resolved, whose
//! variables are numbered, and whose statements stand in an order in which
//! each can be evaluated.

use std::collections::{BTreeMap, BTreeSet};

use regorus::Value;

use super::functions::Function;

/// A file, by its index among those of the program, and a line.
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

/// `head[a][b]`. A path element that is a variable without a value, or a
/// pattern with one, stands for every key there is.
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
    /// The group of a function that a policy defines.
    Rule(usize),
    Builtin(&'static Function),
    /// A function that is not there. Only tests may have it, to replace it.
    Missing(String),
}

#[derive(Clone, Debug)]
pub(super) struct Comprehension {
    pub(super) kind: Collection,
    /// The key, of an object's.
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
    /// Holds where both can be made equal.
    Unify(Term, Term),
    /// What is evaluated before a negation that needs it. It gives no variable
    /// a value but this one.
    Lift(Slot, Term),
    /// Holds where the statement in it does not.
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
    /// With so many arguments.
    Function(usize),
}

#[derive(Clone, Debug)]
pub(super) struct Rule {
    pub(super) place: Place,
    pub(super) arguments: Vec<Term>,
    /// What follows the group's name in the head, of an object's.
    pub(super) keys: Vec<Term>,
    /// Whether it adds its value to a set.
    pub(super) contains: bool,
    /// The body and those behind `else`.
    pub(super) clauses: Vec<Clause>,
    pub(super) slots: usize,
}

#[derive(Clone, Debug)]
pub(super) struct Clause {
    pub(super) place: Place,
    pub(super) body: Vec<Statement>,
    pub(super) value: Term,
}

/// What lies below a path of `data`.
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) children: BTreeMap<String, usize>,
    pub(super) group: Option<usize>,
}

/// Everything that was loaded.
#[derive(Debug, Default)]
pub(crate) struct Program {
    /// Names of files.
    pub(super) files: Vec<String>,
    /// Files whose types are not checked.
    pub(super) unchecked: BTreeSet<usize>,
    pub(super) groups: Vec<Group>,
    /// The first is `data` itself.
    pub(super) nodes: Vec<Node>,
}

impl Program {
    /// The node below others, if there is one.
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
    /// Calls `job` with every slot in it, those of closures included.
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
