//! A headless Chromium of one's own, spoken to in its DevTools protocol
//! (<https://chromedevtools.github.io/devtools-protocol/>) over a pair of pipes: no port, nothing to guess, and it ends by
//! itself when the test does.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::{Duration, Instant};

use serde_json::{Value, json};

/// Names that the program goes by.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];

/// The limit is there only so that a failure ends.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a test does that cannot run: it says so, or fails where it must run.
pub fn did_not_run(why: &str) {
    let demanded = std::env::var("STANCHION_REQUIRE_BROWSER").is_ok_and(|value| value == "1");
    assert!(!demanded, "{why}, and STANCHION_REQUIRE_BROWSER is set");
    // Written past the test framework, which would swallow the output of a test that passes.
    let _ = writeln!(std::io::stderr(), "DID NOT RUN: {why}");
}

/// The program, if it is installed.
fn program() -> Option<PathBuf> {
    let folders: Vec<PathBuf> = std::env::split_paths(&std::env::var_os("PATH")?).collect();
    NAMES.iter().flat_map(|name| folders.iter().map(move |folder| folder.join(name))).find(|path| path.is_file())
}

/// A browser under way.
pub struct Chromium {
    child: Child,
    to: Option<ChildStdin>,
    from: Receiver<Value>,
    calls: u64,
    /// What it told without being asked, oldest first.
    events: VecDeque<Value>,
    _profile: tempfile::TempDir,
}

impl Chromium {
    /// Starts one with a profile of its own; `None` where none is installed, which is said.
    pub fn start() -> Option<Chromium> {
        let Some(program) = program() else {
            did_not_run("Chromium is not installed: scripts/install.sh chromium installs it");
            return None;
        };
        let profile = tempfile::Builder::new().prefix("stanchion-browser-").tempdir().unwrap();
        // It reads commands from descriptor 3 and answers on 4: the shell moves its own there.
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 3<&0 4>&1 </dev/null >/dev/null"])
            .arg(program)
            .args(["--headless=new", "--remote-debugging-pipe", "--no-sandbox", "--disable-gpu"])
            .args(["--disable-dev-shm-usage", "--disable-extensions", "--disable-background-networking"])
            .args(["--disable-component-update", "--disable-sync", "--no-first-run", "--no-default-browser-check"])
            // The same picture everywhere.
            .args(["--hide-scrollbars", "--force-color-profile=srgb", "--font-render-hinting=none", "--lang=en-US"])
            .arg(format!("--user-data-dir={}", profile.path().display()))
            .arg("about:blank")
            .env("HOME", profile.path())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let to = child.stdin.take();
        let from = listen(child.stdout.take().unwrap());
        Some(Chromium { child, to, from, calls: 0, events: VecDeque::new(), _profile: profile })
    }

    /// Asks for something; answers with its result. A refusal ends the test.
    #[track_caller]
    pub fn call(&mut self, session: Option<&str>, method: &str, params: Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let mut message = json!({ "id": id, "method": method, "params": params });
        if let Some(session) = session {
            message["sessionId"] = session.into();
        }
        let to = self.to.as_mut().unwrap();
        to.write_all(format!("{message}\0").as_bytes()).unwrap_or_else(|error| panic!("{method}: {error}"));
        to.flush().unwrap();
        loop {
            let mut message = self.next(method);
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push_back(message);
        }
    }

    /// What it told since this was last asked.
    pub fn events(&mut self) -> Vec<Value> {
        self.events.extend(self.from.try_iter());
        self.events.drain(..).collect()
    }

    /// Waits until it has told this, and keeps everything else for [`Chromium::events`].
    #[track_caller]
    pub fn wait_for(&mut self, method: &str) {
        while !self.events.iter().any(|event| event["method"] == method) {
            let event = self.next(method);
            self.events.push_back(event);
        }
        let at = self.events.iter().position(|event| event["method"] == method);
        self.events.remove(at.unwrap());
    }

    #[track_caller]
    fn next(&mut self, what: &str) -> Value {
        match self.from.recv_timeout(PATIENCE) {
            Ok(message) => message,
            Err(RecvTimeoutError::Timeout) => panic!("waited for a minute for {what}"),
            Err(RecvTimeoutError::Disconnected) => {
                panic!("the browser ended while {what} was waited for: {:?}", self.child.try_wait())
            }
        }
    }
}

/// A thread that takes messages apart, each of which ends with a zero.
fn listen(answers: impl std::io::Read + Send + 'static) -> Receiver<Value> {
    let (tell, from) = channel();
    std::thread::spawn(move || {
        for message in BufReader::new(answers).split(0).map_while(Result::ok) {
            let message = serde_json::from_slice(&message).unwrap();
            if tell.send(message).is_err() {
                break;
            }
        }
    });
    from
}

/// A closed pipe tells it to end; one that does not is ended.
impl Drop for Chromium {
    fn drop(&mut self) {
        drop(self.to.take());
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_secs(10) {
            if !matches!(self.child.try_wait(), Ok(None)) {
                return;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
