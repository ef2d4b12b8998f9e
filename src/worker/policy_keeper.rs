//! Keeps the policies up to date: fetches, loads and tests a changed set before
//! it is used. If anything fails, the old set stays in use.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use clock::Clock;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;
use tracing::{error, info};

use crate::artifact::{Limits, unpack_all};
use crate::blocking::run_blocking;
use crate::policy::{
    Bucket, Child, Fetched, Gate, MAX_BYTES, MAX_FILE_BYTES, MAX_FILES, PolicySet, Recipe,
    SetProblem, Source, Text, is_wanted,
};
use crate::ports::{ETag, Listed, Objects};

/// Interval between two checks for changed policies: a minute is soon enough
/// for a rule, and one call per bucket costs next to nothing.
const REFRESH: Duration = Duration::from_secs(60);

/// What an archive may unpack to: what a set may have.
const UNPACKED: Limits = Limits {
    files: MAX_FILES,
    file_bytes: MAX_FILE_BYTES,
    bytes: MAX_BYTES as u64,
};

/// Opens a bucket by name.
pub type Buckets = Box<dyn Fn(&str) -> Arc<dyn Objects> + Send + Sync>;

/// Keeps the policies of one gate up to date.
pub struct PolicyKeeper {
    recipe: Recipe,
    buckets: Buckets,
    gate: Gate,
    /// The objects fetched last; one with the same ETag is not fetched again.
    fetched: Mutex<BTreeMap<String, Object>>,
}

/// The result of checking for a changed set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reloaded {
    Unchanged,
    /// A new set is in use; it has this hash.
    Replaced(String),
    /// The old set stays in use, for these reasons.
    Kept(SetProblem),
}

#[derive(Clone)]
struct Object {
    etag: ETag,
    bytes: Arc<Vec<u8>>,
}

impl PolicyKeeper {
    /// Reads and loads the policies. Returns `None` if the recipe has none.
    ///
    /// # Errors
    ///
    /// All problems of the policies.
    pub async fn open(
        recipe: Recipe,
        buckets: Buckets,
        child: Child,
    ) -> Result<Option<Self>, SetProblem> {
        let mut known = BTreeMap::new();
        let set = read(&recipe, &buckets, &mut known).await?;
        if set.is_empty() {
            return Ok(None);
        }
        let hash = set.hash().to_owned();
        let gate = blocking(move || Gate::open(set, child)).await?;
        info!(policy.set = hash, "loaded policies");
        Ok(Some(Self {
            recipe,
            buckets,
            gate,
            fetched: Mutex::new(known),
        }))
    }

    /// Evaluates the policies for a typical release.
    ///
    /// # Errors
    ///
    /// Why they give no answer.
    pub async fn try_out(&self) -> Result<(), SetProblem> {
        let gate = self.gate.clone();
        blocking(move || gate.try_out()).await
    }

    /// The gate; its clones follow every change.
    #[must_use]
    pub fn gate(&self) -> Gate {
        self.gate.clone()
    }

    /// Checks for a changed set and uses it if it is valid. Logs the result.
    pub async fn reload(&self) -> Reloaded {
        let mut known = self.fetched.lock().await;
        let mut seen = known.clone();
        let replaced = match read(&self.recipe, &self.buckets, &mut seen).await {
            // Removing all rules takes a restart; an empty directory is not a
            // request for it.
            Ok(set) if set.is_empty() => {
                Err(SetProblem(vec!["nothing is left that decides".into()]))
            }
            Ok(set) => {
                let gate = self.gate.clone();
                blocking(move || gate.replace(set)).await
            }
            Err(problem) => Err(problem),
        };
        match replaced {
            Ok(false) => {
                *known = seen;
                Reloaded::Unchanged
            }
            Ok(true) => {
                *known = seen;
                let hash = self.gate.set().hash().to_owned();
                info!(policy.set = hash, "loaded changed policies");
                Reloaded::Replaced(hash)
            }
            Err(problem) => {
                let reasons = problem.0.join("; ");
                let old = self.gate.set();
                error!(policy.set = old.hash(), %reasons, "changed policies are invalid; the previous ones stay in effect");
                Reloaded::Kept(problem)
            }
        }
    }

    /// Reloads every minute until `stop` is cancelled.
    pub async fn keep_fresh(&self, clock: &Clock, stop: &CancellationToken) {
        loop {
            tokio::select! {
                biased;
                () = clock.sleep(REFRESH) => {}
                () = stop.cancelled() => return,
            }
            self.reload().await;
        }
    }
}

