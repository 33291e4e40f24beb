//! The program as a person runs it: in a folder of its own, with nothing set in its environment.

#![allow(dead_code, reason = "each test binary uses its own part of this")]

pub mod server;

use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

/// Keeps all it claims on the designs named below; done in a moment.
pub const SMALL: &str = r#"
about = "A few people join while one admitter lets them in."
designs = ["zset-seq", "list"]
[load.closed]
clients = 4
[population.buyers]
users = 40
[admit]
batch = 5
every = "5ms"
[promises]
check = ["no-duplicates", "global-fifo", "no-loss", "no-phantoms"]
"#;

/// Goes on for longer than any test waits, and takes a lost server for lost after a moment.
pub const ENDLESS: &str = r#"
about = "Joins that go on and on."
designs = ["list", "zset-seq"]
timeout = "300ms"
[load.open]
arrivals = "constant"
rate = 200
duration = "1m"
connections = 4
[admit]
batch = 2
every = "20ms"
[promises]
check = ["no-duplicates", "global-fifo", "no-phantoms", "no-loss"]
"#;

/// A folder to work in, with a folder for temporary files of its own, so that what is left shows.
pub struct Desk(tempfile::TempDir);

/// What came of a command.
#[derive(Debug)]
pub struct Done {
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Desk {
    pub fn new() -> Desk {
        let desk = Desk(tempfile::tempdir().unwrap());
        std::fs::create_dir(desk.path("tmp")).unwrap();
        desk
    }

    /// A desk with one scenario on it, `NAME.toml`.
    pub fn with(name: &str, scenario: &str) -> Desk {
        let desk = Desk::new();
        desk.write(&format!("{name}.toml"), scenario);
        desk
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: &str) {
        std::fs::write(self.path(name), text).unwrap();
    }

    /// A command that knows of this desk alone: no server, no image, no Docker engine.
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.0.path()).env("TMPDIR", self.path("tmp")).env("DOCKER_HOST", "tcp://127.0.0.1:1");
        for name in [
            "STANCHION_REDIS_URL",
            "STANCHION_IMAGE",
            "NO_COLOR",
            "RUST_BACKTRACE",
            "GITHUB_ACTIONS",
            "GITHUB_STEP_SUMMARY",
            "GITHUB_WORKSPACE",
        ] {
            command.env_remove(name);
        }
        command.stdin(Stdio::null());
        command
    }

    pub fn stanchion(&self, arguments: &[&str]) -> Command {
        let mut command = self.command(env!("CARGO_BIN_EXE_stanchion"));
        command.args(arguments);
        command
    }

    /// Runs it to its end.
    pub fn run(&self, arguments: &[&str]) -> Done {
        done(self.stanchion(arguments))
    }

    /// A file of JSON.
    pub fn json(&self, name: &str) -> Value {
        let text = std::fs::read_to_string(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    /// Every file below a folder of the desk, with its path from the desk.
    pub fn files(&self, folder: &str) -> Vec<String> {
        let mut folders = vec![self.path(folder)];
        let mut files = Vec::new();
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    files.push(path.strip_prefix(self.0.path()).unwrap().to_str().unwrap().to_owned());
                }
            }
        }
        files.sort();
        files
    }

    /// The same without what is rendered from the rest: pages, pictures and junit.xml.
    pub fn recorded(&self, folder: &str) -> Vec<String> {
        let mut files = self.files(folder);
        files.retain(|file| ![".html", ".png", "junit.xml"].iter().any(|end| file.ends_with(end)));
        files
    }

    /// Processes that work in this desk's folder for temporary files or were told of it: servers, watchdogs.
    pub fn processes(&self) -> Vec<u32> {
        let tmp = self.path("tmp").canonicalize().unwrap();
        let ours = |process: &Path| {
            let cwd = std::fs::read_link(process.join("cwd")).is_ok_and(|cwd| cwd.starts_with(&tmp));
            let told = std::fs::read(process.join("cmdline")).unwrap_or_default();
            cwd || String::from_utf8_lossy(&told).contains(tmp.to_str().unwrap())
        };
        let pid = |process: &Path| process.file_name()?.to_str()?.parse().ok();
        let processes = std::fs::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
        processes.filter_map(|process| pid(&process).filter(|_| ours(&process))).collect()
    }

    /// No server, no watchdog, no temporary folder; a watchdog may need a moment.
    pub fn assert_nothing_is_left(&self) {
        wait_until("servers and their folders are gone", || {
            self.processes().is_empty() && std::fs::read_dir(self.path("tmp")).unwrap().next().is_none()
        });
    }
}

