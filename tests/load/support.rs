//! Runs a scenario on a server of its own.

use stanchion::load::{CellSetup, Control, Driving, Recorded, run_cell};
use stanchion::plan::plan;
use stanchion::queue::Design;
use stanchion::scenario::{Scenario, parse};
use stanchion::target::{Target, TargetChoice, TargetOptions};

pub fn scenario(text: &str) -> Scenario {
    let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
    parse("test", text, None, &designs).unwrap_or_else(|problems| panic!("{}", problems.render(false)))
}

pub fn server() -> Target {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(Target::start(&TargetChoice::Local, &TargetOptions::default())).unwrap()
}

pub fn record(text: &str, design: Design) -> Recorded {
    record_on(&server(), text, design, Driving::default(), &Control::default())
}

pub fn record_on(target: &Target, text: &str, design: Design, driving: Driving, control: &Control) -> Recorded {
    let scenario = scenario(text);
    let plan = plan(&scenario, 1);
    let prefix = "test:".to_owned();
    let (endpoint, clock) = (target.endpoint(), target.clock());
    let setup = CellSetup { scenario: &scenario, design, plan: &plan, endpoint, clock, prefix, driving };
    run_cell(&setup, control).unwrap()
}
