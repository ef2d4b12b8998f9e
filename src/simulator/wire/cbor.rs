//! Smithy RPC v2 with CBOR bodies (RFC 8949), the protocol of CloudWatch.
//! Supports what its messages use.

use serde_json::{Map, Value, json};

use crate::simulator::api::Failure;

use super::message::{Reply, Request};

/// Largest request body in bytes; no simulated operation needs more.
const MAX_INPUT: usize = 64 << 10;

/// Deepest nesting of lists and maps; the requests here have two levels.
const MAX_DEPTH: usize = 16;

/// Marks a time in a response: seconds since 1970.
pub(crate) const MOMENT: &str = "$moment";

/// The service and the operation in a path.
pub(super) fn operation(request: &Request) -> Option<(&str, &str)> {
    if request.header("smithy-protocol") != Some("rpc-v2-cbor") {
        return None;
    }
    let rest = request.path.strip_prefix("/service/")?;
    rest.split_once("/operation/")
}

/// The input of a call: an object, empty if there is no body.
pub(super) fn input(request: &Request) -> Result<Value, Failure> {
    if request.body.is_empty() {
        return Ok(json!({}));
    }
    let mut reader = Reader {
        rest: &request.body,
    };
    Some(())
        .filter(|()| request.body.len() <= MAX_INPUT)
        .and_then(|()| reader.value(0))
        .filter(|value| value.is_object() && reader.rest.is_empty())
        .ok_or_else(|| {
            Failure::new(
                400,
                "SerializationException",
                "The body is not a CBOR map that is understood",
            )
        })
}

/// A success response.
pub(super) fn success(output: &Value) -> Reply {
    reply(200, output)
}

/// An error response.
pub(super) fn error(failure: &Failure) -> Reply {
    let body = json!({ "__type": failure.code, "message": failure.message });
    reply(failure.status, &body).with("x-amzn-query-error", format!("{};Sender", failure.code))
}

fn reply(status: u16, body: &Value) -> Reply {
    let mut bytes = Vec::new();
    write(&mut bytes, body);
    Reply::new(status, bytes)
        .with("content-type", "application/cbor")
        .with("smithy-protocol", "rpc-v2-cbor")
}

struct Reader<'a> {
    rest: &'a [u8],
}

impl Reader<'_> {
    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > MAX_DEPTH {
            return None;
        }
        let first = self.byte()?;
        let (major, info) = (first >> 5, first & 0x1f);
        match major {
            0 => Some(json!(self.length(info)??)),
            1 => Some(json!(-1 - i64::try_from(self.length(info)??).ok()?)),
            3 => Some(Value::String(self.text(info)?)),
            4 => self.array(info, depth),
            5 => self.map(info, depth),
            // A tag gives the type of the value, which its name already does.
            6 => {
                self.length(info)??;
                self.value(depth + 1)
            }
            7 => self.simple(info),
            _ => None,
        }
    }

    fn simple(&mut self, info: u8) -> Option<Value> {
        match info {
            20 => Some(json!(false)),
            21 => Some(json!(true)),
            22 | 23 => Some(Value::Null),
            26 => Some(json!(f32::from_be_bytes(self.take(4)?.try_into().ok()?))),
            27 => Some(json!(f64::from_be_bytes(self.take(8)?.try_into().ok()?))),
            _ => None,
        }
    }

    /// A length; `Some(None)` if it is indefinite.
    fn length(&mut self, info: u8) -> Option<Option<u64>> {
        let size = match info {
            0..=23 => return Some(Some(info.into())),
            24 => 1,
            25 => 2,
            26 => 4,
            27 => 8,
            31 => return Some(None),
            _ => return None,
        };
        let bytes = self.take(size)?;
        Some(Some(
            bytes
                .iter()
                .fold(0, |sum, byte| sum << 8 | u64::from(*byte)),
        ))
    }

    fn text(&mut self, info: u8) -> Option<String> {
        match self.length(info)? {
            Some(length) => {
                let bytes = self.take(usize::try_from(length).ok()?)?;
                String::from_utf8(bytes.to_vec()).ok()
            }
            None => {
                let mut whole = String::new();
                while !self.at_end()? {
                    let first = self.byte()?;
                    whole.push_str(&self.text(first & 0x1f).filter(|_| first >> 5 == 3)?);
                }
                Some(whole)
            }
        }
    }

    fn array(&mut self, info: u8, depth: usize) -> Option<Value> {
        let length = self.length(info)?;
        let mut items = Vec::new();
        while self.goes_on(length, items.len())? {
            items.push(self.value(depth + 1)?);
        }
        Some(Value::Array(items))
    }

    fn map(&mut self, info: u8, depth: usize) -> Option<Value> {
        let length = self.length(info)?;
        let (mut members, mut read) = (Map::new(), 0);
        while self.goes_on(length, read)? {
            let Value::String(name) = self.value(depth + 1)? else {
                return None;
            };
            members.insert(name, self.value(depth + 1)?);
            read += 1;
        }
        Some(Value::Object(members))
    }

    fn goes_on(&mut self, length: Option<u64>, read: usize) -> Option<bool> {
        match length {
            Some(length) => Some(u64::try_from(read).ok()? < length),
            None => Some(!self.at_end()?),
        }
    }

    /// Whether an item of indefinite length ends here.
    fn at_end(&mut self) -> Option<bool> {
        let end = *self.rest.first()? == 0xff;
        if end {
            self.rest = &self.rest[1..];
        }
        Some(end)
    }

    fn byte(&mut self) -> Option<u8> {
        Some(self.take(1)?[0])
    }

    fn take(&mut self, size: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(size)?;
        self.rest = rest;
        Some(taken)
    }
}

