//! Trace sampling: all releases, none, or a share of them. The decision depends
//! only on the trace id, so all workers make the same one.

use super::ids::TraceId;

/// The sampling decision. A release has no parent span, so the `parentbased_`
/// samplers behave like the ones they wrap.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Sampler {
    All,
    None,
    /// A ratio between 0 and 1.
    Share(f64),
}

impl Sampler {
    /// Parses `OTEL_TRACES_SAMPLER` and its argument.
    pub(super) fn parse(name: Option<&str>, argument: Option<&str>) -> Result<Self, String> {
        match name {
            None | Some("always_on" | "parentbased_always_on") => Ok(Self::All),
            Some("always_off" | "parentbased_always_off") => Ok(Self::None),
            Some("traceidratio" | "parentbased_traceidratio") => {
                let share = argument.unwrap_or("1").parse::<f64>();
                match share {
                    Ok(share) if (0.0..=1.0).contains(&share) => Ok(Self::Share(share)),
                    Ok(_) | Err(_) => Err(format!(
                        "OTEL_TRACES_SAMPLER_ARG={} is not a share between 0 and 1; all releases are traced",
                        argument.unwrap_or_default()
                    )),
                }
            }
            Some(other) => Err(format!(
                "OTEL_TRACES_SAMPLER={other} is not known; all releases are traced"
            )),
        }
    }

    /// Whether to export this trace. As in other SDKs, a ratio is compared with
    /// the last eight bytes of the id.
    pub(super) fn keeps(self, trace: &TraceId) -> bool {
        match self {
            Self::All => true,
            Self::None => false,
            #[expect(clippy::cast_precision_loss, reason = "a share needs no more")]
            Self::Share(share) => ((trace.low() >> 1) as f64) < share * ((1_u64 << 63) as f64),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_names_are_understood() {
        let parse = |name, argument| Sampler::parse(Some(name), argument);
        assert_eq!(Sampler::parse(None, None), Ok(Sampler::All));
        assert_eq!(parse("parentbased_always_off", None), Ok(Sampler::None));
        assert_eq!(
            parse("traceidratio", Some("0.25")),
            Ok(Sampler::Share(0.25))
        );
        assert_eq!(parse("traceidratio", None), Ok(Sampler::Share(1.0)));
        for wrong in [
            parse("traceidratio", Some("2")),
            parse("traceidratio", Some("half")),
            parse("xray", None),
        ] {
            assert!(wrong.unwrap_err().contains("all releases are traced"));
        }
    }

    #[test]
    fn a_share_of_the_releases_is_kept_the_same_ones_everywhere() {
        let kept = |share: f64| {
            let traces = (0..1000).map(|n| TraceId::of_release(&format!("release-{n}")));
            traces
                .filter(|trace| Sampler::Share(share).keeps(trace))
                .count()
        };
        assert_eq!((kept(0.0), kept(1.0)), (0, 1000));
        let quarter = kept(0.25);
        assert!((150..350).contains(&quarter), "{quarter}");
    }
}
