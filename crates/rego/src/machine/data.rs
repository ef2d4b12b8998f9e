//! References into `data`, where the documents of rules ("virtual documents" in
//! OPA) lie among stored ones ("base documents").
//!
//! A path is followed in both trees at once: in the program's [`Node`]s and in
//! the stored document. From a rule's node on, only the rule's value counts;
//! where there is no node, only the stored document.
//!
//! [`Node`]: super::super::ir::Node

use std::collections::BTreeMap;

use regorus::Value;

use super::super::elements::elements;
use super::super::ir::{Place, Shape, Term};
use super::term::{is_open, member};
use super::{Flow, Frame, Machine, Next, Stop, failure};

impl Machine {
    /// Evaluates the rest of a path, below `node` and the stored document
    /// `base`.
    pub(super) fn data(
        &mut self,
        frame: &mut Frame,
        node: Option<usize>,
        base: Option<&Value>,
        path: &[Term],
        place: Place,
        next: Next<'_>,
    ) -> Flow {
        let node = node.filter(|node| !self.world.masked.contains(node));
        let Some(here) = node else {
            return match base {
                Some(base) => self.stored(frame, base, path, place, next),
                None => Ok(()),
            };
        };
        let program = self.program.clone();
        let Some((key, rest)) = path
            .split_first()
            .filter(|_| program.nodes[here].group.is_none())
        else {
            return match self.document(node, base)? {
                Value::Undefined => Ok(()),
                value => self.index(frame, &value, path, place, next),
            };
        };
        if !is_open(frame, key) {
            return self.term(frame, key, place, &mut |machine, frame, key| {
                let child = key.as_string().ok();
                let child = child.and_then(|key| program.nodes[here].children.get(&**key));
                let text = key
                    .as_number()
                    .map(|number| Value::from(number.format_decimal()));
                let base = base.and_then(|base| member(base, text.as_ref().unwrap_or(&key)));
                machine.data(frame, child.copied(), base.as_ref(), rest, place, next)
            });
        }
        let mut keys: BTreeMap<Value, (Option<usize>, Option<Value>)> = BTreeMap::new();
        for (name, child) in &program.nodes[here].children {
            keys.entry(Value::from(name.as_str())).or_default().0 = Some(*child);
        }
        if let Some(base) = base {
            for (key, value) in elements(base) {
                keys.entry(key).or_default().1 = Some(value);
            }
        }
        for (this, (child, base)) in keys {
            self.matches(frame, key, &this, place, &mut |machine, frame| {
                machine.data(frame, child, base.as_ref(), rest, place, next)
            })?;
        }
        Ok(())
    }

    /// Evaluates the rest of a path in a stored document. OPA's store has
    /// string keys only and converts a number in a reference to a string.
    fn stored(
        &mut self,
        frame: &mut Frame,
        base: &Value,
        path: &[Term],
        place: Place,
        next: Next<'_>,
    ) -> Flow {
        match (path.split_first(), base) {
            (Some((Term::Const(Value::Number(key)), rest)), Value::Object(object)) => {
                match object.get(&Value::from(key.format_decimal())) {
                    Some(below) => self.stored(frame, below, rest, place, next),
                    None => Ok(()),
                }
            }
            (Some((Term::Const(key), rest)), _) => match member(base, key) {
                Some(below) => self.stored(frame, &below, rest, place, next),
                None => Ok(()),
            },
            (_, base) => self.index(frame, base, path, place, next),
        }
    }

    /// Everything below a node as one value: the values of all rules, merged
    /// with the stored document.
    pub(super) fn document(
        &mut self,
        node: Option<usize>,
        base: Option<&Value>,
    ) -> Result<Value, Stop> {
        let base_value = || base.cloned().unwrap_or(Value::Undefined);
        let Some(node) = node.filter(|node| !self.world.masked.contains(node)) else {
            return Ok(base_value());
        };
        let program = self.program.clone();
        let own = match program.nodes[node].group {
            None => None,
            Some(group) if matches!(program.groups[group].shape, Shape::Function(_)) => {
                return Ok(Value::Undefined);
            }
            Some(group) => Some(self.group(group)?),
        };
        if program.nodes[node].children.is_empty()
            && let Some(own) = own
        {
            return Ok(own);
        }
        let mut document = own.unwrap_or(Value::Undefined);
        if let Some(Value::Object(base)) = base {
            for (key, value) in base.iter() {
                merge(&mut document, key, value.clone());
            }
        }
        for (name, child) in &program.nodes[node].children {
            let key = Value::from(name.as_str());
            let below = base.and_then(|base| member(base, &key));
            let value = self.document(Some(*child), below.as_ref())?;
            if value != Value::Undefined && !merge(&mut document, &key, value) {
                let group = program.nodes[*child].group.or(program.nodes[node].group);
                let place = group.map(|group| program.groups[group].place);
                return failure(place.unwrap_or_default(), "an object has one key twice");
            }
        }
        Ok(match document {
            // A package whose rules are all undefined is an empty object.
            Value::Undefined => Value::new_object(),
            document => document,
        })
    }
}

/// Adds a member to an object. Objects are merged, sets are united. Returns
/// `false` if two values conflict.
fn merge(document: &mut Value, key: &Value, value: Value) -> bool {
    if *document == Value::Undefined {
        *document = Value::new_object();
    }
    let Ok(object) = document.as_object_mut() else {
        return false;
    };
    match (object.get_mut(key), value) {
        (Some(old @ Value::Object(_)), Value::Object(new)) => new
            .iter()
            .all(|(key, value)| merge(old, key, value.clone())),
        (Some(Value::Set(old)), Value::Set(new)) => {
            let all = old.union(&new);
            object.insert(key.clone(), all.into_value());
            true
        }
        (Some(old), new) => *old == new,
        (None, value) => {
            object.insert(key.clone(), value);
            true
        }
    }
}
