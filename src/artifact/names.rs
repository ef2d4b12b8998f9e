//! Compares the names in an archive with the configured paths.

use std::borrow::Cow;

/// Maximum length of a suggested name. Longer names are hardly what the author
/// meant.
const MAX_PROPOSED: usize = 200;
/// Maximum length of file names for the similarity comparison.
const MAX_COMPARED: usize = 64;
/// Maximum number of similarity comparisons per archive. 50,000 take well under
/// a second and cover every name of an ordinary artifact.
pub(super) const MAX_COMPARISONS: usize = 50_000;
/// Minimum similarity for a suggestion.
const ALIKE: f64 = 0.8;
/// Common names for a task definition other than `taskdef.json`.
const TASK_DEFINITIONS: [&str; 8] = [
    "ecs-task-def.json",
    "ecs-taskdef.json",
    "service-taskdef.json",
    "task-def.json",
    "task-definition.json",
    "task_definition.json",
    "taskdefinition.json",
    "taskdef-template.json",
];
/// Extensions of files that may be what an action reads.
const DATA: [&str; 3] = ["json", "yaml", "yml"];
const PROPOSALS: usize = 3;

/// The path without a leading `./` or `/`, and with `/` in place of `\`. Names
/// with the same plain form are meant to be the same file.
pub(super) fn plain(path: &str) -> Cow<'_, str> {
    let path = if path.contains('\\') {
        Cow::Owned(path.replace('\\', "/"))
    } else {
        Cow::Borrowed(path)
    };
    let mut rest: &str = &path;
    while let Some(shorter) = rest.strip_prefix("./").or(rest.strip_prefix('/')) {
        rest = shorter;
    }
    let start = path.len() - rest.len();
    match path {
        Cow::Borrowed(path) => Cow::Borrowed(&path[start..]),
        Cow::Owned(path) => Cow::Owned(path[start..].to_owned()),
    }
}

/// Collects the names most similar to a missing one.
pub(super) struct Nearest {
    wanted: String,
    best: Vec<(f64, String)>,
}

impl Nearest {
    pub(super) fn to(path: &str) -> Self {
        Self {
            wanted: file_name(&plain(path)).to_lowercase(),
            best: Vec::new(),
        }
    }

    /// Considers `name` as a candidate. `comparisons` is how many are left.
    pub(super) fn offer(&mut self, name: &str, comparisons: &mut usize) {
        if name.ends_with('/') || name.len() > MAX_PROPOSED || name.contains(char::is_control) {
            return;
        }
        let likeness = self.likeness(&file_name(name).to_lowercase(), comparisons);
        if likeness < ALIKE {
            return;
        }
        let place = self.best.partition_point(|(other, kept)| {
            *other > likeness
                || (*other - likeness).abs() < f64::EPSILON && kept.len() <= name.len()
        });
        if place < PROPOSALS {
            self.best.insert(place, (likeness, name.to_owned()));
            self.best.truncate(PROPOSALS);
        }
    }

    /// The candidates, most similar first.
    pub(super) fn into_names(self) -> Vec<String> {
        self.best.into_iter().map(|(_, name)| name).collect()
    }

    fn likeness(&self, name: &str, comparisons: &mut usize) -> f64 {
        if name == self.wanted {
            // The same file name in another folder, or in different case.
            return 3.0;
        }
        // The file for the standard ECS action, if the build was not changed
        // along with the deploy action (docs/aws.md §2.2).
        if self.wanted == "imagedetail.json" && name == "imagedefinitions.json" {
            return 2.0;
        }
        // Other common names for the same file.
        if self.wanted == "taskdef.json" && TASK_DEFINITIONS.contains(&name) {
            return 1.5;
        }
        if name.len().max(self.wanted.len()) > MAX_COMPARED || *comparisons == 0 {
            return 0.0;
        }
        *comparisons -= 1;
        let (wanted, extension) = parts(&self.wanted);
        let (name, other) = parts(name);
        // `app.css` is no AppSpec, but `appspec.yaml.tpl` may become one.
        if name == wanted || other == extension || DATA.contains(&other) {
            strsim::jaro_winkler(wanted, name)
        } else {
            0.0
        }
    }
}

