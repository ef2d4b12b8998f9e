"""Random expressions of Rego, each of a kind that OPA's type checker takes."""

import re
from random import Random

TEXTS = ["", "a", "b", "root", "Root", "a.b", "a/b", "v1.2.3", "1.2.3", "12", "-5", "ü", "x y"]
PATTERNS = [
    "^a", "a|b", "[a-c]+", "[^a]", "^r.*t$", r"\d+", r"\w", r"\s", r"\bx", "(?i)root", "a{1,2}",
    r"[[:alpha:]]", r"^\.", "[a&&b]", "(", "x*?", r"\pL",
]  # fmt: skip
GLOBS = ["*", "a*", "?", "a.*", "**", "[ab]", "[!a]*", "{a,root}", "r??t", "*.b", "[^a]"]


class Expressions:
    """`names` are the variables in scope, each with its kind: `c` is one
    container, `e` one of its variables, `t` a text, `n` a number, `v` anything."""

    def __init__(self, random: Random) -> None:
        self.random = random
        self.fresh = 0
        # Whether the set's own helpers may be used: not by themselves.
        self.helped = True
        # Whether bodies may stand under `not`.
        self.has_bodies = False

    def pick(self, *choices: str) -> str:
        return self.random.choice(choices)

    def name(self, kind: str) -> str:
        self.fresh += 1
        return f"{kind}{self.fresh}"

    def of(self, names: list[str], kind: str) -> list[str]:
        return [name for name in names if name[0] == kind]

    def text(self, names: list[str], depth: int = 2) -> str:
        choices = [f'"{self.random.choice(TEXTS)}"', "input.family", "input.pipeline.name"]
        choices += self.of(names, "t")
        for c in self.of(names, "c"):
            choices += [f"{c}.name", f"{c}.user", f"{c}.image", f"{c}.labels.team"]
            choices += [f'object.get({c}, "user", "none")', f'{c}["name"]', f"lib.label({c})"]
            choices += [f"{c}.env[0].name", f"{c}.env[_].name"]
            choices += [f"kind_of({c})"] * self.helped
        for e in self.of(names, "e"):
            choices += [f"{e}.name", f"{e}.value", f'object.get({e}, "value", "")']
        if depth == 0:
            return self.random.choice(choices)
        t, n, v = (make(names, depth - 1) for make in (self.text, self.number, self.value))
        t2, joint = self.text(names, 0), self.pick('""', '"-"', '", "')
        choices += [
            f"lower({t})", f"upper({t})", f"trim_space({t})", f'trim({t}, "ab")', f"else_of({t})",
            f"concat({joint}, [{t}, {t2}])", f'sprintf("%s is %v", [{t}, {v}])',
            f'sprintf("%v", [{v}])', f'sprintf("%d", [{n}])', f'sprintf("%s", [{t}])',
            f'replace({t}, "a", {t2})', f"substring({t}, 0, 2)", f"substring({t}, 1, -1)",
            f'split({t}, ".")[0]', f"trim_prefix({t}, {t2})", f"trim_suffix({t}, {t2})",
            f"format_int({n}, {self.pick('2', '10', '16')})", f"json.marshal({v})",
            f"strings.reverse({t})", f"base64.encode({t})", f"urlquery.encode({t})",
            f'{{"a": {t}, "b": "B"}}[lower({t2})]', f"[{t}, {t2}][_]", f"type_name({v})",
            f'regex.replace({t}, "[ab]", "_")', f"hex.encode({t})",
            f'sprintf("%q %5.1f", [{t}, 1.25])', f'strings.replace_n({{"a": "1"}}, {t})',
        ]  # fmt: skip
        # A template has no variables of its own.
        if not re.search(r"\[_|\(_|\b(kind_of|else_of|size|step|lib\.\w+)\(", t + v):
            choices += [f'$"{{{t}}} is \\{{ {{{v}}}"', f"$`{{{t}}}`"] * 2
        if self.helped:
            choices += [f"lookup[lower({t})]", f"to_text[{t}]", f"nested[{t}].user", "pairs[_][0]"]
        return self.random.choice(choices)

    def number(self, names: list[str], depth: int = 2) -> str:
        choices = ["0", "1", "2", "-1", "0.7", "0.1", "1e3", "input.limits.cpu", "data.limits.cpu"]
        choices += self.of(names, "n")
        for c in self.of(names, "c"):
            choices += [f"{c}.cpu", f'object.get({c}, "cpu", 0)', f"{c}.ports[_]"]
            choices += [f"size({c})"] * self.helped
        if depth == 0:
            return self.random.choice(choices)
        n, m = self.number(names, depth - 1), self.number(names, 0)
        digits = self.pick('"1"', '"2.5"', '"x"')
        t, many = self.text(names, depth - 1), self.many(names, depth - 1)
        choices += [
            f"{n} + {m}", f"{n} - {m}", f"({n} + {m}) * 2", f"{n} / 4", f"{n} / {m}",
            f"round({n}) % 3", f"count({many})", f"count({t})", f"abs({n})", f"ceil({n})",
            f"floor({n})", f"round({n})", f"sum([{n}, {m}])", f"max([{n}, {m}])",
            f"min({{{n}, {m}}})", f"product([{n}, {m}])", f"to_number({digits})",
            f'indexof({t}, "a")', f"count([x | some x in {many}; x])", f"bits.and(5, round({n}))",
            'time.parse_rfc3339_ns("2026-01-31T10:00:00Z")', f"rank[round({m})]",
            f"step({self.text(names, 0)})",
        ]  # fmt: skip
        return self.random.choice(choices)

    def many(self, names: list[str], depth: int = 1) -> str:
        """A list or a set."""
        choices = ["input.containers", "input.tags", '{"a", "b"}', '["a", "b", "a"]', "lib.known"]
        choices += ["[1, 2, 3]"] + ["names", "users"] * self.helped
        for c in self.of(names, "c"):
            choices += [f"{c}.env", f"{c}.ports", f'object.get({c}, "env", [])', f"lib.values({c})"]
        if depth == 0:
            return self.random.choice(choices)
        one = self.many(names, 0)
        var, kind = self.name("v"), self.name("c")
        inner, stop = self.condition([*names, kind], 0), self.pick('"."', '""', '"a"')
        choices += [
            f"[{var} | some {var} in {one}; {self.condition([*names, var], 0)}]",
            f"{{{var} | some {var} in {one}}}", f"[{kind}.user | some {kind} in input.containers]",
            f"{{{kind}.name | some {kind} in input.containers; {inner}}}",
            f"sort({one})", f"numbers.range(1, {self.pick('3', '0', '-1')})",
            f"array.concat(input.tags, [{self.value(names, 0)}])", "object.keys(input.limits)",
            f'{{"a", {self.text(names, 0)}}} {self.pick("|", "&", "-")} lib.known',
            "array.slice(input.tags, 0, 1)", "array.reverse(input.tags)",
            f"split({self.text(names, 0)}, {stop})", "{x | x = input.tags[_]}",
            f'regex.find_n("[ab]", {self.text(names, 0)}, -1)', 'union({{"a"}, lib.known})',
            f'[x | walk({self.value(names, 0)}, [_, x])]',
        ]  # fmt: skip
        return self.random.choice(choices)

    def value(self, names: list[str], depth: int = 1) -> str:
        choices = ["null", "true", "input.opt", "input.limits", "input", "[]", "{}"]
        choices += ["by_name"] * self.helped
        choices += self.of(names, "v") + self.of(names, "c") + self.of(names, "e")
        if depth == 0:
            return self.random.choice(choices)
        t = self.text(names, depth - 1)
        choices += [
            t, self.number(names, depth - 1), self.many(names, depth - 1), f"[{t}]",
            f'{{"k": {t}}}', 
            f'{{"k": {t}, {t}: 1}}', f"input[{t}]",
            "{c.name: c.cpu | some c in input.containers}",
            f"object.union(input.limits, {{{t}: 1}})", 'object.remove(input.limits, ["cpu"])',
            f'object.filter(input.limits, ["cpu", {t}])', 'json.filter(input, ["limits/cpu"])',
            f'json.remove(input, ["containers", {t}])', "data.limits", f"data.accounts[{t}]",
            f'object.get(input, ["limits", {t}], "none")', f"count({self.many(names, 0)}) > 1",
            "json.unmarshal(json.marshal(input.opt))", "input.containers[0]", "input.containers[_]",
        ]  # fmt: skip
        return self.random.choice(choices)

    def condition(self, names: list[str], depth: int = 2) -> str:
        t, t2 = self.text(names, 0), self.text(names, max(0, depth - 1))
        n, v = self.number(names, max(0, depth - 1)), self.value(names, 0)
        order = self.pick("==", "!=", "<", ">=", ">", "<=")
        many = self.many(names, 0)
        # OPA knows the type of what is written out, and refuses most comparisons.
        known, other = (self.pick("input.opt", "input.limits", *names[:1]) for _ in range(2))
        glob, stops = self.random.choice(GLOBS), self.pick("[]", "null", '["/"]')
        choices = [
            f"{t} {self.pick('==', '!=')} {t2}", f"{n} {order} {self.number(names, 0)}", known,
            f"{known} {order} {other}", f"{t2} in {many}", f"startswith({t2}, {t})",
            f"endswith({t2}, {t})", f"contains({t2}, {t})", f"is_string({v})",
            f"is_null({v})", f"is_number({v})", f"is_object({v})", "has_option",
            f"{self.pick('0, 1', '1, 1')} in [{n}, 1]", 
            f"regex.match(`{self.random.choice(PATTERNS)}`, {t2})",
            f'glob.match("{glob}", {stops}, {t2})',
            f"semver.is_valid({t2})", f"{t2} == [{t}, {t}][_]", f"walk({v}, [_, {t}])",
        ]  # fmt: skip
        if self.helped:
            choices += [f"names[{t2}]", f"users[{t}]", f"by_name[{t}] {order} {n}", "tagged"]
        for c in self.of(names, "c"):
            choices += [f"lib.fine({c})", f"lib.old({c})", f"{c}.user", f"{c}.cpu > 1"]
            choices += [f"same({c}.name, {t})", f"named({c})", f"{c} == input.containers[0]"]
            choices += [f"bad({c})", f"not bad({c})", f"not lib.fine({c})"] * self.helped
        if depth > 0:
            inner, c, e = self.condition(names, depth - 1), self.name("c"), self.name("e")
            each = self.condition([*names, c], depth - 1)
            if c not in each:
                each += f"; {c}.name"
            # Nothing may be bound or left open in a negation.
            if not re.search(r"^(not|every|x)|[\[(]_| with ", inner):
                choices += [f"not {inner}"] * 6
            if self.has_bodies:
                one = f"some {c} in input.containers"
                choices += [f"not {{ {inner} }}", f"not {{\n\t\t{one}\n\t\t{each}\n\t}}"] * 2
            choices += [
                f"every {c} in input.containers {{ {each} }}",
                f"every {e} in {self.pick('input.tags', 'lib.known')} {{ {e} != {t} }}",
                f"count([{c} | some {c} in input.containers; {each}]) {order} 1",
                f"{self.name('x')} := {self.value(names, 1)}", f"[_, {t}] = [1, {t2}]",
                f'{inner} with input.family as "b"', f"{inner} with data.limits.cpu as 5",
                f'{inner} with lib.known as {{"a"}}',
                f"has_option with input.opt as {self.value([], 0)}",
            ]  # fmt: skip
        return self.random.choice(choices)
