//! The order of the line: what the promises `global-fifo` and `per-user-fifo` share.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::{Counterexample, Event, Finding};
use super::lost::{self, Explained};
use super::notation::{LostAdmission, MaybeCause, NEVER, Trace, ValueId};
use super::shrink::{Item, about, project, shrink};
use super::stay::{Overtaking, Stays, disorders, overtakings, stays};
use super::story;
use super::sweep::{Breach, FifoClass, Late, Scope, What, sweep};
use super::tally::Tally;
use super::words::{Words, in_order, ms};
use crate::history::History;
use crate::model::{Promise, Token};

/// Which order is judged, and what of the sweep's findings breaks the promise.
#[derive(Clone, Copy)]
pub(super) struct Rule {
    pub promise: Promise,
    pub class: FifoClass,
    pub scope: Scope,
    /// Why nothing could be said if nothing was examined.
    pub nothing: &'static str,
}

impl Rule {
    fn counts(self, breach: &Breach, trace: &Trace) -> bool {
        match self.scope {
            Scope::OrderOnly => breach.what.is_order(),
            // An entry that outlives its time breaks `expiry`; the line it stands in is judged as it stands.
            Scope::Everything => !breach.what.is_expiry(trace),
        }
    }

    fn breaches(self, trace: &Trace) -> Vec<Breach> {
        let mut breaches = sweep(trace, self.class, self.scope);
        breaches.retain(|breach| self.counts(breach, trace));
        breaches
    }

    /// Judges a trace, on top of what was tallied already.
    pub(super) fn judge(self, history: &History, trace: &Trace, mut tally: Tally) -> Finding {
        let words = Words::new(history);
        let mut breaches = self.breaches(trace);
        let mut relaxed = None;
        let mut exhausted = false;
        if !breaches.is_empty() && !trace.lost.is_empty() {
            let first_ns = |part: &Trace| self.breaches(part).first().map(|breach| breach.at_ns);
            match lost::explain(trace, (self.class, self.scope), first_ns) {
                Explained::Holds(_) => breaches.clear(),
                Explained::Violated(without_lost) => {
                    breaches = self.breaches(&without_lost);
                    relaxed = Some(*without_lost);
                }
                Explained::Exhausted => exhausted = true,
                Explained::Undecided => return tally.undecided(self.promise, undecidable(words, trace)),
            }
        }
        let whole = trace;
        let trace = relaxed.as_ref().unwrap_or(trace);
        let Some(first) = breaches.first() else { return tally.finding(self.promise, self.nothing) };
        let stays = stays(trace);
        let already = tally.violations();
        for breach in &self.counted(trace, &stays, &breaches) {
            tally.violation(|| story::tell(words, trace, &stays, breach).0, None, Vec::new);
        }
        if already == 0 {
            let mut proof = self.proof(words, trace, &stays, first);
            if exhausted {
                let took = "whatever the admissions took whose answers were lost";
                proof.story = format!("{}, and {took} ({}) does not explain it", proof.story, named(words, whole));
                proof.events.extend(whole.lost.iter().take(NAMED).map(|lost| words.event(lost.record, &[])));
                proof.events = in_order(std::mem::take(&mut proof.events));
            }
            tally = tally.with_proof(proof);
        }
        tally.finding(self.promise, self.nothing)
    }

    /// The FIFO class of a value; `None` for one that no order binds.
    fn class_of(self, trace: &Trace, id: ValueId) -> Option<u64> {
        match self.class {
            FifoClass::Everyone => Some(0),
            FifoClass::User => trace.value(id).user.map(|user| user.0),
            FifoClass::Token => None,
        }
    }

    /// Every value that was overtaken in its class by one of another removal, with the first that overtook it.
    fn overtaken(self, trace: &Trace, stays: &Stays<'_>) -> Vec<Overtaking> {
        let mut classes: BTreeMap<u64, Vec<ValueId>> = BTreeMap::new();
        for id in trace.values.ids() {
            if let Some(class) = self.class_of(trace, id) {
                classes.entry(class).or_default().push(id);
            }
        }
        classes.values_mut().flat_map(|class| overtakings(trace, stays, class)).collect()
    }

