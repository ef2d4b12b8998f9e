//! Buckets and objects. A bucket stores only the newest version of each object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::Failure;
use crate::names::Names;

use super::Content;
use super::rest::OBJECT;

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
    /// `NoSuchBucket`.
    pub fn put(
        &mut self,
        names: &mut Names,
        now: Timestamp,
        (bucket, key): (&str, &str),
        content: impl Into<Content>,
    ) -> Result<&mut Object, Failure> {
        let objects = &mut self
            .buckets
            .get_mut(bucket)
            .ok_or_else(|| Failure::no_such_bucket(bucket))?
            .objects;
        let content = content.into();
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
    pub(super) fn stored(&self) -> u64 {
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
