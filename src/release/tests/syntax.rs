//! Text that is not JSON or YAML.

use super::{Files, changes, compare, lines};
use crate::release::bundle::Bundle;
use crate::release::document::MAX_VALUES;
use crate::release::finding::MAX_FINDINGS;
use crate::release::plan::check;

#[test]
fn every_slip_in_json_has_its_place_and_cause() {
    changes(&[
        (
            "\"512\",",
            "\"512\",,",
            "error taskdef.json:7:19: a comma too many → remove it",
        ),
        (
            "8080}]",
            "8080}],",
            "error taskdef.json:13:48: a comma without another entry behind it → remove the comma; JSON has none before } or ]",
        ),
        (
            "\"256\",",
            "\"256\"",
            "error taskdef.json:6:15: a comma is missing here → put one between the entries",
        ),
        (
            "\"family\": \"web\"",
            "'family': 'web'",
            "error taskdef.json:2:3: single quotes → write strings in double quotes",
        ),
        (
            "\"family\": \"web\"",
            "\"family\": 'web'",
            "error taskdef.json:2:13: single quotes → write strings in double quotes",
        ),
        (
            "\"family\":",
            "family:",
            "error taskdef.json:2:3: the name family stands without quotes → write \"family\"",
        ),
        (
            "\"family\":",
            "\"family\"",
            "error taskdef.json:2:12: a name without : and a value → write \"name\": value",
        ),
        (
            "\"512\"",
            "<MEMORY>",
            "error taskdef.json:7:13: the placeholder <MEMORY> stands without quotes → write \"<MEMORY>\" if the action replaces it, or let the build do so",
        ),
        (
            "\"512\"",
            "${MEMORY}",
            "error taskdef.json:7:13: the placeholder ${MEMORY} stands without quotes → let the build replace it",
        ),
        (
            "\"512\"",
            "{{ memory }}",
            "error taskdef.json:7:13: the placeholder {{ memory }} stands without quotes → let the build replace it",
        ),
        (
            "true",
            "True",
            "error taskdef.json:12:20: JSON has no True → write true, false or null, or put it in double quotes",
        ),
        (
            "true",
            "None",
            "error taskdef.json:12:20: JSON has no None → write true, false or null, or put it in double quotes",
        ),
        (
            "true",
            "",
            "error taskdef.json:12:20: a value is missing here → write one",
        ),
    ]);
}

#[test]
fn every_slip_in_numbers_and_strings_has_its_place_and_cause() {
    changes(&[
        (
            "8080}",
            "0x1F90}",
            "error taskdef.json:13:42: this is not a number that JSON has → write a decimal number without a leading zero, + or unit, or put it in quotes",
        ),
        (
            "8080}",
            "+8080}",
            "error taskdef.json:13:42: this is not a number that JSON has → write a decimal number without a leading zero, + or unit, or put it in quotes",
        ),
        (
            "8080}",
            "08080}",
            "error taskdef.json:13:42: this is not a number that JSON has → write a decimal number without a leading zero, + or unit, or put it in quotes",
        ),
        (
            "8080}",
            "8080.}",
            "error taskdef.json:13:42: this is not a number that JSON has → write a decimal number without a leading zero, + or unit, or put it in quotes",
        ),
        (
            "8080}",
            "NaN}",
            "error taskdef.json:13:42: JSON has no NaN → write true, false or null, or put it in double quotes",
        ),
        (
            "8080}",
            "1e999}",
            "error taskdef.json:13:42: the number is too large for any program → write a smaller one",
        ),
        (
            "\"web\"",
            "\"web",
            "error taskdef.json:2:13: the string that begins here is never closed → close it",
        ),
        (
            "\"web\"",
            "\"w\teb\"",
            "error taskdef.json:2:15: a tab or another control character inside a string → write it as an escape, such as \\t",
        ),
        (
            "\"web\"",
            "\"C:\\web\"",
            "error taskdef.json:2:16: a backslash before a character that needs none → write \\\\ for a backslash",
        ),
        (
            "\"web\"",
            "\"\\ud83d\"",
            "error taskdef.json:2:14: an escape that is half of a character → write both halves, or the character itself",
        ),
        (
            "\"web\"",
            "\"\\ude00\"",
            "error taskdef.json:2:14: an escape that is half of a character → write both halves, or the character itself",
        ),
        (
            "\"cpu\": \"256\"",
            "\"cpu\": \"256\",\n  \"family\": \"api\"",
            "warning taskdef.json:7:3: “family” stands at 2:3 as well, and this one counts → remove one of them",
        ),
        (
            "  ]\n}",
            "  ]\n",
            "error taskdef.json:1:1: the object that begins here is never closed → close it",
        ),
        (
            "  ]\n}",
            "}",
            "error taskdef.json:15:1: “}” cannot stand here → check the brackets, commas and quotes before it",
        ),
        (
            "  ]\n}",
            "  ]\n}\n{}",
            "error taskdef.json:17:1: more text behind the end of the document → keep one document in the file",
        ),
        (
            "{\n  \"family\"",
            "/* never closed\n{\n  \"family\"",
            "error taskdef.json:1:1: the comment that begins here is never closed → close it",
        ),
        (
            "{\n  \"family\"",
            "+{\n  \"family\"",
            "error taskdef.json:1:1: this is not JSON, which begins with { → check that the path names the right file, and that the build makes JSON of a template",
        ),
    ]);
}

