//! What a run is told of where it comes from.

use std::collections::BTreeMap;
use std::fs;

use crate::pipeline::designs_of;
use crate::queue::Design;
use crate::report::{LuaScript, Machine, Provenance, ScenarioText};
use crate::scenario::Scenario;

/// Machine, scripts and scenarios of a run on these designs; none named: on those of each scenario.
pub(super) fn provenance(scenarios: &[Scenario], asked: &[Design]) -> Provenance {
    let mut scripts: Vec<LuaScript> = Vec::new();
    let mut designs: Vec<Design> = Vec::new();
    for design in scenarios.iter().flat_map(|scenario| designs_of(scenario, asked)) {
        if !designs.contains(&design) {
            designs.push(design);
        }
    }
    for design in designs {
        for script in design.scripts() {
            let known = scripts.iter_mut().find(|known| known.sha1 == script.sha1());
            match known {
                Some(known) => known.designs.push(design.name().to_owned()),
                None => scripts.push(LuaScript {
                    name: script.name.to_owned(),
                    sha1: script.sha1().to_owned(),
                    designs: vec![design.name().to_owned()],
                }),
            }
        }
    }
    let text = |scenario: &Scenario| ScenarioText {
        name: scenario.name.clone(),
        about: scenario.about.clone(),
        scale: scenario.scale.to_string(),
        text: scenario.text.clone(),
    };
    Provenance { machine: machine(), scripts, scenarios: scenarios.iter().map(text).collect() }
}

/// This machine, by what Linux tells in `/proc` (proc(5)).
fn machine() -> Machine {
    let mut reasons = BTreeMap::new();
    let mut known = |name: &str, value: Option<String>, why: &str| {
        if value.is_none() {
            reasons.insert(name.to_owned(), why.to_owned());
        }
        value
    };
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpu = known("cpu", model(&read("/proc/cpuinfo")), "/proc/cpuinfo names no model");
    let memory = field(&read("/proc/meminfo"), "MemTotal");
    let memory_bytes = memory.as_deref().and_then(|memory| memory.strip_suffix(" kB")?.trim().parse::<u64>().ok());
    let memory_bytes = memory_bytes.and_then(|kib| kib.checked_mul(1024));
    known("memory_bytes", memory_bytes.map(|_| String::new()), "/proc/meminfo does not say");
    let kernel = [read("/proc/sys/kernel/ostype"), read("/proc/sys/kernel/osrelease")];
    let kernel = kernel.iter().map(|part| part.trim()).collect::<Vec<_>>().join(" ");
    let kernel = known("kernel", Some(kernel).filter(|kernel| kernel.len() > 1), "/proc/sys/kernel does not say");
    let cores = std::thread::available_parallelism().ok().and_then(|cores| u32::try_from(cores.get()).ok());
    known("cores", cores.map(|_| String::new()), "the system does not say");
    Machine { cpu, cores, memory_bytes, kernel, reasons }
}

/// The first model that is named: x86 has `model name`, others `Model` or `Processor`.
fn model(cpuinfo: &str) -> Option<String> {
    ["model name", "Model", "Processor", "cpu model"].iter().find_map(|name| field(cpuinfo, name))
}

/// `name : value`, the first of that name.
fn field(text: &str, name: &str) -> Option<String> {
    let values = text.lines().filter_map(|line| line.split_once(':'));
    let value = values.into_iter().find(|(key, _)| key.trim() == name).map(|(_, value)| value.trim().to_owned());
    value.filter(|value| !value.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_is_read_from_what_the_kernel_tells() {
        let cpuinfo =
            "processor\t: 0\nmodel name\t: A Fast CPU @ 3 GHz\nflags\t\t:\nprocessor\t: 1\nmodel name\t: Another\n";
        assert_eq!(model(cpuinfo).as_deref(), Some("A Fast CPU @ 3 GHz"));
        assert_eq!(model("processor : 0\n"), None);
        assert_eq!(field("MemTotal:   2048 kB\n", "MemTotal").as_deref(), Some("2048 kB"));
    }

    #[test]
    fn a_script_that_designs_share_is_named_once_with_all_of_them() {
        let designs: Vec<&str> = Design::ALL.iter().map(|design| design.name()).collect();
        let scenarios = crate::scenario::load_shipped(None, &designs).unwrap();
        let told = provenance(&scenarios, &[Design::ZsetSeq, Design::List]);
        let mut hashes: Vec<&str> = told.scripts.iter().map(|script| script.sha1.as_str()).collect();
        hashes.sort_unstable();
        hashes.dedup();
        assert_eq!(hashes.len(), told.scripts.len());
        let of = |name: &str| {
            told.scripts.iter().filter(|script| script.designs.iter().any(|design| design == name)).count()
        };
        assert_eq!(of("zset-seq"), Design::ZsetSeq.scripts().len());
        assert_eq!(of("list"), Design::List.scripts().len());
        assert!(told.scenarios.iter().all(|scenario| !scenario.text.is_empty()));
    }
}
