//! A server given by URL: it is used only when a run can work on it, and every refusal says why.
#![expect(clippy::unwrap_used, reason = "a test ends by panicking")]

use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use stanchion::model::Pacer;
use stanchion::queue::Commands as _;
use stanchion::target::{Endpoint, Target, TargetChoice, TargetKind, TargetOptions};
use stanchion::wire::{Clock, Dialer, Reactor};

const PASSWORD: &str = "open-sesame";

/// Somebody else's server: started with any arguments, in a folder of its own.
struct Server {
    child: Child,
    folder: tempfile::TempDir,
    port: u16,
}

impl Server {
    /// Waits until `redis-server` listens on its unix socket.
    fn start(args: &[&str]) -> Server {
        let folder = tempfile::tempdir().unwrap();
        let port = free_port();
        let mut command = Command::new("redis-server");
        command.args(["--save", "", "--unixsocket", "redis.sock", "--port", &port.to_string()]);
        command.args(["--bind", "127.0.0.1"]).args(args).current_dir(folder.path()).stdout(Stdio::null());
        let mut child = command.spawn().expect("these tests need redis-server on the PATH");
        while std::os::unix::net::UnixStream::connect(folder.path().join("redis.sock")).is_err() {
            assert!(child.try_wait().unwrap().is_none(), "redis-server {args:?} does not start");
            std::thread::sleep(Duration::from_millis(5));
        }
        Server { child, folder, port }
    }

