//! Tests of which entries a bus accepts.

use jiff::Timestamp;
use serde_json::{Value, json};
use simulator::eventbridge::call;
use simulator::world::World;

/// Limits of a call's entries, of their bytes, and of a detail-type's
/// characters.
const MAX_ENTRIES: usize = 10;
const MAX_BYTES: usize = 256 << 10;
const MAX_DETAIL_TYPE: usize = 128;

fn entry() -> Value {
    json!({ "Source": "shop", "DetailType": "Sold", "Detail": "{\"id\":1}" })
}

fn with(name: &str, value: impl Into<Value>) -> Value {
    let mut entry = entry();
    entry[name] = value.into();
    entry
}

fn put(world: &mut World, entries: &[Value]) -> Value {
    call(world, "PutEvents", &json!({ "Entries": entries })).unwrap()
}

#[test]
fn an_event_reaches_its_bus_by_name_and_by_arn() {
    let mut world = World::new(Timestamp::UNIX_EPOCH);
    let create = json!({ "Name": "releases" });
    let created = call(&mut world, "CreateEventBus", &create).unwrap();
    let again = call(&mut world, "CreateEventBus", &create);
    assert_eq!(again.unwrap_err().code, "ResourceAlreadyExistsException");
    let arn = "arn:aws:events:eu-west-1:111122223333:event-bus/releases";
    assert_eq!(created["EventBusArn"], arn);
    let entries = [
        entry(),
        with("EventBusName", "releases"),
        with("EventBusName", arn),
    ];
    let answer = put(&mut world, &entries);
    assert_eq!(answer["FailedEntryCount"], 0);
    let events = world.eventbridge.events();
    let seen: Vec<_> = events.map(|one| (&*one.bus, &*one.id)).collect();
    let id = |index: usize| answer["Entries"][index]["EventId"].as_str().unwrap();
    let expected = [("default", id(0)), ("releases", id(1)), ("releases", id(2))];
    assert_eq!(seen, expected);
}

#[test]
fn an_event_for_a_bus_that_is_not_there_gets_an_id_and_is_dropped() {
    let mut world = World::new(Timestamp::UNIX_EPOCH);
    let answer = put(&mut world, &[with("EventBusName", "relaeses")]);
    assert_eq!(answer["FailedEntryCount"], 0);
    assert!(answer["Entries"][0]["EventId"].is_string());
    assert_eq!(world.eventbridge.events().count(), 0);
    let ask = |name: &str| json!({ "Name": name });
    let absent = call(&mut world, "DescribeEventBus", &ask("relaeses"));
    assert_eq!(absent.unwrap_err().code, "ResourceNotFoundException");
    let default = call(&mut world, "DescribeEventBus", &json!({})).unwrap();
    let arn = "arn:aws:events:eu-west-1:111122223333:event-bus/default";
    assert_eq!(default["Arn"], arn);
}

#[test]
fn a_wrong_entry_fails_by_itself() {
    let mut world = World::new(Timestamp::UNIX_EPOCH);
    let longest = "x".repeat(MAX_DETAIL_TYPE);
    for (wrong, code) in [
        (with("Source", Value::Null), "InvalidArgument"),
        (with("DetailType", ""), "InvalidArgument"),
        (with("Detail", Value::Null), "InvalidArgument"),
        (with("DetailType", format!("{longest}x")), "InvalidArgument"),
        (with("Detail", "{"), "MalformedDetail"),
        (with("Detail", "[]"), "MalformedDetail"),
        (with("Source", "aws.ecs"), "NotAuthorizedForSourceException"),
    ] {
        let good = with("DetailType", longest.as_str());
        let answer = put(&mut world, &[wrong.clone(), good]);
        assert_eq!(answer["FailedEntryCount"], 1, "{wrong}");
        assert_eq!(answer["Entries"][0]["ErrorCode"], code, "{wrong}");
        assert!(answer["Entries"][1]["EventId"].is_string(), "{wrong}");
    }
}

#[test]
fn a_call_has_its_number_of_entries_and_of_bytes() {
    let mut world = World::new(Timestamp::UNIX_EPOCH);
    let mut code = |entries: Vec<Value>| {
        let answer = call(&mut world, "PutEvents", &json!({ "Entries": entries }));
        answer.map_err(|error| error.code).map(|_| ())
    };
    assert_eq!(code(vec![]), Err("ValidationException".to_owned()));
    assert_eq!(code(vec![entry(); MAX_ENTRIES]), Ok(()));
    let many = vec![entry(); MAX_ENTRIES + 1];
    assert_eq!(code(many), Err("ValidationException".to_owned()));
    let of_size = |bytes: usize| {
        let around = "shop".len() + "Sold".len() + r#"{"a":""}"#.len();
        let detail = format!(r#"{{"a":"{}"}}"#, "x".repeat(bytes - around));
        vec![with("Detail", detail)]
    };
    assert_eq!(code(of_size(MAX_BYTES)), Ok(()));
    assert_eq!(
        code(of_size(MAX_BYTES + 1)),
        Err("ValidationException".to_owned())
    );
}

#[test]
fn a_member_of_another_type_fails_the_call_before_any_event_is_put() {
    let mut world = World::new(Timestamp::UNIX_EPOCH);
    let entries = [entry(), with("EventBusName", 3)];
    let input = json!({ "Entries": entries });
    let error = call(&mut world, "PutEvents", &input).unwrap_err();
    assert_eq!(error.code, "SerializationException");
    assert_eq!(world.eventbridge.events().count(), 0);
}