/// Runs a command to its end; one that hangs is ended, and has no code then.
pub fn done(command: Command) -> Done {
    assert_cmd::Command::from_std(command).timeout(Duration::from_secs(120)).output().unwrap().into()
}

impl From<Output> for Done {
    fn from(output: Output) -> Done {
        let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
        Done { code: output.status.code(), stdout: text(output.stdout), stderr: text(output.stderr) }
    }
}

impl Done {
    /// The exit code, and that nothing in what was written looks like a bug.
    #[track_caller]
    pub fn exits(self, code: i32) -> Done {
        assert_eq!(self.code, Some(code), "{self:#?}");
        for bug in ["panicked", "RUST_BACKTRACE", "Os {", "Error {", "error: error:"] {
            assert!(!self.stderr.contains(bug) && !self.stdout.contains(bug), "{bug} in {self:#?}");
        }
        self
    }

    /// Whether stderr holds each of these.
    #[track_caller]
    pub fn tells(self, parts: &[&str]) -> Done {
        for part in parts {
            assert!(self.stderr.contains(part), "{part:?} is missing: {self:#?}");
        }
        self
    }

    /// Whether stdout holds each of these.
    #[track_caller]
    pub fn shows(self, parts: &[&str]) -> Done {
        for part in parts {
            assert!(self.stdout.contains(part), "{part:?} is missing: {self:#?}");
        }
        self
    }

    /// The document on stdout.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error} in {self:#?}"))
    }
}

/// A run under way: its server is there and people wait in line.
pub struct UnderWay {
    pub child: Child,
    stderr: BufReader<std::process::ChildStderr>,
    told: String,
    /// Where the server listens.
    pub port: u16,
}

impl UnderWay {
    /// Starts a program.
    pub fn spawn(mut command: Command) -> UnderWay {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let stderr = BufReader::new(child.stderr.take().unwrap());
        UnderWay { child, stderr, told: String::new(), port: 0 }
    }

    /// Starts a run and waits until its load has begun.
    pub fn start(command: Command) -> UnderWay {
        let mut run = UnderWay::spawn(command);
        run.stderr.read_line(&mut run.told).unwrap();
        let port = run.told.trim().rsplit(':').next().and_then(|port| port.parse().ok());
        let port =
            port.unwrap_or_else(|| panic!("a run begins with the address of its server, not with {:?}", run.told));
        wait_until("somebody joins", || server::ask(port, "DBSIZE").is_some_and(|size| size != ":0"));
        run.port = port;
        run
    }

    pub fn signal(&self, name: &str) {
        signal(name, self.child.id());
    }

    /// Reads on until a line of stderr holds this.
    pub fn read_until(&mut self, part: &str) {
        while !self.told.contains(part) {
            let read = self.stderr.read_line(&mut self.told).unwrap();
            assert!(read > 0, "the program ended without saying {part:?}: {}", self.told);
        }
    }

    pub fn wait(mut self) -> Done {
        let mut stdout = String::new();
        self.child.stdout.take().unwrap().read_to_string(&mut stdout).unwrap();
        self.stderr.read_to_string(&mut self.told).unwrap();
        Done { code: self.child.wait().unwrap().code(), stdout, stderr: std::mem::take(&mut self.told) }
    }
}

/// A test that fails leaves no run behind; the run's watchdog sees to its server.
impl Drop for UnderWay {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// By the shell's own `kill`: the program of that name is not installed everywhere.
pub fn signal(name: &str, pid: u32) {
    let status = Command::new("sh").args(["-c", &format!("kill -{name} {pid}")]).status().unwrap();
    assert!(status.success(), "kill -{name} {pid}");
}

/// The limit is there only so that a failure ends.
#[track_caller]
pub fn wait_until(what: &str, happened: impl Fn() -> bool) {
    let begin = Instant::now();
    while !happened() {
        assert!(begin.elapsed() < Duration::from_secs(60), "waited for a minute until {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
