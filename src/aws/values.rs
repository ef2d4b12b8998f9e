//! Small conversions from the SDK's values to ours.

use aws_smithy_types::DateTime;
use jiff::Timestamp;

/// `None` where the moment lies outside the years that we can hold.
pub(super) fn timestamp(moment: &DateTime) -> Option<Timestamp> {
    let nanoseconds = i32::try_from(moment.subsec_nanos()).ok()?;
    Timestamp::new(moment.secs(), nanoseconds).ok()
}

/// A count; the SDK's are signed.
pub(super) fn count(number: impl TryInto<u32>) -> u32 {
    number.try_into().unwrap_or(0)
}

/// The last part of an ARN such as `…:service/cluster/name`; a mere name stays.
pub(super) fn name_of(arn_or_name: &str) -> &str {
    arn_or_name.rsplit('/').next().unwrap_or(arn_or_name)
}

/// `None` for the empty text, which AWS's minimum lengths forbid.
pub(super) fn filled(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}
