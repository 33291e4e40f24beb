//! Why there is no target, or no longer one.
//!
//! Every message says what failed, where, why, and what to do. An address is always the shown form,
//! which cannot hold a password.

use super::ServerVersion;

/// Why there is no target, or no longer one. Every message says what, where, why and what to do.
#[derive(Debug, thiserror::Error)]
pub enum TargetError {
    /// The text is not the URL of a Redis. It may hold a password, so it is not repeated.
    #[error(
        "this is not the URL of a Redis: {detail}. Write redis://HOST:PORT, rediss://HOST:PORT for TLS, or \
         unix:///PATH/TO/SOCKET; user and password go before the host (redis://USER:PASSWORD@HOST:PORT)"
    )]
    BadUrl {
        /// What is wrong with it.
        detail: String,
    },
    /// Neither a word that is known nor a URL. It may hold a password, so it is not repeated.
    #[error(
        "a Redis is named by auto, local, docker or a URL (redis://HOST:PORT, rediss://HOST:PORT, unix:///PATH); this is \
         none of them"
    )]
    BadChoice,
    /// The server's clock cannot be this program's.
    #[error(
        "{program} cannot be given a clock of its own: {detail}. Install a dynamically linked redis-server (the package of a Linux \
         distribution is one)"
    )]
    NoClock {
        /// The server program.
        program: String,
        /// Why.
        detail: String,
    },
    /// Nothing listens there, or the way is blocked.
    #[error("no Redis answers at {address}: {detail}. Check that the server runs and that host and port are right")]
    Unreachable {
        /// Where.
        address: String,
        /// What the operating system said.
        detail: String,
    },
    /// Something accepts connections or commands, but does not answer.
    #[error(
        "{address} did not answer within {waited_s} s. The server hangs or is stopped, a firewall drops the packets, or \
         a server without TLS was asked by rediss://; try `redis-cli PING` from this machine"
    )]
    Silent {
        /// Where.
        address: String,
        /// How long was waited, in seconds.
        waited_s: u64,
    },
    /// The connection ended before the first answer.
    #[error(
        "{address} closed the connection ({detail}). A server that speaks TLS needs a rediss:// URL; a Redis that is \
         shutting down or out of connections does this too"
    )]
    Closed {
        /// Where.
        address: String,
        /// What the operating system said.
        detail: String,
    },
    /// Something answers, but not in Redis' protocol.
    #[error("what answers at {address} is not a Redis: its reply is not in Redis' protocol. Check the port")]
    NotRedis {
        /// Where.
        address: String,
    },
    /// TLS could not be set up.
    #[error(
        "no TLS connection to {address}: {detail}. A server without TLS needs redis:// instead of rediss://; for a \
         private certificate authority, name its certificate file in SSL_CERT_FILE"
    )]
    Tls {
        /// Where.
        address: String,
        /// What the TLS library said.
        detail: String,
    },
    /// The server wants a password and none was given.
    #[error(
        "the Redis at {address} needs a password. Give it in the URL (redis://:PASSWORD@HOST:PORT, or \
         redis://USER:PASSWORD@HOST:PORT), best through the variable STANCHION_REDIS_URL, which no process list shows"
    )]
    PasswordNeeded {
        /// Where.
        address: String,
    },
    /// The server does not accept the credentials given.
    #[error(
        "the Redis at {address} does not accept the user or password given. Special characters in a URL are written \
         as %XX (an @ as %40); a password without a user is written redis://:PASSWORD@HOST:PORT"
    )]
    PasswordWrong {
        /// Where.
        address: String,
    },
    /// The user is known but may not do what is needed.
    #[error("the Redis at {address} does not let this user do what a run needs: {detail}. Grant it with ACL SETUSER")]
    Forbidden {
        /// Where.
        address: String,
        /// What the server said.
        detail: String,
    },
    /// The server answered a command with another error.
    #[error(
        "the Redis at {address} refused a command: {detail}. A run needs a standalone server with its usual commands"
    )]
    Refused {
        /// Where.
        address: String,
        /// What the server said.
        detail: String,
    },
    /// The server answered a question about itself, but not as it is documented.
    #[error(
        "the Redis at {address} does not say what it was asked: {detail}. Only figures about the server are missing"
    )]
    Unclear {
        /// Where.
        address: String,
        /// What is missing or strange.
        detail: String,
    },
    /// A given server holds keys.
    #[error(
        "the Redis at {address} holds {keys} keys. Stanchion touches only keys under its own prefix, but a load test \
         disturbs whoever uses this server: give an empty one, or say --allow-non-empty if it is meant"
    )]
    NotEmpty {
        /// Where.
        address: String,
        /// Keys in all its databases.
        keys: u64,
    },
    /// A node of a cluster.
    #[error(
        "the Redis at {address} is a node of a cluster, and clusters are not supported yet. Give a standalone server"
    )]
    Cluster {
        /// Where.
        address: String,
    },
    /// A Sentinel.
    #[error("what answers at {address} is a Redis Sentinel and holds no data. Give the address of the primary")]
    Sentinel {
        /// Where.
        address: String,
    },
    /// A read-only replica.
    #[error("the Redis at {address} is a replica of {primary} and takes no writes. Give the address of the primary")]
    Replica {
        /// Where.
        address: String,
        /// Whose replica it is.
        primary: String,
    },
    /// The server is up but its data is not.
    #[error("the Redis at {address} is still loading its data from disk. Wait until it is done and try again")]
    Loading {
        /// Where.
        address: String,
    },
    /// The server lacks commands that the designs need.
    #[error("the {server} at {address} is version {version}; {oldest} or later is needed. Give a newer server")]
    TooOld {
        /// Where.
        address: String,
        /// `redis` or `valkey`.
        server: String,
        /// Its version.
        version: String,
        /// The oldest one that will do.
        oldest: ServerVersion,
    },
    /// No server program on the PATH.
    #[error(
        "neither redis-server nor valkey-server is on the PATH. Install one (apt-get install redis-server, dnf install \
         valkey, apk add redis, brew install redis), or use --redis docker or --redis URL"
    )]
    NoProgram,
    /// The program is there but does not start.
    #[error("{program} does not start: {detail}")]
    Start {
        /// The program.
        program: String,
        /// Why: what the operating system said, or the last lines of the program's own log.
        detail: String,
    },
    /// The folder for a local server cannot be made.
    #[error("cannot make a temporary folder in {folder}: {detail}. Name a folder that can be written in TMPDIR")]
    Folder {
        /// Where.
        folder: String,
        /// What the operating system said.
        detail: String,
    },
    /// No Docker engine.
    #[error("no Docker engine answers: {detail}. Start one (or set DOCKER_HOST), or use --redis local or --redis URL")]
    NoEngine {
        /// Why.
        detail: String,
    },
    /// The image is not there and cannot be had.
    #[error(
        "the image {image} is not on this machine and cannot be pulled: {detail}. Name another one with --image, or \
         build one from Debian's packages with `make redis-image` and use --image stanchion/redis:local"
    )]
    NoImage {
        /// Which.
        image: String,
        /// Why.
        detail: String,
    },
    /// The container does not start, or no Redis answers in it.
    #[error("no Redis could be started from the image {image}: {detail}")]
    Container {
        /// Which.
        image: String,
        /// Why: what the engine said, or the last lines of the container's log.
        detail: String,
    },
    /// `auto` found nothing.
    #[error(
        "no Redis was found. Container: {container}. Local: {local}. Three ways out: name a server in \
         STANCHION_REDIS_URL (or --redis URL), start a Docker engine that has or can pull {image}, or install \
         redis-server (or valkey-server) so that it is on the PATH"
    )]
    NoneFound {
        /// Why no container.
        container: String,
        /// Why no local server.
        local: String,
        /// The image that was looked for.
        image: String,
    },
    /// Emptying a whole server is for servers that this program started.
    #[error("will not empty the Redis at {address}: it was given by URL, so all its keys may be somebody's")]
    NotOwned {
        /// Where.
        address: String,
    },
    /// A wipe was asked for without saying of what.
    #[error("will not delete keys under an empty prefix: that would be all of them")]
    EmptyPrefix,
}
