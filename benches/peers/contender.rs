//! Who is compared: the load generators that are installed, and Stanchion in several ways.

use std::path::PathBuf;
use std::process::Command;

use redis::{ConnectionAddr, IntoConnectionInfo as _};

use super::ours::Ours;
use super::request::{CONNECTIONS, FIRST_USER, USERS, Workload, words};

/// One who is compared.
#[derive(Clone, Debug)]
pub enum Contender {
    Peer(Peer),
    Ours(Ours),
}

impl Contender {
    pub fn name(&self) -> &str {
        match self {
            Contender::Peer(peer) => peer.name(),
            Contender::Ours(ours) => ours.name(),
        }
    }
}

/// A load generator of somebody else.
#[derive(Clone, Debug)]
pub struct Peer {
    kind: PeerKind,
    program: PathBuf,
}

/// What a peer understands and prints.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PeerKind {
    /// `redis-benchmark`, and `valkey-benchmark`, which grew out of it.
    RedisBenchmark(&'static str),
    Memtier,
}

const KINDS: [PeerKind; 3] =
    [PeerKind::RedisBenchmark("redis-benchmark"), PeerKind::RedisBenchmark("valkey-benchmark"), PeerKind::Memtier];

impl PeerKind {
    fn name(self) -> &'static str {
        match self {
            PeerKind::RedisBenchmark(name) => name,
            PeerKind::Memtier => "memtier_benchmark",
        }
    }
}

impl Peer {
    /// Those on the PATH, and the names of those that are not.
    pub fn found() -> (Vec<Peer>, Vec<String>) {
        let (mut found, mut missing) = (Vec::new(), Vec::new());
        let path = std::env::var_os("PATH").unwrap_or_default();
        for kind in KINDS {
            let mut candidates = std::env::split_paths(&path).map(|folder| folder.join(kind.name()));
            match candidates.find(|program| program.is_file()) {
                Some(program) => found.push(Peer { kind, program }),
                None => missing.push(kind.name().to_owned()),
            }
        }
        (found, missing)
    }

    pub fn name(&self) -> &'static str {
        self.kind.name()
    }

    pub fn kind(&self) -> PeerKind {
        self.kind
    }

    /// The command line of one run: one thread, no pipelining. `report` is where a peer writes what it does not print.
    pub fn command(
        &self,
        workload: Workload,
        url: &str,
        requests: u64,
        report: &std::path::Path,
    ) -> Result<Command, String> {
        let info = url.into_connection_info().map_err(|error| format!("{url} is no address for a peer: {error}"))?;
        let (mut command, clients) = (Command::new(&self.program), CONNECTIONS.to_string());
        match (self.kind, info.addr()) {
            (PeerKind::RedisBenchmark(_), ConnectionAddr::Unix(socket)) => command.arg("-s").arg(socket),
            (PeerKind::RedisBenchmark(_), ConnectionAddr::Tcp(host, port)) => {
                command.args(["-h", host, "-p", &port.to_string()])
            }
            (PeerKind::Memtier, ConnectionAddr::Unix(socket)) => command.arg("-S").arg(socket),
            (PeerKind::Memtier, ConnectionAddr::Tcp(host, port)) => command.args(["-s", host, "-p", &port.to_string()]),
            (_, other) => return Err(format!("{} cannot be told the address {other}", self.name())),
        };
        match self.kind {
            PeerKind::RedisBenchmark(_) => {
                command.args(["-c", &clients, "-n", &requests.to_string(), "-r", &USERS.to_string(), "--csv"]);
                command.args(words(workload, "__rand_int__")?);
            }
            PeerKind::Memtier => {
                let each = requests / u64::from(CONNECTIONS);
                command.args(["-t", "1", "-c", &clients, "-n", &each.to_string(), "--pipeline=1"]);
                // Without these two every connection would draw the same users.
                command.args(["--distinct-client-seed", "--randomize"]);
                let last = FIRST_USER + USERS - 1;
                command.args([
                    "--key-prefix=",
                    &format!("--key-minimum={FIRST_USER}"),
                    &format!("--key-maximum={last}"),
                ]);
                command.arg(format!("--command={}", words(workload, "__key__")?.join(" ")));
                command.args(["--command-key-pattern=R", "--hide-histogram", "--json-out-file"]).arg(report);
            }
        }
        Ok(command)
    }
}
