//! Cases in which regorus evaluates differently from OPA, and sets that OPA
//! rejects. The expected results are those of OPA 1 for the same sources.

use super::super::inputs::answer;
use super::super::question::{Answer, Text};
use super::*;

const INPUT: &str = r#"{
    "containers": [
        {"name": "web", "user": "root", "env": [{"name": "A", "value": "hunter2"}]},
        {"name": "log"}
    ],
    "cpu": "256",
    "family": "shop"
}"#;

fn asked(task: Task, policies: &[(&str, &str)]) -> Answer {
    let policies = policies
        .iter()
        .map(|(path, text)| Text::new(*path, format!("package {text}")));
    let question = Question::new(task, "main", policies.collect());
    answer(&question, &mut || Ok(INPUT.to_owned()), &mut |_| {})
}

/// The messages of all findings, or the problems.
fn found(policies: &[(&str, &str)]) -> Result<Vec<String>, Vec<String>> {
    match asked(Task::Evaluate, policies) {
        Answer::Findings(found) => Ok(found.into_iter().map(|finding| finding.message).collect()),
        Answer::Problems(problems) => Err(problems),
        other @ (Answer::Loaded(_) | Answer::Tests(_) | Answer::Explained(_)) => {
            panic!("{other:?}")
        }
    }
}

fn one(rules: &str) -> Result<Vec<String>, Vec<String>> {
    found(&[("team.rego", &format!("main\n{rules}\n"))])
}

#[test]
fn no_finding_is_lost() {
    for (rules, expected) in [
        // A head that is undefined for the last element.
        (
            "deny contains sprintf(\"%s runs as %s\", [c.name, c.user]) if some c in input.containers",
            "web runs as root",
        ),
        ("deny contains c.user if some c in input.containers", "root"),
        (
            "deny contains {\"msg\": c.user} if some c in input.containers",
            "root",
        ),
        (
            "users contains c.user if some c in input.containers\ndeny contains \"root\" if users.root",
            "root",
        ),
        (
            "by[c.user] := c.name if some c in input.containers\ndeny contains by.root",
            "web",
        ),
        (
            "f(c) := c.user if c.name\ndeny contains f(c) if some c in input.containers",
            "root",
        ),
        // `walk` with one argument.
        (
            "deny contains value if {\n\t[path, value] := walk(input)\n\tpath == [\"family\"]\n}",
            "shop",
        ),
        (
            "deny contains value if {\n\t[[\"family\"], value] = walk(input)\n}",
            "shop",
        ),
        // Of two members with one key, OPA's parser takes the last.
        ("deny contains {\"msg\": input.none, \"msg\": \"x\"}", "x"),
        // `with` on a function that is called by its short name.
        (
            "f(x) := x\ng(x) := \"replaced\"\ndeny contains m if m := f(\"own\") with data.main.f as g",
            "replaced",
        ),
        // Object patterns match only objects with exactly their keys.
        (
            "f({\"name\": x}) := x\nf({\"name\": _, \"user\": x, \"env\": _}) := x\ndeny contains f(c) if some c in input.containers",
            "log root",
        ),
        (
            "f(x, x) := \"same\"\nf(_, 3) := \"other\"\ndeny contains f(2, 3)",
            "other",
        ),
        // The arguments of a negated call are evaluated before the negation.
        (
            "fine(c) if not startswith(c.user, \"root\")\ndeny contains c.name if {\n\tsome c in input.containers\n\tnot fine(c)\n}",
            "log web",
        ),
        ("deny contains \"x\" if not input.none == 1", "x"),
        ("deny contains \"x\" if not input.none > 1", ""),
        // An undefined value goes on to `else`.
        (
            "f(x) := x.none if x else := \"else\"\ndeny contains f(input)",
            "else",
        ),
        (
            "p[x].r contains y if {\n\tsome x in [\"b\", \"c\"]\n\tsome y in [1, 2]\n}\np.b.r contains 5\ndeny contains sprintf(\"%v\", [p.b.r])",
            "{1, 2, 5}",
        ),
        ("deny contains \"x\" if 1, 1 in {1}", "x"),
        // The same variable name after an iteration.
        (
            "deny contains \"x\" if {\n\tsome i\n\tinput.containers[i].user\n\tsome j\n\tinput.containers[j].name == \"log\"\n}",
            "x",
        ),
        // Above its declaration, a name refers to the enclosing body.
        (
            "deny contains y if {\n\tx := 1\n\tsome y in [sprintf(\"%d\", [x]) | x == 1; x := 2]\n}",
            "2",
        ),
        ("deny contains sprintf(\"%v\", [0.7 + 0.1])", "0.8"),
        ("deny contains \"x\" if 0.7 + 0.1 >= 0.8", "x"),
        ("deny contains sprintf(\"%d %v\", [-5, set()])", "-5 set()"),
        ("deny contains sprintf(\"%v\", [count(\"😀\")])", "1"),
        (
            "deny contains sprintf(\"%v\", [strings.count(\"ab\", \"\")])",
            "3",
        ),
        ("deny contains \"x\" if {\"a\": 1} < {1}", "x"),
        ("deny contains \"x\" if semver.is_valid(\"v1.2.3\")", "x"),
        (
            "deny contains time.format(time.add_date(time.parse_rfc3339_ns(\"2026-01-31T00:00:00Z\"), 0, 1, 0))",
            "2026-03-03T00:00:00Z",
        ),
        (
            "deny contains \"x\" if glob.match(\"[^a]\", [], \"^\")",
            "x",
        ),
        ("deny contains \"x\" if glob.match(\"*\", [], \"a.b\")", ""),
        ("deny contains \"x\" if regex.match(`^[a&&b]$`, \"&\")", "x"),
        ("deny contains \"x\" if regex.match(`^\\w$`, \"é\")", ""),
        (
            "deny contains \"x\" if regex.match(`^{\\Qa.b\\E`, \"{a.b\")",
            "x",
        ),
        ("deny contains \"x\" if object.subset([1], [])", "x"),
        ("deny contains \"x\" if plus(1, 2) == 3", "x"),
    ] {
        let found = one(rules).map(|found| found.join(" "));
        assert_eq!(found.as_deref(), Ok(expected), "{rules}");
    }
}

