//! Everything that is asked before planning, side by side as far as one
//! question does not need another's answer.

use jiff::Timestamp;
use serde_json::Value;

use super::images::ask_registries;
use super::look::Looks;
use crate::job::request::Request;
use crate::ports::Trouble;
use crate::release::bundle::Bundle;
use crate::release::plan::{Answers, Revision, family, images_to_ask, named_revision};
use crate::release::surroundings::{Group, Service};
use crate::rollout::failure::Failure;
use crate::rollout::starting::Turn;

/// The files, with what they asked for and the newest revision of their
/// family where there is no plan yet.
pub(super) type Files = (Bundle, Option<(Answers, Option<Value>)>);

/// The group with its service, and who has it.
pub(super) type Around = (Group, Option<Service>, Turn);

impl Looks {
    /// The artifacts' files, and what they ask for where there is no plan yet.
    pub(super) async fn read_files(
        &self,
        request: &Request,
    ) -> Result<Result<Files, Failure>, Trouble> {
        let bundle = match self.read_bundle(request).await? {
            Ok(bundle) => bundle,
            Err(failure) => return Ok(Err(failure)),
        };
        let answers = match &self.planned {
            Some(_) => None,
            None => Some(self.answers(request, &bundle).await?),
        };
        Ok(Ok((bundle, answers)))
    }

    /// What the files ask for: the revision that they name, their images, and
    /// the newest revision of the family that is to be registered.
    async fn answers(
        &self,
        request: &Request,
        bundle: &Bundle,
    ) -> Result<(Answers, Option<Value>), Trouble> {
        let revision = match named_revision(request, bundle) {
            None => Revision::NotAsked,
            Some(arn) => match self.hands.ports.task_definitions.describe(&arn).await? {
                Some(described) => Revision::Described(described),
                None => Revision::Missing,
            },
        };
        let registered = match &revision {
            Revision::Described(described) => Some(described),
            Revision::NotAsked | Revision::Missing => None,
        };
        let images = images_to_ask(request, bundle, registered);
        let (images, newest) = tokio::join!(
            ask_registries(&self.hands, images),
            self.newest(family(request, bundle))
        );
        let images = images?;
        Ok((Answers { revision, images }, newest))
    }

    /// The group with its service, and who has it.
    pub(super) async fn read_turn(
        &self,
        request: &Request,
        since: Timestamp,
    ) -> Result<Result<Around, Failure>, Trouble> {
        let (group, service) = match self.look_around(request).await? {
            Ok(around) => around,
            Err(failure) => return Ok(Err(failure)),
        };
        let turn = self.whose_turn(request, &group, service.as_ref(), since);
        let turn = turn.await?;
        Ok(Ok((group, service, turn)))
    }
}
