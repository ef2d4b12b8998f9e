//! Small conversions from SDK values to our own.

use std::time::Duration;

use aws_smithy_types::DateTime;
use jiff::Timestamp;

use crate::job::duration::leaves_room;

/// Converts a time. `None` if it is outside the range of [`Timestamp`], or at its
/// edge.
pub(super) fn timestamp(moment: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(moment.subsec_nanos()).ok()?;
    let time = Timestamp::new(moment.secs(), nanoseconds).ok()?;
    leaves_room(time).then_some(time)
}

/// Converts a count, which the SDK represents as a signed integer. Negative
/// counts become 0.
pub(super) fn count(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(0)
}

/// Converts a number of minutes. A negative one becomes 0.
pub(super) fn minutes(number: i32) -> Duration {
    Duration::from_secs(u64::from(count(number)) * 60)
}

/// The last part of an ARN such as `…:service/cluster/name`. A plain name is
/// returned unchanged.
pub(super) fn name_of(arn_or_name: &str) -> &str {
    arn_or_name.rsplit('/').next().unwrap_or(arn_or_name)
}

/// The text, or an empty one.
pub(super) fn text(text: Option<&str>) -> String {
    text.unwrap_or_default().to_owned()
}

/// `None` for the empty string. AWS rejects it where a minimum length applies.
pub(super) fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_at_the_edge_of_the_range_is_none() {
        let read = |at: Timestamp| timestamp(&DateTime::from_secs(at.as_second()));
        assert_eq!(read(Timestamp::UNIX_EPOCH), Some(Timestamp::UNIX_EPOCH));
        assert_eq!(read(Timestamp::MAX), None);
        assert_eq!(read(Timestamp::MIN), None);
    }
}
