//! Memory and CPU of the containers, compared with each other and with the
//! task's.

use super::checks::{Checks, steps, within};
use super::compatibility::{is_fargate, is_windows};
use crate::job::Excerpt;
use crate::release::finding::{ContainerProblem, EcsRule, Reserved};
use crate::release::placeholder;
use crate::release::task_definition::{Container, unsigned};

pub(super) fn check(checks: &mut Checks<'_>) {
    let task_definition = checks.task_definition;
    for container in task_definition.containers() {
        reservation(checks, &container);
    }
    let memory = task_definition.text("memory").and_then(mebibytes);
    if !above_task(checks, memory) {
        total(checks, Reserved::Memory, memory);
    }
    // CPU limits are documented only for Fargate. Fargate's sizes are reported
    // separately.
    if is_fargate(task_definition) {
        let cpu = task_definition.text("cpu").and_then(cpu_units);
        total(checks, Reserved::Cpu, cpu);
    } else {
        size(checks, "cpu", "vcpu");
        size(checks, "memory", "gb");
        own_cpu(checks);
    }
}

/// API reference, cpu: the values that tasks on EC2 and external instances
/// support. ECS's answer to others has not been observed. Consoles write 0 for
/// an unset value; for Windows it is ignored.
fn own_cpu(checks: &mut Checks<'_>) {
    let (from, to) = (128, 196_608);
    let cpu = checks.task_definition.text("cpu").and_then(cpu_units);
    let is_outside = cpu.is_some_and(|cpu| cpu > 0 && !(from..=to).contains(&cpu));
    if is_outside && !is_windows(checks.task_definition) {
        let (from, to) = (from.into(), to.into());
        checks.warning(steps!["cpu"], EcsRule::OutOfRange { from, to });
    }
}

fn reservation(checks: &mut Checks<'_>, container: &Container<'_>) {
    const MEMBER: &str = "memoryReservation";
    let (Some(limit), Some(reserved)) = (number(container, "memory"), number(container, MEMBER))
    else {
        return;
    };
    // A limit of zero counts as none (API reference, ContainerDefinition).
    if limit > 0 && reserved > limit {
        let place = within(container, steps![MEMBER]);
        checks.error(&place, ContainerProblem::ReservationAboveLimit { limit });
    }
}

/// "The 'memory' setting for container 'worker' is greater than for the task."
/// (pulumi/pulumi-awsx 1220) For Windows the task's memory is ignored (API
/// reference).
fn above_task(checks: &mut Checks<'_>, task: Option<u32>) -> bool {
    let task = task.map(u64::from).filter(|task| *task > 0);
    let Some(task) = task.filter(|_| !is_windows(checks.task_definition)) else {
        return false;
    };
    let mut found = false;
    for container in checks.task_definition.containers() {
        if number(&container, "memory").is_some_and(|memory| memory > task) {
            let place = within(&container, steps!["memory"]);
            checks.error(&place, EcsRule::MemoryAboveTask { task });
            found = true;
        }
    }
    found
}

/// Compares the containers' total reservation with the `task`'s size. For CPU,
/// ECS responds with "The sum of all container 'cpu' values cannot be greater
/// than the value of the task 'cpu'." (klothoplatform/klotho 892). More memory
/// is forbidden by the documentation, but releases with it are known to run.
fn total(checks: &mut Checks<'_>, what: Reserved, task: Option<u32>) {
    let each = checks
        .task_definition
        .containers()
        .filter_map(|container| match what {
            Reserved::Memory => {
                number(&container, "memoryReservation").or_else(|| number(&container, "memory"))
            }
            Reserved::Cpu => number(&container, "cpu"),
        });
    let reserved = each.fold(0, u64::saturating_add);
    // Consoles write 0 for an unset value.
    let exceeded = |task: &u64| *task > 0 && reserved > *task;
    let Some(task) = task.map(u64::from).filter(exceeded) else {
        return;
    };
    let member = match what {
        Reserved::Memory => "memory",
        Reserved::Cpu => "cpu",
    };
    let problem = ContainerProblem::MoreThanTheTask {
        what,
        reserved,
        task,
    };
    match what {
        Reserved::Memory => checks.warning(steps![member], problem),
        Reserved::Cpu => checks.error(steps![member], problem),
    }
}

/// "Invalid 'cpu' setting for task." (developer guide, "Invalid CPU or memory
/// errors"; for an empty text oranmoshai/ecsServiceRestart 2) Rejects only what
/// is not a number at all.
fn size(checks: &mut Checks<'_>, member: &'static str, unit: &str) {
    let Some(text) = checks.task_definition.text(member) else {
        return;
    };
    if placeholder::first(text).is_some() {
        return; // Already reported.
    }
    let lower = text.trim().to_ascii_lowercase();
    let number = lower.strip_suffix(unit).unwrap_or(&lower).trim();
    let is_number = number.bytes().any(|b| b.is_ascii_digit())
        && number.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    if !is_number {
        let found = Excerpt::of(text);
        checks.error(steps![member], EcsRule::NotASize { found });
    }
}

/// Parses `1024`, `1 vCPU` or `.5 vcpu` to CPU units.
pub(super) fn cpu_units(text: &str) -> Option<u32> {
    quantity(text, &["vcpu"], 1024)
}

/// Parses `2048`, `2GB` or `0.5 GB` to MiB.
pub(super) fn mebibytes(text: &str) -> Option<u32> {
    quantity(text, &["gb"], 1024)
}

/// Parses an integer, or a decimal number of a larger unit. Exact: the smallest
/// fraction in use is a quarter, and up to three decimals are accepted.
fn quantity(text: &str, units: &[&str], factor: u32) -> Option<u32> {
    let text = text.trim().to_ascii_lowercase();
    let large = units.iter().find_map(|unit| text.strip_suffix(unit));
    let Some(number) = large.map(str::trim) else {
        return text.parse().ok();
    };
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if part.len() > 3 || (whole.is_empty() && part.is_empty()) {
        return None;
    }
    let is_digits = |digits: &str| digits.bytes().all(|b| b.is_ascii_digit());
    if !is_digits(whole) || !is_digits(part) {
        return None;
    }
    let thousandths: u32 = format!("{whole}{part:0<3}").parse().ok()?;
    let total = thousandths.checked_mul(factor)?;
    total.is_multiple_of(1000).then_some(total / 1000)
}

fn number(container: &Container<'_>, member: &str) -> Option<u64> {
    container.get(member).and_then(unsigned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_may_be_written_in_both_units() {
        for (text, expected) in [
            ("256", Some(256)),
            (".25 vCPU", Some(256)),
            ("0.5vcpu", Some(512)),
            ("1 vCPU", Some(1024)),
            ("16 VCPU", Some(16_384)),
            ("", None),
            (".", None),
            (". vCPU", None),
            ("vCPU", None),
            ("-1", None),
            ("0.33 vCPU", None),
            ("99999999 vCPU", None),
            ("1 CPU", None),
        ] {
            assert_eq!(cpu_units(text), expected, "{text}");
        }
        assert_eq!(mebibytes("0.5GB"), Some(512));
        assert_eq!(mebibytes("30 GB"), Some(30_720));
    }
}
