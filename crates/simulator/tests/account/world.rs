//! The time of a world, and how it is written down.

use std::time::Duration;

use jiff::Timestamp;
use simulator::world::World;

use crate::prepared::action_type;

fn at(text: &str) -> Timestamp {
    text.parse().expect("a date")
}

#[test]
fn time_never_goes_back() {
    let mut world = World::new(at("2026-01-01T00:01:00Z"));
    world.advance_to(at("2026-01-01T00:00:00Z"));
    assert_eq!(world.now(), at("2026-01-01T00:01:00Z"));
}

#[test]
fn a_leap_stays_ahead_of_the_clock() {
    let mut world = World::new(at("2026-01-01T00:00:00Z"));
    world.leap(Duration::from_secs(60));
    world.follow(at("2026-01-01T00:00:05Z"));
    assert_eq!(world.now(), at("2026-01-01T00:01:05Z"));
}

#[test]
fn a_world_survives_being_written_down() {
    let world = World::webapp(at("2026-01-01T00:00:00Z"), &[action_type()]);
    let json = world.to_json().unwrap();
    let back = World::from_json(&json).unwrap();
    assert!(back.to_json().unwrap() == json);
}
