//! A share of the traffic.

use serde::{Deserialize, Serialize};

/// A share of the traffic in tenths of a percent, the precision in which ECS
/// shifts traffic (docs/aws.md §6.2).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share(u16);

impl Share {
    pub const NONE: Self = Self(0);
    pub const ALL: Self = Self(1000);

    /// A whole number of percent; more than 100 counts as 100.
    #[must_use]
    pub fn of_percent(percent: u32) -> Self {
        let tenths = percent.min(100) * 10;
        Self(u16::try_from(tenths).unwrap_or(Self::ALL.0))
    }

    /// The share of a number of percent, if it is a multiple of 0.1 from 0 to
    /// 100.
    #[must_use]
    pub fn parse(percent: f64) -> Option<Self> {
        let tenths = (percent * 10.0).round();
        let is_multiple = (percent * 10.0 - tenths).abs() < 1e-6;
        if !(is_multiple && (0.0..=1000.0).contains(&tenths)) {
            return None;
        }
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a whole number from 0 to 1000"
        )]
        Some(Self(tenths as u16))
    }

    #[must_use]
    pub fn percent(self) -> f64 {
        f64::from(self.0) / 10.0
    }

    /// The percent without their fraction.
    #[must_use]
    pub fn whole_percent(self) -> u32 {
        u32::from(self.0 / 10)
    }

    #[must_use]
    pub fn tenths(self) -> u32 {
        u32::from(self.0)
    }

    /// What is left of the traffic.
    #[must_use]
    pub fn rest(self) -> Self {
        Self(Self::ALL.0 - self.0)
    }

    /// The sum, at most the whole traffic.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self((self.0 + other.0).min(Self::ALL.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_tenths_of_a_percent_are_shares() {
        let parsed = |percent| Share::parse(percent).map(Share::tenths);
        assert_eq!(parsed(0.1), Some(1));
        assert_eq!(parsed(99.9), Some(999));
        assert_eq!(parsed(100.0), Some(1000));
        for wrong in [-0.1, 0.05, 100.1, f64::NAN, f64::INFINITY] {
            assert_eq!(parsed(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_share_and_its_rest_are_all() {
        for tenths in 0..=1000 {
            let share = Share(tenths);
            assert_eq!(share.plus(share.rest()), Share::ALL);
            assert_eq!(Share::parse(share.percent()), Some(share));
        }
    }
}
