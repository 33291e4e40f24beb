//! What the load generator knows of itself and of its machine: with this a reader can tell what the queue took from
//! what the generator did.

use serde::{Deserialize, Serialize};

use crate::model::{LoadKind, Pacer};

/// How the load was driven, and what that took.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadFacts {
    /// Who decided when a request was due.
    pub kind: LoadKind,
    /// How the generator waited for the time of the next request.
    pub pacer: Pacer,
    /// Threads that sent requests; at least 1.
    pub threads: u32,
    /// Connections that the joins were dealt out to; each takes one request at a time.
    pub connections: u32,
    /// CPU time that the pacers spent spinning until the next request was due, ns, all threads; part of `client_cpu_ns`.
    pub spun_ns: u64,
    /// How long those threads were ready to run and had no core, ns, all threads, over the load; `None`: the system does
    /// not tell. On Linux the second number of `/proc/thread-self/schedstat`.
    #[serde(default)]
    pub run_queue_ns: Option<u64>,
    /// What the machine of the generator did meanwhile; `None`: the system does not tell.
    #[serde(default)]
    pub machine: Option<MachineFacts>,
    /// Until when the planned rate changes, ns since the load began: the end of a ramp; 0 if it never does.
    #[serde(default)]
    pub changes_until_ns: u64,
    /// Whether time passed only when nothing was left to do: then no time of the history says how fast anything was.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub virtual_time: bool,
}

/// What all cores of the generator's machine did over the load, and for whom. From `/proc/stat`, which counts in steps
/// of a clock tick (10 ms on most systems) for each core.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MachineFacts {
    /// Cores that were on; at least 1.
    pub cores: u32,
    /// How long it was looked at, ns of wall clock.
    pub elapsed_ns: u64,
    /// Time in which a core had work and the hypervisor ran somebody else's, ns, all cores.
    pub steal_ns: u64,
    /// Time spent in programs and in the kernel on their behalf, ns, all cores. Interrupts are left out: those of this
    /// load's own traffic are among them and are nobody's CPU time.
    pub busy_ns: u64,
    /// Of that, this process, all threads, ns.
    pub generator_ns: u64,
    /// Of that, the server, ns, as its INFO says (`used_cpu_user` and `used_cpu_sys`); 0 if it runs on another machine
    /// as far as its address tells; `None`: it did not say.
    pub server_ns: Option<u64>,
}
