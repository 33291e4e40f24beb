//! Bugs of answers: what is told is not what is.

use super::scripts::Patch;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "duplicate-without-its-token",
        breaks: Promise::NoLoss,
        trial: "rejoin",
        because: "a duplicate is answered with the token that was just asked for, which never stands in line",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "join",
            from: "    return standing
",
            to: "    return token
",
        }],
        steps: None,
    },
    Bug {
        name: "leave-keeps-the-mark",
        breaks: Promise::Idempotence,
        trial: "leave-and-return",
        because: "leaving does not release the dedupe key",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "leave",
            from: "redis.call('HSET', MARKS, ARGV[2], '-' .. ARGV[3])",
            to: "redis.call('HSET', MARKS, ARGV[2], ARGV[3])",
        }],
        steps: None,
    },
    Bug {
        name: "admitted-told-waiting",
        breaks: Promise::Position,
        trial: "positions",
        because: "a position is told to whoever has a mark, and admission keeps the mark",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "position",
            from: "waits(ARGV[2], ARGV[3]) and line_rank(ARGV[2]) or nil",
            to: "redis.call('HGET', MARKS, ARGV[2]) == ARGV[3] and (line_rank(ARGV[2]) or 1) or nil",
        }],
        steps: None,
    },
    Bug {
        name: "invented-token",
        breaks: Promise::NoPhantoms,
        trial: "crowd",
        because: "an empty place in a batch is filled with a token that nobody has",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "admit",
            from: "local answer = table.concat(admitted, ',')",
            to: "if #admitted < wanted then
  admitted[#admitted + 1] = 'nobody'
end
local answer = table.concat(admitted, ',')",
        }],
        steps: None,
    },
];
