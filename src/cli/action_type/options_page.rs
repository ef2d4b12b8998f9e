//! The options page of the documentation, made from the options.

use std::fmt::Write as _;

use crate::job::options::{OPTIONS, OptionHelp};

const BEGINNING: &str = "\
# Options

<!-- Written by `bluegreen-worker action-type options`; a test compares it. -->

The action's property `Options` is optional. It holds `Key=Value` pairs, separated by `;` or new \
lines, for example `CompleteWhen=TrafficShifted;Timeout=90m`. An unknown key or value is refused \
before anything is registered, with the name that was probably meant.

| Option | Default | Other values | Example | Meaning |
|---|---|---|---|---|
";

const END: &str = "
CodePipeline ends every custom action after 24 hours. The worker refuses a deployment group whose \
wait times cannot end within that time.

`bluegreen-worker check` checks the options of an action in a folder or a pipeline, and \
`bluegreen-worker rehearse --options` tries them without AWS.
";

/// All options in Markdown.
pub(super) fn page() -> String {
    let mut text = BEGINNING.to_owned();
    for OptionHelp {
        name,
        default,
        others,
        example,
        meaning,
    } in OPTIONS
    {
        let default = default.map_or("none".to_owned(), |default| format!("`{default}`"));
        let others: Vec<String> = others.iter().map(|other| format!("`{other}`")).collect();
        let others = others.join(", ");
        let _ = writeln!(
            text,
            "| `{name}` | {default} | {others} | `{example}` | {meaning} |"
        );
    }
    text + END
}
