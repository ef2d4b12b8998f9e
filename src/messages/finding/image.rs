//! Messages for problems of an image.

use crate::job::Excerpt;
use crate::messages::Words;
use crate::messages::words::all_of;
use crate::release::finding::{Absent, ImageFinding};
use crate::release::image_reference::{ImageReference, ReferenceProblem};

const WRITE_DETAIL: &str = "write {\"ImageURI\": \"repository:tag\"}";

pub(super) fn words(finding: &ImageFinding) -> Words {
    match finding {
        ImageFinding::IsImageDefinitions => Words::new(
            "this is an imagedefinitions.json, which is for the ECS standard action",
            format!("{WRITE_DETAIL} into imageDetail.json, one file for each image"),
        ),
        ImageFinding::OnlyImageDefinitions => Words::new(
            "the artifact has no such file; it has imagedefinitions.json, which is for the ECS standard action",
            "let the build write imageDetail.json: {\"ImageURI\": \"repository:tag\"}",
        ),
        ImageFinding::BareUri => Words::new(
            "the file is the image's URI alone, and imageDetail.json is an object",
            WRITE_DETAIL,
        ),
        ImageFinding::NotAnObject { found } => Words::new(
            format!("an object with ImageURI is expected, and this is {found}"),
            WRITE_DETAIL,
        ),
        ImageFinding::NoImageUri { instead } => Words::new(
            match instead {
                Some(instead) => format!("ImageURI is missing; there is “{instead}”"),
                None => "ImageURI is missing".to_owned(),
            },
            match instead {
                Some(instead) => format!("rename {instead} to ImageURI"),
                None => WRITE_DETAIL.to_owned(),
            },
        ),
        ImageFinding::UriNotText { found } => Words::new(
            format!("ImageURI must be a string, and is {found}"),
            WRITE_DETAIL,
        ),
        ImageFinding::Malformed { reference, problem } => malformed(reference.as_str(), *problem),
        ImageFinding::NotFilledIn { text } => Words::new(
            format!("{text} was not replaced"),
            "let the build write the image's URI here",
        ),
        ImageFinding::Placeholder {
            text,
            configured,
            nearest,
        } => Words::new(
            format!("{text} was not replaced"),
            placeholder_remedy(text, configured, nearest.as_ref()),
        ),
        ImageFinding::NotEcr { reference } => Words::new(
            format!("“{reference}” is in no registry of ECR that AWS has"),
            "write the twelve digits of the account before .dkr.ecr., and the Region behind it",
        ),
        ImageFinding::Untagged { reference } => Words::new(
            format!("“{reference}” has neither tag nor digest, so whatever is “latest” will run"),
            "add a tag or a digest",
        ),
        ImageFinding::Unused { name } => Words::new(
            format!("<{name}> does not occur, so the image {name} is not released"),
            format!("write <{name}> as an image, or remove {name} from the action"),
        ),
        ImageFinding::Missing { reference, absent } => missing(reference, *absent),
        ImageFinding::FetchedOnPull { reference } => Words::only(format!(
            "{reference} is not in ECR yet; its registry fetches it when it is first pulled"
        )),
        ImageFinding::NotChecked { reference, reason } => Words::new(
            format!("it was not checked that {reference} exists: {reason}"),
            "let the worker reach ECR, and its role use ecr:BatchGetImage on the repository",
        ),
        ImageFinding::NotPinned { reference } => Words::new(
            format!("PinDigest=true, and the digest of {reference} is not known"),
            "give the image by its digest, or leave PinDigest out",
        ),
        ImageFinding::WrongPlatform {
            reference,
            wanted,
            offered,
        } => Words::new(
            format!(
                "the task runs on {wanted}, and {reference} is made for {}",
                all_of(offered)
            ),
            format!("build it for {wanted}, or change runtimePlatform"),
        ),
    }
}

fn placeholder_remedy(text: &Excerpt, configured: &[Excerpt], nearest: Option<&Excerpt>) -> String {
    match (nearest, configured) {
        (Some(nearest), configured) => format!(
            "did you mean <{nearest}>? The images of the action are {}",
            all_of(configured)
        ),
        (None, []) => {
            "let the build or the action's Image1 and Images properties give the image".to_owned()
        }
        (None, _) if !text.as_str().starts_with('<') => {
            "let the build replace it, or write <NAME> with the name of one of the action's images"
                .to_owned()
        }
        (None, configured) => format!(
            "add it to the action's Images, which are {}",
            all_of(configured)
        ),
    }
}

fn missing(reference: &ImageReference, absent: Absent) -> Words {
    let registry = reference.ecr();
    let place = registry.map_or_else(String::new, |registry| {
        format!(" in account {}, {},", registry.account, registry.region)
    });
    let repository = Excerpt::of(&reference.repository);
    match absent {
        Absent::Repository => Words::new(
            format!("there is no repository {repository}{place} so no image can be pulled from it"),
            "correct the image's name, account and Region, or create the repository and push the image",
        ),
        Absent::Image => Words::new(
            format!(
                "the repository {repository}{place} has no image with the {}",
                id(reference)
            ),
            "check that the build pushed it, and that no life-cycle rule has removed or archived it",
        ),
        Absent::Archived => Words::new(
            format!(
                "the repository {repository}{place} has the {} archived, and an archived image cannot be pulled",
                id(reference)
            ),
            "restore the image to the storage class STANDARD, or push it again",
        ),
    }
}

fn id(reference: &ImageReference) -> String {
    match (&reference.tag, &reference.digest) {
        (_, Some(digest)) => format!("digest {digest}"),
        (Some(tag), None) => format!("tag {}", Excerpt::of(tag)),
        (None, None) => "tag latest".to_owned(),
    }
}

fn malformed(reference: &str, problem: ReferenceProblem) -> Words {
    let (why, remedy) = match problem {
        ReferenceProblem::Empty => ("the image is empty".to_owned(), "write repository:tag"),
        ReferenceProblem::TooLong { limit } => (
            format!("“{reference}” is longer than {limit} characters"),
            "shorten the repository or the tag",
        ),
        ReferenceProblem::Character { character } => (
            format!("“{reference}” holds {character:?}, which no image has"),
            "write registry/repository:tag",
        ),
        ReferenceProblem::Scheme => (
            format!("“{reference}” is a URL"),
            "leave out what stands before and with ://",
        ),
        ReferenceProblem::EmptyHostPart => (
            format!(
                "“{reference}” has an empty part in its registry, as when a variable of the build is not set"
            ),
            "let the build set the account and the Region, or the registry",
        ),
        ReferenceProblem::Port => (
            format!("“{reference}” has no port behind the colon before its first /"),
            "write registry:port/repository:tag; a tag has no /",
        ),
        ReferenceProblem::UpperCase => (
            format!(
                "“{reference}” has capital letters in its repository, as placeholders do and images do not"
            ),
            "write the image in lower case, or as <NAME> for the action to replace",
        ),
        ReferenceProblem::Repository => (
            format!("“{reference}” has no well-formed repository"),
            "write registry/repository:tag",
        ),
        ReferenceProblem::Tag => (
            format!("“{reference}” has no well-formed tag"),
            "write 1 to 128 letters, digits and _ . - behind the colon",
        ),
        ReferenceProblem::Digest => (
            format!("“{reference}” has no well-formed digest"),
            "write sha256: and 64 hexadecimal digits behind the @",
        ),
    };
    Words::new(why, remedy)
}
