//! Buckets and objects. A bucket stores only the newest version of each object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::Failure;
use crate::names::Names;

use super::Content;

/// Maximum number of bytes of all objects, plus [`OBJECT`] for each. Everything
/// is in memory, and clients may store any number of objects.
const MAX_STORED: u64 = 1 << 30;

/// Whether `more` bytes can be stored.
fn has_room(stored: u64, more: u64) -> bool {
    stored + more + OBJECT <= MAX_STORED
}

/// Bytes that an object needs besides its content, such as its key.
const OBJECT: u64 = 1024;

/// S3's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct S3 {
    pub(super) buckets: BTreeMap<String, Bucket>,
}

/// The objects of a bucket, by key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bucket {
    pub objects: BTreeMap<String, Object>,
    /// Whether versioning is enabled. Old versions are not stored even then.
    pub(super) versioned: bool,
}

/// The newest version of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Object {
    pub content: Content,
    /// Includes the quotes.
    pub etag: String,
    pub version_id: String,
    pub last_modified: Timestamp,
    pub content_type: String,
}

impl S3 {
    /// Creates a bucket. An existing bucket is not changed.
    pub fn create_bucket(&mut self, bucket: &str) {
        self.buckets.entry(bucket.to_owned()).or_default();
    }

    /// Stores an object as its newest version.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`, or that the memory is full.
    pub fn put(
        &mut self,
        names: &mut Names,
        now: Timestamp,
        (bucket, key): (&str, &str),
        content: impl Into<Content>,
    ) -> Result<&mut Object, Failure> {
        let content = content.into();
        let is_full = !has_room(self.stored(), content.stored());
        let objects = &mut self
            .buckets
            .get_mut(bucket)
            .ok_or_else(|| Failure::no_such_bucket(bucket))?
            .objects;
        if is_full {
            return Err(Failure::full());
        }
        let object = Object {
            etag: content.etag(),
            content,
            version_id: names.hex()[..32].to_owned(),
            last_modified: now,
            content_type: "binary/octet-stream".into(),
        };
        objects.insert(key.to_owned(), object);
        Ok(objects.get_mut(key).expect("it was put there just now"))
    }

    /// Bytes that all objects use in memory.
    fn stored(&self) -> u64 {
        let objects = self.buckets.values().flat_map(|it| it.objects.values());
        objects.map(|it| it.content.stored() + OBJECT).sum()
    }

    /// The newest version of an object.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket` or `NoSuchKey`.
    pub fn get(&self, bucket: &str, key: &str) -> Result<&Object, Failure> {
        self.bucket(bucket)?
            .objects
            .get(key)
            .ok_or_else(|| Failure::no_such_key(key))
    }

    /// Whether versioning is enabled for the bucket.
    #[must_use]
    pub fn is_versioned(&self, bucket: &str) -> bool {
        self.buckets.get(bucket).is_some_and(|it| it.versioned)
    }

    /// Enables or disables versioning.
    pub fn set_versioned(&mut self, bucket: &str, versioned: bool) {
        if let Some(bucket) = self.buckets.get_mut(bucket) {
            bucket.versioned = versioned;
        }
    }

    /// A bucket with its objects.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`.
    pub fn bucket(&self, bucket: &str) -> Result<&Bucket, Failure> {
        self.buckets
            .get(bucket)
            .ok_or_else(|| Failure::no_such_bucket(bucket))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_has_a_bound() {
        let mut s3 = S3::default();
        s3.create_bucket("b");
        let now = Timestamp::UNIX_EPOCH;
        for (key, bytes) in [("a", vec![0; 10]), ("b", vec![0; 3])] {
            let place = ("b", key);
            s3.put(&mut Names::default(), now, place, bytes).unwrap();
        }
        assert_eq!(s3.stored(), 13 + 2 * OBJECT);
        assert!(has_room((1 << 30) - OBJECT - 5, 5));
        assert!(!has_room((1 << 30) - OBJECT - 5, 6));
    }
}
