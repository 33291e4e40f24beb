//! What the machine under the generator did meanwhile, as Linux tells it in `/proc`; elsewhere nothing is known.

use std::time::Instant;

use crate::history::MachineFacts;

/// One look at the machine.
#[derive(Clone, Copy, Debug)]
pub(super) struct Machine {
    at: Instant,
    cores: Cores,
    process_ns: u64,
}

/// The first lines of `/proc/stat`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Cores {
    count: u32,
    busy_ns: u64,
    steal_ns: u64,
}

impl Machine {
    /// Looks; `None` where the system does not tell.
    pub(super) fn look() -> Option<Machine> {
        let text = std::fs::read_to_string("/proc/stat").ok()?;
        let cores = Cores::parse(&text, tick_ns()?)?;
        Some(Machine { at: Instant::now(), cores, process_ns: process_cpu_ns() })
    }

    /// What happened since an earlier look. What the server took is for the caller to say.
    pub(super) fn since(&self, earlier: &Machine, server_ns: Option<u64>) -> MachineFacts {
        MachineFacts {
            cores: self.cores.count,
            // 2^64 ns are 584 years.
            elapsed_ns: u64::try_from((self.at - earlier.at).as_nanos()).unwrap_or(u64::MAX),
            // The kernel's counters have gone back now and then.
            steal_ns: self.cores.steal_ns.saturating_sub(earlier.cores.steal_ns),
            busy_ns: self.cores.busy_ns.saturating_sub(earlier.cores.busy_ns),
            generator_ns: self.process_ns.saturating_sub(earlier.process_ns),
            server_ns,
        }
    }
}

impl Cores {
    /// `cpu  user nice system idle iowait irq softirq steal guest guest_nice`, in ticks, over all cores; then a line
    /// `cpuN` for each core that is on (proc_stat(5)). Guests are counted in user and nice already.
    fn parse(stat: &str, tick_ns: u64) -> Option<Cores> {
        let all = stat.lines().find_map(|line| line.strip_prefix("cpu "))?;
        let ticks: Vec<u64> = all.split_whitespace().map(str::parse).collect::<Result<_, _>>().ok()?;
        let [user, nice, system, _idle, _iowait, _irq, _softirq, steal, ..] = ticks.as_slice() else { return None };
        let of_one =
            |line: &&str| line.strip_prefix("cpu").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()));
        let count = u32::try_from(stat.lines().filter(of_one).count()).ok().filter(|count| *count > 0)?;
        let ns = |ticks: u64| ticks.saturating_mul(tick_ns);
        let busy = user.saturating_add(*nice).saturating_add(*system);
        Some(Cores { count, busy_ns: ns(busy), steal_ns: ns(*steal) })
    }
}

/// How long the calling thread was ready to run and had no core, ns since it began; `None` where the system does not
/// tell. Take the difference of two calls on one thread.
///
/// `/proc/thread-self/schedstat` holds the time on a core, the time in a run queue, and the number of turns. A kernel
/// that does not count them shows three zeros, and a thread that reads them was on a core.
pub(super) fn run_queue_ns() -> Option<u64> {
    parse_schedstat(&std::fs::read_to_string("/proc/thread-self/schedstat").ok()?)
}

fn parse_schedstat(text: &str) -> Option<u64> {
    let mut numbers = text.split_whitespace().map(|number| number.parse::<u64>().ok());
    let on_core_ns = numbers.next()??;
    let waited_ns = numbers.next()??;
    (on_core_ns > 0).then_some(waited_ns)
}

/// CPU time of this process, all threads, ns.
fn process_cpu_ns() -> u64 {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ProcessCPUTime);
    let seconds = u64::try_from(time.tv_sec).unwrap_or(0);
    let nanos = u64::try_from(time.tv_nsec).unwrap_or(0);
    seconds * 1_000_000_000 + nanos
}

/// The length of a tick of `/proc/stat`, ns.
fn tick_ns() -> Option<u64> {
    // SAFETY: sysconf reads a constant of the system and touches no memory of ours.
    let per_s = unsafe { libc::sysconf(libc::_SC_CLK_TCK) };
    u64::try_from(per_s).ok().filter(|per_s| *per_s > 0).map(|per_s| 1_000_000_000 / per_s)
}

#[cfg(test)]
mod tests {
    use super::*;

    const STAT: &str = "cpu  100 20 30 4000 50 6 7 8 90 1\ncpu0 50 10 15 2000 25 3 3 4 45 0\n\
                        cpu1 50 10 15 2000 25 3 4 4 45 1\nintr 1 2 3\nctxt 9\n";

    #[test]
    fn busy_is_what_programs_took_and_steal_what_the_hypervisor_did() {
        let cores = Cores::parse(STAT, 10_000_000).unwrap();
        assert_eq!(cores, Cores { count: 2, busy_ns: 1_500_000_000, steal_ns: 80_000_000 });
        for strange in ["", "cpu  1 2 3\ncpu0 1 2 3\n", "cpu  a b c d e f g h\ncpu0 1\n", "cpu  1 2 3 4 5 6 7 8\n"] {
            assert_eq!(Cores::parse(strange, 1), None, "{strange:?}");
        }
    }

    #[test]
    fn a_kernel_that_does_not_count_run_queues_is_not_taken_for_one_without_queues() {
        assert_eq!(parse_schedstat("423252 2289350 1\n"), Some(2_289_350));
        assert_eq!(parse_schedstat("423252 0 1\n"), Some(0));
        assert_eq!(parse_schedstat("0 0 0\n"), None);
        assert_eq!(parse_schedstat(""), None);
        assert_eq!(parse_schedstat("some text\n"), None);
    }

    #[test]
    fn a_difference_is_never_below_zero() {
        let Some(now) = Machine::look() else { return };
        let facts = now.since(&now, Some(5));
        assert_eq!((facts.elapsed_ns, facts.busy_ns, facts.steal_ns, facts.generator_ns), (0, 0, 0, 0));
        let back = Machine { cores: Cores { busy_ns: 0, ..now.cores }, ..now };
        assert_eq!(back.since(&now, None).busy_ns, 0);
    }
}
