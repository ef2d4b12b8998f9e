"""Random policy sets and random releases for them."""

import re
from random import Random
from typing import Any

from expressions import TEXTS, Expressions
from opa import Set

Json = Any

# A template in the key of a reference: OPA does not find the rules that it names.
KEYED = re.compile(r'[\w"\])]\[[^\[\]]*\$["`]')


def case(seed: str) -> tuple[Set, list[Json]]:
    """A set and some releases; the same for the same seed."""
    random = Random(seed)
    write = Policy(random)
    team = write.team()
    while KEYED.search(team):
        team = write.team()
    policies = {"team.rego": team, "lib.rego": write.library()}
    data = {
        "limits": {"cpu": random.choice([0, 1, 5, 0.7])},
        "accounts": {"a": {"b": 1}, "b": False},
    }
    return Set(policies, [data]), [release(random) for _ in range(4)]


class Policy(Expressions):
    """Writes the files of a set."""

    def team(self) -> str:
        self.helped = True
        keywords = self.keywords()
        self.has_bodies = keywords != ""
        names = ["deny", "deny", "deny", "warn", "deny_b", "violation"]
        rules = [
            self.finding_rule(self.pick(*names)) for _ in range(self.random.choice([1, 1, 2, 3]))
        ]
        imports = ["import data.lib", keywords]
        return "\n".join(["package main", *imports, *rules, *self.helpers(), ""])

    def keywords(self) -> str:
        """Imports with which `not` stands for its whole expression, or none."""
        return self.pick("", "import future.keywords.not", "import future.keywords")

    def helpers(self) -> list[str]:
        self.helped = False
        some, key, one = self.some_container(), self.text(["c"], 0), self.condition(["c"], 0)
        option, other = self.condition(["c"], 1), self.condition(["c"], 1)
        else_if = f"else := {self.text(['c'], 0)} if {self.condition(['c'], 0)}"
        return [
            f"names contains c.name if {{ {some}; {option} }}",
            # Not of a function with `else`: asked for one member, OPA unifies it with
            # what the function gives, and goes on to `else` where that fails.
            f"users contains {self.pick('c.user', 'lower(c.name)')} if {{ {some} }}",
            f"bad(c) if {self.condition(['c'], 2)}",
            f"bad(c) if {{ {other}; {self.condition(['c'], 1)} }}",
            f"by_name[{self.pick('c.name', key)}] := {self.pick('1', 'c.name')} if {{ {some} }}",
            f"kind_of(c) := {self.text(['c'], 1)} if {one} {else_if} else := \"other\"",
            f"size(c) := {self.number(['c'], 1)} if {self.condition(['c'], 0)}",
            'else_of(x) := "empty" if x == "" else := upper(x) if startswith(x, "a") else := x',
            self.pick(*["same(x, y) if x == y"] * 2, "same(x, x) if true", 'same(_, "a") if true'),
            self.pick('named({"name": x, "user": y}) if x != y', "named(x) if x.name"),
            'lookup := {"a": "A", "b": "B", "root": "R"}',
            f'to_text["a"] := {self.text([], 0)}',
            'step("a") := 1',
            f"step(x) := {self.number([], 0)} if x == {self.text([], 0)}",
            f"pairs contains [c.name, {self.value(['c'], 0)}] if {{ {some} }}",
            f"nested[c.name].user := c.user if {{ {some} }}",
            "rank := [3, 1, 2]",
            "has_option if input.opt",
            self.pick("default tagged := false", ""),
            f"tagged if {self.condition([], 1)}",
        ]  # fmt: skip

    def library(self) -> str:
        known = self.pick(
            "x if some x in input.tags",
            "lower(x) if some x in input.tags",
            'x if some x in ["a", "b"]',
            "x.name if some x in input.containers[_].env",
        )
        fine = [
            'startswith(c.user, "root")',
            'c.user == "root"',
            "c.cpu > 1",
            "not_old(c)",
            "old(c)",
        ]
        label = self.pick("c.user", "c.name")
        old = ["c.user", 'c.labels.team == "a"', "not c.user", '{ some e in c.env; e.name == "a" }']
        return "\n".join(
            [
                "package lib",
                self.pick("", "", "import data.lib", "import data.lib as us"),
                self.keywords(),
                f"known contains {known}",
                f"fine(c) if not {self.pick(*fine)}",
                f"old(c) if {self.pick(*old)}",
                f"label(c) := c.labels.team if c.labels.team else := {label}",
                "not_old(c) if not old(c)",
                "values(c) := {e.value | some e in c.env}",
                "",
            ]
        )

    def some_container(self) -> str:
        return self.pick(
            "some c in input.containers",
            "c := input.containers[_]",
            "some _, c in input.containers",
        )

    def finding_rule(self, name: str) -> str:
        """A rule whose body goes through something and asks some questions."""
        body, names = [], []
        for _ in range(self.random.choice([0, 1, 1, 1, 2])):
            kind = self.pick("c", "c", "c", "e", "v", "t", "walk", "pair")
            made = self.name(kind)
            containers = self.of(names, "c")
            if kind == "e" and containers:
                body.append(f"some {made} in {containers[0]}.env")
            elif kind == "c":
                i = self.name("i")
                body.append(
                    self.pick(
                        f"some {made} in input.containers",
                        f"{made} := input.containers[_]",
                        f"some {i}, {made} in input.containers\n\t{i} >= 0",
                        f"some {i}\n\t{made} := input.containers[{i}]",
                    )
                )
            elif kind == "t":
                body.append(f"{made} {self.pick(':=', ':=', '=')} {self.text(names, 2)}")
            elif kind == "walk":
                made = self.name("v")
                where = self.pick("input", "input.containers", "data.accounts", "by_name")
                way = ["[_, {0}] := walk({1})", "walk({1}, [_, {0}])", "[_, {0}] = walk({1})"]
                body.append(self.pick(*way).format(made, where))
            elif kind == "pair":
                made, key = self.name("v"), self.name("t")
                where = self.pick("input.limits", "by_name", "input.containers[_].labels", "lookup")
                body.append(f"some {key}, {made} in {where}")
                names.append(key)
            else:
                made = self.name("v")
                body.append(f"some {made} in {self.many(names, 1)}")
            names.append(made)
        for _ in range(self.random.choice([0, 1, 1, 2, 3])):
            body.append(self.condition(names, 2))
        head = self.head(names)
        unused = [
            name
            for name in names
            if not re.search(rf"\b{name}\b.*\b{name}\b", " ".join([*body, head]))
        ]
        body += [f'type_name({name}) != "set"' for name in unused]
        if self.random.random() < 0.1:
            self.random.shuffle(body)
        if not body:
            return f"{name} contains {head}"
        return f"{name} contains {head} if {{\n\t" + "\n\t".join(body) + "\n}"

    def head(self, names: list[str]) -> str:
        text = self.text(names, 2)
        return self.pick(
            text,
            text,
            f'sprintf("%v and %v", [{text}, {self.value(names, 1)}])',
            f'{{"msg": {text}}}',
            f'{{"msg": {text}, "rule": "own", "remedy": {self.text(names, 0)}}}',
            '"found"',
        )


