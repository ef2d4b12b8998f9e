//! State machine of task sets.

use std::time::Duration;

use jiff::Timestamp;

use crate::ids;

use super::behaviour::{Behaviour, TaskFailure};
use super::service::{
    Next, Service, Stability, StopReason, Stopped, Task, TaskSetStatus, Transition,
};

/// Time from a task set's creation to its first tasks.
pub(super) const LAUNCH: Duration = Duration::from_secs(5);
/// Time from a task's start to its containers running.
const RUN: Duration = Duration::from_secs(10);
/// Time from a task's start to its failure.
const FAIL: Duration = Duration::from_secs(25);
/// Time from a task's start to its failure by the load balancer's health
/// checks.
const FAIL_HEALTH_CHECKS: Duration = Duration::from_secs(95);
/// Time from a failure to the next attempt.
pub(super) const RETRY: Duration = Duration::from_secs(30);
/// The longest delay of a behaviour, so that no time leaves the calendar.
const LONGEST: Duration = Duration::from_secs(7 * 24 * 60 * 60);
/// Time from draining to removal.
const DRAIN: Duration = Duration::from_secs(20);

impl Service {
    /// Time of the next event of its task sets, and the task set's index.
    pub(super) fn next_set_due(&self) -> Option<(Timestamp, usize)> {
        let sets = self.task_sets.iter().enumerate();
        sets.filter_map(|(index, set)| Some((set.next?.at, &set.id, index)))
            .min()
            .map(|(at, _, index)| (at, index))
    }

    /// Processes the due event of the task set with this index.
    pub(super) fn advance_set(&mut self, index: usize) {
        let Some(Next { at, what }) = self.task_sets[index].next.take() else {
            return;
        };
        match what {
            Transition::Launch => self.launch(index, at),
            Transition::Run => self.run(index, at),
            Transition::Settle => self.settle(index, at),
            Transition::Fail(failure) => self.fail(index, failure, at),
            Transition::LoseCapacity => self.lose_capacity(index, at),
            Transition::Remove => self.remove(index, at),
        }
        self.tasks.retain(|task| task.is_shown(at));
    }

    /// Drains a task set, which is removed a little later.
    pub(crate) fn drain(&mut self, id: &str, at: Timestamp) {
        if let Some(index) = self.index_of(id)
            && self.task_sets[index].status != TaskSetStatus::Draining
        {
            let set = &mut self.task_sets[index];
            set.status = TaskSetStatus::Draining;
            set.updated_at = at;
            self.schedule(index, at + DRAIN, Transition::Remove);
        }
    }

    /// Changes the desired number of tasks in every task set.
    pub(super) fn scale(&mut self, desired: u32, at: Timestamp) {
        self.desired = desired;
        for index in 0..self.task_sets.len() {
            let set = &mut self.task_sets[index];
            if set.status != TaskSetStatus::Draining && !set.starts_later {
                set.stability = Stability::Stabilizing { since: at };
                set.updated_at = at;
                self.schedule(index, at + LAUNCH, Transition::Launch);
            }
        }
    }

    /// Makes all tasks of every task set run and be healthy at once.
    pub(crate) fn settle_at_once(&mut self, at: Timestamp) {
        for index in 0..self.task_sets.len() {
            self.launch(index, at);
            self.settle(index, at);
            self.task_sets[index].next = None;
        }
    }

    pub(super) fn index_of(&self, id: &str) -> Option<usize> {
        self.task_sets.iter().position(|set| set.id == id)
    }

    pub(super) fn schedule(&mut self, index: usize, at: Timestamp, what: Transition) {
        self.task_sets[index].next = Some(Next { at, what });
    }

    fn launch(&mut self, index: usize, at: Timestamp) {
        let set = &self.task_sets[index];
        let (id, behaviour) = (set.id.clone(), set.behaviour.clone());
        if behaviour == Behaviour::NotPlaced && self.desired > 0 {
            self.add_task_set_event(
                index,
                at,
                "was unable to place a task because no container instance met all of its requirements.",
            );
            self.schedule(index, at + RETRY, Transition::Launch);
            return;
        }
        let (pending, running) = self.counts_of(&id);
        let live = pending + running;
        let too_many = usize::try_from(live.saturating_sub(self.desired)).expect("a u32 fits");
        self.stop_tasks(index, too_many, &StopReason::NotNeeded, at);
        let missing = self.desired.saturating_sub(live);
        if missing == 0 {
            match behaviour {
                Behaviour::TasksFail(_) if self.desired > 0 => {
                    self.schedule(index, at, Transition::Run);
                }
                // The task set is steady once the last of them is reported.
                Behaviour::Served if self.live_tasks(&id).any(|task| !task.healthy) => {}
                Behaviour::Healthy { .. }
                | Behaviour::TasksFail(_)
                | Behaviour::NotPlaced
                | Behaviour::CapacityLost { .. }
                | Behaviour::Served => self.schedule(index, at, Transition::Settle),
            }
            return;
        }
        self.start_tasks(index, missing, at);
        // Some tasks fail before they run.
        if let Behaviour::TasksFail(
            failure @ (TaskFailure::CannotPullImage | TaskFailure::SecretsMissing),
        ) = behaviour
        {
            self.schedule(index, at + FAIL, Transition::Fail(failure));
        } else {
            self.schedule(index, at + RUN, Transition::Run);
        }
    }

