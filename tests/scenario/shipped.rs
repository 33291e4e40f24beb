//! The shipped scenario files load at every scale, and the schema beside them says the same as the reader.

use stanchion::scenario;

const DESIGNS: [&str; 10] = [
    "streams-naive",
    "streams",
    "stream-shared",
    "zset-ms",
    "zset-seq",
    "composite-shift",
    "composite-decimal",
    "composite-centi",
    "composite-rebased",
    "list",
];

#[test]
fn every_shipped_file_loads_at_every_scale() {
    for scale in [None, Some(0.0001), Some(0.05), Some(1.0), Some(20.0)] {
        let mut scenarios =
            scenario::load(&["scenarios".into()], scale, &DESIGNS).unwrap_or_else(|p| panic!("{}", p.render(false)));
        assert_eq!(scenarios.len(), 7);
        for scenario in &scenarios {
            assert_eq!(scenario.designs, DESIGNS, "{}: a shipped scenario runs on every design", scenario.name);
            assert_eq!(scenario.scale, scale.unwrap_or(if scenario.name == "on-sale" { 0.05 } else { 1.0 }));
        }
        for scenario in &mut scenarios {
            assert_eq!(scenario.path.take().unwrap(), format!("scenarios/{}.toml", scenario.name));
        }
        assert_eq!(
            scenario::load_shipped(scale, &DESIGNS).unwrap(),
            scenarios,
            "the embedded files are those of scenarios/"
        );
    }
}

/// With `STANCHION_UPDATE_SCHEMA=1` it brings the file up to date instead.
#[test]
fn the_committed_schema_is_that_of_the_reader() {
    let now = format!("{:#}\n", scenario::schema());
    if std::env::var_os("STANCHION_UPDATE_SCHEMA").is_some() {
        std::fs::write("scenarios/schema.json", &now).unwrap();
    }
    let committed = std::fs::read_to_string("scenarios/schema.json").unwrap();
    assert_eq!(committed, now, "run this test with STANCHION_UPDATE_SCHEMA=1 and commit the file");
}