#[test]
fn an_import_means_what_it_names() {
    let limits = "limit := 128\nis_big if to_number(input.cpu) > ";
    for files in [
        // A package that imports itself, at any depth and through its parent.
        vec![(
            "a.rego",
            format!(
                "main\nimport data.main\n{limits}main.limit\ndeny contains \"big\" if main.is_big"
            ),
        )],
        vec![(
            "a.rego",
            format!(
                "main.a.b\nimport data.main.a.b as me\n{limits}me.limit\ndeny contains \"big\" if me.is_big"
            ),
        )],
        vec![(
            "a.rego",
            format!(
                "main.a\nimport data.main as up\n{limits}up.a.limit\ndeny contains \"big\" if up.a.is_big"
            ),
        )],
        vec![(
            "a.rego",
            format!(
                "main\nimport data as d\n{limits}d.main.limit\ndeny contains \"big\" if d.main.is_big"
            ),
        )],
        // A rule of the package has the same name as the import.
        vec![
            (
                "a.rego",
                "main\nimport data.lib.is_big\nis_big := false\ndeny contains \"big\" if is_big"
                    .to_owned(),
            ),
            ("lib.rego", format!("lib\n{limits}limit")),
        ],
        // Packages that import each other.
        vec![
            (
                "a.rego",
                "main.a\nimport data.main.b\nlimit := 128\ndeny contains \"big\" if b.big"
                    .to_owned(),
            ),
            (
                "b.rego",
                "main.b\nimport data.main.a\nbig if to_number(input.cpu) > a.limit".to_owned(),
            ),
        ],
    ] {
        let files: Vec<(&str, &str)> = files
            .iter()
            .map(|(path, text)| (*path, text.as_str()))
            .collect();
        assert_eq!(found(&files), Ok(vec!["big".to_owned()]), "{files:?}");
    }
}

