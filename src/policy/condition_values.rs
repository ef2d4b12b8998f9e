//! Shows why a condition failed: the values of the variables, references and
//! calls in it.

use std::collections::BTreeSet;

use regorus::Value;
use regorus::unstable::{AssignOp, Expr, Literal};

use super::generated_rules::{Condition, OURS, conjunction, source};
use super::syntax::{Part, each_expression, of_expression, reference};
use crate::job::Excerpt;

/// The most expressions that are shown for one condition.
const MAX_WATCHED: usize = 24;

/// The most solutions of the preceding conditions that are shown.
pub(super) const MAX_WAYS: usize = 3;

/// The most values that are shown for a reference with an open index.
const MAX_VALUES: usize = 3;

/// The most characters that are shown of a value. A container is longer, but
/// its path identifies it.
const MAX_VALUE: usize = 120;

/// An expression to show. A reference comes with its shorter prefixes, shortest
/// first.
pub(super) struct Watched {
    texts: Vec<String>,
}

/// Names that are defined outside the body.
pub(super) struct Globals {
    /// The names of the package's rules and of imports.
    pub(super) names: BTreeSet<String>,
}

/// The expressions to show for the condition `failed`, which comes after
/// `before`.
pub(super) fn watched(
    before: &[Condition<'_>],
    failed: &Condition<'_>,
    globals: &Globals,
) -> Vec<Watched> {
    let mut gatherer = Gatherer {
        bound: bound(before),
        globals,
        seen: BTreeSet::new(),
        found: Vec::new(),
    };
    match failed.statement.map(|statement| &statement.literal) {
        // The body refers to the elements of the collection, so only the
        // collection is shown.
        Some(Literal::Every { domain, .. }) => gatherer.expression(domain),
        Some(Literal::SomeIn { collection, .. }) => gatherer.expression(collection),
        Some(Literal::SomeVars { .. }) => {}
        Some(Literal::Expr { expr, .. } | Literal::NotExpr { expr, .. }) => {
            gatherer.expression(expr);
        }
        None => failed.parts.iter().for_each(|part| gatherer.part(*part)),
    }
    gatherer.found
}

/// The source of an expression that evaluates to the values of everything
/// watched, for each solution of the conditions before. Each value is in an
/// array, which is empty if it is undefined.
pub(super) fn values(
    before: &[Condition<'_>],
    failed: &Condition<'_>,
    watched: &[Watched],
) -> String {
    let texts = watched.iter().flat_map(|one| &one.texts);
    let with = failed.with;
    let values: Vec<String> = texts
        .map(|text| format!("[{OURS}value | {OURS}value := {text} {with}]"))
        .collect();
    // A variable that is declared but not bound yet would be unsafe here.
    // Without its declaration it iterates over every index.
    let is_condition = |condition: &&Condition<'_>| {
        let literal = condition.statement.map(|statement| &statement.literal);
        !matches!(literal, Some(Literal::SomeVars { .. }))
    };
    let conditions = conjunction(before.iter().filter(is_condition));
    format!("[[{}] |\n{conditions}\n]", values.join(",\n"))
}

/// Formats the value of such an expression as lines.
pub(super) fn shown(watched: &[Watched], ways: &Value) -> Vec<String> {
    let Ok(ways) = ways.as_array() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for way in ways.iter().take(MAX_WAYS) {
        let Ok(values) = way.as_array() else {
            continue;
        };
        let mut values = values.iter();
        let mut parts = Vec::new();
        for one in watched {
            let mut last = None;
            let mut undefined = None;
            for text in &one.texts {
                let value = values.next().and_then(|value| value.as_array().ok());
                let has_values = value.is_some_and(|values| values.iter().next().is_some());
                if !has_values && undefined.is_none() {
                    undefined = Some(text);
                }
                last = value.map(|value| (text, value));
            }
            parts.extend(match (undefined, last) {
                (Some(text), _) => Some(format!("{} is undefined", one_line(text))),
                (None, Some((text, value))) => {
                    let shown: Vec<String> = value.iter().take(MAX_VALUES).map(short).collect();
                    let more = if value.len() > MAX_VALUES {
                        ", …"
                    } else {
                        ""
                    };
                    Some(format!("{} = {}{more}", one_line(text), shown.join(", ")))
                }
                (None, None) => None,
            });
        }
        if !parts.is_empty() {
            lines.push(parts.join("; "));
        }
    }
    lines.dedup();
    if ways.len() > MAX_WAYS {
        lines.push(format!("… and {} more", ways.len() - MAX_WAYS));
    }
    lines
}

fn short(value: &Value) -> String {
    let text = value.to_json_str().unwrap_or_default();
    // regorus writes it on several lines.
    let json: Option<serde_json::Value> = serde_json::from_str(&text).ok();
    let text = json.map_or(text, |json| json.to_string());
    Excerpt::within(&text, MAX_VALUE).to_string()
}

/// Collapses a text to one line and shortens it.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().collect();
    Excerpt::within(&words.join(" "), MAX_VALUE).to_string()
}

