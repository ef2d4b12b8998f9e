//! The query protocol: form fields in requests, XML in responses. Used by IAM
//! and Elastic Load Balancing, and in a dialect by EC2.

use serde_json::{Map, Value};

use crate::api::{Answer, ApiError, Failure};
use crate::s3::error::escape;
use crate::world::World;
use crate::{ec2, elb, iam};

use super::message::{Reply, Request};

/// The services with the query protocol, except STS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryService {
    Iam,
    Ec2,
    LoadBalancing,
}

/// The form fields of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl QueryService {
    /// The service with this API version.
    pub(super) fn of(request: &Request) -> Option<Self> {
        match Form::of(request).text("Version")? {
            "2010-05-08" => Some(Self::Iam),
            "2016-11-15" => Some(Self::Ec2),
            "2015-12-01" => Some(Self::LoadBalancing),
            _ => None,
        }
    }

    /// The service's name in IAM.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Ec2 => "ec2",
            Self::LoadBalancing => "elasticloadbalancing",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::LoadBalancing => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
        }
    }

    pub(super) fn perform(
        self,
        world: &mut World,
        operation: &str,
        request: &Request,
    ) -> Result<Reply, Failure> {
        let form = Form::of(request);
        let answer: Answer = match self {
            Self::Iam => iam::call(world, operation, &form),
            Self::Ec2 => ec2::call(world, operation, &form),
            Self::LoadBalancing => elb::call(world, operation, &form),
        };
        let answer = answer?;
        let id = world.names.uuid();
        let namespace = self.namespace();
        let body = match self {
            Self::Ec2 => format!(
                "<{operation}Response xmlns=\"{namespace}\"><requestId>{id}</requestId>{}\
                 </{operation}Response>",
                xml(&answer, "item")
            ),
            Self::Iam | Self::LoadBalancing => format!(
                "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{}\
                 </{operation}Result><ResponseMetadata><RequestId>{id}</RequestId>\
                 </ResponseMetadata></{operation}Response>",
                xml(&answer, "member")
            ),
        };
        Ok(Reply::new(200, body).with("content-type", "text/xml"))
    }

    pub(super) fn error(self, failure: &Failure, id: &str) -> Reply {
        let (code, message) = (escape(&failure.code), escape(&failure.message));
        let body = match self {
            Self::Ec2 => format!(
                "<Response><Errors><Error><Code>{code}</Code><Message>{message}</Message></Error>\
                 </Errors><RequestID>{id}</RequestID></Response>"
            ),
            Self::Iam | Self::LoadBalancing => format!(
                "<ErrorResponse xmlns=\"{}\"><Error><Type>Sender</Type><Code>{code}</Code>\
                 <Message>{message}</Message></Error><RequestId>{id}</RequestId></ErrorResponse>",
                self.namespace()
            ),
        };
        Reply::new(failure.status, body).with("content-type", "text/xml")
    }
}

impl Form {
    fn of(request: &Request) -> Self {
        Self(request.form())
    }

    pub(crate) fn new(fields: &[(&str, &str)]) -> Self {
        let own = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
        Self(fields.iter().map(own).collect())
    }

    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(given, _)| given == name);
        found.map(|(_, value)| value.as_str())
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
    pub(super) fn shown(request: &Request) -> Value {
        let fields = Self::of(request).0.into_iter();
        let asked = fields.filter(|(name, _)| name != "Action" && name != "Version");
        let asked = asked.map(|(name, value)| (name, Value::from(value)));
        Value::Object(asked.collect::<Map<_, _>>())
    }
}

/// A value as XML elements; the items of a list have the name `item`.
fn xml(value: &Value, item: &str) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => escape(text),
        Value::Bool(_) | Value::Number(_) => value.to_string(),
        Value::Array(items) => items
            .iter()
            .map(|it| format!("<{item}>{}</{item}>", xml(it, item)))
            .collect(),
        Value::Object(members) => members
            .iter()
            .filter(|(_, it)| !it.is_null())
            .map(|(name, it)| format!("<{name}>{}</{name}>", xml(it, item)))
            .collect(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_become_elements() {
        let value = json!({ "A": [{ "B": "<1>" }, { "B": 2 }], "C": null, "D": true });
        assert_eq!(
            xml(&value, "member"),
            "<A><member><B>&lt;1&gt;</B></member><member><B>2</B></member></A><D>true</D>"
        );
    }

    #[test]
    fn forms_are_read_with_their_lists() {
        let request = Request {
            body: b"Action=X&Version=2010-05-08&A=b+c%2Bd&L.1=x&L.2=y&L.4=z".to_vec(),
            ..Request::default()
        };
        assert_eq!(QueryService::of(&request), Some(QueryService::Iam));
        let form = Form::of(&request);
        assert_eq!(form.text("A"), Some("b c+d"));
        assert_eq!(form.list("L"), ["x", "y"]);
        assert!(form.required("B").is_err());
    }
}
