//! Servers that somebody else runs, good ones and bad ones.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};

/// A `redis-server` with any arguments, in a folder of its own.
pub struct Server {
    child: Child,
    _folder: tempfile::TempDir,
    pub port: u16,
}

impl Server {
    pub fn start(arguments: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new("redis-server");
        command.args(["--save", "", "--bind", "127.0.0.1", "--port", &port.to_string()]).args(arguments);
        let child = command.current_dir(folder.path()).stdout(Stdio::null()).spawn();
        let mut child = child.expect("these tests need redis-server on the PATH");
        while ask(port, "PING").is_none() {
            assert!(child.try_wait().unwrap().is_none(), "redis-server {arguments:?} does not start");
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
        Server { child, _folder: folder, port }
    }

    pub fn url(&self) -> String {
        format!("redis://127.0.0.1:{}", self.port)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A port that was free a moment ago.
pub fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

/// All answers to inline commands, one a line; `None` when nobody answers.
pub fn converse(port: u16, commands: &[&str]) -> Option<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).ok()?;
    stream.write_all(format!("{}\r\nQUIT\r\n", commands.join("\r\n")).as_bytes()).ok()?;
    let mut answers = String::new();
    stream.read_to_string(&mut answers).ok()?;
    Some(answers)
}

/// The first line of the answer to an inline command; `None` when nobody answers.
pub fn ask(port: u16, command: &str) -> Option<String> {
    Some(converse(port, &[command])?.lines().next()?.to_owned())
}

/// Answers each connection by these bytes to whatever it reads; ends with the test. Gives its port.
pub fn impostor(answer: impl Fn(&str) -> String + Send + 'static) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut buffer = [0; 4096];
            while let Ok(read @ 1..) = stream.read(&mut buffer) {
                if stream.write_all(answer(&String::from_utf8_lossy(&buffer[..read])).as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    port
}

/// Speaks enough of Redis' protocol to say that it is of a version long gone: OK to everything but INFO.
pub fn old_redis() -> u16 {
    impostor(|asked| {
        let info = "redis_version:5.0.7\r\nredis_mode:standalone\r\nloading:0\r\nrole:master\r\n";
        // Each command of a pipeline is an array; its name follows the length of the first string.
        let commands = asked.split('*').filter(|command| command.contains('$'));
        let answer = |command: &str| match command.lines().nth(2) {
            Some(name) if name.eq_ignore_ascii_case("INFO") => format!("${}\r\n{info}\r\n", info.len()),
            _ => "+OK\r\n".to_owned(),
        };
        commands.map(answer).collect()
    })
}
