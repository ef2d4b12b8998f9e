//! Finds modules of one room that know each other, also by way of others.

use std::collections::{BTreeMap, BTreeSet};

use super::paths::mentions;

/// The modules below a room, and those that each knows.
type Graph = BTreeMap<String, BTreeSet<String>>;

/// The cycles that are left: a room, and the modules among which one runs. No
/// other may appear, and a row whose cycle is gone goes too.
pub(crate) const LEFT: &[(&str, &[&str])] = &[
    // A role's ports are an account's ports, and an account's can assume roles.
    ("aws", &["account", "roles"]),
];

/// A source file by its path in `src`, with its text.
pub(crate) type Source = (String, String);

/// Each cycle, as a room and the modules among which it runs.
pub(crate) fn cycles(sources: &[Source]) -> Vec<(String, Vec<String>)> {
    let mut found = Vec::new();
    for (room, graph) in graphs(sources) {
        let reached: Graph = graph
            .keys()
            .map(|module| (module.clone(), reached(&graph, module)))
            .collect();
        let mut seen = BTreeSet::new();
        for (module, others) in &reached {
            let comes_back = |other: &&String| {
                reached
                    .get(*other)
                    .is_some_and(|back| back.contains(module))
            };
            let cycle: Vec<String> = others.iter().filter(comes_back).cloned().collect();
            if !cycle.is_empty() && seen.insert(cycle.clone()) {
                found.push((room.clone(), cycle));
            }
        }
    }
    found
}

/// Everything that `from` knows, also by way of others.
fn reached(graph: &Graph, from: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(module) = open.pop() {
        for known in graph.get(&module).into_iter().flatten() {
            if found.insert(known.clone()) {
                open.push(known.clone());
            }
        }
    }
    found
}

/// What the modules of each room know of each other.
fn graphs(sources: &[Source]) -> BTreeMap<String, Graph> {
    let modules: BTreeSet<Vec<&str>> = sources
        .iter()
        .map(|(place, _)| module_of(place).into_iter().take(2).collect())
        .filter(|module: &Vec<&str>| module.len() == 2)
        .collect();
    let exports = exports(sources);
    let mut graphs: BTreeMap<String, Graph> = BTreeMap::new();
    for (place, text) in sources {
        let own = module_of(place);
        let (&[room, module, ..], false) = (own.as_slice(), is_test(place)) else {
            continue;
        };
        for mention in mentions(place, without_tests(text)) {
            let path = absolute(&own, &mention.path);
            let [first, second, ..] = path.as_slice() else {
                continue;
            };
            let second = exports.get(&(room, *second)).unwrap_or(second);
            let is_sibling = *first == room && *second != module;
            if is_sibling && modules.contains(&vec![room, *second]) {
                let graph = graphs.entry(room.to_owned()).or_default();
                let known = graph.entry(module.to_owned()).or_default();
                known.insert((*second).to_owned());
            }
        }
    }
    graphs
}

/// The module of each name that a room's own file exports.
fn exports(sources: &[Source]) -> BTreeMap<(&str, &str), &str> {
    let mut found = BTreeMap::new();
    for (place, text) in sources {
        let [room] = module_of(place)[..] else {
            continue;
        };
        for mention in mentions(place, text) {
            if let [module, .., name] = mention.path[..]
                && !["crate", "super", "self"].contains(&module)
            {
                found.insert((room, name), module);
            }
        }
    }
    found
}

/// The path from the crate's root; empty for one that does not begin with
/// `crate`, `self` or `super`.
fn absolute<'a>(own: &[&'a str], path: &[&'a str]) -> Vec<&'a str> {
    let climbed = path.iter().take_while(|word| **word == "super").count();
    match path.first() {
        Some(&"crate") => path[1..].to_vec(),
        Some(&"self") => [own, &path[1..]].concat(),
        Some(_) if climbed > 0 && climbed <= own.len() => {
            [&own[..own.len() - climbed], &path[climbed..]].concat()
        }
        Some(_) | None => Vec::new(),
    }
}

/// The path of the module that a file holds.
fn module_of(place: &str) -> Vec<&str> {
    let place = place.strip_suffix(".rs").unwrap_or(place);
    let place = place.strip_suffix("/mod").unwrap_or(place);
    place.split('/').collect()
}

/// Tests may use every module.
fn is_test(place: &str) -> bool {
    place.contains("/tests/") || place.contains("tests.rs")
}

/// The text before the file's tests.
fn without_tests(text: &str) -> &str {
    let tests = text.split_once("#[cfg(test)]\nmod tests {");
    tests.map_or(text, |(before, _)| before)
}