#[test]
fn what_opa_refuses_does_not_load() {
    for (rules, expected) in [
        (
            "deny contains \"x\" if count(input.containers) == \"1\"",
            "team.rego:2: a number is compared with a text",
        ),
        (
            "deny contains \"x\" if {\n\tnames := [\"a\"]\n\tnames.first\n}",
            "team.rego:4: an array has no such member",
        ),
        (
            "deny contains \"x\" if {\n\tsome n in [\"a\"]\n\tn.name\n}",
            "team.rego:4: a text has no such member",
        ),
        (
            "limit := 1\ndeny contains \"x\" if limit == \"1\"",
            "team.rego:3: a number is compared with a text",
        ),
        (
            "f(x) := count(x)\ndeny contains \"x\" if f(1)",
            "team.rego:3: `main.f` never takes a number",
        ),
        (
            "deny contains \"x\" if startswith(count([]), \"a\")",
            "team.rego:2: `startswith` never takes a number",
        ),
        (
            "deny contains \"x\" if not input.containers[_].user",
            "team.rego:2: a variable has no value here",
        ),
        (
            "deny contains \"x\" if input.family == famly",
            "team.rego:2: a variable has no value here",
        ),
        (
            "deny contains \"x\" if {\n\tx == 1\n\tx := 1\n}",
            "team.rego:3: `x` is used above",
        ),
        (
            "deny contains \"x\" if {\n\tx := 1\n\tx := 1\n}",
            "team.rego:4: `x` is declared twice",
        ),
        (
            "deny contains \"x\" if {\n\tsome x\n\tinput.family\n}",
            "team.rego:2: `x` is declared and not used",
        ),
        (
            "deny contains \"x\" if every c in input.containers { input.family }",
            "`c` is declared and not used",
        ),
        (
            "deny contains \"x\" if f(1)\nf(x) if { x := 2; x }",
            "team.rego:3: `x` is declared twice",
        ),
        (
            "deny contains \"x\" if not y := 1",
            "team.rego:2: nothing can be assigned under `not`",
        ),
        (
            "deny contains \"x\" if any([true])",
            "team.rego:2: `any` is deprecated",
        ),
        (
            "deny contains \"x\" if http.send({})",
            "team.rego:2: this engine does not have OPA's function `http.send`",
        ),
        (
            "deny contains \"x\" if no.such(1)",
            "team.rego:2: there is no function `no.such`",
        ),
        (
            "f(x) := x\ndeny contains \"x\" if f(1, 2, 3)",
            "team.rego:3: `f` takes 1 arguments",
        ),
        (
            "deny contains \"x\" if f\nf(x) := x",
            "team.rego:2: a function is called with its arguments",
        ),
        (
            "deny contains \"x\" if data.main",
            "team.rego:2: `main.deny` depends on itself",
        ),
        (
            "deny contains \"x\" if count (input.containers) > 0",
            "team.rego:2: nothing may stand between a function and the `(`",
        ),
        (
            "deny contains \"x\" if {\n\tsome i\n\tnot input.containers[i].user\n}",
            "team.rego:4: a variable has no value here",
        ),
        (
            "import data.a\nimport data.a\ndeny contains \"x\"",
            "team.rego:3:1: import shadows",
        ),
    ] {
        let text = format!("main\n{rules}\n");
        let Answer::Problems(problems) = asked(Task::Load, &[("team.rego", &text)]) else {
            panic!("it loads: {rules}");
        };
        assert!(problems[0].contains(expected), "{rules}: {problems:?}");
    }
}

#[test]
fn what_means_something_else_to_opa_does_not_load() {
    let rule = |body: &str| format!("deny contains \"x\" if {{ {body} }}");
    for (rules, expected) in [
        (
            rule("o.a == 2 with o.a as 2") + "\no := {\"a\": 1}",
            "`main.o` as a whole",
        ),
        (
            rule("f(1) with f as g") + "\nf(x) if x\ng(_, _) := true",
            "takes 2 arguments",
        ),
        (
            rule("walk(input, [p, _]); p with walk as 1"),
            "`walk` cannot be replaced",
        ),
        (
            rule("input with data.main as {}"),
            "`main.deny` depends on itself",
        ),
        (
            rule("f(1)") + "\nf(input) if input == 1",
            "`input` cannot be declared",
        ),
        (
            rule("d") + "\ndefault d := count([1])",
            "a value that is written out",
        ),
        (
            rule("1 + 1 == 7") + "\nplus(_, _) := 7",
            "`plus` is the name of an operator",
        ),
        (
            rule("count := 1; count([1]) == count"),
            "`count` is something else here",
        ),
    ] {
        let problems = one(&rules).expect_err(&rules);
        assert!(problems[0].contains(expected), "{rules}: {problems:?}");
    }
    let import = found(&[(
        "team.rego",
        "main\nimport data.a as input\ndeny contains input",
    )]);
    assert!(import.expect_err("no such import")[0].contains("cannot be called `input`"));
}

#[test]
fn functions_of_v0_are_there_for_files_of_v0() {
    let policy = "main\ndeny[msg] {\n\tok := [good | good := startswith(input.family, [\"x\", \"y\"][_])]\n\tnot any(ok)\n\tmsg := \"registry\"\n}\n";
    assert_eq!(
        found(&[("team.rego", policy)]),
        Ok(vec!["registry".to_owned()])
    );
}

#[test]
fn an_error_names_its_place_and_no_value() {
    let value = "input.containers[0].env[0].value";
    for body in [
        format!("{value} * 2 > 1"),
        format!("to_number({value}) > 1"),
        format!("regex.match({value}, 1)"),
        format!("concat({value}, [1])"),
        format!("x := {{k: v | some k in [{value}]; some v in [1, 2]}}\n\tx"),
        format!("json.unmarshal({value})"),
        format!("time.parse_rfc3339_ns({value}) > 1"),
        format!("object.get({value}, \"a\", 1)"),
        format!("units.parse({value}) > 1"),
        format!("glob.match(concat(\"\", [\"[\", {value}]), [], \"a\")"),
        format!("semver.compare({value}, \"1.2.3\") == 1"),
        format!("net.cidr_contains({value}, \"10.0.0.1\")"),
    ] {
        let rules = format!("\n\ndeny contains \"x\" if {{\n\t{body}\n}}");
        let problems = one(&rules).expect_err(&body).join("\n");
        assert!(!problems.contains("hunter2"), "{body}: {problems}");
        assert!(problems.contains("team.rego:5: "), "{body}: {problems}");
    }
}
