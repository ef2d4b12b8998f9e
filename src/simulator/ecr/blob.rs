//! Configurations of images over pre-signed addresses, as ECR hands them out:
//! whoever has one needs no credentials for an hour.

use crate::simulator::api::Failure;
use crate::simulator::ids;
use crate::simulator::wire::message::{Reply, Request};
use crate::simulator::world::World;

/// Where AWS keeps what was pushed, with the Region in the middle.
const BUCKET: (&str, &str) = ("prod-", "-starport-layer-bucket");

/// How long an address holds.
const HOLDS_SECONDS: i64 = 3600;

/// The request for a configuration that a pre-signed address leads to.
#[derive(Clone, Debug)]
pub struct Download<'a>(&'a Request);

impl<'a> Download<'a> {
    /// The request as a download, if it is one.
    #[must_use]
    pub fn read(request: &'a Request) -> Option<Self> {
        let first = request.path.strip_prefix('/')?.split('/').next()?;
        let is_store = first.strip_prefix(BUCKET.0)?.ends_with(BUCKET.1);
        (is_store && request.method == "GET").then_some(Self(request))
    }

    /// The configuration.
    ///
    /// # Errors
    ///
    /// As S3 words them.
    pub fn perform(&self, world: &World) -> Result<Reply, Failure> {
        let denied = || Failure::new(403, "AccessDenied", "Access Denied");
        let Self(request) = self;
        // S3 refuses headers of its own that the address does not sign.
        let is_unsigned = |(name, _): &(String, String)| name.starts_with("x-amz-");
        if request.headers.iter().any(is_unsigned) || request.header("authorization").is_some() {
            return Err(denied());
        }
        let parameters = request.parameters();
        let parameter = |wanted: &str| {
            let mut named = parameters.iter().filter(|(name, _)| name == wanted);
            named.next().map(|(_, value)| value.as_str())
        };
        let until = parameter("Expires").and_then(|text| text.parse().ok());
        let until: i64 = until.ok_or_else(denied)?;
        let is_signed =
            parameter("X-Amz-Signature") == Some(&signature(world, &request.path, until));
        if !is_signed || until < world.now().as_second() {
            return Err(denied());
        }
        let missing = || Failure::new(404, "NoSuchKey", "The specified key does not exist.");
        let configuration = find(world, &request.path).ok_or_else(missing)?;
        Ok(Reply::new(200, configuration).with("content-type", "application/octet-stream"))
    }
}

/// The address of a configuration, on the host that was asked for it.
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
    let until = world.now().as_second() + HOLDS_SECONDS;
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
