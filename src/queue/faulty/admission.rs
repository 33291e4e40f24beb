//! Bugs of admission: the wrong ones are let in, or too many, or nobody.

use super::scripts::Patch;
use super::steps::Steps;
use super::{Base, Bug};
use crate::model::Promise;

pub(super) const BUGS: &[Bug] = &[
    Bug {
        name: "read-then-remove",
        breaks: Promise::NoDuplicates,
        trial: "held-admissions",
        because: "who is at the front is read by one request and removed by the next, and nobody looks at how many were",
        base: Base::Sequence,
        patches: &[],
        steps: Some(Steps::ReadThenRemove),
    },
    Bug {
        name: "grant-before-removal",
        breaks: Promise::NoDuplicates,
        trial: "crashed-admissions",
        because: "the grant is written before the removal, and a client ended in between",
        base: Base::Sequence,
        patches: &[],
        steps: Some(Steps::GrantThenRemove),
    },
    Bug {
        name: "removal-before-grant",
        breaks: Promise::NoLoss,
        trial: "crashed-admissions",
        because: "the removal comes before the grant is written, and a client ended in between",
        base: Base::Sequence,
        patches: &[],
        steps: Some(Steps::RemoveThenGrant),
    },
    Bug {
        name: "batch-sent-twice",
        breaks: Promise::Idempotence,
        trial: "lost-replies",
        because: "a batch that is sent again lets others in",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "admit",
            from: "  return answered
",
            to: "  answered = nil
",
        }],
        steps: None,
    },
    Bug {
        name: "over-capacity",
        breaks: Promise::Capacity,
        trial: "crowd",
        because: "the last one counts from zero, so one more than allowed is let in",
        base: Base::Sequence,
        patches: &[Patch { fragment: "admit", from: "tonumber(ARGV[2])", to: "tonumber(ARGV[2]) + 1" }],
        steps: None,
    },
    Bug {
        name: "blocking-head",
        breaks: Promise::GlobalFifo,
        trial: "late-admission",
        because: "whoever abandoned the head of the line blocks it",
        base: Base::Sequence,
        patches: &[Patch {
            fragment: "line_zset",
            from: "local popped, members = redis.call('ZPOPMIN', KEYS[1], n), {}",
            to: "local head, members = redis.call('ZRANGE', KEYS[1], 0, 0)[1], {}
  local time = redis.call('TIME')
  if head and time[1] * 1000 + time[2] / 1000 - redis.call('ZSCORE', KEYS[3], head) > 100 then
    return members
  end
  local popped = redis.call('ZPOPMIN', KEYS[1], n)",
        }],
        steps: None,
    },
];
