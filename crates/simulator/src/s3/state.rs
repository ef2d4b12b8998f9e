//! Buckets and objects. A bucket stores only the newest version of each object.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::api::ApiError;
use crate::names::Names;

use super::Content;
use super::checksum::Checksum;
use super::parts::{Assembled, Part, Upload};
use super::rest::Call;

/// Maximum number of bytes of all objects and uploads, plus [`OBJECT`] for each. Everything
/// is in memory, and clients may store any number of objects.
const MAX_STORED: u64 = 1 << 30;

/// Whether `more` bytes can be stored.
fn has_room(stored: u64, more: u64) -> bool {
    stored + more + OBJECT <= MAX_STORED
}

/// Bytes that an object or an upload needs besides its content, such as its key.
const OBJECT: u64 = 4096;

/// S3's state.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct S3 {
    pub(super) buckets: BTreeMap<String, Bucket>,
    /// Uploads in parts, by id.
    #[serde(default)]
    pub(super) uploads: BTreeMap<String, Upload>,
}

/// The objects of a bucket, by key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Bucket {
    pub objects: BTreeMap<String, Object>,
    /// Whether versioning is enabled. Old versions are not stored even then.
    pub(super) versioned: bool,
    /// Whether versioning was ever enabled.
    #[serde(default)]
    pub(super) was_versioned: bool,
    #[serde(default)]
    pub(super) created: Timestamp,
}

/// The newest version of an object.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Object {
    pub content: Content,
    /// Includes the quotes.
    pub etag: String,
    pub version_id: String,
    pub last_modified: Timestamp,
    /// Headers that came with the object and are returned with it.
    #[serde(default)]
    pub(super) headers: Vec<(String, String)>,
    #[serde(default)]
    pub(super) checksum: Option<Checksum>,
}

impl S3 {
    /// Creates a bucket. An existing bucket is not changed.
    pub fn create_bucket(&mut self, bucket: &str) {
        self.create_bucket_at(bucket, Timestamp::UNIX_EPOCH);
    }

    /// Creates a bucket at this time. An existing bucket is not changed.
    pub(crate) fn create_bucket_at(&mut self, bucket: &str, created: Timestamp) {
        let new = || Bucket {
            created,
            ..Bucket::default()
        };
        self.buckets.entry(bucket.to_owned()).or_insert_with(new);
    }

    /// Deletes a bucket with all that is in it.
    pub(super) fn delete_bucket(&mut self, bucket: &str) {
        self.buckets.remove(bucket);
        self.uploads.retain(|_, upload| upload.bucket != bucket);
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
    ) -> Result<&mut Object, ApiError> {
        let content = content.into();
        let is_full = !has_room(self.stored(), content.stored());
        let objects = &mut self
            .buckets
            .get_mut(bucket)
            .ok_or_else(|| ApiError::no_such_bucket(bucket))?
            .objects;
        if is_full {
            return Err(ApiError::full());
        }
        let object = Object {
            etag: content.etag(),
            content,
            version_id: names.hex()[..32].to_owned(),
            last_modified: now,
            headers: Vec::new(),
            checksum: None,
        };
        objects.insert(key.to_owned(), object);
        Ok(objects.get_mut(key).expect("it was put there just now"))
    }

    /// Deletes an object, or nothing if there is none. Deleting a version that
    /// is not the newest changes nothing, because it is not stored.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`.
    pub(super) fn delete(
        &mut self,
        bucket: &str,
        key: &str,
        version: Option<&str>,
    ) -> Result<(), ApiError> {
        let found = self.buckets.get_mut(bucket);
        let bucket = found.ok_or_else(|| ApiError::no_such_bucket(bucket))?;
        let object = bucket.objects.get(key);
        if object.is_some_and(|object| bucket.has_version(object, version)) {
            bucket.objects.remove(key);
        }
        Ok(())
    }

