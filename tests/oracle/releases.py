"""Every shipped control on releases with one change after another."""

import copy
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

from opa import Set
from shapes import cases as shaped

Json = Any

CONTROLS = Path(__file__).resolve().parents[2] / "policies" / "controls"
RELEASES = 600

# As the operator's terms would give them.
PARAMETERS: dict[str, Json] = {
    "allowed-registries": {"registries": ["111122223333.dkr.ecr.eu-west-1.amazonaws.com"]},
    "capabilities": {"allowed": ["NET_BIND_SERVICE"]},
    "freeze": {
        "windows": [
            {"from": "2026-12-20T00:00:00Z", "to": "2027-01-02T00:00:00Z", "pipelines": ["*-prod"]},
            {"days": ["Saturday", "Sunday"], "zone": "Europe/Berlin", "reason": "weekend"},
        ]
    },
    "gradual-traffic": {"pipelines": ["*prod*"], "allowed": ["Slow", "CANARY", "LINEAR"]},
    "host-mounts": {"allowed": ["/var/log/app"]},
    "release-targets": {
        "forbidden": [
            {"pipeline": "*-test", "group": "*live*"},
            {"pipeline": "*-test", "cluster": "prod", "service": "*live*"},
        ],
        "allowed": [{"pipeline": "web*"}, {"group": "live.*"}, {"service": "live.*"}],
    },
    "required-labels": {"labels": ["team"]},
    "required-tags": {"tags": ["owner"]},
    "resource-ceilings": {"cpu": 2048, "memory": 4096},
}

# What stands in place of a text.
SPELLINGS = [str.upper, str.lower, str.title, lambda text: f" {text}", lambda text: f"{text} "]
SPELLINGS += [lambda text: text.replace("0", "０"), lambda text: f"+{text}", lambda text: text * 2]
SPELLINGS += [lambda _: "", lambda text: text.replace(":", ""), lambda text: text[:-1]]
# What stands in place of anything, seldom: most of it no control can read.
VALUES: list[Json] = [None, True, False, 0, -1, 1.5, "", "x", [], {}, ["x"], {"x": "y"}]


def cases(seed: str) -> Iterator[tuple[str, Set, list[Json]]]:
    """In parts, so that several can be judged at a time."""
    names = [path for path in sorted(CONTROLS.glob("*.rego")) if "_test" not in path.stem]
    rules = Set(
        {f"controls/{path.name}": path.read_text() for path in names},
        namespace="none",
        controls=tuple(f"controls.{path.stem.replace('-', '_')}" for path in names),
        parameters=PARAMETERS,
    )
    everything = list(shaped())
    for part in range(0, RELEASES, 25):
        random = Random(f"{seed} releases {part}")
        yield f"releases {part}", rules, [release(random, everything) for _ in range(25)]
    for path in names:
        yield from tests_of(path)


def release(random: Random, everything: list[Any]) -> Json:
    case = random.choice(everything)
    document = {
        "taskDefinition": copy.deepcopy(case.task),
        "appSpec": copy.deepcopy(case.app_spec),
        "pipeline": {"name": random.choice(["web-prod", "Shop.Prod.eu", "web-test", "x"])},
        "deployment": random.choice([by_codedeploy, by_ecs])(random),
        "service": {
            "name": "web",
            "platformVersion": random.choice(["LATEST", "1.4.0", "1.3.0"]),
            "networking": {"assignPublicIp": random.choice(["ENABLED", "DISABLED"])},
        },
    }
    for _ in range(random.choice([0, 1, 2, 4])):
        change(random, document)
    # The worker writes this, always in one form.
    times = ["2026-11-28T12:00:00Z", "2026-12-24T00:00:00Z", "2026-06-01T08:00:00Z"]
    document["time"] = random.choice(times)
    return document


def by_codedeploy(random: Random) -> Json:
    return {
        "engine": "codedeploy",
        "application": "web",
        "group": random.choice(["live", "live.eu", "Live", "staging"]),
        "config": random.choice(["CodeDeployDefault.ECSAllAtOnce", "Slow", "slow"]),
        "alarms": random.choice([[], ["errors"]]),
        "autoRollback": random.choice([[], ["DEPLOYMENT_FAILURE"]]),
    }


def by_ecs(random: Random) -> Json:
    return {
        "engine": "ecs",
        "cluster": random.choice(["prod", "Prod", "test"]),
        "service": random.choice(["live", "live.eu", "Live", "staging"]),
        "strategy": random.choice(["ROLLING", "BLUE_GREEN", "LINEAR", "CANARY"]),
        "stepPercent": random.choice([5, 10, 100]),
        "stepWaitSeconds": random.choice([0, 360]),
        "alarms": random.choice([[], ["errors"]]),
        "alarmsRollBack": random.choice([True, False]),
        "circuitBreaker": {"rollback": random.choice([True, False])},
    }


def change(random: Random, document: Json) -> None:
    """Another spelling of a text somewhere, one member less, or one twice."""
    places = list(walk(document))
    holder, key = random.choice(places)
    kind = random.random()
    if kind < 0.2:
        del holder[key]
    elif kind < 0.3 and isinstance(holder, list):
        holder.append(copy.deepcopy(holder[key]))
    elif kind < 0.36:
        holder[key] = copy.deepcopy(random.choice(VALUES))
    elif isinstance(holder[key], str):
        holder[key] = random.choice(SPELLINGS)(holder[key])


def walk(value: Json) -> Iterator[tuple[Json, Any]]:
    entries = value.items() if isinstance(value, dict) else enumerate(value)
    for key, inner in entries:
        yield value, key
        if isinstance(inner, dict | list):
            yield from walk(inner)


def tests_of(path: Path) -> Iterator[tuple[str, Set, list[Json]]]:
    """A finding for each of a control's own tests that does not hold."""
    tests = path.with_name(f"{path.stem}_test.rego").read_text()
    yield f"tests of {path.stem}", tested({path.name: path.read_text()}, tests, []), [{}]


def tested(rules: dict[str, str], tests: str, data: list[Json]) -> Set:
    """The rules with a finding for each test that does not hold."""
    package = re.search(r"^package (\S+)", tests, re.MULTILINE)[1]
    names = re.findall(r"^(test_\w+)", tests, re.MULTILINE)
    asked = [f'deny contains "{name}" if not data.{package}.{name}' for name in names]
    asks = "\n".join(["package asks", *asked, ""])
    return Set(rules | {"tests_test.rego": tests, "asks.rego": asks}, data, namespace="asks")
