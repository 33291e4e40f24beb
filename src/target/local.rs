//! A `redis-server` as a child process.

use std::process::{Child, Command, Stdio};

use super::{Endpoint, TargetError};

/// A server in a temporary folder, ended when dropped.
#[derive(Debug)]
pub(super) struct LocalServer {
    child: Child,
    port: u16,
    _folder: tempfile::TempDir,
}

impl LocalServer {
    /// Starts it on a free port.
    pub(super) fn start(program: &str) -> Result<LocalServer, TargetError> {
        let failed = |detail: String| TargetError::Start { program: program.to_owned(), detail };
        let folder = tempfile::tempdir().map_err(|error| failed(error.to_string()))?;
        let port = std::net::TcpListener::bind("127.0.0.1:0")
            .and_then(|listener| listener.local_addr())
            .map_err(|error| failed(error.to_string()))?
            .port();
        let child = Command::new(program)
            .args(["--port", &port.to_string(), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no"])
            .arg("--dir")
            .arg(folder.path())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| failed(error.to_string()))?;
        let server = LocalServer { child, port, _folder: folder };
        for _ in 0..200 {
            if std::net::TcpStream::connect(("127.0.0.1", port)).is_ok() {
                return Ok(server);
            }
            std::thread::sleep(std::time::Duration::from_millis(20));
        }
        Err(failed("it did not listen within 4 s".to_owned()))
    }

    pub(super) fn endpoint(&self) -> Endpoint {
        Endpoint::from_url(&format!("redis://127.0.0.1:{}/", self.port)).expect("a loopback URL is well-formed")
    }

    pub(super) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for LocalServer {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
