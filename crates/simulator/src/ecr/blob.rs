//! Downloads of image configurations through ECR's pre-signed URLs, which need
//! no credentials and are valid for an hour.

use crate::api::ApiError;
use crate::ids;
use crate::wire::message::{Reply, Request};
use crate::world::World;

/// Prefix and suffix of the S3 bucket in which AWS stores layers, with the
/// Region between them.
const BUCKET: (&str, &str) = ("prod-", "-starport-layer-bucket");

/// Lifetime of a pre-signed URL.
const LIFETIME_SECONDS: i64 = 3600;

/// A request to a pre-signed URL of a configuration.
#[derive(Clone, Debug)]
pub struct Download<'a>(&'a Request);

impl<'a> Download<'a> {
    /// Returns `None` if the request is not such a download.
    #[must_use]
    pub fn read(request: &'a Request) -> Option<Self> {
        let first = request.path.strip_prefix('/')?.split('/').next()?;
        let is_store = first.strip_prefix(BUCKET.0)?.ends_with(BUCKET.1);
        (is_store && request.method == "GET").then_some(Self(request))
    }

    /// Returns the configuration.
    ///
    /// # Errors
    ///
    /// Errors as S3 words them.
    pub fn perform(&self, world: &World) -> Result<Reply, ApiError> {
        let Self(request) = self;
        // S3 refuses `x-amz-` headers that the URL does not sign.
        let is_unsigned = |(name, _): &(String, String)| name.starts_with("x-amz-");
        if request.headers.iter().any(is_unsigned) || request.header("authorization").is_some() {
            return Err(ApiError::denied());
        }
        let parameters = request.parameters();
        let parameter = |wanted: &str| {
            let mut named = parameters.iter().filter(|(name, _)| name == wanted);
            named.next().map(|(_, value)| value.as_str())
        };
        let until = parameter("Expires").and_then(|text| text.parse().ok());
        let until: i64 = until.ok_or_else(ApiError::denied)?;
        let is_signed =
            parameter("X-Amz-Signature") == Some(&signature(world, &request.path, until));
        if !is_signed || until < world.now().as_second() {
            return Err(ApiError::denied());
        }
        let configuration =
            find(world, &request.path).ok_or_else(|| ApiError::no_such_key(&request.path))?;
        Ok(Reply::new(200, configuration).with("content-type", "application/octet-stream"))
    }
}

/// The pre-signed URL of a configuration, on the host that received the call.
pub(super) fn address(
    world: &World,
    host: &str,
    (account, name): (&str, &str),
    digest: &str,
) -> String {
    let (before, behind) = BUCKET;
    let path = format!(
        "/{before}{}{behind}/{account}/{name}/{digest}",
        world.region
    );
    let until = world.now().as_second() + LIFETIME_SECONDS;
    let signature = signature(world, &path, until);
    format!("http://{host}{path}?Expires={until}&X-Amz-Signature={signature}")
}

fn signature(world: &World, path: &str, until: i64) -> String {
    let secret = &world.keys.account.secret_access_key;
    ids::sha256(&format!("{secret} {path} {until}"))
}

fn find<'w>(world: &'w World, path: &str) -> Option<&'w str> {
    let (_, rest) = path.strip_prefix('/')?.split_once('/')?;
    let (account, rest) = rest.split_once('/')?;
    let (name, digest) = rest.rsplit_once('/')?;
    let repository = world.ecr.repository(account, name)?;
    repository.configurations.get(digest).map(String::as_str)
}
