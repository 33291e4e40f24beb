//! Bugs of loss: an acknowledged join is never let in.

use super::scripts::Patch;
use super::steps::Steps;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "crash-before-the-line",
        breaks: Promise::NoLoss,
        trial: "crashed-joins",
        because: "the mark is set by one request and the place taken by the next, and a client ended in between",
        base: Base::Sequence,
        patches: &[],
        steps: Some(Steps::MarkThenPush),
    },
    Bug {
        name: "whole-line-expires",
        breaks: Promise::NoLoss,
        trial: "late-admission",
        because: "EXPIRE is set on the whole sorted set",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "push_seq",
            from: "member)
end",
            to: "member)
  redis.call('PEXPIRE', KEYS[1], 30)
end",
        }],
        steps: None,
    },
    Bug {
        name: "cleanup-of-the-empty",
        breaks: Promise::NoLoss,
        trial: "held-cleanup",
        because: "the clean-up sees that the line is empty and deletes it in the next request",
        base: Base::Sequence,
        patches: &[],
        steps: Some(Steps::DeleteIfEmpty),
    },
    Bug {
        name: "swallowed-noscript",
        breaks: Promise::NoLoss,
        trial: "forgotten-scripts",
        because: "in a pipeline the error NOSCRIPT is swallowed",
        base: Base::Sequence,
        patches: &[],
        steps: Some(Steps::SwallowErrors),
    },
    Bug {
        name: "swallowed-unpack",
        breaks: Promise::NoLoss,
        trial: "large-batch",
        because: "unpack fails on 8,000 members after they were taken, and the error is swallowed",
        base: Base::Sequence,
        patches: &[
            Patch {
                fragment: "admit",
                from: "line_take(math.min(wanted - #admitted, 1000)) -- unpack fails at 8,000",
                to: "line_take(wanted - #admitted)",
            },
            Patch {
                fragment: "admit",
                from: "  local tokens = redis.call('HMGET', MARKS, unpack(members))",
                to: "  local fine, tokens = pcall(function() return redis.call('HMGET', MARKS, unpack(members)) end)
  if not fine then
    return ''
  end",
            },
        ],
        steps: None,
    },
];
