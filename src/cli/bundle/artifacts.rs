//! Packs files on this machine into zip archives as artifacts are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Cursor, ErrorKind, Read as _, Write as _};
use std::path::{Path, PathBuf};

use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::BundleProblem;
use crate::cli::read_limited;

/// Paths in the bundle, with `/` between folders, and the files' bytes.
pub(in crate::cli) type Files = BTreeMap<String, Vec<u8>>;

/// Each input artifact's zip archive.
pub(super) type Archives = BTreeMap<String, Vec<u8>>;

/// Maximum number of files and folders. A release needs a handful; a limit
/// catches the root of a repository, and links that lead back to a folder above
/// them, before all of it is read.
const MAX_FILES: usize = 2_000;
/// Maximum size of all files together in bytes.
const MAX_BYTES: u64 = 64 * 1024 * 1024;
/// Maximum nesting of folders.
pub(super) const MAX_DEPTH: usize = 16;

const GIT: &str = ".git";

/// Files and folders that are never part of a release.
const SKIPPED: [&str; 3] = [GIT, "node_modules", "target"];

/// The files of a directory, and the paths in it that were not read.
#[derive(Default)]
pub(super) struct Listed {
    pub(super) files: Files,
    pub(super) passed_over: PassedOver,
}

#[derive(Default)]
pub(super) struct PassedOver {
    /// Links that lead out.
    pub(super) links: Vec<String>,
    /// Folders that are nested too deeply.
    pub(super) deep: Vec<String>,
}

/// The directory that links in a bundle may not leave: the Git repository that
/// has the bundle, otherwise the bundle itself. What a finding quotes is thus
/// never from another place on this machine.
pub(in crate::cli) struct Enclosure(PathBuf);

impl Enclosure {
    pub(in crate::cli) fn of(bundle: &Path) -> io::Result<Self> {
        let bundle = bundle.canonicalize()?;
        let is_repository = |folder: &&Path| folder.join(GIT).exists();
        let whole = bundle.ancestors().find(is_repository);
        Ok(Self(whole.unwrap_or(&bundle).to_owned()))
    }

    /// Whether the path is a link that leads out, or into Git's own files. A
    /// link that leads nowhere does not.
    pub(in crate::cli) fn is_left_by(&self, path: &Path) -> bool {
        let leads_out = |target: PathBuf| {
            let inside = target.strip_prefix(&self.0);
            inside.map_or(true, |inside| inside.iter().any(|name| name == GIT))
        };
        path.is_symlink() && path.canonicalize().is_ok_and(leads_out)
    }
}

/// Reads all files of a directory.
pub(super) fn list(root: &Path) -> Result<Listed, BundleProblem> {
    let enclosure = Enclosure::of(root).map_err(unreadable(root))?;
    let Listed {
        mut files,
        mut passed_over,
    } = Listed::default();
    let (mut room, mut count) = (MAX_BYTES, 0);
    let mut folders = vec![(root.to_owned(), String::new(), 0)];
    while let Some((folder, prefix, depth)) = folders.pop() {
        for item in fs::read_dir(&folder).map_err(unreadable(&folder))? {
            let item = item.map_err(unreadable(&folder))?;
            let name = item.file_name().to_string_lossy().into_owned();
            let path = format!("{prefix}{name}");
            // A link that leads nowhere is no file.
            let Ok(kind) = fs::metadata(item.path()) else {
                continue;
            };
            if SKIPPED.contains(&name.as_str()) {
                continue;
            } else if enclosure.is_left_by(&item.path()) {
                passed_over.links.push(path);
            } else if kind.is_dir() && depth == MAX_DEPTH {
                passed_over.deep.push(path);
            } else if kind.is_dir() {
                folders.push((item.path(), format!("{path}/"), depth + 1));
            } else if kind.is_file() {
                let bytes = read(&item.path(), root, room)?;
                room -= bytes.len() as u64;
                files.insert(path, bytes);
            } else {
                continue;
            }
            count += 1;
            if count > MAX_FILES {
                return Err(BundleProblem::TooManyFiles {
                    path: root.to_owned(),
                    limit: MAX_FILES,
                });
            }
        }
    }
    passed_over.links.sort();
    passed_over.deep.sort();
    Ok(Listed { files, passed_over })
}

/// Reads a file of the bundle `root`, which has `room` bytes left.
fn read(file: &Path, root: &Path, room: u64) -> Result<Vec<u8>, BundleProblem> {
    read_limited(file, room).map_err(|error| match error.kind() == ErrorKind::FileTooLarge {
        true => too_large(root),
        false => unreadable(file)(error),
    })
}

fn too_large(root: &Path) -> BundleProblem {
    BundleProblem::TooLarge {
        path: root.to_owned(),
        limit: MAX_BYTES,
    }
}

pub(super) fn unreadable(path: &Path) -> impl Fn(io::Error) -> BundleProblem {
    move |source| BundleProblem::Unreadable {
        path: path.to_owned(),
        source,
    }
}

/// Packs each artifact: the folder of its name, or otherwise all files. Returns
/// the archives, and the artifacts that have a folder.
pub(super) fn pack(
    files: &Files,
    inputs: &[String],
) -> Result<(Archives, BTreeSet<String>), BundleProblem> {
    let (mut archives, mut folders) = (Archives::new(), BTreeSet::new());
    let all = files
        .iter()
        .map(|(path, bytes)| (path.as_str(), bytes.as_slice()));
    for input in inputs {
        let folder = format!("{input}/");
        let own = all.clone();
        let own = own.filter_map(|(path, bytes)| Some((path.strip_prefix(&folder)?, bytes)));
        let own: Vec<(&str, &[u8])> = own.collect();
        let archive = if own.is_empty() {
            zip(all.clone())?
        } else {
            folders.insert(input.clone());
            zip(own.into_iter())?
        };
        archives.insert(input.clone(), archive);
    }
    Ok((archives, folders))
}