    fn url(&self, credentials: &str) -> String {
        format!("redis://{credentials}127.0.0.1:{}", self.port)
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

async fn given(url: &str) -> Result<Target, String> {
    Target::start(&TargetChoice::Url(url.to_owned()), &TargetOptions::default()).await.map_err(|error| {
        let message = error.to_string();
        assert!(!message.contains(PASSWORD) && !message.contains("alice"), "credentials are printed: {message}");
        message
    })
}

async fn refusal(url: &str) -> String {
    given(url).await.expect_err("this server must be refused")
}

async fn run(url: &str, command: &[&str]) {
    let mut connection = Endpoint::from_url(url).unwrap().connect(Duration::from_secs(5)).await.unwrap();
    redis::cmd(command[0]).arg(&command[1..]).exec_async(&mut connection).await.unwrap();
}

#[tokio::test]
async fn a_given_server_is_used_over_tcp_and_unix_and_outlives_its_target() {
    let server = Server::start(&[]);
    for url in [server.url(""), format!("unix://{}", server.socket().display())] {
        let target = given(&url).await.unwrap();
        assert_eq!((target.facts().kind, target.owned(), target.pid()), (TargetKind::Url, false, None));
        let refused = target.flush().await.unwrap_err().to_string();
        assert!(refused.starts_with("will not empty the Redis at "), "{refused}");
        target.stop().await.unwrap();
    }
    run(&server.url(""), &["PING"]).await;
}

#[tokio::test]
async fn a_server_with_keys_is_refused_with_their_number_unless_they_are_allowed() {
    let server = Server::start(&[]);
    run(&server.url(""), &["MSET", "a", "1", "b", "2"]).await;
    run(&format!("{}/5", server.url("")), &["SET", "c", "3"]).await;
    let message = refusal(&server.url("")).await;
    assert!(message.contains(" holds 3 keys.") && message.contains("--allow-non-empty"), "{message}");
    let allowed = TargetOptions { allow_non_empty: true, ..TargetOptions::default() };
    let target = Target::start(&TargetChoice::Url(server.url("")), &allowed).await.unwrap();
    assert_eq!(target.wipe("run:").await.unwrap(), 0);
}

#[tokio::test]
async fn a_password_that_is_missing_wrong_or_right_is_told_apart() {
    let server = Server::start(&["--requirepass", PASSWORD]);
    let missing = refusal(&server.url("")).await;
    assert!(missing.contains("needs a password") && missing.contains("STANCHION_REDIS_URL"), "{missing}");
    for wrong in [":open-barley@", "alice:open-sesame@"] {
        let message = refusal(&server.url(wrong)).await;
        assert!(message.contains("does not accept the user or password given"), "{message}");
    }
    let target = given(&server.url(&format!(":{PASSWORD}@"))).await.unwrap();
    let facts = serde_json::to_string(target.facts()).unwrap() + &format!("{target:?}");
    assert!(!facts.contains(PASSWORD), "{facts}");
    let unix = format!("unix://{}?pass={PASSWORD}", server.socket().display());
    assert!(!given(&unix).await.unwrap().endpoint().shown().contains(PASSWORD));
}

#[tokio::test]
async fn a_user_who_may_not_ask_is_told_what_is_missing() {
    let server = Server::start(&["--user", "alice", "on", ">open-sesame", "~*", "+ping"]);
    let message = refusal(&server.url(&format!("alice:{PASSWORD}@"))).await;
    assert!(message.contains("does not let this user do what a run needs"), "{message}");
    assert!(message.to_lowercase().contains("info"), "names the command: {message}");
}

#[tokio::test]
async fn a_server_that_forbids_config_is_still_used() {
    let server = Server::start(&["--rename-command", "CONFIG", ""]);
    let facts = given(&server.url("")).await.unwrap().facts().clone();
    assert_eq!((facts.save, facts.io_threads), (None, None), "unknown, and said so");
}

#[tokio::test]
async fn a_cluster_node_and_a_replica_are_refused() {
    let node = Server::start(&["--cluster-enabled", "yes"]);
    let message = refusal(&node.url("")).await;
    assert!(message.contains("is a node of a cluster, and clusters are not supported yet"), "{message}");
    let primary = Server::start(&[]);
    let replica = Server::start(&["--replicaof", "127.0.0.1", &primary.port.to_string()]);
    let message = refusal(&replica.url("")).await;
    assert!(message.contains(&format!("is a replica of 127.0.0.1:{} and takes no writes", primary.port)), "{message}");
}

#[tokio::test]
async fn a_server_that_may_drop_entries_or_saves_to_disk_is_used_with_a_warning() {
    let server = Server::start(&["--maxmemory-policy", "allkeys-lru", "--appendonly", "yes"]);
    let facts = given(&server.url("")).await.unwrap().facts().clone();
    assert!(facts.appendonly);
    let warnings = facts.warnings.join("\n");
    assert!(warnings.contains("maxmemory-policy is allkeys-lru"), "{warnings}");
    assert!(warnings.contains("saves to disk"), "{warnings}");
    let plain = Server::start(&[]);
    let warnings = given(&plain.url("")).await.unwrap().facts().warnings.clone();
    assert!(warnings.is_empty(), "nothing to warn of: {warnings:?}");
}

#[tokio::test]
async fn nobody_there_is_told_from_somebody_else_there() {
    let message = refusal(&format!("redis://127.0.0.1:{}", free_port())).await;
    assert!(message.contains("no Redis answers") && message.contains("refused"), "{message}");
    let message = refusal("unix:///nowhere/redis.sock").await;
    assert!(message.contains("no Redis answers at unix:///nowhere/redis.sock"), "{message}");
    let web = answers_with("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    let message = refusal(&format!("redis://alice:{PASSWORD}@127.0.0.1:{web}")).await;
    assert!(message.contains("is not a Redis: its reply is not in Redis' protocol"), "{message}");
    let closes = answers_with("");
    let message = refusal(&format!("redis://127.0.0.1:{closes}")).await;
    assert!(message.contains("closed the connection") && message.contains("rediss://"), "{message}");
    // Speaks the protocol, but is no Redis.
    let impostor = answers_with("+OK\r\n+OK\r\n");
    let message = refusal(&format!("redis://127.0.0.1:{impostor}")).await;
    assert!(message.contains("is not a Redis"), "{message}");
}

/// A server that answers whatever it reads with a text, and closes when there is none; returns its port.
fn answers_with(text: &str) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, text) = (listener.local_addr().unwrap().port(), text.to_owned());
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            while stream.read(&mut [0; 4096]).is_ok_and(|read| read > 0 && !text.is_empty()) {
                if stream.write_all(text.as_bytes()).is_err() {
                    break;
                }
            }
        }
    });
    port
}