    /// What to count. The sweep stops at the first wrong of an admission; a person asks how many were
    /// overtaken. So each value that certainly was counts once, unless the sweep knows of more: some wrong
    /// orders come from several admissions together, where no pair alone is wrong.
    fn counted(self, trace: &Trace, stays: &Stays<'_>, breaches: &[Breach]) -> Vec<Breach> {
        let breach = |removal: usize, why: Late| Breach {
            at_ns: trace.removals.span(removal).ret_ns,
            what: What::Late { removal, why },
        };
        let mut wronged: BTreeMap<ValueId, Breach> = BTreeMap::new();
        for (removal, node) in trace.removals.iter().enumerate() {
            for (first, second) in disorders(trace, stays, &node, |id| self.class_of(trace, id)) {
                wronged.insert(second, breach(removal, Late::Disordered { first, second }));
            }
        }
        for Overtaking { overtaken, overtaker, .. } in self.overtaken(trace, stays) {
            if let Some(removal) = stays.at(overtaker).taker {
                wronged.insert(overtaken, breach(removal, Late::Overtook { overtaken, overtaker }));
            }
        }
        let (orders, mut counted): (Vec<Breach>, Vec<Breach>) =
            breaches.iter().partition(|breach| breach.what.is_order());
        if wronged.len() >= orders.len() {
            counted.extend(wronged.into_values());
        } else {
            counted.extend(orders);
        }
        counted.sort_by_key(|breach| breach.at_ns);
        counted
    }

    /// The plainest proof: two values in the wrong order by the widest margin, or else the smallest part
    /// of the trace that breaks.
    fn proof(self, words: Words<'_>, trace: &Trace, all: &Stays<'_>, first: &Breach) -> Counterexample {
        // A pair is shown without the answers about it, so it has to stand without them.
        let unread = Trace { reads: Vec::new(), ..trace.clone() };
        let by_replies = stays(&unread);
        let pairs = self.overtaken(trace, &by_replies).into_iter();
        if let Some(pair) = pairs.max_by_key(|pair| (pair.margin_ns, std::cmp::Reverse(pair.overtaken))) {
            let kept: BTreeSet<Item> = [pair.overtaken, pair.overtaker].map(Item::Value).into_iter().collect();
            return Counterexample {
                story: story::overtaken_story(words, trace, &by_replies, pair),
                events: events(words, &project(trace, &kept)),
                margin_ns: Some(pair.margin_ns),
            };
        }
        let (seed, failed_ns) = seed(trace, first);
        let part = shrink(trace, &seed, failed_ns, |part| !self.breaches(part).is_empty());
        let stays = stays(&part);
        let (mut story, margin_ns) = match self.breaches(&part).first() {
            Some(breach) => story::tell(words, &part, &stays, breach),
            // Unreachable: shrinking keeps only parts that break.
            None => story::tell(words, trace, all, first),
        };
        let events = events(words, &part);
        if margin_ns.is_none() && events.len() > 2 {
            story = format!("{story}. These {} operations are enough to show it", events.len());
        }
        Counterexample { story, events, margin_ns }
    }
}

/// What a breach names, and when it became certain: where to look for a small proof first.
fn seed(trace: &Trace, breach: &Breach) -> (BTreeSet<Item>, u64) {
    const NEAR: usize = 64;
    let mut values: BTreeSet<ValueId> = breach.what.values(trace).into_iter().collect();
    let mut failed_ns = breach.at_ns;
    let removal = breach.what.removal();
    if let Some(removal) = removal {
        values.extend(trace.removals.at(removal).values.iter().take(NEAR));
        if failed_ns == NEVER {
            failed_ns = trace.removals.span(removal).inv_ns;
        }
    }
    let mut items = about(trace, values);
    items.extend(removal.map(Item::Short));
    (items, failed_ns)
}

/// Every operation of a part.
fn events(words: Words<'_>, part: &Trace) -> Vec<Event> {
    let tokens: Vec<Token> = part.values.iter().map(|value| value.token).collect();
    let joins = part.values.ids().filter_map(|id| words.join_event(part, id));
    let removals = part.removals.iter().map(|removal| words.removal_event(&removal, &tokens));
    let reads = part.reads.iter().map(|read| words.event(read.record, &tokens));
    let maybes = part.maybes.iter().filter_map(|maybe| match maybe.cause {
        MaybeCause::LostLeave(record) | MaybeCause::Sweep(record) | MaybeCause::LostAdmission(record) => {
            Some(words.event(record, &tokens))
        }
        MaybeCause::Expiry => None,
    });
    in_order(joins.chain(removals).chain(reads).chain(maybes))
}

/// How many lost admissions are named.
const NAMED: usize = 5;

/// The lost admissions that stand between "holds" and "violated".
fn named(words: Words<'_>, trace: &Trace) -> String {
    let name = |lost: &LostAdmission| {
        let event = words.event(lost.record, &[]);
        format!("{} sent at {} by client {}", event.text, ms(lost.inv_ns), event.client)
    };
    let named: Vec<String> = trace.lost.iter().take(NAMED).map(name).collect();
    let more = trace.lost.len().saturating_sub(NAMED);
    let more = if more == 0 { String::new() } else { format!(" and {more} more") };
    format!("{}{more}", named.join("; "))
}

fn undecidable(words: Words<'_>, trace: &Trace) -> String {
    format!(
        "the order fits only if {} of lost answers took some of the entries ({}), in more ways than could be tried; a run in which every admission is answered would decide it",
        if trace.lost.len() == 1 { "an admission" } else { "admissions" },
        named(words, trace)
    )
}
