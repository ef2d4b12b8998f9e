//! `policy controls`: what ships, and what it is good for.

use crate::cli::Exit;
use crate::policy::controls::CONTROLS;

#[expect(clippy::print_stdout, reason = "the controls are what was asked for")]
pub(super) fn run(name: Option<&str>) -> Result<Exit, Vec<String>> {
    let Some(name) = name else {
        let longest = CONTROLS.iter().map(|control| control.id.len()).max();
        for control in CONTROLS {
            let width = longest.unwrap_or_default();
            println!("{:width$}  {}", control.id, control.about("title"));
        }
        return Ok(Exit::Done);
    };
    let Some(control) = CONTROLS.iter().find(|control| control.id == name) else {
        let problem = format!("there is no control `{name}`; `policy controls` shows all");
        return Err(vec![problem]);
    };
    print!("{}", control.rego);
    Ok(Exit::Done)
}
