//! Stanchion proves, before a rollout, that a Redis-backed waiting queue keeps its line: nobody gets in
//! twice, nobody is overtaken, nobody is lost; and it says how fast the queue is.
//!
//! # The flow
//!
//! ```text
//! scenario ──> plan ──> load ──> HISTORY ──> checks  ──┐
//!              target ──> queue ──┘   │                ├──> verdict ──> report
//!                                     └────> measure ──┘
//! ```
//!
//! Data flows one way. What lies right of the history is a pure function of a saved run: judging last
//! month's run again gives the same bytes. Read the rooms in this order:
//!
//! | room | holds | may import |
//! |---|---|---|
//! | [`model`] | ids, operations, outcomes, promises, the terms of a verdict | |
//! | [`scenario`] | what a file says → what it means; problems that point at the text | model |
//! | [`plan`] | scenario + seed → every intended operation and fault with its time | model, scenario |
//! | [`target`] | a Redis that this program starts, owns and stops, or one given by URL | model, scenario |
//! | [`queue`] | the designs, the seam that they are written over, the Lua scripts | model, target |
//! | [`wire`] | a connection and a loop of our own, under the seam | model, target, queue |
//! | [`load`] | clients, pacing, faults: runs a plan, fills the recorder | model, scenario, plan, queue, target, wire, history |
//! | [`history`] | records, the recorder, the file formats | model |
//! | [`checks`] | one promise a file, with the smallest counterexample | model, history |
//! | [`measure`] | histograms, fairness, cost, the generator's own health | model, history |
//! | [`verdict`] | findings + measurements + limits + expectations → pass, fail, inconclusive | model, checks, measure |
//! | [`precision`] | what a float64 score makes of a clock and a counter, computed and drawn | model |
//! | [`report`] | one serialisable document (it *is* result.json) and its renderers | model, precision, history, checks, measure, verdict |
//! | [`run_folder`] | a run on disk | history, checks, measure, report |
//! | [`pipeline`] | the story, in under 100 lines | model, scenario, plan, target, queue, load, history, checks, measure, verdict, report, explore, run_folder |
//! | [`selftest`] | broken designs against checks: the kill matrix | model, scenario, plan, target, queue, load, checks |
//! | [`sweep`] | how far a design carries: the rate that breaks it, how its cost grows with the line | model, scenario, plan, target, queue, load, history, measure, verdict, report, pipeline |
//! | [`compare`] | two saved runs, or two sides in turns: effects with intervals, and what may be said of them | model, scenario, target, queue, load, history, measure, verdict, report, run_folder, pipeline |
//! | [`explore`] | every interleaving of small programs on a design, with faults and expiry | model, target, queue, history, checks |
//! | [`cli`] | one file a subcommand; exit codes in one place | model, precision, scenario, queue, selftest, sweep, compare, explore, target, load, history, checks, verdict, report, run_folder, pipeline |
//!
//! A test holds every `crate::` path in the sources against this table.

pub mod checks;
pub mod cli;
pub mod compare;
pub mod explore;
pub mod history;
pub mod load;
pub mod measure;
pub mod model;
pub mod pipeline;
pub mod plan;
pub mod precision;
pub mod queue;
pub mod report;
pub mod run_folder;
pub mod scenario;
pub mod selftest;
pub mod sweep;
pub mod target;
pub mod verdict;
pub mod wire;
