//! The argument and result types of built-in functions, as OPA's type checker
//! has them.

use regorus::Value;

/// A set of kinds of values, as bits.
pub(crate) type Kinds = u8;

pub(crate) const NULL: Kinds = 1;
pub(crate) const BOOL: Kinds = 2;
pub(crate) const NUMBER: Kinds = 4;
pub(crate) const TEXT: Kinds = 8;
pub(crate) const ARRAY: Kinds = 16;
pub(crate) const OBJECT: Kinds = 32;
pub(crate) const SET: Kinds = 64;
pub(crate) const ANY: Kinds = 127;

/// The kinds of a function's arguments and result.
#[derive(Debug)]
pub(crate) struct Signature {
    pub(crate) name: &'static str,
    pub(crate) arguments: &'static [Kinds],
    pub(crate) result: Kinds,
}

/// The kind of a value. `Undefined` has none.
pub(crate) fn kind(value: &Value) -> Kinds {
    match value {
        Value::Null => NULL,
        Value::Bool(_) => BOOL,
        Value::Number(_) => NUMBER,
        Value::String(_) => TEXT,
        Value::Array(_) => ARRAY,
        Value::Object(_) => OBJECT,
        Value::Set(_) => SET,
        Value::Undefined => 0,
    }
}

/// Whether a value is of one of these kinds.
pub(crate) fn takes(kinds: Kinds, value: &Value) -> bool {
    kinds & kind(value) != 0
}

const fn of(name: &'static str, arguments: &'static [Kinds], result: Kinds) -> Signature {
    Signature {
        name,
        arguments,
        result,
    }
}

