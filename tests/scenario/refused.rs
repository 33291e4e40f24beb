//! Files that must be refused, and what is shown for them.

use stanchion::scenario::parse;

/// What is shown for a file of this text.
pub fn shown(text: &str) -> String {
    match parse("test", text, None, &["list", "zset-seq", "zset-ms"]) {
        Ok(scenario) => panic!("{text}\nis taken for\n{scenario:#?}"),
        Err(problems) => problems.render(false),
    }
}

/// A good file with keys added at the top and tables at the end.
pub fn shown_with(top: &str, tables: &str) -> String {
    let load = "[load.open]\nrate = 10\nduration = \"1s\"\n[promises]\ncheck = [\"no-loss\"]\n";
    let file = |top: &str, tables: &str| format!("about = \"A test.\"\n{top}\n{load}{tables}");
    assert!(parse("test", &file("", ""), None, &["list"]).is_ok(), "the file is good without them");
    shown(&file(top, tables))
}
