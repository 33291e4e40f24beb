//! Ends the server and removes its folder when this program is killed and can do neither.
//!
//! A small shell waits on a pipe that only this program holds open. However this program ends, the kernel
//! closes the pipe, and the shell wakes up. The other way, `PR_SET_PDEATHSIG`, fires when the *thread* that
//! started the server ends, knows nothing of folders, and is Linux only.

use std::ffi::OsStr;
use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

/// Waits for the word that says which process to end, and then for the end of the input. Where `/proc` can tell, whatever
/// works in the folder is ended, also where somebody removed that meanwhile, and nothing else: the number may have been
/// given to another process, and this program may have been killed before it could say it.
const SCRIPT: &str = r#"trap '' HUP INT TERM; read -r pid; read -r _
if [ -d /proc/self ]; then
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/cwd")" in
      "$1" | "$1 (deleted)") kill -9 "${process#/proc/}" ;;
    esac
  done
elif [ -n "$pid" ]; then kill -9 "$pid"; fi
sleep 0.1; rm -rf -- "$1""#;

/// The shell, and the pipe that keeps it waiting.
#[derive(Debug)]
pub(super) struct Watchdog(Child);

impl Watchdog {
    /// Starts to watch over a folder that this program made for itself.
    pub(super) fn over(folder: &Path) -> std::io::Result<Watchdog> {
        Command::new("/bin/sh")
            .args([OsStr::new("-c"), OsStr::new(SCRIPT), OsStr::new("stanchion-watchdog"), folder.as_os_str()])
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // A process group of its own: Ctrl-C on the terminal reaches this program alone.
            .process_group(0)
            .spawn()
            .map(Watchdog)
    }

    /// Says which process to end.
    pub(super) fn watch(&mut self, pid: u32) -> std::io::Result<()> {
        match &mut self.0.stdin {
            Some(pipe) => writeln!(pipe, "{pid}").and_then(|()| pipe.flush()),
            None => Ok(()),
        }
    }
}

/// Called off: whoever drops it has ended the server and removed the folder.
impl Drop for Watchdog {
    fn drop(&mut self) {
        // Killed before the pipe closes, so it never wakes up. An error means that it has ended already.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
