//! The query protocol: form fields in requests, XML in responses. Used by IAM,
//! STS and Elastic Load Balancing, and in a dialect by EC2.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::api::{Answer, ApiError};
use crate::keys::Caller;
use crate::world::World;
use crate::{ec2, elb, iam};

use super::message::{Reply, Request};
use super::sts;
use super::xml::{elements, escape};

/// A service with the query protocol.
pub(super) struct QueryService {
    /// The version of its API.
    version: &'static str,
    /// Its name in IAM.
    pub(super) name: &'static str,
    namespace: &'static str,
    call: fn(&mut World, &Caller, &str, &Form) -> Answer,
}

/// A constant, as in `service.rs`. STS is the last.
const SERVICES: &[QueryService] = &[
    QueryService {
        version: "2010-05-08",
        name: "iam",
        namespace: "https://iam.amazonaws.com/doc/2010-05-08/",
        call: |world, _, operation, form| iam::call(world, operation, form),
    },
    QueryService {
        version: "2016-11-15",
        name: EC2,
        namespace: "http://ec2.amazonaws.com/doc/2016-11-15/",
        call: |world, _, operation, form| ec2::call(world, operation, form),
    },
    QueryService {
        version: "2015-12-01",
        name: "elasticloadbalancing",
        namespace: "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        call: |world, _, operation, form| elb::call(world, operation, form),
    },
    QueryService {
        version: "2011-06-15",
        name: STS,
        namespace: "https://sts.amazonaws.com/doc/2011-06-15/",
        call: sts::call,
    },
];

const EC2: &str = "ec2";
const STS: &str = "sts";

/// The service and the form of a request, if it is one of this protocol.
pub(super) fn read(request: &Request) -> Option<(&'static QueryService, Form)> {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if request.method != "POST" || request.path != "/" || !is_form {
        return None;
    }
    let form = Form::of(request);
    form.text("Action")?;
    Some((QueryService::of(&form), form))
}

/// The form fields of a request, by name. Of several with one name, the first
/// one counts.
#[derive(Clone, Debug, Default)]
pub struct Form(BTreeMap<String, String>);

impl QueryService {
    /// The service with this API version. STS also refuses the operations of
    /// services that are not simulated.
    fn of(form: &Form) -> &'static Self {
        let mut services = SERVICES.iter();
        let found = services.find(|service| form.text("Version") == Some(service.version));
        found.unwrap_or(&SERVICES[SERVICES.len() - 1])
    }

    /// Whether a job's credentials may call the service: every caller may get
    /// its own identity.
    pub(super) fn admits_jobs(&self) -> bool {
        self.name == STS
    }

    pub(super) fn perform(
        &self,
        world: &mut World,
        caller: &Caller,
        form: &Form,
    ) -> Result<Reply, ApiError> {
        let operation = form.operation();
        let answer = (self.call)(world, caller, operation, form)?;
        let id = world.names.uuid();
        let namespace = self.namespace;
        let body = match self.name {
            EC2 => format!(
                "<{operation}Response xmlns=\"{namespace}\"><requestId>{id}</requestId>{}\
                 </{operation}Response>",
                elements(&answer, "item")
            ),
            _ => format!(
                "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{}\
                 </{operation}Result><ResponseMetadata><RequestId>{id}</RequestId>\
                 </ResponseMetadata></{operation}Response>",
                elements(&answer, "member")
            ),
        };
        Ok(Reply::new(200, body).with("content-type", "text/xml"))
    }

    pub(super) fn error(&self, failure: &ApiError, id: &str) -> Reply {
        let (code, message) = (escape(&failure.code), escape(&failure.message));
        let body = match self.name {
            EC2 => format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>\
                 </Errors><RequestID>{id}</RequestID></Response>"
            ),
            _ => format!(
                "<ErrorResponse xmlns=\"{}\"><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
                self.namespace
            ),
        };
        Reply::new(failure.status, body).with("content-type", "text/xml")
    }
}

impl Form {
    fn of(request: &Request) -> Self {
        Self::from_fields(request.form())
    }

    /// A form with these fields.
    #[must_use]
    pub fn new(fields: &[(&str, &str)]) -> Self {
        Self::from_fields(fields.iter().copied())
    }

    fn from_fields<T: Into<String>>(fields: impl IntoIterator<Item = (T, T)>) -> Self {
        let mut form = Self::default();
        for (name, value) in fields {
            form.0.entry(name.into()).or_insert_with(|| value.into());
        }
        form
    }

    pub(super) fn operation(&self) -> &str {
        self.text("Action").unwrap_or_default()
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// A required field.
    pub(crate) fn required(&self, name: &str) -> Result<&str, ApiError> {
        self.text(name).ok_or_else(|| {
            ApiError::new(
                "ValidationError",
                format!("1 validation error detected: Value null at '{name}' failed to satisfy constraint: Member must not be null"),
            )
        })
    }

    /// The items of a list: `NAME.1`, `NAME.2` and so on.
    pub(crate) fn list(&self, name: &str) -> Vec<&str> {
        (1..)
            .map_while(|number| self.text(&format!("{name}.{number}")))
            .collect()
    }

    /// All fields except `Action` and `Version`, for the ledger.
    pub(super) fn ledger_input(&self) -> Value {
        let fields = self.0.iter();
        let asked = fields.filter(|(name, _)| *name != "Action" && *name != "Version");
        let asked = asked.map(|(name, value)| (name.clone(), json!(value)));
        Value::Object(asked.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_their_lists() {
        let request = Request {
            body: b"Action=X&A=b+c%2Bd&L.1=x&L.2=y&L.4=z".to_vec(),
            ..Request::default()
        };
        let form = Form::of(&request);
        assert_eq!(form.text("A"), Some("b c+d"));
        assert_eq!(form.list("L"), ["x", "y"]);
        assert!(form.required("B").is_err());
    }
    #[test]
    fn a_long_list_is_read_at_once() {
        let items = (1..=100_000).map(|number| format!("&L.{number}=x"));
        let request = Request {
            body: items.collect::<String>().into_bytes(),
            ..Request::default()
        };
        assert_eq!(Form::of(&request).list("L").len(), 100_000);
    }

    #[test]
    fn of_several_fields_with_one_name_the_first_counts() {
        assert_eq!(Form::new(&[("A", "1"), ("A", "2")]).text("A"), Some("1"));
    }
}
