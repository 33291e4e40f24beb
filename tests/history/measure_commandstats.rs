//! The rule by which server time is billed rests on a fact about Redis: this asks the server.

use std::process::{Child, Command, Stdio};
use std::time::Duration;

use redis::{Connection, ConnectionInfo, IntoConnectionInfo};

/// A server of this test alone: no port, a unix socket in a temporary folder, gone when dropped.
struct Server {
    process: Child,
    folder: tempfile::TempDir,
}

impl Server {
    fn start() -> Server {
        let folder = tempfile::tempdir().unwrap();
        let socket = folder.path().join("redis.sock");
        let process = Command::new("redis-server")
            .args(["--port", "0", "--save", "", "--appendonly", "no", "--unixsocket"])
            .arg(&socket)
            .current_dir(folder.path())
            .stdout(Stdio::null())
            .spawn()
            .expect("redis-server is on the PATH");
        Server { process, folder }
    }

    fn connect(&self) -> Connection {
        let url = format!("redis+unix://{}", self.folder.path().join("redis.sock").display());
        let info: ConnectionInfo = url.into_connection_info().unwrap();
        let client = redis::Client::open(info).unwrap();
        for _ in 0..200 {
            if let Ok(connection) = client.get_connection() {
                return connection;
            }
            std::thread::sleep(Duration::from_millis(50));
        }
        panic!("redis-server did not answer within 10 s");
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Calls and µs of a command.
fn stat(connection: &mut Connection, command: &str) -> (u64, u64) {
    let info: String = redis::cmd("INFO").arg("commandstats").query(connection).unwrap();
    let line = info.lines().find_map(|line| line.strip_prefix(&format!("cmdstat_{command}:"))).unwrap();
    let field = |name: &str| {
        let value = line.split(',').find_map(|field| field.strip_prefix(name)?.strip_prefix('='));
        value.unwrap().parse::<u64>().unwrap()
    };
    (field("calls"), field("usec"))
}

#[test]
fn commandstats_counts_what_a_script_or_exec_runs_twice() {
    let server = Server::start();
    let mut connection = server.connect();

    let script = "for i = 1, 5000 do redis.call('SET', KEYS[1], i) end";
    redis::cmd("EVAL").arg(script).arg(1).arg("key").exec(&mut connection).unwrap();
    let ((sets, set_us), (evals, eval_us)) = (stat(&mut connection, "set"), stat(&mut connection, "eval"));
    assert_eq!((sets, evals), (5_000, 1), "the inner calls stand in their own line");
    assert!(0 < set_us && set_us <= eval_us, "and their {set_us} µs are within the {eval_us} µs of the script");

    let mut transaction = redis::pipe();
    transaction.atomic();
    for member in 0..5_000 {
        transaction.cmd("SADD").arg("members").arg(member).ignore();
    }
    transaction.exec(&mut connection).unwrap();
    let ((adds, add_us), (execs, exec_us)) = (stat(&mut connection, "sadd"), stat(&mut connection, "exec"));
    assert_eq!((adds, execs), (5_000, 1), "queued once, counted once");
    assert!(0 < add_us && add_us <= exec_us, "and their {add_us} µs are within the {exec_us} µs of EXEC");
}