def release(random: Random) -> Json:
    """As the policies expect it, most of the time."""

    def text() -> Json:
        return (
            random.choice(TEXTS)
            if random.random() < 0.96
            else random.choice([1, None, True, [], {}])
        )

    def maybe(likely: float, **members: Json) -> Json:
        return {name: value for name, value in members.items() if random.random() < likely}

    def container() -> Json:
        env = [maybe(0.8, name=text(), value=text()) for _ in range(random.choice([0, 1, 2]))]
        made = maybe(
            0.75,
            user=text(),
            image=text(),
            cpu=random.choice([0, 1, 2, 0.5, 0.8, -1]),
            env=env,
            ports=random.choice([[], [80], [1, 2]]),
            labels=maybe(0.6, team=text()),
        )
        return {"name": random.choice(["a", "b", "c", "root"])} | made

    made = {
        "containers": [container() for _ in range(random.choice([0, 1, 2, 2, 3]))],
        "pipeline": {"name": text()},
    }
    options = maybe(
        0.85,
        family=text(),
        tags=[text() for _ in range(random.choice([0, 1, 3]))],
        limits=maybe(0.8, cpu=random.choice([0, 1, 2, 0.8]), memory=1),
    )
    return (
        made
        | options
        | maybe(0.5, opt=random.choice(["a", 0, 1, False, True, None, [], {}, {"a": 1}]))
    )
