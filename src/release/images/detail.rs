//! Reads `imageDetail.json`, hand-written or from the ECR source action
//! (docs/aws.md §2.2).

use serde_json::Value;

use crate::job::request::FileRef;
use crate::job::{Excerpt, nearest};
use crate::release::bundle::{Bundle, Unreadable};
use crate::release::document::{Document, Path};
use crate::release::finding::{Finding, ImageFinding, Place, ValueKind};
use crate::release::image_reference::{ImageReference, ReferenceProblem};
use crate::release::placeholder;

const URI: &str = "ImageURI";

/// The file that the standard ECS action reads instead.
const DEFINITIONS: &str = "imagedefinitions.json";

/// Returns the image in the file, and warnings on what was tolerated.
///
/// # Errors
///
/// Everything that is wrong with the file.
pub fn image_uri(
    bundle: &Bundle,
    file: &FileRef,
) -> Result<(ImageReference, Vec<Finding>), Vec<Finding>> {
    if let Some(Err(Unreadable::NoSuchEntry { nearest })) = bundle.files.get(file)
        && nearest.iter().any(|name| name.ends_with(DEFINITIONS))
    {
        let place = Place::file(file);
        return Err(vec![Finding::error(
            place,
            ImageFinding::OnlyImageDefinitions,
        )]);
    }
    if is_bare_uri(bundle, file) {
        return Err(vec![Finding::error(
            Place::file(file),
            ImageFinding::BareUri,
        )]);
    }
    let document = Document::json(bundle, file)?;
    let reference = reference(&document)?;
    Ok((reference, document.repeated_members().collect()))
}

/// Whether the file is just an image URI, with or without quotes.
fn is_bare_uri(bundle: &Bundle, file: &FileRef) -> bool {
    let Some(Ok(bytes)) = bundle.files.get(file) else {
        return false;
    };
    let text = std::str::from_utf8(bytes).unwrap_or_default();
    let text = text.trim_start_matches('\u{feff}').trim().trim_matches('"');
    text.contains('/') && ImageReference::parse(text).is_ok()
}

fn reference(document: &Document) -> Result<ImageReference, Vec<Finding>> {
    let wrong = |place, finding| Err(vec![Finding::error(place, finding)]);
    let members = match &document.value {
        Value::Object(members) => members,
        Value::Array(list) => {
            let is_definitions = list.iter().all(|entry| entry.get("imageUri").is_some());
            let finding = if is_definitions && !list.is_empty() {
                ImageFinding::IsImageDefinitions
            } else {
                ImageFinding::NotAnObject {
                    found: ValueKind::List,
                }
            };
            return wrong(document.place(&Path::ROOT), finding);
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {
            let found = ValueKind::of(&document.value);
            let place = document.place(&Path::ROOT);
            return wrong(place, ImageFinding::NotAnObject { found });
        }
    };
    let path = Path::ROOT.member(URI);
    let Some(uri) = members.get(URI) else {
        let alike = nearest(URI, members.keys().map(String::as_str));
        let place = match alike {
            Some(name) => document.place_of_name(&Path::ROOT.member(name)),
            None => document.place(&Path::ROOT),
        };
        let instead = alike.map(Excerpt::of);
        return wrong(place, ImageFinding::NoImageUri { instead });
    };
    let Value::String(uri) = uri else {
        let found = ValueKind::of(uri);
        return wrong(document.place(&path), ImageFinding::UriNotText { found });
    };
    parse(uri.trim()).or_else(|finding| wrong(document.place(&path), finding))
}

/// Parses a reference. Distinguishes a placeholder from other mistakes.
fn parse(uri: &str) -> Result<ImageReference, ImageFinding> {
    if let Some(left) = placeholder::first(uri) {
        let text = Excerpt::of(left);
        return Err(ImageFinding::NotFilledIn { text });
    }
    ImageReference::parse(uri).map_err(|problem: ReferenceProblem| ImageFinding::Malformed {
        reference: Excerpt::of(uri),
        problem,
    })
}
