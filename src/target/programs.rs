//! Server programs on the PATH.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::Serialize;

/// A server program that is installed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Program {
    /// Where it is.
    pub path: PathBuf,
    /// What it says of itself, shortened: `Redis server v=7.0.15`. Empty when it does not run.
    pub version: String,
}

/// In the order of preference.
const NAMES: [&str; 2] = ["redis-server", "valkey-server"];

/// All server programs on the PATH, the preferred first.
pub(super) fn installed() -> Vec<Program> {
    on_path(&std::env::var_os("PATH").unwrap_or_default())
        .into_iter()
        .map(|path| Program { version: version(&path), path })
        .collect()
}

fn on_path(path: &std::ffi::OsStr) -> Vec<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(path).collect();
    let first = |name: &&str| folders.iter().map(|folder| folder.join(name)).find(|file| is_executable(file));
    NAMES.iter().filter_map(first).collect()
}

fn is_executable(file: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
}

/// `Redis server v=7.0.15 sha=… malloc=… bits=64`: the first three words.
fn version(program: &Path) -> String {
    let output = Command::new(program).arg("--version").stdin(Stdio::null()).output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    text.split_whitespace().take(3).collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        let file = folder.join(name);
        std::fs::write(&file, "#!/bin/sh\necho 'Redis server v=9.9.9 sha=0 bits=64'\n").unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(mode)).unwrap();
        file
    }

    #[test]
    fn redis_comes_before_valkey_and_the_path_decides_between_two_of_a_name() {
        let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let path = std::env::join_paths([one.path(), two.path()]).unwrap();
        assert_eq!(on_path(&path), Vec::<PathBuf>::new());
        let valkey = program(one.path(), "valkey-server", 0o755);
        let redis = program(two.path(), "redis-server", 0o755);
        assert_eq!(on_path(&path), [redis.clone(), valkey.clone()]);
        program(one.path(), "redis-server", 0o644);
        assert_eq!(on_path(&path), [redis, valkey], "what may not be executed is no program");
        let nearer = program(one.path(), "redis-server", 0o755);
        assert_eq!(on_path(&path)[0], nearer);
    }

    #[test]
    fn a_program_says_its_version_and_a_broken_one_says_nothing() {
        let folder = tempfile::tempdir().unwrap();
        assert_eq!(version(&program(folder.path(), "redis-server", 0o755)), "Redis server v=9.9.9");
        assert_eq!(version(&program(folder.path(), "valkey-server", 0o644)), "");
    }
}
