//! What a thread of the generator took of the machine.

use super::machine::run_queue_ns;

/// CPU time and waiting of a thread, ns.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Usage {
    /// CPU time used.
    pub(super) cpu_ns: u64,
    /// The part of it that the pacer spun.
    pub(super) spun_ns: u64,
    /// How long it was ready to run but had no core; `None` where the system does not say.
    pub(super) run_queue_ns: Option<u64>,
}

impl Usage {
    /// Of the calling thread since it began, whose pacer spun so long.
    pub(super) fn of_this_thread(spun_ns: u64) -> Usage {
        Usage { cpu_ns: thread_cpu_ns(), spun_ns, run_queue_ns: run_queue_ns() }
    }

    /// What came since an earlier reading.
    pub(super) fn since(&self, before: &Usage) -> Usage {
        let difference = |now: u64, before: u64| now.saturating_sub(before);
        Usage {
            cpu_ns: difference(self.cpu_ns, before.cpu_ns),
            spun_ns: difference(self.spun_ns, before.spun_ns),
            run_queue_ns: self.run_queue_ns.zip(before.run_queue_ns).map(|(now, before)| difference(now, before)),
        }
    }

    /// That of two threads.
    pub(super) fn and(&self, other: &Usage) -> Usage {
        Usage {
            cpu_ns: self.cpu_ns + other.cpu_ns,
            spun_ns: self.spun_ns + other.spun_ns,
            run_queue_ns: self.run_queue_ns.zip(other.run_queue_ns).map(|(one, other)| one + other),
        }
    }
}

fn thread_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + nanos
}
