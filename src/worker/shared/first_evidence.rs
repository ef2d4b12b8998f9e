//! The evidence found right after deployments failed, kept because their
//! rollbacks remove it from AWS.

use std::collections::BTreeMap;

use jiff::Timestamp;
use parking_lot::Mutex;

use crate::job::DeploymentId;
use crate::rollout::evidence::Evidence;

/// Failures to keep: as many as there are jobs by default. A forgotten one is
/// explained by what AWS still shows.
const MAX_CACHED: usize = 1000;

/// The first evidence of each deployment, with the time it was found.
#[derive(Debug, Default)]
pub(in crate::worker) struct FirstEvidence(Mutex<BTreeMap<DeploymentId, (Timestamp, Evidence)>>);

impl FirstEvidence {
    /// Merges the evidence with that of the first read, which is kept.
    pub(in crate::worker) fn combined(
        &self,
        deployment: &DeploymentId,
        mut evidence: Evidence,
        now: Timestamp,
    ) -> Evidence {
        let mut observations = self.0.lock();
        if let Some((_, before)) = observations.get(deployment) {
            return evidence.or_seen_before(before.clone());
        }
        if observations.len() >= MAX_CACHED {
            let oldest = observations.iter().min_by_key(|(_, (at, _))| *at);
            if let Some(oldest) = oldest.map(|(id, _)| id.clone()) {
                observations.remove(&oldest);
            }
        }
        evidence.first_look = Some(now);
        observations.insert(deployment.clone(), (now, evidence.clone()));
        evidence
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn watching(name: &str) -> Evidence {
        Evidence {
            alarms: vec![name.to_owned()],
            first_look: Some(Timestamp::UNIX_EPOCH),
            ..Evidence::default()
        }
    }

    #[test]
    fn the_first_look_fills_what_a_later_one_finds_no_more() {
        let (observations, now) = (FirstEvidence::default(), Timestamp::UNIX_EPOCH);
        let id = DeploymentId::new("d-1");
        assert_eq!(
            observations.combined(&id, watching("a"), now),
            watching("a")
        );
        let later = observations.combined(&id, Evidence::default(), now);
        assert_eq!(later, watching("a"));
        assert_eq!(
            observations.combined(&id, watching("b"), now),
            watching("b")
        );
    }

    #[test]
    fn the_oldest_look_is_forgotten_first() {
        let observations = FirstEvidence::default();
        let id = |n: usize| DeploymentId::new(format!("d-{n}"));
        for n in 0..=MAX_CACHED {
            let now = Timestamp::from_second(n as i64).unwrap();
            observations.combined(&id(n), watching("a"), now);
        }
        let now = Timestamp::from_second(5000).unwrap();
        assert_eq!(observations.0.lock().len(), MAX_CACHED);
        let kept = observations.combined(&id(1), Evidence::default(), now);
        assert_eq!(kept.alarms, watching("a").alarms);
        assert_eq!(kept.first_look, Some(Timestamp::from_second(1).unwrap()));
        let gone = observations.combined(&id(0), Evidence::default(), now);
        assert_eq!((gone.alarms, gone.first_look), (Vec::new(), Some(now)));
    }
}