/// Reads or loads policies off the async threads; loading starts a process,
/// which takes a moment.
async fn blocking<T: Send + 'static>(
    load: impl FnOnce() -> Result<T, SetProblem> + Send + 'static,
) -> Result<T, SetProblem> {
    let done = run_blocking(load).await;
    done.unwrap_or_else(|_| Err(SetProblem(vec!["loading was given up".into()])))
}

/// Reads a policy set once, from files and buckets.
///
/// # Errors
///
/// All problems of the set.
pub async fn read_policies(recipe: &Recipe, buckets: &Buckets) -> Result<PolicySet, SetProblem> {
    read(recipe, buckets, &mut BTreeMap::new()).await
}

async fn read(
    recipe: &Recipe,
    buckets: &Buckets,
    known: &mut BTreeMap<String, Object>,
) -> Result<PolicySet, SetProblem> {
    let (mut fetched, mut problems) = (Vec::new(), Vec::new());
    let mut listed = BTreeSet::new();
    for source in &recipe.sources {
        if let Source::Bucket(bucket) = source {
            match fetch(bucket, buckets(&bucket.name).as_ref(), known, &mut listed).await {
                Ok(files) => fetched.push(Fetched {
                    source: source.clone(),
                    files,
                }),
                Err(problem) => problems.push(format!("{bucket}: {problem}")),
            }
        }
    }
    if !problems.is_empty() {
        return Err(SetProblem(problems));
    }
    // Drop objects that are no longer listed.
    known.retain(|name, _| listed.contains(name));
    let recipe = recipe.clone();
    blocking(move || recipe.read(&fetched)).await
}

/// The files of a bucket, or of the archive in it.
async fn fetch(
    bucket: &Bucket,
    objects: &dyn Objects,
    known: &mut BTreeMap<String, Object>,
    names: &mut BTreeSet<String>,
) -> Result<Vec<Text>, String> {
    let listed = objects.list(&bucket.prefix, MAX_FILES).await;
    let listed = listed.map_err(|error| error.to_string())?;
    let is_policy = |object: &&Listed| {
        if bucket.is_archive() {
            object.key == bucket.prefix
        } else {
            let name = object.key.strip_prefix(&bucket.prefix);
            name.is_some_and(is_visible_policy)
        }
    };
    // The listing stops at this number, so there may be more.
    if listed.len() >= MAX_FILES {
        return Err(format!("there are {MAX_FILES} objects or more"));
    }
    let mut files = Vec::new();
    let mut total = 0;
    for object in listed.iter().filter(is_policy) {
        let at_most = if bucket.is_archive() {
            MAX_BYTES as u64
        } else {
            MAX_FILE_BYTES
        };
        names.insert(object_name(bucket, object));
        let bytes = get(bucket, object, at_most, objects, known).await?;
        total += bytes.len();
        if total > MAX_BYTES {
            return Err(format!("all files have more than {MAX_BYTES} bytes"));
        }
        if bucket.is_archive() {
            let entries = unpack_all(bytes.to_vec(), is_visible_policy, UNPACKED)?;
            for (name, bytes) in entries {
                files.push(text(format!("{bucket}!{name}"), bytes)?);
            }
        } else {
            files.push(text(
                format!("s3://{}/{}", bucket.name, object.key),
                bytes.to_vec(),
            )?);
        }
    }
    Ok(files)
}

fn object_name(bucket: &Bucket, object: &Listed) -> String {
    format!("{}/{}", bucket.name, object.key)
}

async fn get(
    bucket: &Bucket,
    object: &Listed,
    at_most: u64,
    objects: &dyn Objects,
    known: &mut BTreeMap<String, Object>,
) -> Result<Arc<Vec<u8>>, String> {
    let name = object_name(bucket, object);
    if let Some(known) = known.get(&name).filter(|known| known.etag == object.etag) {
        return Ok(known.bytes.clone());
    }
    let read = objects.read(&object.key, at_most).await;
    let read = read.map_err(|error| error.to_string())?;
    // The object may have changed since it was listed, so keep its own ETag.
    let (bytes, etag) = read.ok_or_else(|| format!("{}: is gone", object.key))?;
    let bytes = Arc::new(bytes);
    let object = Object {
        etag,
        bytes: bytes.clone(),
    };
    known.insert(name, object);
    Ok(bytes)
}

fn text(path: String, bytes: Vec<u8>) -> Result<Text, String> {
    match String::from_utf8(bytes) {
        Ok(text) => Ok(Text { path, text }),
        Err(_) => Err(format!("{path}: is not UTF-8")),
    }
}

/// Whether no part of the path is hidden; the same rule as for files on disk.
fn is_visible_policy(path: &str) -> bool {
    is_wanted(Path::new(path)) && !path.split('/').any(|part| part.starts_with('.'))
}
