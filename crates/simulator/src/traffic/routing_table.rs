//! The load balancer's routing table: the tasks that receive requests, and the
//! weights.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use parking_lot::Mutex;

use crate::ecs::ServedTask;
use crate::routes::Routes;
use crate::share::Share;

/// The old or the new version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Version {
    /// The version that ran at the start of the rehearsal.
    Blue,
    /// Any later version.
    Green,
}

impl Version {
    /// The version in lower case.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Blue => "blue",
            Self::Green => "green",
        }
    }
}

/// A task that accepts requests.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) task: String,
    pub(super) address: SocketAddr,
    pub(super) version: Version,
    pub(super) revision: u64,
    pub(super) target_group: String,
    pub(super) is_healthy: bool,
    pub(super) is_draining: bool,
    in_flight: Arc<AtomicUsize>,
}

/// The listener that received a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Listener {
    Production,
    Test,
}

/// All targets and the listeners' rules. Clones share it.
#[derive(Clone, Debug, Default)]
pub(super) struct RoutingTable(Arc<Mutex<Rows>>);

#[derive(Debug, Default)]
struct Rows {
    routes: Routes,
    /// Green's weight on the production listener, in percent.
    green_weight: u32,
    targets: BTreeMap<String, Target>,
    /// Counter for round robin among a target group's targets.
    turn: usize,
}

/// A request in flight. Its target is not stopped before it has ended.
#[derive(Debug)]
pub(super) struct InFlight {
    pub(super) target: Target,
    /// Green's weight on the production listener by which the target was
    /// chosen, in percent.
    pub(super) green_weight: u32,
}

impl Target {
    pub(super) fn new(task: &ServedTask, address: SocketAddr, version: Version) -> Self {
        Self {
            task: task.id.clone(),
            address,
            version,
            revision: task.revision,
            target_group: task.target_group.clone(),
            is_healthy: task.is_healthy,
            is_draining: task.is_draining,
            in_flight: Arc::default(),
        }
    }

    pub(super) fn in_flight(&self) -> usize {
        self.in_flight.load(Ordering::Acquire)
    }
}

impl InFlight {
    fn new(target: &Target, green_weight: u32) -> Self {
        target.in_flight.fetch_add(1, Ordering::AcqRel);
        Self {
            target: target.clone(),
            green_weight,
        }
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        self.target.in_flight.fetch_sub(1, Ordering::AcqRel);
    }
}

impl RoutingTable {
    /// Replaces the rules and updates every target's state atomically. Returns
    /// green's weight on the production listener, in percent.
    pub(super) fn update(&self, routes: Routes, change: impl FnOnce(&mut Vec<&mut Target>)) -> u32 {
        let mut rows = self.0.lock();
        rows.routes = routes;
        change(&mut rows.targets.values_mut().collect());
        rows.green_weight = rows.green_weight();
        rows.green_weight
    }

    pub(super) fn add(&self, target: Target) {
        self.0.lock().targets.insert(target.task.clone(), target);
    }

    /// Removes a target, which receives no further requests.
    pub(super) fn remove(&self, task: &str) -> Option<Target> {
        self.0.lock().targets.remove(task)
    }

    pub(super) fn targets(&self) -> Vec<Target> {
        self.0.lock().targets.values().cloned().collect()
    }

    /// The target for a listener's next request. `dice` is a number from 0 to
    /// 999 that selects the target group by weight.
    pub(super) fn choose(&self, listener: Listener, dice: u32) -> Option<InFlight> {
        let mut rows = self.0.lock();
        let group = match listener {
            Listener::Production => share(&rows.routes.production, dice)?.to_owned(),
            Listener::Test => rows.routes.test.clone()?,
        };
        rows.turn = rows.turn.wrapping_add(1);
        let turn = rows.turn;
        let registered = || {
            let targets = rows.targets.values();
            targets.filter(|target| target.target_group == group && !target.is_draining)
        };
        let healthy: Vec<&Target> = registered().filter(|target| target.is_healthy).collect();
        // If no target is healthy, all are tried, as AWS load balancers do.
        let targets = match healthy.is_empty() {
            true => registered().collect(),
            false => healthy,
        };
        let chosen = targets.get(turn % targets.len().max(1))?;
        Some(InFlight::new(chosen, rows.green_weight))
    }
}

impl Rows {
    fn green_weight(&self) -> u32 {
        let is_green = |group: &String| {
            self.targets.values().any(|target| {
                target.target_group == *group
                    && target.version == Version::Green
                    && !target.is_draining
            })
        };
        let green = self.routes.production.iter();
        green
            .filter(|(group, _)| is_green(group))
            .map(|(_, share)| share.whole_percent())
            .sum()
    }
}

