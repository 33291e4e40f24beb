//! Bugs of expiry: entries live too long, or not long enough.

use super::scripts::Patch;
use super::steps::Steps;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "heartbeat-outlives-its-entry",
        breaks: Promise::Expiry,
        trial: "expiry",
        because: "a heartbeat is answered although its entry is gone",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "renew",
            from: "if not waits(ARGV[2], ARGV[3]) then
  return 0
end
redis.call('ZADD', SEEN, string.format('%.0f', now_ms()), ARGV[2])
",
            to: "",
        }],
        steps: None,
    },
    Bug {
        name: "entry-outlives-its-heartbeat",
        breaks: Promise::Expiry,
        trial: "expiry",
        because: "nothing removes who has expired",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "entries",
                from: "local cutoff = ttl > 0 and now_ms() - ttl",
                to: "local cutoff = false",
            },
            Patch { fragment: "sweep", from: "return { forget_older(limit, 500), limit }", to: "return { 0, limit }" },
        ],
        steps: None,
    },
    Bug {
        name: "sweep-beside-renewal",
        breaks: Promise::Expiry,
        trial: "held-sweeps",
        because: "the sweep reads who has expired by one request and removes them by the next, renewed or not",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "entries",
                from: "  forget_older(cutoff, 500)
",
                to: "",
            },
            Patch {
                fragment: "entries",
                from: "return cutoff and seen and tonumber(seen) <= cutoff",
                to: "return false",
            },
        ],
        steps: Some(Steps::ReadThenSweep),
    },
    Bug {
        name: "cut-off-in-seconds",
        breaks: Promise::Expiry,
        trial: "expiry",
        because: "the cut-off is truncated to whole seconds",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "entries",
            from: "return time[1] * 1000 + math.floor(time[2] / 1000)",
            to: "return time[1] * 1000",
        }],
        steps: None,
    },
    Bug {
        name: "renewal-forgotten",
        breaks: Promise::Expiry,
        trial: "expiry",
        because: "a renewal is acknowledged and does nothing",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "renew",
            from: "redis.call('ZADD', SEEN, string.format('%.0f', now_ms()), ARGV[2])
",
            to: "",
        }],
        steps: None,
    },
];