    /// The upload that a call names, with its id.
    pub(super) fn upload<'a>(&self, call: &'a Call<'_>) -> Result<(&'a str, &Upload), ApiError> {
        self.bucket(&call.bucket)?;
        let id = call.parameter("uploadId").unwrap_or_default();
        let found = self.uploads.get(id);
        let found = found.filter(|it| (&it.bucket, &it.key) == (&call.bucket, &call.key));
        found.map(|upload| (id, upload)).ok_or_else(|| {
            ApiError::with_status(
                404,
                "NoSuchUpload",
                "The specified upload does not exist. The upload ID may be invalid, or the upload \
                 may have been aborted or completed.",
            )
            .with("UploadId", id)
        })
    }

    /// Begins an upload in parts.
    pub(super) fn begin_upload(&mut self, id: String, upload: Upload) -> Result<(), ApiError> {
        self.bucket(&upload.bucket)?;
        if !has_room(self.stored(), 0) {
            return Err(ApiError::full());
        }
        self.uploads.insert(id, upload);
        Ok(())
    }

    /// Stores a part of the upload that a call names, in place of another with
    /// its number.
    pub(super) fn add_part(
        &mut self,
        call: &Call<'_>,
        number: u32,
        part: Part,
    ) -> Result<(), ApiError> {
        let (id, upload) = self.upload(call)?;
        let before = upload.parts.get(&number);
        let freed = before.map_or(0, |part| part.content.stored() + OBJECT);
        if !has_room(self.stored() - freed, part.content.stored()) {
            return Err(ApiError::full());
        }
        if let Some(upload) = self.uploads.get_mut(id) {
            upload.parts.insert(number, part);
        }
        Ok(())
    }

    /// Turns an upload into its object.
    pub(super) fn end_upload(
        &mut self,
        names: &mut Names,
        now: Timestamp,
        id: &str,
        assembled: Assembled,
    ) -> Result<&Object, ApiError> {
        let Some(mut upload) = self.uploads.remove(id) else {
            return Err(ApiError::no_such_key(id));
        };
        let mut content = Content::from(Vec::new());
        for number in &assembled.numbers {
            if let Some(part) = upload.parts.remove(number) {
                content.append(part.content);
            }
        }
        let object = self.put(names, now, (&upload.bucket, &upload.key), content)?;
        object.etag = assembled.etag;
        object.headers = upload.headers;
        object.checksum = assembled.checksum;
        Ok(object)
    }

    /// Bytes that all objects and uploads use in memory.
    fn stored(&self) -> u64 {
        let objects = self.buckets.values().flat_map(|it| it.objects.values());
        let objects: u64 = objects.map(|it| it.content.stored() + OBJECT).sum();
        let uploads = self.uploads.values();
        let entries = |it: &Upload| OBJECT * (1 + it.parts.len() as u64);
        objects + uploads.map(|it| it.stored() + entries(it)).sum::<u64>()
    }

    /// The newest version of an object.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket` or `NoSuchKey`.
    pub fn get(&self, bucket: &str, key: &str) -> Result<&Object, ApiError> {
        self.bucket(bucket)?
            .objects
            .get(key)
            .ok_or_else(|| ApiError::no_such_key(key))
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
            bucket.was_versioned |= versioned;
        }
    }

    /// A bucket with its objects.
    ///
    /// # Errors
    ///
    /// `NoSuchBucket`.
    pub fn bucket(&self, bucket: &str) -> Result<&Bucket, ApiError> {
        self.buckets
            .get(bucket)
            .ok_or_else(|| ApiError::no_such_bucket(bucket))
    }
}

impl Bucket {
    /// Whether a request for this version means the object; without a version,
    /// it means the newest. An object from before versioning has the version
    /// `null`.
    pub(super) fn has_version(&self, object: &Object, version: Option<&str>) -> bool {
        version.is_none_or(|version| {
            version == object.version_id || (version == "null" && !self.was_versioned)
        })
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
