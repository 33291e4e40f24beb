//! What the user asked for: `--redis auto|local|docker|URL`.

/// Which Redis to use.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum TargetChoice {
    /// `STANCHION_REDIS_URL`, else a container, else a local server.
    #[default]
    Auto,
    /// A `redis-server` or `valkey-server` on the PATH.
    Local,
    /// A container.
    Docker,
    /// A server that somebody else runs; may hold a password, so it is never printed.
    Url(String),
}

/// What goes with the choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOptions {
    /// The image for containers.
    pub image: String,
    /// Use a given server although it holds keys.
    pub allow_non_empty: bool,
}

impl Default for TargetOptions {
    /// `redis:7-alpine`; a given server must be empty.
    fn default() -> Self {
        TargetOptions { image: "redis:7-alpine".to_owned(), allow_non_empty: false }
    }
}
