//! The tables of a scenario file, as the user writes them: the reference that editors complete from.
//!
//! A table that is read here may still make no sense: what it means, and whether it fits its neighbours, is
//! decided when it is resolved.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use toml::de::DeValue;

use super::collection::{Keyed, Names};
use super::name::{Choice, FilePath, FloodKey, PlainName};
use super::problem::Found;
use super::quantity::{Count, Delay, Period, Portion, Rate, Sentence, SomePortion};
use super::resolved::{Arrivals, Expectation};
use super::toml_table::{Field, FromToml, OpenTable, Place, key_of, table, table_schema};
use crate::model::{Dedupe, OpKind, Promise};

/// Users, joins, entries: what one cell can hold in memory many times over.
pub(super) type Many = Count<1, 10_000_000>;
/// Things that each cost a connection, or happen again and again to each user.
pub(super) type Some1000 = Count<1, 1000>;

table! {
    /// A scenario: who joins and how, what else happens, what must hold.
    RawScenario {
        /// What the scenario shows, in one sentence.
        required about: Sentence,
        /// The scenario's name. Default: the file's name without `.toml`.
        optional name: PlainName,
        /// Counts of users, rates, rounds, batches and capacity are multiplied by this. Default: 1.
        optional scale: Rate,
        /// The designs to run on. Default: every design.
        optional designs: Names<PlainName>,
        /// What a join is deduplicated by: the user (one place each) or the request. Default: "user".
        optional dedupe: Choice<Dedupe>,
        /// How long a client waits for a reply. Default: "2s".
        optional timeout: Period,
        /// How many times an operation whose outcome is unknown is tried in all. Default: 3.
        optional attempts: Count<1, 100>,
        /// How long to wait after the load, before the final drain. Default: "0ms".
        optional settle: Delay,
        /// Joins before the load that latency figures leave out. Default: 0.
        optional warm_up_joins: Count<0, 1_000_000>,
        /// Period of counting users and entries. Default: no counting.
        optional stats_every: Period,
        /// Who joins: exactly one of [load.open], [load.replay], [load.closed], [load.flood] and [load.schedule].
        required load: RawLoad,
        /// The groups of users of a closed load: [population.NAME].
        optional population: Keyed<PlainName, RawGroup>,
        /// Who presses the button twice: joins again while waiting, under the same dedupe key.
        optional repeat: RawShare,
        /// Who asks for the position.
        optional poll: RawPolling,
        /// Who leaves, and how long after joining.
        optional leave: RawShare,
        /// Who renews the time to live; all others abandon their entry.
        optional renew: RawPolling,
        /// Who joins again with a new token, after leaving, expiring or being admitted.
        optional rejoin: RawShare,
        /// Who lists the own entries, so long after the last join.
        optional entries: RawShare,
        /// Letting in from the front while the load runs. Default: only the final drain admits.
        optional admit: RawAdmit,
        /// Whose clocks say what.
        optional clock: RawClock,
        /// Entries that expire. Not together with [cleanup].
        optional ttl: RawTtl,
        /// Clean-up of entries that joined too long ago. Not together with [ttl].
        optional cleanup: RawCleanup,
        /// What must hold.
        required promises: RawPromises,
        /// Limits on latency, by operation: [limits.join] p99 = "5ms".
        optional limits: Keyed<OpKind, RawLimit>,
        /// What is expected of designs known to be wrong: [expect.DESIGN] PROMISE = "violated" or "either".
        optional expect: Keyed<PlainName, Keyed<Promise, Choice<Expectation>>>,
        /// What goes wrong on purpose.
        optional faults: RawFaults,
    }
}

table! {
    /// Who joins: exactly one of [load.open], [load.replay], [load.closed], [load.flood] and [load.schedule].
    RawLoad {
        /// Open loop: joins arrive at planned times, whether or not earlier ones were answered.
        optional open: RawOpen,
        /// Open loop of arrivals that happened: joins arrive at the times that a file holds.
        optional replay: RawReplay,
        /// Closed loop: clients that each wait for their answer before they go on.
        optional closed: RawClosed,
        /// Simultaneous joins, released by a barrier, round after round.
        optional flood: RawFlood,
        /// One schedule that `stanchion explore` found: what each client sends, command by command, and what goes wrong meanwhile.
        optional schedule: RawSchedule,
    }
}