fn write(out: &mut Vec<u8>, value: &Value) {
    match value {
        Value::Null => out.push(0xf6),
        Value::Bool(false) => out.push(0xf4),
        Value::Bool(true) => out.push(0xf5),
        Value::Number(number) => match number.as_u64() {
            Some(whole) => head(out, 0, whole),
            None => float(out, number.as_f64().unwrap_or_default()),
        },
        Value::String(text) => {
            head(out, 3, text.len() as u64);
            out.extend(text.as_bytes());
        }
        Value::Array(items) => {
            head(out, 4, items.len() as u64);
            items.iter().for_each(|item| write(out, item));
        }
        Value::Object(members) => match members.get(MOMENT).and_then(Value::as_f64) {
            Some(seconds) => {
                head(out, 6, 1);
                float(out, seconds);
            }
            None => {
                head(out, 5, members.len() as u64);
                for (name, member) in members {
                    head(out, 3, name.len() as u64);
                    out.extend(name.as_bytes());
                    write(out, member);
                }
            }
        },
    }
}

fn float(out: &mut Vec<u8>, number: f64) {
    out.push(0xfb);
    out.extend(number.to_be_bytes());
}

fn head(out: &mut Vec<u8>, major: u8, length: u64) {
    out.push(major << 5 | 27);
    out.extend(length.to_be_bytes());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &[u8]) -> Option<Value> {
        let request = Request {
            body: body.to_vec(),
            ..Request::default()
        };
        input(&request).ok()
    }

    #[test]
    fn what_is_written_is_read_again() {
        let value = json!({ "a": ["x", 7, 1.5, true, null, { "b": "ü" }], "c": {} });
        let mut bytes = Vec::new();
        write(&mut bytes, &value);
        assert_eq!(read(&bytes), Some(value));
    }

    #[test]
    fn lengths_may_come_at_the_end() {
        // {_ "a": [_ "b", -2], "c": (_ "d", "e")}, after RFC 8949 §3.2
        let bytes = b"\xbf\x61a\x9f\x61b\x21\xff\x61c\x7f\x61d\x61e\xff\xff";
        assert_eq!(read(bytes), Some(json!({ "a": ["b", -2], "c": "de" })));
    }

    #[test]
    fn what_is_cut_off_or_too_deep_is_refused() {
        let whole = b"\xa1\x61a\x18\x20";
        assert!(read(whole).is_some());
        for end in 1..whole.len() {
            assert_eq!(read(&whole[..end]), None, "{end}");
        }
        let deep = |depth: usize| [b"\xa1\x61a".as_slice(), &vec![0x81; depth], b"\x00"].concat();
        assert!(read(&deep(MAX_DEPTH - 1)).is_some());
        assert_eq!(read(&deep(MAX_DEPTH)), None);
        let long = |text: usize| {
            let mut bytes = Vec::new();
            write(&mut bytes, &json!({ "a": "x".repeat(text) }));
            bytes
        };
        let room = MAX_INPUT - long(0).len();
        assert!(read(&long(room)).is_some());
        assert_eq!(read(&long(room + 1)), None);
    }
}