#[test]
fn every_slip_in_yaml_has_its_place_and_cause() {
    changes(&[
        (
            "version: 0.0",
            "version: 0.0\nversion: 0.0",
            "warning appspec.yaml:2:1: “version” stands at 1:1 as well, and this one counts → remove one of them",
        ),
        (
            "ContainerName: web",
            "ContainerName: 'web",
            "error appspec.yaml:9:11: this is not YAML: invalid indentation in multiline quoted scalar → check the indentation and quotes here and on the line before",
        ),
        (
            "ContainerName: web",
            "\tContainerName: web",
            "error appspec.yaml:9:11: this is not YAML: while parsing a block mapping, did not find expected key → check the indentation and quotes here and on the line before",
        ),
        (
            "        LoadBalancerInfo",
            "      LoadBalancerInfo",
            "error appspec.yaml:6:9 Resources[0].TargetService.Properties.LoadBalancerInfo: LoadBalancerInfo is missing or empty → add LoadBalancerInfo\nwarning appspec.yaml:7:7 Resources[0].TargetService.LoadBalancerInfo: LoadBalancerInfo has no meaning here, and is sent as it stands → move it to Properties",
        ),
        (
            "smoke-test",
            "smoke-test\n---\nversion: 0.0",
            "error appspec.yaml:13:1: more text behind the end of the document → keep one document in the file",
        ),
        (
            "smoke-test",
            "*nowhere",
            "error appspec.yaml:11:19: this is not YAML: alias references unknown anchor → check the indentation and quotes here and on the line before",
        ),
        (
            "smoke-test",
            "{{ hook }}",
            "error appspec.yaml:11:20: the placeholder {{ hook }} stands without quotes → let the build replace it",
        ),
    ]);
}