    fn start_tasks(&mut self, index: usize, count: u32, at: Timestamp) {
        for _ in 0..count {
            let id = ids::task(self.next_number());
            let set = &self.task_sets[index];
            self.tasks.push(Task {
                id,
                task_set: set.id.clone(),
                task_definition: set.task_definition.clone(),
                created_at: at,
                started_at: None,
                healthy: false,
                stopped: None,
            });
        }
        self.add_task_set_event(index, at, &format!("has started {count} tasks."));
    }

    fn run(&mut self, index: usize, at: Timestamp) {
        let set = &self.task_sets[index];
        let (id, behaviour) = (set.id.clone(), set.behaviour.clone());
        for task in self.live_tasks(&id) {
            task.started_at.get_or_insert(at);
        }
        match behaviour {
            Behaviour::Healthy { after }
            | Behaviour::CapacityLost {
                healthy_after: after,
                ..
            } => self.schedule(
                index,
                at + after.saturating_sub(RUN).min(LONGEST),
                Transition::Settle,
            ),
            Behaviour::TasksFail(failure) => {
                let lives_for = if failure == TaskFailure::FailedElbHealthChecks {
                    FAIL_HEALTH_CHECKS
                } else {
                    FAIL.saturating_sub(RUN)
                };
                self.schedule(index, at + lives_for, Transition::Fail(failure));
            }
            Behaviour::NotPlaced => self.schedule(index, at + RETRY, Transition::Launch),
            // The health of these tasks is reported from outside.
            Behaviour::Served => {}
        }
    }

    pub(super) fn settle(&mut self, index: usize, at: Timestamp) {
        let id = self.task_sets[index].id.clone();
        let mut targets = 0;
        for task in self.live_tasks(&id) {
            task.started_at.get_or_insert(at);
            task.healthy = true;
            targets += 1;
        }
        let set = &mut self.task_sets[index];
        set.stability = Stability::Steady { since: at };
        if targets > 0 {
            set.failures.in_a_row = 0;
        }
        set.updated_at = at;
        let behaviour = set.behaviour.clone();
        if let Some(arn) = set.target_group()
            && targets > 0
        {
            let text = format!("registered {targets} targets in (target-group {arn})");
            self.add_task_set_event(index, at, &text);
        }
        self.add_event(
            at,
            format!("(service {}) has reached a steady state.", self.name),
        );
        if let Behaviour::CapacityLost { lost_after, .. } = behaviour
            && targets > 0
        {
            self.schedule(
                index,
                at + lost_after.min(LONGEST),
                Transition::LoseCapacity,
            );
        }
    }

    fn fail(&mut self, index: usize, failure: TaskFailure, at: Timestamp) {
        self.stop_tasks(index, usize::MAX, &StopReason::Failure(failure), at);
        if failure == TaskFailure::FailedElbHealthChecks {
            self.add_unhealthy_event(index, at);
        }
        self.add_event(
            at,
            format!(
                "(service {}) is unable to consistently start tasks successfully.",
                self.name
            ),
        );
        self.schedule(index, at + RETRY, Transition::Launch);
    }

    fn lose_capacity(&mut self, index: usize, at: Timestamp) {
        let set = &mut self.task_sets[index];
        set.stability = Stability::Stabilizing { since: at };
        set.updated_at = at;
        let id = set.id.clone();
        let half = self.live_tasks(&id).count().div_ceil(2);
        self.stop_tasks(index, half, &StopReason::SpotInterruption, at);
        self.add_task_set_event(
            index,
            at,
            "was unable to place a task. Reason: Capacity is unavailable at this time.",
        );
    }

    fn remove(&mut self, index: usize, at: Timestamp) {
        self.stop_tasks(index, usize::MAX, &StopReason::NotNeeded, at);
        self.task_sets.remove(index);
    }

    fn live_tasks(&mut self, task_set: &str) -> impl Iterator<Item = &mut Task> {
        self.tasks
            .iter_mut()
            .filter(move |task| task.task_set == task_set && task.stopped.is_none())
    }

    /// Stops up to `at_most` of a task set's tasks, newest first.
    fn stop_tasks(&mut self, index: usize, at_most: usize, why: &StopReason, at: Timestamp) {
        let id = self.task_sets[index].id.clone();
        let live: Vec<&mut Task> = self.live_tasks(&id).collect();
        let mut stopped = 0;
        for task in live.into_iter().rev().take(at_most) {
            let why = why.clone();
            task.stopped = Some(Stopped { at, why });
            task.healthy = false;
            stopped += 1;
        }
        if matches!(why, StopReason::Failure(_)) {
            self.task_sets[index].count_failures(stopped, at);
        }
        if stopped > 0 {
            self.add_task_set_event(index, at, &format!("has stopped {stopped} running tasks."));
        }
    }

    pub(super) fn add_task_set_event(&mut self, index: usize, at: Timestamp, what: &str) {
        let set = &self.task_sets[index];
        let message = match set.revision {
            Some(_) => format!("(service {}, deployment {}) {what}", self.name, set.id),
            None => format!("(service {}, taskSet {}) {what}", self.name, set.id),
        };
        self.add_event(at, message);
    }

    pub(super) fn add_unhealthy_event(&mut self, index: usize, at: Timestamp) {
        if let Some(arn) = self.task_sets[index].target_group() {
            let text = format!(
                "is unhealthy in (target-group {arn}) due to (reason Health checks failed)"
            );
            self.add_task_set_event(index, at, &text);
        }
    }
}
