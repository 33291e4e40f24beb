//! Bugs of order: who comes first is not who joined first.

use super::scripts::Patch;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "seconds-score",
        breaks: Promise::GlobalFifo,
        trial: "crowd",
        because: "the score is the clock in whole seconds, so a second of joins ties",
        base: Base::Milliseconds,
        patches: &[Patch {
            fragment: "push_ms",
            from: "'NX', ARGV[4], member",
            to: "'NX', math.floor(ARGV[4] / 1000), member",
        }],
        steps: None,
    },
    Bug {
        name: "milliseconds-score",
        breaks: Promise::GlobalFifo,
        trial: "crowd",
        because: "the score is the clock in milliseconds, and ties are ordered by member bytes",
        base: Base::Milliseconds,
        patches: &[],
        steps: None,
    },
    Bug {
        name: "decimal-score",
        breaks: Promise::GlobalFifo,
        trial: "crowd",
        because: "a float64 near the clock steps by 2^-12 ms, so 244 counters share a score",
        base: Base::Decimal,
        patches: &[],
        steps: None,
    },
    Bug {
        name: "overflowing-shift",
        breaks: Promise::GlobalFifo,
        trial: "crowd",
        because: "the clock shifted by 24 bits overflows a signed 64-bit integer and drops the counter",
        base: Base::Shift,
        patches: &[Patch {
            fragment: "push_composite",
            from: "score = ts * 2 ^ 24 + counter",
            to: "score = (ts % 2 ^ 40) * 2 ^ 24 + counter; if score >= 2 ^ 63 then score = score - 2 ^ 64 end",
        }],
        steps: None,
    },
    Bug {
        name: "skewed-clocks",
        breaks: Promise::GlobalFifo,
        trial: "crowd",
        because: "half of the web servers that stamp the joins have a clock that is 40 ms ahead",
        base: Base::Milliseconds,
        patches: &[Patch {
            fragment: "push_ms",
            from: "'NX', ARGV[4], member",
            to: "'NX', ARGV[4] + 40 * (string.byte(member, -1) % 2), member",
        }],
        steps: None,
    },
    Bug {
        name: "unpadded-member",
        breaks: Promise::GlobalFifo,
        trial: "crowd",
        because: "the order is left to the members, whose numbers are not padded: u10 comes before u2",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "push_seq",
            from: "string.format('%.0f', redis.call('INCR', KEYS[4])), member",
            to: "0, member",
        }],
        steps: None,
    },
    Bug {
        name: "rescored-on-rejoin",
        breaks: Promise::GlobalFifo,
        trial: "rejoin",
        because: "ZADD without NX on a second join sends the user to the back of the line",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "join",
            from: "    return standing
",
            to: "    redis.call('ZADD', KEYS[1], redis.call('INCR', KEYS[4]), member)
    return standing
",
        }],
        steps: None,
    },
    Bug {
        name: "any-of-the-first-100",
        breaks: Promise::GlobalFifo,
        trial: "crowd",
        because: "any of the first hundred may be let in",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "line_zset",
                from: "redis.call('ZPOPMIN', KEYS[1], n), {}",
                to: "redis.call('ZRANGE', KEYS[1], 0, 99, 'WITHSCORES'), {}",
            },
            Patch {
                fragment: "line_zset",
                from: "  for i = 1, #popped, 2 do -- every second one is a score
    members[#members + 1] = popped[i]
  end",
                to: "  for i = #popped - 1, math.max(1, #popped - 2 * n + 1), -2 do
    members[#members + 1] = popped[i]
    redis.call('ZREM', KEYS[1], popped[i])
  end",
            },
        ],
        steps: None,
    },
    Bug {
        name: "newest-first",
        breaks: Promise::PerUserFifo,
        trial: "several-tokens",
        because: "the newest is let in first",
        base: Base::Sequence,
        patches: &[Patch { fragment: "line_zset", from: "ZPOPMIN", to: "ZPOPMAX" }],
        steps: None,
    },
];
