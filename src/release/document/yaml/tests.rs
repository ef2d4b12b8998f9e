//! Tests of the YAML parser.

use super::*;

fn value(text: &str) -> String {
    parse(text).expect("should parse").value.to_string()
}

fn call_error(text: &str) -> (String, SyntaxCause) {
    let mut problems = parse(text).expect_err("should not parse");
    let problem = problems.remove(0);
    (problem.position.to_string(), problem.cause)
}

#[test]
fn scalars_keep_their_types() {
    assert_eq!(
        value("a: 1\nb: 0.0\nc: '1'\nd: yes\ne: true\nf: ~\ng: [x, {y: -3}]\n8: z\n"),
        r#"{"a":1,"b":0.0,"c":"1","d":"yes","e":true,"f":null,"g":["x",{"y":-3}],"8":"z"}"#
    );
}

#[test]
fn every_value_has_its_place() {
    use crate::release::document::path::Path;
    let parsed = parse("a:\r\n  - b: 7\r\n").expect("should parse");
    let list = Path::ROOT.member("a");
    let first = list.index(0);
    let leaf = first.member("b");
    let place = |position: Option<Position>| position.expect("known").to_string();
    assert_eq!(place(parsed.positions.value(&leaf)), "2:8");
    assert_eq!(place(parsed.positions.name(&leaf)), "2:5");
    assert_eq!(place(parsed.positions.name(&list)), "1:1");
}

#[test]
fn the_last_of_several_like_keys_counts() {
    let cases = [
        ("a: 1\nb: 2\na: 3\n", r#"{"a":3,"b":2}"#, "3:1 1:1"),
        (
            "- a: 1\n- a: 2\n  b: 3\n  a: 4\n",
            r#"[{"a":1},{"a":4,"b":3}]"#,
            "4:3 2:3",
        ),
        ("{a: 1, a: 2}\n", r#"{"a":2}"#, "1:8 1:2"),
        (
            "x: &x {a: 1}\ny: {<<: *x, a: 2}\n",
            r#"{"x":{"a":1},"y":{"a":2}}"#,
            "",
        ),
    ];
    for (text, expected, places) in cases {
        let parsed = parse(text).expect("should parse");
        assert_eq!(parsed.value.to_string(), expected);
        let repeated = parsed.repeated.iter();
        let at = |position: Option<Position>| position.expect("known").to_string();
        let told = repeated.map(|one| format!("{} {}", at(one.at), at(one.first)));
        assert_eq!(told.collect::<Vec<_>>().join("\n"), places, "{text}");
    }
}

#[test]
fn hostile_documents_are_refused_before_they_grow() {
    let bomb = {
        let mut text = "a: &a [x,x,x,x,x,x,x,x,x]\n".to_owned();
        for (name, before) in [('b', 'a'), ('c', 'b'), ('d', 'c'), ('e', 'd'), ('f', 'e')] {
            let many = vec![format!("*{before}"); 9].join(",");
            text.push_str(&format!("{name}: &{name} [{many}]\n"));
        }
        text
    };
    for text in [
        bomb,
        "a: &a b\n".to_owned() + &format!("c: [{}]\n", "*a,".repeat(MAX_ALIASES + 1)),
        format!("a: {}\n", "x".repeat(MAX_BYTES)),
        "- ".repeat(10_000),
        "- x\n".repeat(MAX_VALUES + 1),
    ] {
        let (_, cause) = call_error(&text);
        assert_eq!(cause, SyntaxCause::TooMuchYaml, "{}", &text[..20]);
    }
    // The parser has its own limit for brackets.
    call_error(&"[".repeat(10_000));
}

#[test]
fn size_and_aliases_are_read_up_to_their_bounds() {
    let sized = |bytes: usize| format!("a: {}", "x".repeat(bytes - 3));
    assert!(parse(&sized(MAX_BYTES)).is_ok());
    assert_eq!(
        call_error(&sized(MAX_BYTES + 1)).1,
        SyntaxCause::TooMuchYaml
    );
    let aliases = |count: usize| format!("a: &a b\nc: [{}]\n", "*a,".repeat(count));
    assert!(parse(&aliases(MAX_ALIASES)).is_ok());
    assert_eq!(
        call_error(&aliases(MAX_ALIASES + 1)).1,
        SyntaxCause::TooMuchYaml
    );
}

#[test]
fn nesting_is_read_up_to_its_bound() {
    let nested = |depth: usize| "- ".repeat(depth) + "x\n";
    assert!(parse(&nested(MAX_DEPTH)).is_ok());
    assert_eq!(
        call_error(&nested(MAX_DEPTH + 1)).1,
        SyntaxCause::TooMuchYaml
    );
}

#[test]
fn a_tag_that_nothing_resolves_is_found_wherever_it_stands() {
    for (text, place, tag) in [
        ("a: !Ref Name\n", "1:4", "!Ref"),
        ("a:\n  - b: !GetAtt Hook.Arn\n", "2:8", "!GetAtt"),
        ("a: !Sub \"${A}-b\"\n", "1:4", "!Sub"),
        ("a: [x, !Ref B]\n", "1:8", "!Ref"),
        ("a: !Join [x, y]\n", "1:4", "!Join"),
        ("b: !Ref B\na: 1\nc: !Ref C\n", "1:4", "!Ref"),
        ("a: !Sub |\n  text\n", "1:4", "!Sub"),
        ("a: !If # why\n\n  - x\n", "1:4", "!If"),
    ] {
        let problem = parse(text).expect_err("there is a tag").remove(0);
        let tag = Excerpt::of(tag);
        assert_eq!(problem.position.to_string(), place, "{text}");
        assert_eq!(
            problem.cause,
            SyntaxCause::CommonMistake(CommonMistake::UnresolvedTag { tag }),
            "{text}"
        );
    }
}

#[test]
fn yaml_s_own_tags_and_exclamation_marks_in_text_are_fine() {
    for text in [
        "a: !!str 80\n",
        "a: wow !Ref\n",
        "a: \"b !Ref c\"\n",
        "a: [\"b !\", \"c\"]\n",
        "# !Ref\na: b\n",
        "a: # !Ref\n  b: c\n",
    ] {
        assert!(parse(text).is_ok(), "{text}");
    }
}

#[test]
fn a_short_form_is_read_as_its_long_form() {
    let text = "\
a: !Join
  - ','
  - - b
    - !Ref C
c: !If [x, !Ref A, [!Ref B, !Not [!Condition y]]]
d: !Sub |
  one
f:
  - !If
    - A
    - Name: B
  - plain
g: &g !GetAtt R.Arn
h: !Transform
  Name: x
i: *g
";
    let parsed = parse_long_form(text).expect("it parses");
    let expected = json!({
        "a": { "Fn::Join": [",", ["b", { "Ref": "C" }]] },
        "c": { "Fn::If": ["x", { "Ref": "A" },
            [{ "Ref": "B" }, { "Fn::Not": [{ "Condition": "y" }] }]] },
        "d": { "Fn::Sub": "one\n" },
        "f": [{ "Fn::If": ["A", { "Name": "B" }] }, "plain"],
        "g": { "Fn::GetAtt": "R.Arn" },
        "h": { "Fn::Transform": { "Name": "x" } },
        "i": { "Fn::GetAtt": "R.Arn" },
    });
    assert_eq!(parsed.value, expected);
}
