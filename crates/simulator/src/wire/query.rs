//! The query protocol: form fields in requests, XML in responses. Used by IAM,
//! STS and Elastic Load Balancing, and in a dialect by EC2.

use serde_json::{Map, Value};

use crate::api::{Answer, ApiError, Failure};
use crate::keys::Caller;
use crate::world::World;
use crate::{ec2, elb, iam};

use super::message::{Reply, Request};
use super::sts;
use super::xml::{elements, escape};

/// The services with the query protocol.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum QueryService {
    Iam,
    Ec2,
    LoadBalancing,
    Sts,
}

/// The service and the operation of a request, if it is one of this protocol.
pub(super) fn operation(request: &Request) -> Option<(QueryService, String)> {
    let is_form = request
        .header("content-type")
        .is_some_and(|kind| kind.starts_with("application/x-www-form-urlencoded"));
    if request.method != "POST" || request.path != "/" || !is_form {
        return None;
    }
    let operation = Form::of(request).text("Action")?.to_owned();
    Some((QueryService::of(request), operation))
}

/// The form fields of a request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Form(Vec<(String, String)>);

impl QueryService {
    /// The service with this API version. STS also refuses the operations of
    /// services that are not simulated.
    fn of(request: &Request) -> Self {
        match Form::of(request).text("Version") {
            Some("2010-05-08") => Self::Iam,
            Some("2016-11-15") => Self::Ec2,
            Some("2015-12-01") => Self::LoadBalancing,
            Some(_) | None => Self::Sts,
        }
    }

    /// Whether a job's credentials may call the service.
    pub(super) fn admits_jobs(self) -> bool {
        match self {
            // Every caller may get its own identity.
            Self::Sts => true,
            Self::Iam | Self::Ec2 | Self::LoadBalancing => false,
        }
    }

    /// The service's name in IAM.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Iam => "iam",
            Self::Ec2 => "ec2",
            Self::LoadBalancing => "elasticloadbalancing",
            Self::Sts => "sts",
        }
    }

    fn namespace(self) -> &'static str {
        match self {
            Self::Iam => "https://iam.amazonaws.com/doc/2010-05-08/",
            Self::Ec2 => "http://ec2.amazonaws.com/doc/2016-11-15/",
            Self::LoadBalancing => "http://elasticloadbalancing.amazonaws.com/doc/2015-12-01/",
            Self::Sts => "https://sts.amazonaws.com/doc/2011-06-15/",
        }
    }

    pub(super) fn perform(
        self,
        world: &mut World,
        caller: &Caller,
        operation: &str,
        request: &Request,
    ) -> Result<Reply, Failure> {
        let form = Form::of(request);
        let answer: Answer = match self {
            Self::Iam => iam::call(world, operation, &form),
            Self::Ec2 => ec2::call(world, operation, &form),
            Self::LoadBalancing => elb::call(world, operation, &form),
            Self::Sts => sts::call(world, caller, operation, &form),
        };
        let answer = answer?;
        let id = world.names.uuid();
        let namespace = self.namespace();
        let body = match self {
            Self::Ec2 => format!(
                "<{operation}Response xmlns=\"{namespace}\"><requestId>{id}</requestId>{}\
                 </{operation}Response>",
                elements(&answer, "item")
            ),
            Self::Iam | Self::LoadBalancing | Self::Sts => format!(
                "<{operation}Response xmlns=\"{namespace}\"><{operation}Result>{}\
                 </{operation}Result><ResponseMetadata><RequestId>{id}</RequestId>\
                 </ResponseMetadata></{operation}Response>",
                elements(&answer, "member")
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
            Self::Iam | Self::LoadBalancing | Self::Sts => format!(
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
    pub(super) fn ledger_input(request: &Request) -> Value {
        let fields = Self::of(request).0.into_iter();
        let asked = fields.filter(|(name, _)| name != "Action" && name != "Version");
        let asked = asked.map(|(name, value)| (name, Value::from(value)));
        Value::Object(asked.collect::<Map<_, _>>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_are_read_with_their_lists() {
        let request = Request {
            body: b"Action=X&Version=2010-05-08&A=b+c%2Bd&L.1=x&L.2=y&L.4=z".to_vec(),
            ..Request::default()
        };
        assert_eq!(QueryService::of(&request), QueryService::Iam);
        let form = Form::of(&request);
        assert_eq!(form.text("A"), Some("b c+d"));
        assert_eq!(form.list("L"), ["x", "y"]);
        assert!(form.required("B").is_err());
    }
}
