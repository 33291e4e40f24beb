//! Bugs of the position: what is told is not the place in line.

use super::scripts::Patch;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "stale-index",
        breaks: Promise::Position,
        trial: "positions",
        because: "the index that positions come from is removed under another key",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "push_seq",
                from: "member)
end",
                to: "member)
  redis.call('ZADD', KEYS[1] .. ':index', redis.call('GET', KEYS[4]), member)
end",
            },
            Patch {
                fragment: "position",
                from: "return waits(ARGV[2], ARGV[3]) and line_rank(ARGV[2]) or nil",
                to: "local ahead = redis.call('ZRANK', KEYS[1] .. ':index', ARGV[2])
return ahead and ahead + 1",
            },
        ],
        steps: None,
    },
    Bug {
        name: "holes-counted",
        breaks: Promise::Position,
        trial: "positions",
        because: "who left is still counted, since the place is the difference of two tickets",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "line_zset",
            from: "local ahead = redis.call('ZRANK', KEYS[1], member)
  return ahead and ahead + 1",
            to: "local own = redis.call('ZSCORE', KEYS[1], member)
  return own and own - redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2] + 1",
        }],
        steps: None,
    },
    Bug {
        name: "zero-based",
        breaks: Promise::Position,
        trial: "positions",
        because: "the rank is told as it is, so the first in line is at 0",
        base: Base::Sequence,
        patches: &[Patch { fragment: "line_zset", from: "return ahead and ahead + 1", to: "return ahead" }],
        steps: None,
    },
    Bug {
        name: "keys-and-xlen",
        breaks: Promise::Position,
        trial: "positions",
        because: "streams are summed up in the order of KEYS, which is none",
        base: Base::StreamsNaive,
        patches: &[],
        steps: None,
    },
    Bug {
        name: "guessed-position",
        breaks: Promise::Position,
        trial: "positions",
        because: "who is not in the index is told half the length of the line",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "position",
            from: "line_rank(ARGV[2]) or nil",
            to: "line_rank(ARGV[2]) or math.floor(line_length() / 2) + 1",
        }],
        steps: None,
    },
];
