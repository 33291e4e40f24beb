//! A `redis-server` or `valkey-server` as a child process.

use std::os::unix::process::{CommandExt, ExitStatusExt};
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use tempfile::TempDir;

use super::owner::Owner;
use super::watchdog::Watchdog;
use super::{Endpoint, ServerClock, TargetError};

/// Folders of local servers begin so; the owner and a random part follow.
pub(super) const FOLDER_PREFIX: &str = "stanchion-";
/// The server's unix socket inside its folder.
pub(super) const SOCKET: &str = "redis.sock";
const LOG: &str = "redis.log";
/// Between asking for a free port and the server's taking it, another program may take it.
const PORTS_TO_TRY: usize = 8;
/// An empty server is ready within milliseconds; a machine that is busy compiling needs more.
const START_LIMIT: Duration = Duration::from_secs(30);

/// A server in a temporary folder of its own, ended when dropped.
#[derive(Debug)]
pub(super) struct LocalServer {
    child: Mutex<Child>,
    pid: u32,
    watchdog: Watchdog,
    folder: TempDir,
    tcp: Endpoint,
    unix: Endpoint,
    program: String,
    clock: Option<ServerClock>,
}

/// Whose clock a server reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Time {
    /// The machine's.
    System,
    /// This program's.
    Ours,
}

impl LocalServer {
    /// Starts it on a free port, without persistence, and waits until it answers.
    pub(super) async fn start(program: &Path) -> Result<LocalServer, TargetError> {
        Self::start_on_one_of(program, Time::System, free_port).await
    }

    /// The same, with a clock that this program sets.
    pub(super) async fn start_with_clock(program: &Path) -> Result<LocalServer, TargetError> {
        Self::start_on_one_of(program, Time::Ours, free_port).await
    }

    async fn start_on_one_of(
        program: &Path,
        time: Time,
        mut ports: impl FnMut() -> std::io::Result<u16>,
    ) -> Result<LocalServer, TargetError> {
        let mut last = String::new();
        for _ in 0..PORTS_TO_TRY {
            let port = ports().map_err(|error| start_error(program, error))?;
            match Self::start_on(program, time, port).await {
                Err(TargetError::Start { detail, .. }) if port_was_taken(&detail) => last = detail,
                result => return result,
            }
        }
        Err(start_error(
            program,
            format!("{PORTS_TO_TRY} ports in a row were taken by other programs; at the last, {last}"),
        ))
    }

    async fn start_on(program: &Path, time: Time, port: u16) -> Result<LocalServer, TargetError> {
        let failed = |error: std::io::Error| start_error(program, error);
        let folder = new_folder()?;
        let socket = folder.path().join(SOCKET);
        let tcp = Endpoint::from_url(&format!("redis://127.0.0.1:{port}"))?;
        let unix = Endpoint::from_url(&format!("unix://{}", url_path(&socket)))?;
        let log = fs_err::File::create(folder.path().join(LOG)).map_err(failed)?.into_file();
        let watchdog = Watchdog::over(folder.path()).map_err(failed)?;
        let mut command = Command::new(program);
        let clock = match time {
            Time::System => None,
            Time::Ours => Some(ServerClock::preload(folder.path(), &mut command).map_err(failed)?),
        };
        let child = command
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--daemonize", "no", "--logfile", ""])
            .args(["--save", "", "--appendonly", "no", "--maxmemory-policy", "noeviction"])
            .args(["--unixsocketperm", "700", "--unixsocket"])
            .arg(&socket)
            .arg("--dir")
            .arg(folder.path())
            .current_dir(folder.path())
            // An unknown locale in the environment would stop the server.
            .env("LC_ALL", "C")
            .stdin(Stdio::null())
            .stdout(log.try_clone().map_err(failed)?)
            .stderr(log)
            // Ctrl-C on the terminal must not end the server before the run is saved.
            .process_group(0)
            .spawn()
            .map_err(failed)?;
        let (pid, program) = (child.id(), program.display().to_string());
        // From here on dropping `server` ends the process and removes the folder.
        let mut server = LocalServer { child: Mutex::new(child), pid, watchdog, folder, tcp, unix, program, clock };
        server.watchdog.watch(pid).map_err(failed)?;
        server.wait_until_ready().await?;
        Ok(server)
    }

