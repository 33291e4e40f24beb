//! Bugs of keys: memory that nobody gives back, and keys where a cluster would not look for them.

use super::scripts::Patch;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "stream-without-ttl",
        breaks: Promise::NoLeftovers,
        trial: "keys",
        because: "every user gets a stream, and nothing ever removes it",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "join",
            from: "redis.call('HSET', MARKS, member, token)\n",
            to: "redis.call('HSET', MARKS, member, token)\nredis.call('XADD', KEYS[1] .. ':user:' .. member, '*', 'token', token)\n",
        }],
        steps: None,
    },
    Bug {
        name: "emptied-streams",
        breaks: Promise::NoLeftovers,
        trial: "keys",
        because: "XDEL takes the entry out of the user's stream and leaves the empty key",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "join",
                from: "redis.call('HSET', MARKS, member, token)\n",
                to: "redis.call('HSET', MARKS, member, token)\nredis.call('XADD', KEYS[1] .. ':user:' .. member, '1-1', 'token', token)\n",
            },
            Patch {
                fragment: "admit",
                from: "      admitted[#admitted + 1] = tokens[i]\n",
                to: "      admitted[#admitted + 1] = tokens[i]\n      redis.call('XDEL', KEYS[1] .. ':user:' .. member, '1-1')\n",
            },
        ],
        steps: None,
    },
    Bug {
        name: "key-without-hash-tag",
        breaks: Promise::OneSlot,
        trial: "keys",
        because: "one of the keys has no hash tag, so a cluster puts it into another slot",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "join",
            from: "redis.call('HSET', MARKS, member, token)\n",
            to: "redis.call('HSET', MARKS, member, token)\nredis.call('INCR', string.gsub(KEYS[1], '[{}]', '') .. ':joins')\n",
        }],
        steps: None,
    },
    Bug {
        name: "undeclared-key",
        breaks: Promise::OneSlot,
        trial: "keys",
        because: "a script makes up the name of a key instead of being given it",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "join",
            from: "redis.call('HSET', MARKS, member, token)\n",
            to: "redis.call('HSET', MARKS, member, token)\nredis.call('HSET', KEYS[1] .. ':tokens', token, member)\n",
        }],
        steps: None,
    },
];
