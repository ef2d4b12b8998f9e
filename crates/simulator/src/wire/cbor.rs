//! Smithy RPC v2 with CBOR bodies (RFC 8949), as JSON values. Supports what the
//! messages of the simulated services use: no binary data, and no numbers
//! beyond 64 bits.

use minicbor::data::{IanaTag, Type};
use minicbor::{Decoder, Encoder};
use serde_json::{Map, Value, json};

use crate::api::ApiError;

use super::json::MAX_INPUT;
use super::message::{Reply, Request};

/// Deepest nesting of lists and maps; the deepest request here, a pipeline's,
/// has ten levels.
const MAX_DEPTH: usize = 16;

/// The members of responses that are times. CBOR marks times with a tag, and
/// JSON does not. In the models of the services with CBOR, no other member has
/// one of these names.
const TIMES: [&str; 20] = [
    "AlarmConfigurationUpdatedTimestamp",
    "StateTransitionedTimestamp",
    "StateUpdatedTimestamp",
    "approvedAt",
    "completeTime",
    "createTime",
    "created",
    "deregisterTime",
    "endTime",
    "firstUsedTime",
    "lastChangedAt",
    "lastStatusChange",
    "lastTriggered",
    "lastUpdateTime",
    "lastUpdatedAt",
    "lastUsedTime",
    "pollingDisabledAt",
    "registerTime",
    "startTime",
    "updated",
];

/// The service and the operation in a path.
pub(super) fn operation(request: &Request) -> Option<(&str, &str)> {
    if request.header("smithy-protocol") != Some("rpc-v2-cbor") {
        return None;
    }
    let rest = request.path.strip_prefix("/service/")?;
    rest.split_once("/operation/")
}

/// The input of a call: an object, empty if there is no body.
pub(super) fn input(request: &Request) -> Result<Value, ApiError> {
    if request.body.is_empty() {
        return Ok(json!({}));
    }
    let mut decoder = Decoder::new(&request.body);
    Some(())
        .filter(|()| request.body.len() <= MAX_INPUT)
        .and_then(|()| read(&mut decoder, 0))
        .filter(|value| value.is_object() && decoder.position() == request.body.len())
        .ok_or_else(|| {
            ApiError::new(
                "SerializationException",
                "The body is not a CBOR map that is understood",
            )
        })
}

/// A success response. An operation without output has an empty body.
pub(super) fn success(output: &Value) -> Reply {
    if output.is_null() {
        return reply(200, Vec::new());
    }
    reply(200, encode(output)).with("content-type", "application/cbor")
}

/// An error response.
pub(super) fn error(failure: &ApiError) -> Reply {
    let body = json!({ "__type": failure.code, "message": failure.message });
    reply(failure.status, encode(&body)).with("content-type", "application/cbor")
}

fn reply(status: u16, body: Vec<u8>) -> Reply {
    Reply::new(status, body).with("smithy-protocol", "rpc-v2-cbor")
}

fn read(decoder: &mut Decoder<'_>, depth: usize) -> Option<Value> {
    if depth > MAX_DEPTH {
        return None;
    }
    let value = match decoder.datatype().ok()? {
        Type::Bool => json!(decoder.bool().ok()?),
        Type::Null | Type::Undefined => {
            decoder.skip().ok()?;
            Value::Null
        }
        Type::U8 | Type::U16 | Type::U32 | Type::U64 => json!(decoder.u64().ok()?),
        Type::I8 | Type::I16 | Type::I32 | Type::I64 => json!(decoder.i64().ok()?),
        Type::F32 => json!(decoder.f32().ok()?),
        Type::F64 => json!(decoder.f64().ok()?),
        Type::String | Type::StringIndef => {
            let pieces = decoder.str_iter().ok()?;
            Value::String(pieces.collect::<Result<String, _>>().ok()?)
        }
        Type::Array | Type::ArrayIndef => {
            let (length, mut elements) = (decoder.array().ok()?, Vec::new());
            while has_more(decoder, length, elements.len())? {
                elements.push(read(decoder, depth + 1)?);
            }
            Value::Array(elements)
        }
        Type::Map | Type::MapIndef => {
            let (length, mut members, mut count) = (decoder.map().ok()?, Map::new(), 0);
            while has_more(decoder, length, count)? {
                let Value::String(name) = read(decoder, depth + 1)? else {
                    return None;
                };
                members.insert(name, read(decoder, depth + 1)?);
                count += 1;
            }
            Value::Object(members)
        }
        // A tag gives the type of the value, which its name already does.
        Type::Tag => {
            decoder.tag().ok()?;
            read(decoder, depth + 1)?
        }
        Type::Int
        | Type::F16
        | Type::Simple
        | Type::Bytes
        | Type::BytesIndef
        | Type::Break
        | Type::Unknown(_) => return None,
    };
    Some(value)
}

/// Whether a list or map goes on after `count` elements. Without a length, it
/// ends at a mark, which is skipped.
fn has_more(decoder: &mut Decoder<'_>, length: Option<u64>, count: usize) -> Option<bool> {
    match length {
        Some(length) => Some(u64::try_from(count).ok()? < length),
        None => {
            let is_end = decoder.datatype().ok()? == Type::Break;
            if is_end {
                decoder.set_position(decoder.position() + 1);
            }
            Some(!is_end)
        }
    }
}

fn encode(value: &Value) -> Vec<u8> {
    let mut encoder = Encoder::new(Vec::new());
    write(&mut encoder, value).expect("a vector takes every byte");
    encoder.into_writer()
}

type Written = Result<(), minicbor::encode::Error<std::convert::Infallible>>;

fn write(encoder: &mut Encoder<Vec<u8>>, value: &Value) -> Written {
    match value {
        Value::Null => encoder.null()?,
        Value::Bool(value) => encoder.bool(*value)?,
        Value::Number(number) => match (number.as_u64(), number.as_i64()) {
            (Some(number), _) => encoder.u64(number)?,
            (None, Some(number)) => encoder.i64(number)?,
            (None, None) => encoder.f64(number.as_f64().unwrap_or_default())?,
        },
        Value::String(text) => encoder.str(text)?,
        Value::Array(elements) => {
            encoder.array(elements.len() as u64)?;
            for element in elements {
                write(encoder, element)?;
            }
            encoder
        }
        Value::Object(members) => {
            encoder.map(members.len() as u64)?;
            for (name, member) in members {
                encoder.str(name)?;
                match member.as_f64().filter(|_| TIMES.contains(&name.as_str())) {
                    Some(seconds) => {
                        encoder.tag(IanaTag::Timestamp)?.f64(seconds)?;
                    }
                    None => write(encoder, member)?,
                }
            }
            encoder
        }
    };
    Ok(())
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
        let value = json!({ "a": ["x", 7, -8, 1.5, true, null, { "b": "ü" }], "c": {} });
        assert_eq!(read(&encode(&value)), Some(value));
    }

    #[test]
    fn times_have_a_tag() {
        let bytes = encode(&json!({ "created": 1.5, "name": 1.5 }));
        let time = b"\x67created\xc1\xfb\x3f\xf8\0\0\0\0\0\0";
        assert!(
            bytes.windows(time.len()).any(|part| part == time),
            "{bytes:x?}"
        );
        assert!(
            bytes.windows(6).any(|part| part == b"\x64name\xfb"),
            "{bytes:x?}"
        );
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
        let long = |text: usize| encode(&json!({ "a": "x".repeat(text) }));
        let room = MAX_INPUT - (long(1 << 20).len() - (1 << 20));
        assert!(read(&long(room)).is_some());
        assert_eq!(read(&long(room + 1)), None);
    }
}
