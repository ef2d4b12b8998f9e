//! `policy controls`: shows the shipped controls.

use crate::cli::{Exit, Failed, print};
use crate::policy::controls::{CONTROLS, Control, no_such_control};

pub(super) fn run(name: Option<&str>) -> Result<Exit, Failed> {
    let Some(name) = name else {
        let longest = CONTROLS.iter().map(|control| control.id.len()).max();
        let width = longest.unwrap_or_default();
        let line = |control: &Control| {
            let (id, title) = (control.id, control.about("title"));
            let needs: String = needs(control).iter().map(|it| format!("; {it}")).collect();
            format!("{id:width$}  {title}{needs}\n")
        };
        let lines: String = CONTROLS.iter().map(line).collect();
        return Ok(print(&lines, Exit::Done));
    };
    let Some(control) = CONTROLS.iter().find(|control| control.id == name) else {
        return Err(Failed::usage(no_such_control(name)));
    };
    Ok(print(control.rego, Exit::Done))
}

/// What a control needs besides the release's files.
fn needs(control: &Control) -> Vec<String> {
    let mut needs = Vec::new();
    let parameters = control.required_parameters();
    if !parameters.is_empty() {
        needs.push(format!("needs a parameter: {}", parameters.join(", ")));
    }
    let fields = control.fields_from_aws();
    if !fields.is_empty() {
        needs.push(format!("reads from AWS: {}", fields.join(", ")));
    }
    needs
}
