//! Whether the figures of a load are to be trusted, or say more of the generator and its machine than of the queue.
//!
//! The gates, for an open loop. (A closed loop or a flood offers what it gets, so none applies; what would be remarkable is noted.) A *saturated*
//! generator did not drive the load that was asked for: the cell is inconclusive. A *disturbed* one did, on a machine that others used: what
//! held was held all the same, and a limit that was broken is undecided. A load that was *undelivered* because the queue did not keep up breaks its limits;
//! where it breaks none, nothing is known of the rate that was asked for, and the cell is inconclusive.
//! *Behind* is an open loop that achieved less than
//! [`ACHIEVED_SHARE_MIN`] of what it offered; *late* is one whose own lag makes up [`OWN_LAG_SHARE_MAX`] or more of the
//! response time of joins.
//!
//! | gate | shuts when | what to change |
//! |---|---|---|
//! | *saturated:* | | |
//! | CPU | the generator worked for more than [`CLIENT_CPU_CORES_MAX`] of each of its threads' cores, and is behind or late. What its pacer spun is no work | a lower rate, a faster machine |
//! | rate | it is behind, and its threads could not have sent at the rate whatever the queue did: by the CPU time that an operation took it they carry less than 1 / [`BEYOND_CPU`] of it | a lower rate, more threads |
//! | own lag | it is behind and late | a lower rate, a core of its own |
//! | run queue | its threads were ready to run and had no core for [`RUN_QUEUE_SHARE_MAX`] of the load or more, and it is behind or late | fewer other programs |
//! | connections | it is behind, all its connections could not have carried the rate at the median time of an operation, and the server used less than [`SERVER_CPU_CORES_BUSY`] of a core: it waited, too | more connections, a lower rate |
//! | *disturbed:* | | |
//! | run queue | as above, but it kept its rate | fewer other programs |
//! | steal | the hypervisor took [`STEAL_SHARE_MAX`] of all cores or more | another machine |
//! | other load | other programs took [`OTHER_LOAD_SHARE_MAX`] of all cores or more, and less than [`IDLE_CORES_MIN`] of a core was left over | fewer other programs |
//!
//! | *undelivered* | it is behind while its connections wait for a server that is busy: the queue was the limit, and its response times say so | a lower rate |
//!
//! CPU alone is no gate: a generator that worked all the time and kept its rate was
//! fast enough. Lateness alone is none, since the figures have it apart; only a limit that it would break is left undecided
//! (`verdict/`).

use super::MachineHealth;

/// An open loop that got less than this share of what it offered did not keep its rate.
pub const ACHIEVED_SHARE_MIN: f64 = 0.95;

/// Response times that consist of own lag to this share describe the generator.
pub const OWN_LAG_SHARE_MAX: f64 = 0.5;

/// A thread that works for more of its core than this has no room left.
pub const CLIENT_CPU_CORES_MAX: f64 = 0.9;

/// A rate that is so many times what the generator's threads carry by the CPU time that its operations took is beyond them, however
/// roughly that is known.
pub const BEYOND_CPU: f64 = 1.25;

/// A generator that waited for a core for this share of the load sent and read late by the scheduler's leave.
pub const RUN_QUEUE_SHARE_MAX: f64 = 0.25;

/// From here on that is noted: each percentile above the 95th may be the scheduler's.
pub const RUN_QUEUE_SHARE_NOTED: f64 = 0.05;

/// A server that uses less of a core than this was not busy all the time.
pub const SERVER_CPU_CORES_BUSY: f64 = 0.8;

/// Cores that were taken away for this share of the time tell of the hypervisor.
pub const STEAL_SHARE_MAX: f64 = 0.2;

/// From here on that is noted.
pub const STEAL_SHARE_NOTED: f64 = 0.02;

/// Other programs that take this share of all cores disturb where no core is left over.
pub const OTHER_LOAD_SHARE_MAX: f64 = 0.25;

/// Less than this of a core left over: none was.
pub const IDLE_CORES_MIN: f64 = 0.5;

/// Cores of other programs that are noted.
pub const OTHER_CORES_NOTED: f64 = 0.25;

/// What the gates look at.
pub(super) struct Evidence<'a> {
    /// `None`: no open loop.
    pub(super) offered_per_s: Option<f64>,
    pub(super) achieved_per_s: f64,
    /// Threads of the generator.
    pub(super) threads: f64,
    /// What it worked; where its spinning is not known, that is in it.
    pub(super) working_cores: Option<f64>,
    /// Whether it is known what its pacer spun.
    pub(super) spins: bool,
    /// Share of the response time of joins that is the generator's own lag.
    pub(super) own_lag_share: f64,
    /// Joins per second that its connections could have carried.
    pub(super) carried_per_s: Option<f64>,
    pub(super) machine: &'a MachineHealth,
}