fn zip<'a>(files: impl Iterator<Item = (&'a str, &'a [u8])>) -> Result<Vec<u8>, BundleProblem> {
    let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
    for (path, bytes) in files {
        writer.start_file(path, SimpleFileOptions::default())?;
        writer
            .write_all(bytes)
            .map_err(zip::result::ZipError::from)?;
    }
    Ok(writer.finish()?.into_inner())
}

/// Reads a zip archive: its bytes and its files, of each as much as a release's
/// file may have.
pub(in crate::cli) fn unpack(path: &Path) -> Result<(Files, Vec<u8>), BundleProblem> {
    let not_a_bundle = |detail: zip::result::ZipError| BundleProblem::NotABundle {
        path: path.to_owned(),
        detail: detail.to_string(),
    };
    let bytes = read(path, path, MAX_BYTES)?;
    let mut archive = ZipArchive::new(Cursor::new(&bytes)).map_err(not_a_bundle)?;
    let (mut files, mut room) = (Files::new(), MAX_BYTES);
    for index in 0..archive.len().min(MAX_FILES) {
        // Unreadable entries are reported when the release is read.
        let Ok(entry) = archive.by_index(index) else {
            continue;
        };
        let name = entry.name().map(std::borrow::Cow::into_owned);
        if let Ok(name) = name
            && entry.is_file()
        {
            let mut content = Vec::new();
            let limit = crate::release::bundle::MAX_FILE_BYTES;
            if entry.take(limit).read_to_end(&mut content).is_ok() {
                room = room
                    .checked_sub(content.len() as u64)
                    .ok_or_else(|| too_large(path))?;
                files.insert(name, content);
            }
        }
    }
    Ok((files, bytes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::release::bundle::MAX_FILE_BYTES;

    #[test]
    fn what_an_archive_expands_to_is_bounded() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("release.zip");
        let unpacked = |count: u64| {
            let zeros = vec![0; usize::try_from(MAX_FILE_BYTES).unwrap()];
            let names: Vec<String> = (0..count).map(|index| format!("{index}.json")).collect();
            let files = names.iter().map(|name| (name.as_str(), zeros.as_slice()));
            fs::write(&path, zip(files).unwrap()).unwrap();
            unpack(&path).map(|(files, _)| files.len() as u64)
        };
        let most = MAX_BYTES / MAX_FILE_BYTES;
        assert_eq!(unpacked(most).ok(), Some(most));
        let refused = unpacked(most + 1);
        assert!(matches!(refused, Err(BundleProblem::TooLarge { .. })));
    }

    #[test]
    fn a_file_without_an_end_is_read_up_to_the_limit() {
        let endless = unpack(Path::new("/dev/zero"));
        assert!(matches!(endless, Err(BundleProblem::TooLarge { .. })));
    }

    #[test]
    fn links_are_followed_as_far_as_the_repository() {
        let root = tempfile::tempdir().unwrap();
        let at = |path: &str| root.path().join(path);
        fs::create_dir_all(at("repository/deploy")).unwrap();
        fs::create_dir_all(at("repository/.git")).unwrap();
        for file in ["outside", "repository/shared", "repository/.git/config"] {
            fs::write(at(file), file).unwrap();
        }
        for (link, target) in [
            ("a", "../../outside"),
            ("b", "../shared"),
            ("c", "../.git/config"),
            ("d", "nothing"),
        ] {
            let link = at("repository/deploy").join(link);
            std::os::unix::fs::symlink(target, link).unwrap();
        }
        let listed = |folder: &str| {
            let Listed { files, passed_over } = list(&at(folder)).ok().unwrap();
            let files: Vec<String> = files.into_keys().collect();
            (files, passed_over.links)
        };
        let names = |names: &[&str]| names.iter().map(ToString::to_string).collect::<Vec<_>>();
        let found = listed("repository/deploy");
        assert_eq!(found, (names(&["b"]), names(&["a", "c"])));
        fs::rename(at("repository/.git"), at("repository/git")).unwrap();
        let found = listed("repository/deploy");
        assert_eq!(found, (names(&[]), names(&["a", "b"])));
    }

    #[test]
    fn folders_that_are_nested_too_deeply_are_named() {
        let root = tempfile::tempdir().unwrap();
        let deep = vec!["d"; MAX_DEPTH + 1].join("/");
        fs::create_dir_all(root.path().join(&deep)).unwrap();
        let listed = list(root.path()).ok().unwrap();
        assert_eq!(listed.passed_over.deep, [deep]);
    }

    #[test]
    fn files_and_folders_are_counted_so_that_links_to_above_come_to_an_end() {
        let folder = tempfile::tempdir().unwrap();
        for index in 0..MAX_FILES {
            fs::create_dir(folder.path().join(index.to_string())).unwrap();
        }
        assert!(list(folder.path()).is_ok());
        std::os::unix::fs::symlink(".", folder.path().join("0/above")).unwrap();
        let refused = list(folder.path());
        assert!(matches!(refused, Err(BundleProblem::TooManyFiles { .. })));
    }
}
