//! Fault injection: which call fails, when, and how.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::token_bucket::TokenBucket;

/// Maximum number of faults set at the same time; more are refused.
pub const MAX_FAULTS: usize = 1000;

/// The faults that can still occur.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Faults(Vec<Armed>);

/// One fault.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// For example `codedeploy`, or `*` for all.
    pub service: String,
    /// For example `CreateDeployment`, or `*` for all.
    pub operation: String,
    pub occurrence: Occurrence,
    pub kind: Kind,
}

/// Which of the matching calls from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Occurrence {
    /// Only the nth call, counted from 1.
    Nth(u64),
    /// The next n calls.
    Next(u64),
    /// The calls beyond a rate.
    Above(CallRate),
    Every,
}

/// As many calls as the services of AWS accept: `burst` at once, and then
/// `per_minute`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CallRate {
    pub per_minute: u32,
    pub burst: u32,
}

/// How a call fails.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// `ThrottlingException`, or S3's `SlowDown`. The call has no effect.
    Throttle,
    /// Status 500. The call has no effect.
    InternalError,
    /// Status 503. The call has no effect.
    Unavailable,
    /// The connection closes without a response. The call has no effect.
    CutBefore,
    /// The connection closes without a response, but the call takes effect.
    CutAfter,
    /// The response is delayed by this many seconds of simulated time.
    Slow { seconds: f64 },
    /// Status 200 with a body that no service would send. The call takes
    /// effect.
    Garbage,
    /// `AccessDeniedException` with principal, action and resource.
    Denied,
    /// Any error. The call has no effect.
    Error {
        status: u16,
        code: String,
        message: String,
    },
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct Armed {
    fault: Fault,
    /// Number of matching calls so far.
    seen: u64,
    /// Calls left under [`Occurrence::Above`].
    left: TokenBucket,
}

impl Faults {
    /// Adds a fault.
    ///
    /// # Errors
    ///
    /// A message that says what is wrong with the fault.
    pub fn add(&mut self, fault: Fault) -> Result<(), String> {
        if self.0.len() >= MAX_FAULTS {
            return Err(format!("{MAX_FAULTS} faults are set already"));
        }
        fault.check()?;
        self.0.push(Armed {
            fault,
            seen: 0,
            left: TokenBucket::default(),
        });
        Ok(())
    }

    /// Removes all faults.
    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// The faults that can still occur.
    pub fn pending(&self) -> impl Iterator<Item = &Fault> {
        self.0.iter().map(|armed| &armed.fault)
    }

    /// Counts a call and returns the fault to apply to it. If several apply,
    /// the first one is returned.
    pub(crate) fn strike(
        &mut self,
        (service, operation): (&str, &str),
        now: Timestamp,
    ) -> Option<Kind> {
        let mut struck = None;
        for armed in &mut self.0 {
            if armed.fault.concerns(service, operation) {
                let is_included = armed.includes_next(now);
                if struck.is_none() && is_included {
                    struck = Some(armed.fault.kind.clone());
                }
            }
        }
        self.0
            .retain(|armed| !armed.fault.occurrence.is_over(armed.seen));
        struck
    }
}

impl Fault {
    fn check(&self) -> Result<(), String> {
        if matches!(self.occurrence, Occurrence::Nth(0) | Occurrence::Next(0)) {
            return Err("occurrences count from 1".into());
        }
        if let Occurrence::Above(rate) = self.occurrence
            && (rate.per_minute == 0 || rate.burst == 0)
        {
            return Err("`above` takes at least one call per minute, and one at once".into());
        }
        if let Kind::Slow { seconds } = &self.kind
            && !(0.0..=86_400.0).contains(seconds)
        {
            return Err("`slow` takes 0 to 86400 seconds".into());
        }
        if let Kind::Error { status, code, .. } = &self.kind {
            if !(400..=599).contains(status) {
                return Err("an error's status is 400 to 599".into());
            }
            if !is_code(code) {
                return Err("an error's code is 1 to 100 letters and digits".into());
            }
        }
        Ok(())
    }