/// A certificate authority and a server certificate that it signed.
fn certificates(folder: &std::path::Path) {
    let script = "set -e
        openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=test-ca
        openssl req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost
        printf 'subjectAltName=DNS:localhost,IP:127.0.0.1\\nbasicConstraints=CA:FALSE\\n' >ext
        openssl x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 -extfile ext";
    let output = Command::new("sh").args(["-c", script]).current_dir(folder).output().unwrap();
    assert!(output.status.success(), "this test needs openssl: {}", String::from_utf8_lossy(&output.stderr));
}

#[tokio::test]
async fn tls_works_with_a_trusted_certificate_and_fails_with_a_sentence_without() {
    let folder = tempfile::tempdir().unwrap();
    certificates(folder.path());
    let file = |name: &str| folder.path().join(name).display().to_string();
    let (port, certificate, key, authority) =
        (free_port().to_string(), file("server.crt"), file("server.key"), file("ca.crt"));
    let mut args = vec!["--tls-port", &port, "--tls-cert-file", &certificate, "--tls-key-file", &key];
    args.extend(["--tls-ca-cert-file", &authority, "--tls-auth-clients", "no"]);
    let server = Server::start(&args);
    let url = format!("rediss://localhost:{port}");
    let untrusted = refusal(&url).await;
    assert!(untrusted.contains("no TLS connection to rediss://localhost:"), "{untrusted}");
    assert!(untrusted.contains("SSL_CERT_FILE"), "{untrusted}");
    let plain_as_tls = refusal(&server.url("").replace("redis://", "rediss://")).await;
    assert!(plain_as_tls.contains("a server without TLS was asked by rediss://"), "{plain_as_tls}");
    let tls_as_plain = refusal(&format!("redis://localhost:{port}")).await;
    assert!(tls_as_plain.contains("TLS"), "{tls_as_plain}");

    // The environment is a process' own, so the trusted case runs in another one.
    let output = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "client_that_trusts_the_test_authority", "--ignored", "--nocapture"])
        .env("SSL_CERT_FILE", authority)
        .env("STANCHION_TEST_TLS_URL", &url)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success() && said.contains("CONNECTED OVER TLS"), "{said}");
}

#[tokio::test]
#[ignore = "no promise of its own: the TLS test runs it as a process with a certificate file"]
async fn client_that_trusts_the_test_authority() {
    if let Ok(url) = std::env::var("STANCHION_TEST_TLS_URL") {
        let target = given(&url).await.unwrap();
        assert!(target.endpoint().shown().starts_with("rediss://"));
        assert_eq!(target.wipe("run:").await.unwrap(), 0);
        asks_over_tls_by_the_transport_of_our_own(target.endpoint());
        println!("CONNECTED OVER TLS");
    }
}

/// Small and large requests and replies, more than a record of TLS holds, and many at once.
fn asks_over_tls_by_the_transport_of_our_own(endpoint: &Endpoint) {
    let reactor = Reactor::new(Clock::start(), Pacer::Sleep, 1_000_000).unwrap();
    let asking =
        |words: &[&str]| words[1..].iter().fold(redis::cmd(words[0]), |mut cmd, word| cmd.arg(*word).to_owned());
    let large = "z".repeat(3 << 20);
    let answers = reactor.block_on(async {
        let wire = Dialer::new(endpoint).unwrap().dial(&reactor, Duration::from_secs(60), 1).await.unwrap();
        for number in 1..=1000 {
            assert_eq!(wire.command(asking(&["INCR", "n"])).await, Ok(redis::Value::Int(number)));
        }
        assert_eq!(wire.command(asking(&["SET", "large", &large])).await, Ok(redis::Value::Okay));
        wire.pipeline(vec![asking(&["GET", "large"]), asking(&["INCR", "n"]), asking(&["DEL", "n", "large"])]).await
    });
    let expected = [redis::Value::BulkString(large.into_bytes()), redis::Value::Int(1001), redis::Value::Int(2)];
    assert_eq!(answers.unwrap().unwrap(), expected.map(Ok));
}
