//! What the user asked for: `--redis auto|local|docker|URL`.

use std::fmt;
use std::str::FromStr;

use super::{Endpoint, TargetError};

/// The environment variable that names a server, password included, without showing it in a process list.
pub const URL_VARIABLE: &str = "STANCHION_REDIS_URL";

/// Which Redis to use.
#[derive(Clone, Default, PartialEq, Eq)]
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

impl fmt::Debug for TargetChoice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            TargetChoice::Auto => "Auto",
            TargetChoice::Local => "Local",
            TargetChoice::Docker => "Docker",
            TargetChoice::Url(_) => "Url(…)",
        })
    }
}

impl FromStr for TargetChoice {
    type Err = TargetError;

    /// `auto`, `local`, `docker` or a Redis URL.
    fn from_str(text: &str) -> Result<TargetChoice, TargetError> {
        match text {
            "auto" => Ok(TargetChoice::Auto),
            "local" => Ok(TargetChoice::Local),
            "docker" => Ok(TargetChoice::Docker),
            url if url.contains("://") => Endpoint::from_url(url).map(|_| TargetChoice::Url(url.to_owned())),
            // Without a scheme it may still hold a password (user:secret@host), so it is not repeated.
            _ => Err(TargetError::BadChoice),
        }
    }
}

/// What goes with the choice.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetOptions {
    /// The image for containers.
    pub image: String,
    /// Use a given server although it holds keys.
    pub allow_non_empty: bool,
}

impl TargetOptions {
    /// The image that is pulled unless another is asked for.
    pub const DEFAULT_IMAGE: &'static str = "redis:7-alpine";
    /// The image that `make redis-image` builds where no registry can be reached.
    pub const LOCAL_IMAGE: &'static str = "stanchion/redis:local";
}

impl Default for TargetOptions {
    /// `redis:7-alpine`; a given server must be empty.
    fn default() -> Self {
        TargetOptions { image: Self::DEFAULT_IMAGE.to_owned(), allow_non_empty: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_three_words_and_a_url_are_understood() {
        assert_eq!("auto".parse::<TargetChoice>().unwrap(), TargetChoice::Auto);
        assert_eq!("local".parse::<TargetChoice>().unwrap(), TargetChoice::Local);
        assert_eq!("docker".parse::<TargetChoice>().unwrap(), TargetChoice::Docker);
        let url = "redis://:secret@db:6379/2";
        assert_eq!(url.parse::<TargetChoice>().unwrap(), TargetChoice::Url(url.to_owned()));
    }

    #[test]
    fn a_password_is_shown_neither_by_debug_nor_by_an_error() {
        let choice: TargetChoice = "redis://alice:secret@db".parse().unwrap();
        assert_eq!(format!("{choice:?}"), "Url(…)");
        for text in ["alice:secret@db:6379", "http://alice:secret@db", "redis://alice:secret@db/notanumber"] {
            let message = text.parse::<TargetChoice>().unwrap_err().to_string();
            assert!(!message.contains("secret") && !message.contains("alice"), "{message}");
            assert!(message.contains("redis://HOST:PORT"), "says what to write instead: {message}");
        }
    }
}