/// The target group whose share of the weights contains `dice`.
fn share(weights: &[(String, Share)], dice: u32) -> Option<&str> {
    let total: u32 = weights.iter().map(|(_, share)| share.tenths()).sum();
    let mut rest = dice * total / Share::ALL.tenths();
    for (group, share) in weights {
        if rest < share.tenths() {
            return Some(group);
        }
        rest -= share.tenths();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn target(task: &str, group: &str) -> Target {
        let address = SocketAddr::from(([127, 0, 0, 1], 1));
        let task = ServedTask {
            id: task.into(),
            target_group: group.into(),
            ..ServedTask::default()
        };
        Target::new(&task, address, Version::Blue)
    }

    fn routing_table() -> RoutingTable {
        let routing_table = RoutingTable::default();
        for (task, group) in [("a", "blue"), ("b", "blue"), ("c", "green")] {
            routing_table.add(target(task, group));
        }
        let routes = Routes {
            production: vec![
                ("blue".into(), Share::of_percent(90)),
                ("green".into(), Share::of_percent(10)),
            ],
            test: Some("green".into()),
        };
        routing_table.update(routes, |targets| {
            for target in targets {
                target.is_healthy = true;
            }
        });
        routing_table
    }

    fn chosen(routing_table: &RoutingTable, listener: Listener, dice: u32) -> Option<String> {
        let chosen = routing_table.choose(listener, dice)?;
        Some(chosen.target.task.clone())
    }

    #[test]
    fn requests_are_split_by_weight() {
        let routing_table = routing_table();
        let mut green = 0;
        for dice in 0..1000 {
            let task = chosen(&routing_table, Listener::Production, dice).expect("a target");
            green += u32::from(task == "c");
        }
        assert_eq!(green, 100);
        assert_eq!(
            chosen(&routing_table, Listener::Test, 0).as_deref(),
            Some("c")
        );
    }

    #[test]
    fn a_request_has_the_weight_of_green_by_which_it_was_routed() {
        let routing_table = routing_table();
        let green = Target {
            version: Version::Green,
            ..target("d", "green")
        };
        routing_table.add(green);
        let routes = |green: u32| Routes {
            production: vec![
                ("blue".into(), Share::of_percent(100 - green)),
                ("green".into(), Share::of_percent(green)),
            ],
            test: None,
        };
        assert_eq!(routing_table.update(routes(10), |_| ()), 10);
        let before = routing_table.choose(Listener::Production, 0);
        assert_eq!(routing_table.update(routes(100), |_| ()), 100);
        let after = routing_table.choose(Listener::Production, 0);
        let weights = [before, after].map(|chosen| chosen.expect("a target").green_weight);
        assert_eq!(weights, [10, 100]);
        let drained = routing_table.update(routes(100), |targets| {
            for target in targets {
                target.is_draining = target.version == Version::Green;
            }
        });
        assert_eq!(drained, 0);
    }

    #[test]
    fn the_tasks_of_a_group_take_turns_and_draining_ones_are_left_out() {
        let routing_table = routing_table();
        let first = chosen(&routing_table, Listener::Production, 0);
        assert_ne!(first, chosen(&routing_table, Listener::Production, 0));
        let routes = Routes {
            production: vec![("blue".into(), Share::ALL)],
            test: None,
        };
        routing_table.update(routes, |targets| targets[0].is_draining = true);
        for _ in 0..4 {
            let task = chosen(&routing_table, Listener::Production, 999);
            assert_eq!(task.as_deref(), Some("b"));
        }
        assert_eq!(chosen(&routing_table, Listener::Test, 0), None);
    }

    #[test]
    fn an_unhealthy_target_gets_requests_only_where_no_other_is_left() {
        let routing_table = routing_table();
        let routes = Routes {
            production: vec![("blue".into(), Share::ALL)],
            test: None,
        };
        routing_table.update(routes.clone(), |targets| targets[0].is_healthy = false);
        for _ in 0..4 {
            let task = chosen(&routing_table, Listener::Production, 0);
            assert_eq!(task.as_deref(), Some("b"));
        }
        routing_table.update(routes, |targets| targets[1].is_healthy = false);
        assert!(chosen(&routing_table, Listener::Production, 0).is_some());
    }

    #[test]
    fn a_request_under_way_is_counted_until_it_has_ended() {
        let routing_table = routing_table();
        let in_flight = routing_table.choose(Listener::Test, 0).expect("a target");
        let removed = routing_table.remove("c").expect("it was there");
        assert_eq!(removed.in_flight(), 1);
        drop(in_flight);
        assert_eq!(removed.in_flight(), 0);
        assert!(routing_table.choose(Listener::Test, 0).is_none());
    }
}