table! {
    /// Open loop: joins arrive at planned times, whether or not earlier ones were answered.
    RawOpen {
        /// The gaps between joins: exponential ("poisson") or equal ("constant"). Default: "poisson".
        optional arrivals: Choice<Arrivals>,
        /// The rate, joins per second, outside of bursts and after a ramp; multiplied by the scale.
        required rate: Rate,
        /// A climb to the rate. Default: none, the rate from the start.
        optional ramp: RawRamp,
        /// A higher rate for a while, again and again. Default: none.
        optional burst: RawBurst,
        /// How long joins arrive, ramp included.
        required duration: Period,
        /// Connections that share the arrivals. Default: 50.
        optional connections: Some1000,
        /// Tokens each user asks for, one after the other. Default: 1. More needs dedupe = "request".
        optional tokens_per_user: Some1000,
    }
}

table! {
    /// A higher rate for a while, again and again. Its height is either `rate` or `factor`.
    RawBurst {
        /// From the begin of a burst to the begin of the next.
        required every: Period,
        /// How long each lasts; shorter than `every`.
        required lasts: Period,
        /// The rate in a burst, joins per second; multiplied by the scale; above `load.open.rate`.
        optional rate: Rate,
        /// How many times the rate outside of bursts; above 1. While a ramp climbs, its bursts climb, too.
        optional factor: Rate,
        /// When the first begins, since the load began. Default: after one period.
        optional start: Delay,
    }
}

table! {
    /// Open loop of arrivals that happened: joins arrive at the times that a file holds. The scale thins or multiplies them.
    RawReplay {
        /// The file, relative to the scenario file: one time a line, in their order. Seconds, durations or RFC 3339 time stamps; the first begins the load.
        required file: FilePath,
        /// How many times as fast as in the file. Default: 1.
        optional speed: Rate,
        /// Connections that share the arrivals. Default: 50.
        optional connections: Some1000,
        /// Tokens each user asks for, one after the other. Default: 1. More needs dedupe = "request".
        optional tokens_per_user: Some1000,
    }
}

table! {
    /// A climb from a first rate to the rate of the load.
    RawRamp {
        /// The rate at the start, joins per second; multiplied by the scale.
        required from: Rate,
        /// How long the climb takes.
        required over: Period,
    }
}

table! {
    /// Closed loop: clients that each wait for their answer before they go on.
    RawClosed {
        /// Clients, each with a connection of its own; users are dealt out to them.
        required clients: Some1000,
        /// Pause between a client's users. Default: "0ms".
        optional think: Delay,
    }
}

table! {
    /// Users of one kind.
    RawGroup {
        /// How many users; multiplied by the scale.
        required users: Many,
        /// Tokens each user asks for, one after the other. Default: 1. More needs dedupe = "request".
        optional tokens_per_user: Some1000,
    }
}

table! {
    /// Simultaneous joins, released by a barrier, round after round.
    RawFlood {
        /// Joins released together, each on a connection of its own; not scaled.
        required joins: Count<2, 1000>,
        /// How many times; multiplied by the scale.
        required rounds: Many,
        /// One dedupe key for all joins of a round ("same": exactly one may succeed) or each its own ("own"). Default: "same".
        optional key: Choice<FloodKey>,
    }
}

table! {
    /// One schedule that `stanchion explore` found: what each client sends, command by command, and what goes wrong meanwhile.
    RawSchedule {
        /// The replay file that `stanchion explore --out` wrote, relative to the scenario file.
        required file: FilePath,
    }
}

table! {
    /// Some of the users, some time later.
    RawShare {
        /// Share of the users.
        required share: SomePortion,
        /// How long after their join.
        required after: Delay,
    }
}

