//! What a scenario file means: every key arrives where it belongs, defaults are those of the page, and the
//! scale multiplies how much happens but not how long.

use std::collections::BTreeMap;
use std::time::Duration;

use stanchion::model::{Dedupe, OpKind, PositionTolerance, Promise};
use stanchion::scenario::{
    Admissions, Arrivals, Cleanup, Clock, ClosedLoad, Expectation, Fault, FloodLoad, Group, Limit, Load, OpenLoad,
    Percentile, Polling, Repeats, Scenario, Share, Ttl, parse,
};

const DESIGNS: [&str; 2] = ["list", "zset-ms"];

fn scenario(text: &str, scale: Option<f64>) -> Scenario {
    parse("stem", text, scale, &DESIGNS).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

fn ms(ms: u64) -> Duration {
    Duration::from_millis(ms)
}

const LEAST: &str =
    "about = \"Least.\"\n[load.open]\nrate = 10\nduration = \"3s\"\n[promises]\ncheck = [\"no-loss\"]\n";

#[test]
fn what_is_left_out_has_the_default_of_the_page() {
    let expected = Scenario {
        name: "stem".to_owned(),
        about: "Least.".to_owned(),
        text: LEAST.to_owned(),
        path: None,
        designs: DESIGNS.map(str::to_owned).to_vec(),
        scale: 1.0,
        dedupe: Dedupe::User,
        load: Load::Open(OpenLoad {
            arrivals: Arrivals::Poisson,
            rate_per_s: 10.0,
            from_per_s: 10.0,
            ramp: Duration::ZERO,
            burst: None,
            duration: ms(3000),
            connections: 50,
            tokens_per_user: 1,
        }),
        repeat: None,
        poll: None,
        leave: None,
        renew: None,
        rejoin: None,
        entries: None,
        stats_every: None,
        admit: None,
        ttl: None,
        cleanup: None,
        settle: Duration::ZERO,
        clock: Clock::default(),
        warm_up_joins: 0,
        timeout: ms(2000),
        attempts: 3,
        promises: vec![Promise::NoLoss],
        position_tolerance: PositionTolerance { absolute: 0, relative: 0.0 },
        limits: Vec::new(),
        expect: BTreeMap::new(),
        faults: Vec::new(),
    };
    assert_eq!(scenario(LEAST, None), expected);

    let tables = scenario(
        &format!(
            "{LEAST}[poll]\nshare = 1\nevery = \"1s\"\n[admit]\nbatch = 1\nevery = \"1s\"\n[ttl]\nafter = \"1s\"\n"
        ),
        None,
    );
    assert_eq!(tables.poll, Some(Polling { share: 1.0, every: ms(1000), times: 1 }));
    let admit = Admissions { batch: 1, every: ms(1000), clients: 1, start: Duration::ZERO, capacity: None };
    assert_eq!(tables.admit, Some(admit));
    assert_eq!(tables.ttl, Some(Ttl { after: ms(1000), tolerance: ms(50), sweep_every: ms(100) }));

    let cleanup = scenario(&format!("{LEAST}[cleanup]\nolder-than = \"1s\"\nevery = \"2s\"\n"), None);
    assert_eq!(cleanup.cleanup, Some(Cleanup { older_than: ms(1000), every: ms(2000), tolerance: ms(50) }));
}

/// A file with every key but those that exclude each other.
const MOST: &str = r#"
about = "Most."
name = "most"
scale = 2
designs = ["zset-ms"]
dedupe = "request"
timeout = "500ms"
attempts = 5
settle = "250ms"
warm-up-joins = 7
stats-every = "100ms"
repeat = { share = "10%", after = "1ms" }
poll = { share = 0.2, every = "2ms", times = 3 }
leave = { share = 0.3, after = "3ms" }
renew = { share = 0.4, every = "4ms", times = 5 }
rejoin = { share = 0.5, after = "5ms" }
entries = { share = 0.6, after = "6ms" }
admit = { batch = 10, every = "7ms", clients = 2, start = "8ms", capacity = 100 }
ttl = { after = "90ms", tolerance = "10ms", sweep-every = "11ms" }
clock = { skew = "14ms" }

[load.closed]
clients = 3
think = "12ms"

[population.zed]
users = 4
tokens-per-user = 5

[population.alf]
users = 6

[promises]
check = ["position", "no-loss"]
position-tolerance = "10%"
position-slack = 3

[limits.admit]
max = "1s"

[limits.join]
p99 = "5ms"
p50 = "1ms"

[expect.zset-ms]
position = "either"
no-loss = "violated"

[faults]
script-flush = { at = "13ms" }
drop-reply = { share = "2%", ops = ["join", "admit"] }
"#;

#[test]
fn every_key_arrives_where_it_belongs() {
    let expected = Scenario {
        name: "most".to_owned(),
        about: "Most.".to_owned(),
        text: MOST.to_owned(),
        path: None,
        designs: vec!["zset-ms".to_owned()],
        scale: 2.0,
        dedupe: Dedupe::Request,
        load: Load::Closed(ClosedLoad {
            clients: 3,
            // In the order of the file, not of the alphabet.
            groups: vec![
                Group { name: "zed".to_owned(), users: 8, tokens_per_user: 5 },
                Group { name: "alf".to_owned(), users: 12, tokens_per_user: 1 },
            ],
            think: ms(12),
        }),
        repeat: Some(Repeats { share: 0.1, after: ms(1) }),
        poll: Some(Polling { share: 0.2, every: ms(2), times: 3 }),
        leave: Some(Share { share: 0.3, after: ms(3) }),
        renew: Some(Polling { share: 0.4, every: ms(4), times: 5 }),
        rejoin: Some(Share { share: 0.5, after: ms(5) }),
        entries: Some(Share { share: 0.6, after: ms(6) }),
        stats_every: Some(ms(100)),
        admit: Some(Admissions { batch: 20, every: ms(7), clients: 2, start: ms(8), capacity: Some(200) }),
        ttl: Some(Ttl { after: ms(90), tolerance: ms(10), sweep_every: ms(11) }),
        cleanup: None,
        settle: ms(250),
        clock: Clock { is_virtual: false, skew: ms(14) },
        warm_up_joins: 7,
        timeout: ms(500),
        attempts: 5,
        promises: vec![Promise::Position, Promise::NoLoss],
        position_tolerance: PositionTolerance { absolute: 3, relative: 0.1 },
        limits: vec![
            Limit { op: OpKind::Admit, percentile: Percentile::Max, max_ns: 1_000_000_000 },
            Limit { op: OpKind::Join, percentile: Percentile::P50, max_ns: 1_000_000 },
            Limit { op: OpKind::Join, percentile: Percentile::P99, max_ns: 5_000_000 },
        ],
        expect: BTreeMap::from([(
            "zset-ms".to_owned(),
            BTreeMap::from([(Promise::Position, Expectation::Either), (Promise::NoLoss, Expectation::Violated)]),
        )]),
        faults: vec![
            Fault::ScriptFlush { at: ms(13) },
            Fault::DropReply { share: 0.02, ops: vec![OpKind::Join, OpKind::Admit] },
        ],
    };
    assert_eq!(scenario(MOST, None), expected);
}

#[test]
fn the_command_line_replaces_the_scale_of_the_file() {
    let (of_file, of_command) = (scenario(MOST, None), scenario(MOST, Some(0.5)));
    assert_eq!((of_file.scale, of_command.scale), (2.0, 0.5));
    assert_eq!(of_command.admit.map(|admit| (admit.batch, admit.capacity)), Some((5, Some(50))));
}

#[test]
fn a_scale_multiplies_rates_and_never_makes_a_scenario_empty() {
    let text = LEAST.replace("rate = 10", "rate = 30000\nramp = { from = 3000, over = \"1s\" }");
    let rates = |text: &str, scale| match scenario(text, Some(scale)).load {
        Load::Open(open) => (open.from_per_s, open.rate_per_s, open.ramp, open.duration),
        other => panic!("{other:?}"),
    };
    assert_eq!(rates(&text, 0.05), (150.0, 1500.0, ms(1000), ms(3000)));
    assert_eq!(rates(&text, 0.00001), (1.0, 1.0, ms(1000), ms(3000)));
    let slow = LEAST.replace("rate = 10", "rate = 0.5");
    assert_eq!(rates(&slow, 1.0).1, 0.5, "what the file says is not raised");
    assert_eq!(rates(&slow, 0.1).1, 0.5);
}

#[test]
fn a_scale_multiplies_the_rounds_of_a_flood_but_not_its_joins() {
    let text = "about = \"Flood.\"\n[load.flood]\njoins = 100\nrounds = 20\n[promises]\ncheck = [\"no-loss\"]\n";
    let flood = |text: &str, scale| scenario(text, Some(scale)).load;
    assert_eq!(flood(text, 0.1), Load::Flood(FloodLoad { joins: 100, rounds: 2, same_key: true }));
    assert_eq!(flood(text, 0.001), Load::Flood(FloodLoad { joins: 100, rounds: 1, same_key: true }));
    let own = text.replace("rounds = 20", "rounds = 20\nkey = \"own\"");
    assert_eq!(flood(&own, 1.0), Load::Flood(FloodLoad { joins: 100, rounds: 20, same_key: false }));
}