/// The name up to its first dot, and its extension.
fn parts(name: &str) -> (&str, &str) {
    let stem = name.split('.').next().unwrap_or_default();
    (stem, name.rsplit('.').next().unwrap_or_default())
}

fn file_name(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn nearest(wanted: &str, names: &[&str]) -> Vec<String> {
        let mut nearest = Nearest::to(wanted);
        let mut comparisons = MAX_COMPARISONS;
        for name in names {
            nearest.offer(name, &mut comparisons);
        }
        nearest.into_names()
    }

    #[test]
    fn a_plain_path_has_no_leading_dot_or_slash_and_no_backslash() {
        for (path, expected) in [
            ("taskdef.json", "taskdef.json"),
            ("./taskdef.json", "taskdef.json"),
            ("/deploy/taskdef.json", "deploy/taskdef.json"),
            (".//./taskdef.json", "taskdef.json"),
            ("deploy\\taskdef.json", "deploy/taskdef.json"),
            ("../taskdef.json", "../taskdef.json"),
            (".hidden", ".hidden"),
        ] {
            assert_eq!(plain(path), expected, "{path}");
        }
    }

    /// A name in an archive may have 65,535 bytes. Removing its prefixes takes
    /// one pass, whatever they are.
    #[test]
    fn a_path_of_many_prefixes_is_made_plain_at_once() {
        let hostile = ".\\".repeat(32_000) + "taskdef.json";
        for _ in 0..250 {
            assert_eq!(plain(&hostile), "taskdef.json");
        }
    }

    #[test]
    fn the_same_file_elsewhere_comes_before_similar_names() {
        let names = ["task-def.json", "a/b/taskdef.json", "src/main.rs"];
        assert_eq!(
            nearest("taskdef.json", &names),
            ["a/b/taskdef.json", "task-def.json"]
        );
        assert_eq!(nearest("TaskDef.json", &["taskdef.json"]), ["taskdef.json"]);
    }

    #[test]
    fn the_standard_actions_file_is_named_where_image_detail_is_wanted() {
        let names = ["imageDetails.json", "out/imagedefinitions.json"];
        let found = nearest("imageDetail.json", &names);
        assert_eq!(found, ["out/imagedefinitions.json", "imageDetails.json"]);
    }

    #[test]
    fn a_task_definition_by_another_usual_name_is_proposed() {
        for name in [".aws/ecs-task-def.json", "infra/service-taskdef.json"] {
            assert_eq!(nearest("taskdef.json", &[name]), [name]);
        }
    }

    #[test]
    fn a_name_is_compared_without_its_extensions() {
        let found = |names: &[&str]| nearest("appspec.yaml", names);
        for name in [
            "appspec.yml",
            "appspec.yaml.tpl",
            "appspec-dev.yaml",
            "ecs-appspec.json",
        ] {
            assert_eq!(found(&[name]), [name]);
        }
        let others = ["application.yml", "css/app.css", "app.py", "ecs.yml"];
        assert_eq!(found(&others), Vec::<String>::new());
        assert_eq!(nearest("deploy/task.tmpl", &["tasks.tmpl"]), ["tasks.tmpl"]);
    }

    #[test]
    fn unlikely_names_are_not_proposed() {
        let long = format!("{}/taskdef.json", "x".repeat(MAX_PROPOSED));
        let names = [&long, "taskdef.json/", "a\n/taskdef.json", "Cargo.lock"];
        assert_eq!(nearest("taskdef.json", &names), Vec::<String>::new());
    }

    #[test]
    fn comparisons_are_bounded_but_equal_names_are_still_found() {
        let mut nearest = Nearest::to("taskdef.json");
        nearest.offer("task-defs.json", &mut 0);
        nearest.offer("deploy/taskdef.json", &mut 0);
        assert_eq!(nearest.into_names(), ["deploy/taskdef.json"]);
    }
}
