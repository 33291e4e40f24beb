//! However many threads drive a plan, all of it happens, once, and is judged the same.

use std::collections::BTreeSet;

use stanchion::checks::{CheckOutcome, judge};
use stanchion::load::{Control, Driving};
use stanchion::model::{OpKind, Outcome, Pacer};
use stanchion::queue::Design;

use crate::support::{record_on, server};

const LOADS: [&str; 3] = [
    "[load.open]\nrate = 3000\nduration = \"300ms\"\nconnections = 20\n",
    "[load.closed]\nclients = 20\n[population.crowd]\nusers = 1000\n",
    "[load.flood]\njoins = 20\nrounds = 30\nkey = \"own\"\n",
];

#[test]
fn every_planned_operation_happens_once_whatever_drives_it() {
    let target = server();
    for load in LOADS {
        let text = format!(
            "about = \"a load\"\nwarm-up-joins = 25\n{load}[admit]\nbatch = 3\nevery = \"2ms\"\nclients = 3\n\
             [promises]\ncheck = [\"no-duplicates\", \"global-fifo\", \"no-loss\"]\n"
        );
        let mut joins = BTreeSet::new();
        for (threads, pacer) in
            [(1, Pacer::Sleep), (1, Pacer::Hybrid), (2, Pacer::Sleep), (3, Pacer::Hybrid), (7, Pacer::Spin)]
        {
            let driving = Driving { pacer: Some(pacer), threads: Some(threads) };
            let recorded = record_on(&target, &text, Design::ZsetSeq, driving, &Control::default());
            assert_eq!(recorded.trouble, None, "{threads} {pacer:?}");
            let history = recorded.history;
            assert!(history.header.drained);
            let asked = history.records.iter().filter(|record| record.call.kind() == OpKind::Join);
            let asked: Vec<_> = asked.map(|record| (record.op.0, record.call.entry().unwrap().token.0)).collect();
            let joined = history.records.iter().filter(|record| record.outcome == Outcome::Joined).count();
            assert_eq!(joined, asked.len(), "{threads} {pacer:?}");
            assert!(history.records.iter().all(|record| record.intended_ns.unwrap() <= record.sent_ns));
            let calls = &history.header.server.as_ref().unwrap().direct_calls;
            assert!(calls["evalsha"] as usize >= joined - 25, "{calls:?}");
            joins.insert(asked.into_iter().collect::<BTreeSet<_>>());
            for finding in judge(&history) {
                assert!(matches!(finding.outcome, CheckOutcome::Holds { .. }), "{threads} {pacer:?}: {finding:?}");
            }
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(target.wipe("test:")).unwrap();
        }
        assert_eq!(joins.len(), 1, "the same joins each time");
    }
}