#[test]
fn what_is_no_text_at_all_is_named() {
    let taskdefs: [(&[u8], &'static str); 9] = [
        (
            b"",
            "error taskdef.json: the file is empty → check that the build writes it before it makes the artifact",
        ),
        (
            b" \r\n\t",
            "error taskdef.json: the file is empty → check that the build writes it before it makes the artifact",
        ),
        (
            b"\xff\xfe{\x00}\x00",
            "error taskdef.json: the file is in UTF-16 → save it as UTF-8",
        ),
        (
            b"{\n  \"family\": \"w\xe9b\"\n}",
            "error taskdef.json:2:15: the text is not UTF-8 from here on → save the file as UTF-8",
        ),
        (
            b"{\"family\": \"\0\"}",
            "error taskdef.json:1:13: the text holds a NUL character → remove it, or check that the path names a text file",
        ),
        (
            b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n",
            "error taskdef.json: the artifact holds a Git LFS pointer in place of the file → take the file out of Git LFS, or let the build fetch it",
        ),
        (
            b"family: web\ncpu: 256\n",
            "error taskdef.json: the file is YAML, and must be JSON → convert it, or check that the path names the right file",
        ),
        (
            b"[]",
            "error taskdef.json:1:1: a task definition is an object, and this is a list → check that the path names the right file",
        ),
        (
            b"// nothing but a comment\n",
            "error taskdef.json:2:1: a value is missing here → write one",
        ),
    ];
    compare(taskdefs.into_iter().map(|(bytes, expected)| {
        let files = Files {
            taskdef: bytes.to_vec(),
            ..Files::default()
        };
        let shown = String::from_utf8_lossy(bytes).into_owned();
        (shown, files.found(), expected)
    }));
}

#[test]
fn app_specs_that_are_something_else_are_named() {
    let many = format!("[{}0]", "0,".repeat(MAX_VALUES));
    let rows = [
        (
            "[]",
            "error appspec.yaml:1:1: an AppSpec has version, Resources and Hooks, and this is a list → check that the path names the right file",
        ),
        (
            "just a sentence\n",
            "error appspec.yaml:1:1: an AppSpec has version, Resources and Hooks, and this is a string → check that the path names the right file",
        ),
        (
            "~\n",
            "error appspec.yaml:1:1: an AppSpec has version, Resources and Hooks, and this is null → check that the path names the right file",
        ),
        (
            "# nothing but a comment\n",
            "error appspec.yaml:2:1: an AppSpec has version, Resources and Hooks, and this is null → check that the path names the right file",
        ),
        (
            "{\"version\": 0.0, \"Resources\"",
            "error appspec.yaml:1:29: a name without : and a value → write \"name\": value",
        ),
        (
            many.as_str(),
            "error appspec.yaml:1:40001: more than 20000 values → check that the path names the right file",
        ),
    ];
    compare(rows.map(|(text, expected)| {
        let files = Files {
            appspec: text.into(),
            ..Files::default()
        };
        (text.chars().take(40).collect(), files.found(), expected)
    }));
}

#[test]
fn a_file_in_another_language_is_not_corrected_as_json() {
    for text in [
        "local env = std.native('env');\n{ family: env('NAME') }",
        "resource \"aws_ecs_task_definition\" \"web\" {\n}",
        "---\n- family: web\n",
        "<!DOCTYPE html>",
        "\n  An error occurred",
    ] {
        let files = Files {
            taskdef: text.into(),
            ..Files::default()
        };
        let found = files.found();
        assert!(found.contains("this is not JSON"), "{text}: {found}");
    }
}

#[test]
fn a_file_that_was_not_fetched_is_an_error_not_a_panic() {
    let files = Files::default();
    let found = lines(&check(&files.request(), &Bundle::default()).findings);
    compare([(
        "no files".to_owned(),
        found,
        "error appspec.yaml: the file was not read from its artifact → release again; if it happens twice, tell the operator of the worker\nerror imageDetail.json: the file was not read from its artifact → release again; if it happens twice, tell the operator of the worker\nerror taskdef.json: the file was not read from its artifact → release again; if it happens twice, tell the operator of the worker",
    )]);
}

#[test]
fn findings_beyond_the_bound_are_counted() {
    let members: Vec<String> = (0..=MAX_FINDINGS)
        .map(|n| format!("\"zz{n:03}\": 1"))
        .collect();
    let to = format!("{}, \"family\"", members.join(", "));
    let found = Files::default().with("\"family\"", &to).found();
    let last = found.lines().last().unwrap_or_default().to_owned();
    compare([("101 unknown members".to_owned(), last, "note and 1 more")]);
}
