//! The options page of the documentation, made from the options.

use std::fmt::Write as _;

use crate::job::options::OPTIONS;

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
How long CodePipeline lets a custom action run is not verified. Its guide of 2022 says 24 \
hours; the limits page of 2026 says one hour for all actions that it does not list, and does \
not list custom actions ([AWS facts](aws.md#13-time-limits-redelivery-and-rates)). The worker \
ends the action itself when `Timeout` has passed, and refuses a deployment group whose wait \
times reach `Timeout`. If CodePipeline ends the action before that, the deployment runs on: set \
`Timeout` to less than its limit, such as `Timeout=55m`, so that `OnTimeout` applies.

`bluegreen-worker check` checks the options of an action in a folder or a pipeline, and \
`bluegreen-worker rehearse --options` tries them without AWS.
";

/// All options in Markdown.
pub(super) fn page() -> String {
    let mut text = BEGINNING.to_owned();
    for option in &OPTIONS {
        let (name, example, meaning) = (option.name, option.example, option.meaning);
        let default = option.default();
        let default = default.map_or("none".to_owned(), |default| format!("`{default}`"));
        let others = option.other_words().into_iter();
        let others: Vec<String> = others.map(|other| format!("`{other}`")).collect();
        let others = others.join(", ");
        let _ = writeln!(
            text,
            "| `{name}` | {default} | {others} | `{example}` | {meaning} |"
        );
    }
    text + END
}
