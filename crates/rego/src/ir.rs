//! The intermediate representation: names are resolved, variables are numbered
//! per rule, and the statements of each body are in evaluation order.
//!
//! A [`Program`] is a tree of [`Node`]s, one for each path of `data` that a
//! package or rule has. A node may have a [`Group`]: all rules of one name. A
//! group's [`Rule`]s have [`Clause`]s (the body and its `else` branches), which
//! have [`Statement`]s, which have [`Term`]s.

use std::collections::BTreeMap;

use regorus::Value;

use super::builtins::Function;
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
    /// An unknown function. Only test files may call one, to replace it by
    /// `with`.
    Missing(String),
}

#[derive(Clone, Debug)]
pub(super) struct Comprehension {
    pub(super) kind: Collection,
    pub(super) value: Term,
    pub(super) body: Vec<Statement>,
    pub(super) place: Place,
}

#[derive(Clone, Debug)]
pub(super) enum Collection {
    Array,
    Set,
    /// Has the term of the keys.
    Object(Term),
}

#[derive(Clone, Debug)]
pub(super) struct Statement {
    pub(super) place: Place,
    /// Which statement of the source this is a part of: its position in the
    /// body.
    pub(super) condition: usize,
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
        key: Term,
        value: Term,
        collection: Term,
    },
    Every {
        key: Slot,
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
    /// The statements of the source, if the program can be explained.
    pub(super) conditions: Vec<Condition>,
    /// The value, if it may be undefined where the body holds.
    pub(super) head: Option<Condition>,
}

/// A condition as its author wrote it.
#[derive(Clone, Debug)]
pub(super) struct Condition {
    pub(super) line: u32,
    pub(super) text: String,
    /// The parts whose values show why the condition failed.
    pub(super) watched: Vec<Watched>,
}

/// A part of a condition, with its shorter prefixes, shortest first: the first
/// that is undefined is the reason.
#[derive(Clone, Debug)]
pub(super) struct Watched(pub(super) Vec<(String, Comprehension)>);

/// A path of `data` below which there are packages or rules. Children are
/// indexes into [`Program::nodes`].
#[derive(Clone, Debug, Default)]
pub(super) struct Node {
    pub(super) children: BTreeMap<String, usize>,
    pub(super) group: Option<usize>,
}

/// All loaded policies.
#[derive(Debug, Default)]
pub struct Program {
    /// Paths of the files.
    pub(super) files: Vec<String>,
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

    /// The node at a path such as `data.package.rule`.
    pub(super) fn node_at(&self, path: &str) -> Option<usize> {
        let parts: Vec<String> = path.split('.').skip(1).map(str::to_owned).collect();
        self.node(&parts)
    }

    pub(super) fn place(&self, place: Place) -> String {
        let file = self.files.get(place.file).map_or("", String::as_str);
        format!("{file}:{}", place.line)
    }
}

/// What [`Term::each`] and its like visit.
#[derive(Clone, Copy)]
pub(super) enum Part<'a> {
    Term(&'a Term),
    With(&'a With),
}

/// Is called for each part of a program, outer ones first.
pub(super) type Visit<'a> = &'a mut dyn FnMut(Part<'_>);

impl Term {
    /// Visits the term and all that is within it, including the bodies of
    /// comprehensions.
    pub(super) fn each(&self, visit: Visit<'_>) {
        visit(Part::Term(self));
        match self {
            Self::Const(_) | Self::Var(_) => {}
            Self::Array(items) | Self::Set(items) => items.iter().for_each(|it| it.each(visit)),
            Self::Object(fields) => fields.iter().for_each(|(key, value)| {
                key.each(visit);
                value.each(visit);
            }),
            Self::Reference(reference) => {
                if let Head::Term(head) = &reference.head {
                    head.each(visit);
                }
                reference.path.iter().for_each(|it| it.each(visit));
            }
            Self::Call(call) => call.arguments.iter().for_each(|it| it.each(visit)),
            Self::Comprehension(comprehension) => {
                if let Collection::Object(key) = &comprehension.kind {
                    key.each(visit);
                }
                comprehension.value.each(visit);
                comprehension.body.iter().for_each(|it| it.each(visit));
            }
        }
    }

    /// Whether this is a pattern with a variable that has no value yet, which a
    /// match would bind.
    pub(super) fn is_open(&self, has_value: &dyn Fn(Slot) -> bool) -> bool {
        match self {
            Self::Var(slot) => !has_value(*slot),
            Self::Array(items) => items.iter().any(|item| item.is_open(has_value)),
            Self::Object(fields) => fields.iter().any(|(_, value)| value.is_open(has_value)),
            Self::Const(_)
            | Self::Set(_)
            | Self::Reference(_)
            | Self::Call(_)
            | Self::Comprehension(_) => false,
        }
    }
}

impl Statement {
    /// Visits all that is within the statement.
    pub(super) fn each(&self, visit: Visit<'_>) {
        self.kind.each(visit);
        for with in &self.with {
            visit(Part::With(with));
            if let Replacement::Value(value) = &with.value {
                value.each(visit);
            }
        }
    }
}

impl Kind {
    /// Visits all that is within a statement of this kind.
    pub(super) fn each(&self, visit: Visit<'_>) {
        match self {
            Self::Holds(term) | Self::Lift(_, term) => term.each(visit),
            Self::Unify(one, other) => {
                one.each(visit);
                other.each(visit);
            }
            Self::Not(kind) => kind.each(visit),
            Self::SomeIn {
                key,
                value,
                collection,
            } => {
                for term in [key, value, collection] {
                    term.each(visit);
                }
            }
            Self::Every { domain, body, .. } => {
                domain.each(visit);
                body.iter().for_each(|it| it.each(visit));
            }
            Self::Print(terms) => terms.iter().for_each(|it| it.each(visit)),
        }
    }
}