pub(crate) const SIGNATURES: &[Signature] = &[
    of("abs", &[NUMBER], NUMBER),
    of("all", &[ARRAY | SET], BOOL),
    of("and", &[SET, SET], SET),
    of("any", &[ARRAY | SET], BOOL),
    of("array.concat", &[ARRAY, ARRAY], ARRAY),
    of("array.flatten", &[ARRAY], ARRAY),
    of("array.reverse", &[ARRAY], ARRAY),
    of("array.slice", &[ARRAY, NUMBER, NUMBER], ARRAY),
    of("base64.decode", &[TEXT], TEXT),
    of("base64.encode", &[TEXT], TEXT),
    of("base64.is_valid", &[TEXT], BOOL),
    of("base64url.decode", &[TEXT], TEXT),
    of("base64url.encode", &[TEXT], TEXT),
    of("base64url.encode_no_pad", &[TEXT], TEXT),
    of("bits.and", &[NUMBER, NUMBER], NUMBER),
    of("bits.lsh", &[NUMBER, NUMBER], NUMBER),
    of("bits.negate", &[NUMBER], NUMBER),
    of("bits.or", &[NUMBER, NUMBER], NUMBER),
    of("bits.rsh", &[NUMBER, NUMBER], NUMBER),
    of("bits.xor", &[NUMBER, NUMBER], NUMBER),
    of("cast_array", &[ANY], ARRAY),
    of("cast_boolean", &[ANY], BOOL),
    of("cast_null", &[ANY], ANY),
    of("cast_object", &[ANY], OBJECT),
    of("cast_set", &[ANY], SET),
    of("cast_string", &[ANY], TEXT),
    of("ceil", &[NUMBER], NUMBER),
    of("concat", &[TEXT, ARRAY | SET], TEXT),
    of("contains", &[TEXT, TEXT], BOOL),
    of("count", &[TEXT | ARRAY | OBJECT | SET], NUMBER),
    of("crypto.sha256", &[TEXT], TEXT),
    of("div", &[NUMBER, NUMBER], NUMBER),
    of("endswith", &[TEXT, TEXT], BOOL),
    of("equal", &[ANY, ANY], BOOL),
    of("floor", &[NUMBER], NUMBER),
    of("format_int", &[NUMBER, NUMBER], TEXT),
    of("glob.match", &[TEXT, NULL | ARRAY, TEXT], BOOL),
    of("glob.quote_meta", &[TEXT], TEXT),
    of("graph.reachable", &[OBJECT, ARRAY | SET], SET),
    of("graph.reachable_paths", &[OBJECT, ARRAY | SET], SET),
    of("gt", &[ANY, ANY], BOOL),
    of("gte", &[ANY, ANY], BOOL),
    of("hex.decode", &[TEXT], TEXT),
    of("hex.encode", &[TEXT], TEXT),
    of("indexof", &[TEXT, TEXT], NUMBER),
    of("indexof_n", &[TEXT, TEXT], ARRAY),
    of("internal.member_2", &[ANY, ANY], BOOL),
    of("internal.member_3", &[ANY, ANY, ANY], BOOL),
    of("internal.template_string", &[ARRAY], TEXT),
    of("intersection", &[SET], SET),
    of("is_array", &[ANY], BOOL),
    of("is_boolean", &[ANY], BOOL),
    of("is_null", &[ANY], BOOL),
    of("is_number", &[ANY], BOOL),
    of("is_object", &[ANY], BOOL),
    of("is_set", &[ANY], BOOL),
    of("is_string", &[ANY], BOOL),
    of("json.filter", &[OBJECT, ARRAY | SET], OBJECT),
    of("json.is_valid", &[TEXT], BOOL),
    of("json.marshal", &[ANY], TEXT),
    of("json.marshal_with_options", &[ANY, OBJECT], TEXT),
    of("json.patch", &[ANY, ARRAY], ANY),
    of("json.remove", &[OBJECT, ARRAY | SET], OBJECT),
    of("json.unmarshal", &[TEXT], ANY),
    of("lower", &[TEXT], TEXT),
    of("lt", &[ANY, ANY], BOOL),
    of("lte", &[ANY, ANY], BOOL),
    of("max", &[ARRAY | SET], ANY),
    of("min", &[ARRAY | SET], ANY),
    of("minus", &[NUMBER | SET, NUMBER | SET], ANY),
    of("mul", &[NUMBER, NUMBER], NUMBER),
    of("neq", &[ANY, ANY], BOOL),
    of("net.cidr_contains", &[TEXT, TEXT], BOOL),
    of("net.cidr_expand", &[TEXT], SET),
    of("net.cidr_intersects", &[TEXT, TEXT], BOOL),
    of("net.cidr_is_valid", &[TEXT], BOOL),
    of("net.cidr_overlap", &[TEXT, TEXT], BOOL),
    of("numbers.range", &[NUMBER, NUMBER], ARRAY),
    of("numbers.range_step", &[NUMBER, NUMBER, NUMBER], ARRAY),
    of("object.filter", &[OBJECT, ARRAY | OBJECT | SET], OBJECT),
    of("object.get", &[OBJECT, ANY, ANY], ANY),
    of("object.keys", &[OBJECT], SET),
    of("object.remove", &[OBJECT, ARRAY | OBJECT | SET], OBJECT),
    of(
        "object.subset",
        &[ARRAY | OBJECT | SET, ARRAY | OBJECT | SET],
        BOOL,
    ),
    of("object.union", &[OBJECT, OBJECT], OBJECT),
    of("object.union_n", &[ARRAY], OBJECT),
    of("or", &[SET, SET], SET),
    of("plus", &[NUMBER, NUMBER], NUMBER),
    of("product", &[ARRAY | SET], NUMBER),
    of("rand.intn", &[TEXT, NUMBER], NUMBER),
    of("re_match", &[TEXT, TEXT], BOOL),
    of(
        "regex.find_all_string_submatch_n",
        &[TEXT, TEXT, NUMBER],
        ARRAY,
    ),
    of("regex.find_n", &[TEXT, TEXT, NUMBER], ARRAY),
    of("regex.is_valid", &[TEXT], BOOL),
    of("regex.match", &[TEXT, TEXT], BOOL),
    of("regex.replace", &[TEXT, TEXT, TEXT], TEXT),
    of("regex.split", &[TEXT, TEXT], ARRAY),
    of("regex.template_match", &[TEXT, TEXT, TEXT, TEXT], BOOL),
    of("rem", &[NUMBER, NUMBER], NUMBER),
    of("replace", &[TEXT, TEXT, TEXT], TEXT),
    of("round", &[NUMBER], NUMBER),
    of("semver.compare", &[TEXT, TEXT], NUMBER),
    of("semver.is_valid", &[ANY], BOOL),
    of("set_diff", &[SET, SET], SET),
    of("sort", &[ARRAY | SET], ARRAY),
    of("split", &[TEXT, TEXT], ARRAY),
    of("sprintf", &[TEXT, ARRAY], TEXT),
    of("startswith", &[TEXT, TEXT], BOOL),
    of(
        "strings.any_prefix_match",
        &[TEXT | ARRAY | SET, TEXT | ARRAY | SET],
        BOOL,
    ),
    of(
        "strings.any_suffix_match",
        &[TEXT | ARRAY | SET, TEXT | ARRAY | SET],
        BOOL,
    ),
    of("strings.count", &[TEXT, TEXT], NUMBER),
    of("strings.replace_n", &[OBJECT, TEXT], TEXT),
    of("strings.reverse", &[TEXT], TEXT),
    of("strings.split_n", &[TEXT, TEXT, NUMBER], ARRAY),
    of("substring", &[TEXT, NUMBER, NUMBER], TEXT),
    of("sum", &[ARRAY | SET], NUMBER),
    of("time.add_date", &[NUMBER, NUMBER, NUMBER, NUMBER], NUMBER),
    of("time.clock", &[NUMBER | ARRAY], ARRAY),
    of("time.date", &[NUMBER | ARRAY], ARRAY),
    of("time.diff", &[NUMBER | ARRAY, NUMBER | ARRAY], ARRAY),
    of("time.format", &[NUMBER | ARRAY], TEXT),
    of("time.now_ns", &[], NUMBER),
    of("time.parse_duration_ns", &[TEXT], NUMBER),
    of("time.parse_ns", &[TEXT, TEXT], NUMBER),
    of("time.parse_rfc3339_ns", &[TEXT], NUMBER),
    of("time.weekday", &[NUMBER | ARRAY], TEXT),
    of("to_number", &[NULL | BOOL | NUMBER | TEXT], NUMBER),
    of("trace", &[TEXT], BOOL),
    of("trim", &[TEXT, TEXT], TEXT),
    of("trim_left", &[TEXT, TEXT], TEXT),
    of("trim_prefix", &[TEXT, TEXT], TEXT),
    of("trim_right", &[TEXT, TEXT], TEXT),
    of("trim_space", &[TEXT], TEXT),
    of("trim_suffix", &[TEXT, TEXT], TEXT),
    of("type_name", &[ANY], TEXT),
    of("union", &[SET], SET),
    of("units.parse", &[TEXT], NUMBER),
    of("units.parse_bytes", &[TEXT], NUMBER),
    of("upper", &[TEXT], TEXT),
    of("urlquery.decode", &[TEXT], TEXT),
    of("urlquery.decode_object", &[TEXT], OBJECT),
    of("urlquery.encode", &[TEXT], TEXT),
    of("urlquery.encode_object", &[OBJECT], TEXT),
    of("walk", &[ANY], ANY),
    of("yaml.is_valid", &[TEXT], BOOL),
    of("yaml.unmarshal", &[TEXT], ANY),
];
