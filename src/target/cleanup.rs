//! Removes what killed runs left behind, and nothing that a run in progress needs.

use std::fmt;
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::Serialize;

use super::local::{FOLDER_PREFIX, SOCKET};
use super::owner::{Owner, OwnerState};

/// A folder of another machine's or container's run counts as left when no server answers in it and it is
/// that old: a run that is just starting has no server yet.
const SETTLED: Duration = Duration::from_secs(600);

/// What [`cleanup`] did.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Cleaned {
    /// Containers that were removed, by name.
    pub containers: Vec<String>,
    /// Servers that were ended, by process id.
    pub processes: Vec<u32>,
    /// Folders that were removed.
    pub folders: Vec<PathBuf>,
    /// What was left alone because a run in progress needs it.
    pub in_use: Vec<String>,
    /// What could not be removed, and why.
    pub problems: Vec<String>,
}

/// Removes the containers, servers and folders whose owner is gone. Without a Docker engine there are no
/// containers to remove, which is no problem.
pub async fn cleanup() -> Cleaned {
    let mut cleaned = Cleaned::default();
    clean_folders(&mut cleaned);
    clean_containers(&mut cleaned).await;
    cleaned
}

/// How many containers and folders are left over.
pub(super) async fn count() -> usize {
    let folders = folders().into_iter().filter(|(folder, owner)| is_left(folder, owner)).count();
    folders + left_containers().await
}

fn clean_folders(cleaned: &mut Cleaned) {
    for (folder, owner) in folders() {
        if !is_left(&folder, &owner) {
            cleaned.in_use.push(format!("{} (process {})", folder.display(), owner.pid()));
            continue;
        }
        for pid in servers_in(&folder) {
            // SAFETY: kill(2) takes no pointer. The process works in a folder that only our servers use.
            if unsafe { libc::kill(pid, libc::SIGKILL) } == 0 {
                cleaned.processes.push(pid.unsigned_abs());
            }
        }
        match fs_err::remove_dir_all(&folder) {
            Ok(()) => cleaned.folders.push(folder),
            // Its watchdog was quicker.
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => cleaned.problems.push(error.to_string()),
        }
    }
}

/// The folders of local servers, with their owners; links are not followed.
fn folders() -> Vec<(PathBuf, Owner)> {
    let mut places = vec![std::env::temp_dir(), PathBuf::from("/tmp")];
    places.iter_mut().for_each(|place| *place = place.canonicalize().unwrap_or_default());
    places.dedup();
    let entries = places.iter().filter_map(|place| fs_err::read_dir(place).ok()).flatten().flatten();
    entries
        .filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_dir()))
        .filter_map(|entry| Some((entry.path(), owner_of(entry.file_name().to_str()?)?)))
        .collect()
}

/// `stanchion-OWNER-RANDOM`.
fn owner_of(folder_name: &str) -> Option<Owner> {
    folder_name.strip_prefix(FOLDER_PREFIX)?.rsplit_once('-')?.0.parse().ok()
}

fn is_left(folder: &Path, owner: &Owner) -> bool {
    match owner.state() {
        OwnerState::Alive => false,
        OwnerState::Gone => true,
        OwnerState::Elsewhere => {
            let age =
                fs_err::metadata(folder).and_then(|meta| meta.modified()).ok().and_then(|time| time.elapsed().ok());
            age.is_some_and(|age| age > SETTLED) && UnixStream::connect(folder.join(SOCKET)).is_err()
        }
    }
}

/// Processes that work in the folder, as far as `/proc` tells.
fn servers_in(folder: &Path) -> Vec<libc::pid_t> {
    let Ok(processes) = fs_err::read_dir("/proc") else { return Vec::new() };
    processes
        .flatten()
        .filter(|process| std::fs::read_link(process.path().join("cwd")).is_ok_and(|cwd| cwd == folder))
        .filter_map(|process| process.file_name().to_str()?.parse().ok())
        .collect()
}

#[cfg(feature = "containers")]
async fn clean_containers(cleaned: &mut Cleaned) {
    let Ok(engine) = super::engine::Engine::connect().await else { return };
    let containers = match engine.labelled().await {
        Ok(containers) => containers,
        Err(why) => return cleaned.problems.push(format!("containers cannot be listed: {why}")),
    };
    for container in containers {
        if is_left_container(&container) {
            match engine.remove(&container.id).await {
                Ok(()) => cleaned.containers.push(container.name),
                Err(why) => cleaned.problems.push(format!("container {}: {why}", container.name)),
            }
        } else {
            cleaned.in_use.push(format!("container {}", container.name));
        }
    }
}

#[cfg(feature = "containers")]
async fn left_containers() -> usize {
    let Ok(engine) = super::engine::Engine::connect().await else { return 0 };
    engine.labelled().await.unwrap_or_default().iter().filter(|container| is_left_container(container)).count()
}

/// Another machine's container is left alone while it runs: its owner cannot be seen from here.
#[cfg(feature = "containers")]
fn is_left_container(container: &super::engine::Labelled) -> bool {
    match container.owner.parse::<Owner>().map(|owner| owner.state()) {
        Ok(OwnerState::Alive) => false,
        Ok(OwnerState::Gone) => true,
        Ok(OwnerState::Elsewhere) | Err(()) => !container.running,
    }
}

#[cfg(not(feature = "containers"))]
async fn clean_containers(_cleaned: &mut Cleaned) {}

#[cfg(not(feature = "containers"))]
async fn left_containers() -> usize {
    0
}

/// One line for each thing.
impl fmt::Display for Cleaned {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut lines = Vec::new();
        lines.extend(self.containers.iter().map(|name| format!("removed container {name}")));
        lines.extend(self.processes.iter().map(|pid| format!("ended server process {pid}")));
        lines.extend(self.folders.iter().map(|folder| format!("removed folder {}", folder.display())));
        lines.extend(self.in_use.iter().map(|what| format!("left alone, in use: {what}")));
        lines.extend(self.problems.iter().map(|problem| format!("could not be removed: {problem}")));
        if lines.is_empty() {
            lines.push("nothing was left to remove".to_owned());
        }
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_folders_that_name_an_owner_are_looked_at() {
        let owner = Owner::this();
        assert_eq!(owner_of(&format!("stanchion-{owner}-aB3dE9")), Some(owner));
        for name in ["stanchion-notes", "stanchion-1-2", "stanchion-2026-08-01-report", "other-1-2-0a1b2c3d-x"] {
            assert_eq!(owner_of(name), None, "{name}");
        }
    }

    #[test]
    fn what_was_done_is_said_line_by_line() {
        assert_eq!(Cleaned::default().to_string(), "nothing was left to remove");
        let cleaned = Cleaned {
            containers: vec!["stanchion-1".into()],
            processes: vec![7],
            folders: vec!["/tmp/stanchion-2".into()],
            in_use: vec!["container stanchion-3".into()],
            problems: vec!["/tmp/x: denied".into()],
        };
        assert_eq!(
            cleaned.to_string(),
            "removed container stanchion-1\nended server process 7\nremoved folder /tmp/stanchion-2\n\
             left alone, in use: container stanchion-3\ncould not be removed: /tmp/x: denied"
        );
    }
}