/// The variables that are bound after these conditions.
fn bound(before: &[Condition<'_>]) -> BTreeSet<String> {
    let mut bound = BTreeSet::new();
    for condition in before {
        let parts: Vec<Part<'_>> = match condition.statement.map(|statement| &statement.literal) {
            Some(Literal::NotExpr { .. } | Literal::SomeVars { .. } | Literal::Every { .. }) => {
                continue;
            }
            Some(Literal::SomeIn { .. } | Literal::Expr { .. }) => {
                let parts = condition.parts.iter().copied();
                parts.filter(|part| matches!(part, Part::Expr(_))).collect()
            }
            None => condition.parts.clone(),
        };
        for part in parts {
            each_expression(part, &mut |expr| {
                if let Expr::Var { span, .. } = expr {
                    bound.insert(span.text().to_owned());
                }
                !is_comprehension(expr)
            });
        }
    }
    bound
}

fn is_comprehension(expr: &Expr) -> bool {
    matches!(
        expr,
        Expr::ArrayCompr { .. } | Expr::SetCompr { .. } | Expr::ObjectCompr { .. }
    )
}

struct Gatherer<'a> {
    bound: BTreeSet<String>,
    globals: &'a Globals,
    seen: BTreeSet<String>,
    found: Vec<Watched>,
}

impl Gatherer<'_> {
    fn part(&mut self, part: Part<'_>) {
        match part {
            Part::Expr(expr) => self.expression(expr),
            Part::Query(_) => {}
        }
    }

    fn expression(&mut self, expr: &Expr) {
        if let Expr::Var { span, .. } = expr {
            if !is_root(span.text()) && self.is_known(span.text()) {
                self.add(vec![span.text().to_owned()]);
            }
        } else if let Expr::RefDot { .. } | Expr::RefBrack { .. } = expr {
            self.reference(expr);
        } else if let Expr::Call { fcn, .. } = expr {
            // The output of `print` is shown separately.
            if fcn.span().text() != "print" {
                self.whole(expr);
                self.within(expr);
            }
        } else if let Expr::AssignExpr { op, lhs, rhs, .. } = expr {
            if *op == AssignOp::Eq {
                self.expression(lhs);
            }
            self.expression(rhs);
        } else if is_comprehension(expr) {
            self.whole(expr);
        } else {
            self.within(expr);
        }
    }

    /// Adds the expression itself, if it can be evaluated on its own.
    fn whole(&mut self, expr: &Expr) {
        if self.all_known(expr) {
            self.add(vec![source(expr.span()).to_owned()]);
        }
    }

    fn within(&mut self, expr: &Expr) {
        of_expression(expr).into_iter().for_each(|it| self.part(it));
    }

    /// Adds a reference. If it begins with `input` or a variable, its prefixes
    /// are added too, because the first that is undefined is the reason.
    fn reference(&mut self, expr: &Expr) {
        let Some((root, _)) = reference(expr) else {
            return self.within(expr);
        };
        let is_local = root == "input" || self.bound.contains(root);
        if !is_local && root != "data" && !self.globals.names.contains(root) {
            return;
        }
        let mut texts = Vec::new();
        let mut next = expr;
        while let Expr::RefDot { refr, .. } | Expr::RefBrack { refr, .. } = next {
            if texts.is_empty() || is_local {
                texts.insert(0, source(next.span()).to_owned());
            }
            if let Expr::RefBrack { index, .. } = next
                && !matches!(&**index, Expr::Var { .. })
            {
                if !self.all_known(index) {
                    return;
                }
                self.expression(index);
            }
            next = refr;
        }
        self.add(texts);
    }

    fn add(&mut self, texts: Vec<String>) {
        let count: usize = self.found.iter().map(|one| one.texts.len()).sum();
        let is_new = texts.last().is_some_and(|whole| !self.seen.contains(whole));
        if is_new && count + texts.len() <= MAX_WATCHED {
            self.seen.extend(texts.last().cloned());
            self.found.push(Watched { texts });
        }
    }

    fn is_known(&self, name: &str) -> bool {
        is_root(name) || self.bound.contains(name) || self.globals.names.contains(name)
    }

    /// Whether the expression can be evaluated on its own.
    fn all_known(&self, expr: &Expr) -> bool {
        let mut all = true;
        each_expression(Part::Expr(expr), &mut |expr| {
            if let Expr::Var { span, .. } = expr {
                all &= self.is_known(span.text());
            }
            all && !is_comprehension(expr)
        });
        all
    }
}

fn is_root(name: &str) -> bool {
    matches!(name, "input" | "data")
}