impl Evidence<'_> {
    fn behind(&self) -> bool {
        self.offered_per_s.is_some_and(|offered| self.achieved_per_s < ACHIEVED_SHARE_MIN * offered)
    }

    fn late(&self) -> bool {
        self.own_lag_share >= OWN_LAG_SHARE_MAX
    }

    fn busy(&self) -> bool {
        self.working_cores.is_some_and(|cores| cores > CLIENT_CPU_CORES_MAX * self.threads)
    }

    /// The rates, in words.
    fn rates(&self) -> String {
        let offered = self.offered_per_s.unwrap_or(0.0);
        format!("{:.0} of {offered:.0} joins/s achieved", self.achieved_per_s)
    }

    /// What it worked, in words.
    fn worked(&self) -> String {
        let percent = self.working_cores.unwrap_or(0.0) / self.threads * 100.0;
        let of = if self.threads > 1.0 { format!("its {:.0} cores", self.threads) } else { "its core".to_owned() };
        format!("{percent:.0} % of {of}")
    }

    /// Why the figures are not to be trusted, and what to change.
    pub(super) fn saturated(&self) -> Option<String> {
        self.offered_per_s?;
        let gates = [
            Self::no_cpu_left,
            Self::lagging,
            |it: &Self| it.without_a_core().filter(|_| it.behind() || it.late()),
            Self::few_connections,
            Self::beyond_its_cpu,
        ];
        gates.into_iter().find_map(|gate| gate(self))
    }

    /// Why figures that are bad do not tell of the queue, although the load was driven as planned; and what to change.
    pub(super) fn disturbed(&self) -> Option<String> {
        self.offered_per_s?;
        [Self::without_a_core, Self::stolen, Self::crowded].into_iter().find_map(|gate| gate(self))
    }

    /// Why the load that was planned did not happen, where the generator was not the limit.
    pub(super) fn undelivered(&self) -> Option<String> {
        (self.behind() && self.saturated().is_none()).then(|| {
            format!(
                "the load that was planned did not happen ({}, while the connections waited for replies): the queue, the \
                 number of connections or a busy machine was the limit; lower the rate to learn of one that is carried",
                self.rates()
            )
        })
    }

    fn no_cpu_left(&self) -> Option<String> {
        (self.busy() && (self.behind() || self.late())).then(|| {
            let (rates, worked, lag) = (self.rates(), self.worked(), self.own_lag_share * 100.0);
            format!(
                "the generator used {worked} ({rates}, {lag:.0} % of the response time is its own lag); lower the rate \
                 or give it a faster machine"
            )
        })
    }

    fn beyond_its_cpu(&self) -> Option<String> {
        let (offered, working) = (self.offered_per_s?, self.working_cores.filter(|cores| *cores > 0.0)?);
        let carried = self.achieved_per_s / working * self.threads;
        (self.behind() && offered > BEYOND_CPU * carried).then(|| {
            format!(
                "the generator could not have kept this rate whatever the queue did ({}; by the CPU time that a join and what comes \
                 with it took, {} carried {carried:.0} joins/s); lower the rate, or raise --threads on a machine with \
                 more cores",
                self.rates(),
                if self.threads > 1.0 { format!("its {:.0} threads", self.threads) } else { "its thread".to_owned() }
            )
        })
    }

    fn lagging(&self) -> Option<String> {
        (self.behind() && self.late()).then(|| {
            format!(
                "the generator sent late although its connections were free ({}, {:.0} % of the response time is its own \
                 lag); lower the rate or leave it a core of its own",
                self.rates(),
                self.own_lag_share * 100.0
            )
        })
    }

    fn without_a_core(&self) -> Option<String> {
        let share = self.machine.run_queue_share.filter(|share| *share >= RUN_QUEUE_SHARE_MAX)?;
        Some(format!(
            "the generator was ready to run and had no core for {:.0} % of the load, so its times are the scheduler's; end \
             other programs or leave it a core of its own",
            share * 100.0
        ))
    }

    fn few_connections(&self) -> Option<String> {
        let (offered, carried) = (self.offered_per_s?, self.carried_per_s?);
        let server = self.machine.server_cores.filter(|cores| *cores < SERVER_CPU_CORES_BUSY)?;
        (self.behind() && carried < offered).then(|| {
            format!(
                "the connections of the load were too few ({}; at the median time of an operation they carry {carried:.0} \
                 at most, and the server used only {:.0} % of a core); raise `connections` or lower the rate",
                self.rates(),
                server * 100.0
            )
        })
    }

    fn stolen(&self) -> Option<String> {
        let share = self.machine.steal_share.filter(|share| *share >= STEAL_SHARE_MAX)?;
        Some(format!(
            "the hypervisor gave {:.0} % of the time of all cores to other machines, so no time measured is the queue's; \
             repeat it on another machine or at another hour",
            share * 100.0
        ))
    }

    fn crowded(&self) -> Option<String> {
        let (other, idle) = (self.machine.other_cores?, self.machine.idle_cores?);
        let share = other / self.machine.cores? as f64;
        (share >= OTHER_LOAD_SHARE_MAX && idle < IDLE_CORES_MIN).then(|| {
            format!(
                "other programs used {other:.1} cores of this machine and left none over, so server and generator waited \
                 for them; end them or take another machine"
            )
        })
    }

    /// What else a reader of the figures must know.
    pub(super) fn note(&self) -> Option<String> {
        if self.saturated().is_some() || self.undelivered().is_some() {
            return None;
        }
        if self.offered_per_s.is_none() {
            return self.busy().then(|| {
                let worked = self.worked().replace("its core", "a core");
                format!("closed loop bound by its own CPU ({worked}): the queue may be faster than shown")
            });
        }
        if self.late() {
            return Some(format!(
                "{:.0} % of the response time of joins is the generator's own lag: the service time says more of the \
                 queue",
                self.own_lag_share * 100.0
            ));
        }
        // Where its spinning is not known, a pacer that spins would always be remarked on.
        (self.busy() && self.spins)
            .then(|| format!("the generator worked for {}: replies may have been read late", self.worked()))
    }
}