    fn concerns(&self, service: &str, operation: &str) -> bool {
        let fits = |pattern: &str, name: &str| pattern == "*" || pattern == name;
        fits(&self.service, service) && fits(&self.operation, operation)
    }
}

fn is_code(text: &str) -> bool {
    (1..=100).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

impl Armed {
    /// Counts a call, and returns whether the fault applies to it.
    fn includes_next(&mut self, now: Timestamp) -> bool {
        self.seen += 1;
        match self.fault.occurrence {
            Occurrence::Nth(n) => self.seen == n,
            Occurrence::Next(n) => self.seen <= n,
            Occurrence::Above(CallRate { per_minute, burst }) => {
                let per_second = f64::from(per_minute) / 60.0;
                !self.left.take(per_second, f64::from(burst), now)
            }
            Occurrence::Every => true,
        }
    }
}

impl Occurrence {
    fn is_over(self, calls: u64) -> bool {
        match self {
            Self::Nth(n) | Self::Next(n) => calls >= n,
            Self::Above(_) | Self::Every => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(operation: &str, occurrence: Occurrence) -> Fault {
        Fault {
            service: "codedeploy".into(),
            operation: operation.into(),
            occurrence,
            kind: Kind::Throttle,
        }
    }

    fn strike(faults: &mut Faults, service: &str, operation: &str) -> Option<Kind> {
        faults.strike((service, operation), Timestamp::UNIX_EPOCH)
    }

    fn strikes(occurrence: Occurrence) -> Vec<bool> {
        let mut faults = Faults::default();
        faults.add(fault("GetDeployment", occurrence)).unwrap();
        (0..4)
            .map(|_| strike(&mut faults, "codedeploy", "GetDeployment").is_some())
            .collect()
    }

    #[test]
    fn a_fault_strikes_exactly_the_calls_it_names() {
        assert_eq!(strikes(Occurrence::Nth(2)), [false, true, false, false]);
        assert_eq!(strikes(Occurrence::Next(2)), [true, true, false, false]);
        assert_eq!(strikes(Occurrence::Every), [true; 4]);
        let rate = CallRate {
            per_minute: 60,
            burst: 3,
        };
        assert_eq!(
            strikes(Occurrence::Above(rate)),
            [false, false, false, true]
        );
    }

    #[test]
    fn other_calls_are_neither_struck_nor_counted() {
        let mut faults = Faults::default();
        faults
            .add(fault("GetDeployment", Occurrence::Nth(1)))
            .unwrap();
        assert_eq!(strike(&mut faults, "codedeploy", "StopDeployment"), None);
        assert_eq!(strike(&mut faults, "ecs", "GetDeployment"), None);
        assert_eq!(
            strike(&mut faults, "codedeploy", "GetDeployment"),
            Some(Kind::Throttle)
        );
        assert_eq!(faults.pending().count(), 0);
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let mut faults = Faults::default();
        let slow = |seconds| Fault {
            kind: Kind::Slow { seconds },
            ..fault("*", Occurrence::Every)
        };
        assert!(faults.add(fault("*", Occurrence::Nth(0))).is_err());
        for (per_minute, burst) in [(0, 1), (1, 0)] {
            let rate = CallRate { per_minute, burst };
            assert!(faults.add(fault("*", Occurrence::Above(rate))).is_err());
        }
        assert!(faults.add(slow(f64::NAN)).is_err());
        assert!(faults.add(slow(86_401.0)).is_err());
        assert!(faults.add(slow(86_400.0)).is_ok());
        let error = |status, code: &str| Fault {
            kind: Kind::Error {
                status,
                code: code.into(),
                message: String::new(),
            },
            ..fault("*", Occurrence::Every)
        };
        assert!(faults.add(error(200, "Code")).is_err());
        assert!(faults.add(error(400, "")).is_err());
        assert!(faults.add(error(400, "Line\nBreak")).is_err());
        for _ in 1..MAX_FAULTS {
            faults.add(fault("*", Occurrence::Every)).unwrap();
        }
        assert!(faults.add(fault("*", Occurrence::Every)).is_err());
    }
}