table! {
    /// Something that some of the users do again and again after joining.
    RawPolling {
        /// Share of the users.
        required share: SomePortion,
        /// Period.
        required every: Period,
        /// How many times. Default: 1.
        optional times: Some1000,
    }
}

table! {
    /// Letting in from the front.
    RawAdmit {
        /// How many at once; multiplied by the scale.
        required batch: Count<1, 1_000_000>,
        /// Period of each admitting client.
        required every: Period,
        /// Admitting clients. Default: 1.
        optional clients: Some1000,
        /// When the first batch goes out, since the load began. Default: "0ms".
        optional start: Delay,
        /// How many may be let in during the load; multiplied by the scale. Default: no limit.
        optional capacity: Many,
    }
}

table! {
    /// Whose clocks say what.
    RawClock {
        /// Time passes only when nobody has anything left to do: minutes of waiting take moments. On a local server of its own; nothing can be said of speed then. Default: false.
        optional r#virtual: bool,
        /// How far each client's clock is ahead of the true time or behind it at the most; each is off by the same amount all the time. Default: "0ms".
        optional skew: Delay,
    }
}

table! {
    /// Entries that expire.
    RawTtl {
        /// Time to live since the join or the last renewal.
        required after: Period,
        /// How much too early or too late is accepted. Default: "50ms".
        optional tolerance: Delay,
        /// Period of the sweep that removes what expired. Default: "100ms".
        optional sweep_every: Period,
    }
}

table! {
    /// Clean-up of entries that joined too long ago; renewing does not help.
    RawCleanup {
        /// Entries that joined longer ago are removed.
        required older_than: Period,
        /// Period.
        required every: Period,
        /// How much too early or too late is accepted. Default: "50ms".
        optional tolerance: Delay,
    }
}

table! {
    /// What must hold: the table [promises] with `check`, a list of promises.
    RawPromises {
        /// The promises to check.
        required check: Names<Choice<Promise>>,
        /// How far a position may be off, as a share of the true one. Default: 0.
        optional position_tolerance: Portion,
        /// How far a position may be off, in places; the larger of the two applies. Default: 0.
        optional position_slack: Count<0, 10_000_000>,
    }
}

table! {
    /// Limits on the latency of one operation, from the intended time to the reply.
    RawLimit {
        /// The most that the median may be.
        optional p50: Period,
        /// The most that the 90th percentile may be.
        optional p90: Period,
        /// The most that the 99th percentile may be.
        optional p99: Period,
        /// The most that the 99.9th percentile may be.
        optional p999: Period,
        /// The most that the largest may be.
        optional max: Period,
    }
}

table! {
    /// What goes wrong on purpose.
    RawFaults {
        /// The server forgets all scripts.
        optional script_flush: RawScriptFlush,
        /// Replies are kept from the client, which tries again.
        optional drop_reply: RawDropReply,
        /// Clients stop for a while between two requests of one operation.
        optional hold: RawHold,
        /// Clients end between two requests of one operation.
        optional crash: RawCrash,
    }
}

table! {
    /// Clients stop for a while between two requests of one operation.
    RawHold {
        /// Share of the operations.
        required share: SomePortion,
        /// Which operations.
        required ops: Names<Choice<OpKind>>,
        /// After so many answered requests of the operation. Default: 1. 0 is before the first.
        optional after: Count<0, 1000>,
        /// How long.
        required pause: Period,
    }
}

table! {
    /// Clients end between two requests of one operation.
    RawCrash {
        /// Share of the operations.
        required share: SomePortion,
        /// Which operations.
        required ops: Names<Choice<OpKind>>,
        /// After so many answered requests of the operation. Default: 1. 0 is before the first.
        optional after: Count<0, 1000>,
        /// Whether the user comes back and asks again, as `attempts` allows. Default: false.
        optional again: bool,
    }
}

table! {
    /// The server forgets all scripts.
    RawScriptFlush {
        /// When, since the load began.
        required at: Delay,
    }
}

table! {
    /// Replies are kept from the client, which tries again.
    RawDropReply {
        /// Share of the operations.
        required share: SomePortion,
        /// Which operations.
        required ops: Names<Choice<OpKind>>,
    }
}
