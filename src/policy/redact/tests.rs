//! Usual encodings of a value are found, and ordinary words are left alone.

use proptest::prelude::*;

use super::*;

const TOKEN: &str = "s3cr3t/T0ken+with=signs&more";

fn clean(values: &[(&'static str, &'static str)], text: &str) -> String {
    Redactor::new(values.to_vec()).clean(text)
}

fn is_hidden(value: &str, text: &str) {
    let shown = Redactor::new(vec![("V", value)]).clean(text);
    assert!(shown.contains("(value of V)"), "{value}: {shown}");
    let (value, shown) = (
        reduced(value).0,
        reduced(&shown.replace("(value of V)", " ")).0,
    );
    let longest = |n: usize| {
        value
            .windows(n)
            .any(|part| shown.windows(n).any(|it| it == part))
    };
    assert!(
        value.len() < 8 || !longest(8.max(value.len() * 2 / 3)),
        "{text}"
    );
}

#[test]
fn values_are_named_and_the_longest_first() {
    let values = [
        ("LONGER", "hunter2hunter2"),
        ("TOKEN", "hunter2"),
        ("DEBUG", "on"),
    ];
    assert_eq!(
        clean(&values, "`hunter2hunter2` or `hunter2` is on"),
        "`(value of LONGER)` or `(value of TOKEN)` is on"
    );
    assert_eq!(
        clean(&[("A", "ab-1")], "is ab-1, AB-1"),
        "is (value of A), (value of A)"
    );
    assert_eq!(clean(&[("A", "abc")], "is abc"), "is abc");
}

#[test]
fn what_the_usual_functions_make_of_a_value_is_hidden() {
    let base64 = |text: &str| base64_padded(text.as_bytes());
    for text in [
        TOKEN.to_owned(),
        TOKEN.to_uppercase(),
        TOKEN.to_lowercase(),
        format!("{TOKEN:?}"),
        serde_json::to_string(&[[TOKEN]]).unwrap(),
        serde_json::to_string(&serde_json::to_string(TOKEN).unwrap()).unwrap(),
        TOKEN.replace('&', "\\u0026"),
        TOKEN.chars().map(|c| format!("{c} ")).collect(),
        TOKEN.chars().map(|c| format!("\"{c}\", ")).collect(),
        TOKEN.bytes().map(|b| format!("{b:02x}")).collect(),
        TOKEN.bytes().map(|b| format!("{b:02X}:")).collect(),
        "s3cr3t%2FT0ken%2Bwith%3Dsigns%26more".into(),
        base64(TOKEN),
        base64(&format!("x{TOKEN}")),
        base64(&format!("xy{TOKEN}y")),
        base64(TOKEN).replace('+', "-").replace('/', "_"),
        TOKEN[..22].to_owned(),
        TOKEN[8..].to_owned(),
        base64(TOKEN)[3..28].to_owned(),
    ] {
        is_hidden(TOKEN, &format!("the value is {text} here"));
    }
}

#[test]
fn values_that_need_escapes_are_hidden() {
    for value in [
        "line one\nline\ttwo\r\nline three",
        "pässwörter-für-alle",
        "a\u{1}b\u{2}c\u{3}d\u{4}e\u{5}f\u{6}g\u{7}h",
    ] {
        is_hidden(value, value);
        is_hidden(value, &serde_json::to_string(value).unwrap());
    }
    is_hidden("!$%/()=?!", "it is !$%/()=?! here");
}

#[test]
fn a_piece_is_hidden_where_it_is_long_and_only_there() {
    let value = "0123456789abcdefghijklmnopqrstuvwxyz";
    let shown = |text: &str| clean(&[("V", value)], text) != text;
    for start in 0..value.len() - LONG {
        assert!(shown(&value[start..start + LONG]), "{start}");
        assert!(!shown(&value[start..start + LONG - 1]), "{start}");
    }
}

#[test]
fn words_of_an_address_are_no_secret() {
    let values = [
        ("API", "https://api.production.example.com/v1"),
        (
            "TABLE",
            "arn:aws:dynamodb:eu-west-1:111122223333:table/orders",
        ),
    ];
    for text in [
        "production is frozen for example.com",
        "the role arn:aws:iam::111122223333:role/webapp-task may not be used",
    ] {
        assert_eq!(clean(&values, text), text);
    }
}

#[test]
fn the_end_of_a_cut_text_keeps_no_beginning_of_a_value() {
    let value = "correct-horse-battery-staple".repeat(20);
    let text: String = format!("{value}{}{value}", "x".repeat(430))
        .chars()
        .take(MAX_TEXT)
        .collect();
    let shown = Redactor::new(vec![("V", &value)]).clean(&text);
    assert!(!shown.contains("corr"), "{shown}");
}

#[test]
fn a_megabyte_of_values_and_a_thousand_texts_take_no_time() {
    let values: Vec<String> = (0..2000)
        .map(|n| format!("value-{n}-{}", n * 7919))
        .collect();
    let named = values.iter().map(|value| ("V", value.as_str())).collect();
    let redactor = Redactor::new(named);
    let text = "no value at all, but many words ".repeat(30);
    for _ in 0..100 {
        assert_eq!(redactor.clean(&text).len(), text.len());
    }
    let same = "a".repeat(60_000);
    let redactor = Redactor::new(vec![("V", &same)]);
    assert_eq!(redactor.clean(&"a".repeat(900)), "(value of V)");
}

fn base64_padded(bytes: &[u8]) -> String {
    let mut text = String::new();
    for group in bytes.chunks(3) {
        let mut three = [0; 3];
        three[..group.len()].copy_from_slice(group);
        let four = base64(&three, 0);
        text.push_str(&four[..=group.len()]);
        text.push_str(&"=="[..3 - group.len()]);
    }
    text
}

proptest! {
    #[test]
    fn no_value_comes_through(value in "\\PC{4,60}", around in "[ -~]{0,30}") {
        let text = format!("{around}{value}{around}");
        let shown = Redactor::new(vec![("V", &value)]).clean(&text);
        prop_assert!(shown.contains("(value of V)"), "{}", shown);
    }

    #[test]
    fn nothing_is_lost_where_there_are_no_values(text in "\\PC{0,200}") {
        prop_assert_eq!(Redactor::new(Vec::new()).clean(&text), text);
    }
}