    /// Asks over the unix socket: it lies in a folder that nobody else knows, so the answer is this
    /// server's, and the server makes it after the TCP port is its own.
    async fn wait_until_ready(&self) -> Result<(), TargetError> {
        let begin = Instant::now();
        loop {
            if let Some(detail) = self.cause_of_death() {
                return Err(TargetError::Start { program: self.program.clone(), detail });
            }
            if let Ok(mut connection) = self.unix.connect(Duration::from_secs(1)).await {
                let answer: Result<String, _> = redis::cmd("PING").query_async(&mut connection).await;
                if answer.is_ok_and(|answer| answer == "PONG") {
                    return Ok(());
                }
            }
            if begin.elapsed() > START_LIMIT {
                let detail = format!("it did not answer within {} s{}", START_LIMIT.as_secs(), self.last_words());
                return Err(TargetError::Start { program: self.program.clone(), detail });
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    pub(super) fn endpoint(&self) -> &Endpoint {
        &self.tcp
    }

    pub(super) fn unix_endpoint(&self) -> &Endpoint {
        &self.unix
    }

    /// Its clock, where it is this program's.
    pub(super) fn clock(&self) -> Option<&ServerClock> {
        self.clock.as_ref()
    }

    pub(super) fn pid(&self) -> u32 {
        self.pid
    }

    /// How the server ended, with the last lines of its log; `None` while it runs.
    pub(super) fn cause_of_death(&self) -> Option<String> {
        // A panic elsewhere does not spoil a process handle.
        let mut child = self.child.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let status = child.try_wait().ok().flatten()?;
        Some(format!("it {}{}", ended(status), self.last_words()))
    }

    /// The last lines of the log; nothing when it is empty.
    fn last_words(&self) -> String {
        let log = fs_err::read(self.folder.path().join(LOG)).unwrap_or_default();
        last_lines(&String::from_utf8_lossy(&log))
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        let child = self.child.get_mut().unwrap_or_else(std::sync::PoisonError::into_inner);
        // Nothing is to be saved, so nothing is lost by SIGKILL. Errors mean that it has ended already.
        let _ = child.kill();
        let _ = child.wait();
        // The watchdog is dropped after this: the second chance should this program be killed right here.
        let _ = fs_err::remove_dir_all(self.folder.path());
    }
}

fn start_error(program: &Path, detail: impl ToString) -> TargetError {
    TargetError::Start { program: program.display().to_string(), detail: detail.to_string() }
}

fn free_port() -> std::io::Result<u16> {
    std::net::TcpListener::bind("127.0.0.1:0")?.local_addr().map(|address| address.port())
}

/// What Redis and Valkey log when bind(2) fails with EADDRINUSE.
fn port_was_taken(detail: &str) -> bool {
    detail.contains("Address already in use") || detail.contains("Failed listening on port")
}

/// Private to this user (mode 700), named after its owner.
fn new_folder() -> Result<TempDir, TargetError> {
    // The name of a unix socket may be 107 bytes long (unix(7)), 103 on macOS.
    let mut base = std::env::temp_dir();
    if base.as_os_str().len() > 40 {
        base = "/tmp".into();
    }
    // The watchdog compares it with a path in which links are followed.
    let base = base.canonicalize().unwrap_or(base);
    tempfile::Builder::new()
        .prefix(&format!("{FOLDER_PREFIX}{}-", Owner::this()))
        .tempdir_in(&base)
        .map_err(|error| TargetError::Folder { folder: base.display().to_string(), detail: error.to_string() })
}

/// A path inside a URL: what is not plain is written as %XX.
fn url_path(path: &Path) -> String {
    use std::os::unix::ffi::OsStrExt;
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/-_.".contains(&byte);
    path.as_os_str()
        .as_bytes()
        .iter()
        .map(|&byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

fn ended(status: ExitStatus) -> String {
    match (status.signal(), status.code()) {
        (Some(signal), _) => format!("was ended by signal {signal}"),
        (None, code) => format!("ended with exit code {}", code.unwrap_or(-1)),
    }
}

/// The last three lines of a log as a clause, without the server's `PID:ROLE DATE TIME LEVEL` in front.
pub(super) fn last_lines(log: &str) -> String {
    let text = |line: &str| line.split_once(['#', '*']).map_or(line, |(_, text)| text).trim().to_owned();
    let lines: Vec<String> = log.lines().map(text).filter(|line| !line.is_empty()).collect();
    match &lines[lines.len().saturating_sub(3)..] {
        [] => String::new(),
        last => format!("; its last words: {}", last.join(" / ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_is_quoted_without_its_time_stamps() {
        let log = "1:M 22 Nov 2026 10:25:57.128 # Server initialized\n\n1:M 22 Nov 2026 10:25:57.129 * Ready\nplain\n";
        assert_eq!(last_lines(log), "; its last words: Server initialized / Ready / plain");
        assert_eq!(last_lines("\n"), "");
    }

    #[test]
    fn any_path_can_be_written_into_a_url() {
        let endpoint = Endpoint::from_url(&format!("unix://{}", url_path(Path::new("/tmp/a b%/ü?#.sock")))).unwrap();
        assert_eq!(endpoint.shown(), "unix:///tmp/a b%/ü?#.sock");
    }

    fn program() -> std::path::PathBuf {
        let installed = super::super::programs::installed().into_iter().next();
        installed.expect("these tests need redis-server or valkey-server on the PATH").path
    }

    #[tokio::test]
    async fn a_port_that_was_taken_meanwhile_is_not_the_end() {
        let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
        let taken = listener.local_addr().unwrap().port();
        let mut asked = 0;
        let taken_then_free = || {
            asked += 1;
            if asked < 3 { Ok(taken) } else { free_port() }
        };
        let server = LocalServer::start_on_one_of(&program(), Time::System, taken_then_free).await.unwrap();
        assert_ne!(server.endpoint().shown(), format!("redis://127.0.0.1:{taken}"));
        drop(server);
        assert_eq!(asked, 3);
        let error = LocalServer::start_on_one_of(&program(), Time::System, || Ok(taken)).await.unwrap_err().to_string();
        assert!(error.contains("8 ports in a row were taken by other programs"), "{error}");
    }

    #[tokio::test]
    async fn a_program_that_does_not_start_says_why() {
        let error = LocalServer::start(Path::new("/bin/false")).await.unwrap_err().to_string();
        assert_eq!(error, "/bin/false does not start: it ended with exit code 1");
        let error = LocalServer::start(Path::new("/nowhere/redis-server")).await.unwrap_err().to_string();
        assert_eq!(error, "/nowhere/redis-server does not start: No such file or directory (os error 2)");
    }
}
