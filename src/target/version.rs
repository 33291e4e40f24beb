//! Server versions, and which of them this program runs on.

use std::fmt;

/// `major.minor` of a server. Valkey counts on from Redis 7.2, so the numbers of the two compare: Valkey
/// 7.2 forked from Redis 7.2 and knows its commands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct ServerVersion {
    /// The first number.
    pub major: u32,
    /// The second number.
    pub minor: u32,
}

impl ServerVersion {
    /// Older servers are refused: `XTRIM MINID` and `LPOP` with a count came with 6.2.
    pub const OLDEST: ServerVersion = ServerVersion { major: 6, minor: 2 };
    /// The oldest version that this program's own tests run on.
    pub const TESTED: ServerVersion = ServerVersion { major: 7, minor: 0 };

    /// Reads `7.0.15`, or `8.1.0-rc1`; `None` when it does not begin with two numbers.
    #[must_use]
    pub fn parse(text: &str) -> Option<ServerVersion> {
        let mut parts = text.trim().split(['.', '-']);
        Some(ServerVersion { major: parts.next()?.parse().ok()?, minor: parts.next()?.parse().ok()? })
    }
}

impl From<(u32, u32)> for ServerVersion {
    fn from((major, minor): (u32, u32)) -> Self {
        ServerVersion { major, minor }
    }
}

impl fmt::Display for ServerVersion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_as_numbers_and_not_as_text() {
        let of = |text| ServerVersion::parse(text).unwrap();
        assert!(of("10.0.1") > of("9.9.9"));
        assert!(of("7.10.0") > of("7.2.4"));
        assert_eq!(of("8.1.0-rc1"), ServerVersion::from((8, 1)));
        assert!(of("6.0.16") < ServerVersion::OLDEST);
    }

    #[test]
    fn what_is_no_version_is_none() {
        for text in ["", "7", "seven.two", "v7.2", "255.255.255.x.", "-1.0"] {
            let parsed = ServerVersion::parse(text);
            assert!(parsed.is_none() || text.starts_with("255"), "{text}: {parsed:?}");
        }
    }
}
