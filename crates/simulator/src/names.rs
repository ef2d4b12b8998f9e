//! Generates names from a seed and a counter, so that the same calls always
//! give the same ids.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::ids;

/// The source of every id, nonce, key and secret of a world.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Names {
    seed: u64,
    given: u64,
}

impl Names {
    /// A source whose names differ from those of any other seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { seed, given: 0 }
    }

    /// A lower-case UUID in the format of version 4.
    pub fn uuid(&mut self) -> String {
        ids::uuid_of(&self.hex())
    }

    /// Sixty-four hexadecimal digits.
    pub fn hex(&mut self) -> String {
        self.given += 1;
        let mut hash = Sha256::new();
        hash.update(self.seed.to_be_bytes());
        hash.update(self.given.to_be_bytes());
        hex::encode(hash.finalize())
    }

    /// A number that was not returned before, such as a nonce.
    pub fn number(&mut self) -> u64 {
        self.given += 1;
        self.given
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same_names_and_another_seed_others() {
        let (mut one, mut same, mut other) = (Names::new(1), Names::new(1), Names::new(2));
        let first = one.uuid();
        assert_eq!(first, same.uuid());
        assert_ne!(first, other.uuid());
        assert_ne!(first, one.uuid());
    }

    #[test]
    fn a_uuid_has_the_form_that_the_service_model_asks_for() {
        let uuid = Names::default().uuid();
        let lengths: Vec<usize> = uuid.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert!(uuid.chars().all(|c| c == '-' || c.is_ascii_hexdigit()));
    }
}
