//! Bugs of uniqueness: somebody stands in line twice.

use super::scripts::Patch;
use super::steps::Steps;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "dedupe-by-request",
        breaks: Promise::NoDuplicates,
        trial: "rejoin",
        because: "the dedupe key is the request and not the user",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "join",
                from: "local member, token = ARGV[2], ARGV[3]",
                to: "local member, token = ARGV[3], ARGV[3]",
            },
            Patch {
                fragment: "position",
                from: "waits(ARGV[2], ARGV[3]) and line_rank(ARGV[2])",
                to: "waits(ARGV[3], ARGV[3]) and line_rank(ARGV[3])",
            },
        ],
        steps: None,
    },
    Bug {
        name: "short-dedupe",
        breaks: Promise::NoDuplicates,
        trial: "rejoin",
        because: "the mark lives shorter than the entry",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "join",
                from: "  if not has_expired(redis.call('ZSCORE', SEEN, member)) then",
                to: "  if now_ms() - (redis.call('ZSCORE', SEEN, member) or 0) < 15 then",
            },
            Patch {
                fragment: "join",
                from: "  forget(member)
",
                to: "  member = member .. ':' .. token
",
            },
        ],
        steps: None,
    },
    Bug {
        name: "time-bucket",
        breaks: Promise::NoDuplicates,
        trial: "rejoin",
        because: "the dedupe key holds a time bucket, and whoever asks again in the next one joins again",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "join",
            from: "local member, token = ARGV[2], ARGV[3]",
            to: "local member, token = ARGV[2] .. ':' .. math.floor(now_ms() / 20), ARGV[3]",
        }],
        steps: None,
    },
    Bug {
        name: "check-then-set",
        breaks: Promise::NoDuplicates,
        trial: "held-joins",
        because: "whether the mark is set is asked in one request and it is set in the next",
        base: Base::Sequence,
        patches: &[Patch { fragment: "join", from: "if standing then", to: "if false then" }],
        steps: Some(Steps::CheckThenSet),
    },
    Bug {
        name: "resent-join",
        breaks: Promise::NoDuplicates,
        trial: "lost-replies",
        because: "a join that is sent again after its reply was lost takes a second place",
        base: Base::List,
        patches: &[Patch {
            fragment: "join",
            from: "    return standing
",
            to: "    if standing == token then
      line_push(member)
      return nil
    end
    return standing
",
        }],
        steps: None,
    },
];
