//! Builds the library that gives a Redis server the harness' clock, so that the program can carry it along.

use std::path::PathBuf;
use std::process::Command;

const SOURCE: &str = "src/target/clock/preload.rs";

fn main() {
    println!("cargo::rerun-if-changed={SOURCE}");
    println!("cargo::rerun-if-changed=build.rs");
    let variable = |name: &str| std::env::var(name).unwrap_or_default();
    let library = PathBuf::from(variable("OUT_DIR")).join("clock.so");
    // Elsewhere nothing is preloaded, and the program says so where it would be needed.
    if variable("CARGO_CFG_TARGET_OS") != "linux" || variable("CARGO_CFG_TARGET_ENV") != "gnu" {
        std::fs::write(&library, b"").expect("OUT_DIR can be written");
        return;
    }
    let mut rustc = Command::new(variable("RUSTC"));
    rustc.args(["--crate-type=cdylib", "--crate-name=stanchion_clock", "--edition=2024"]);
    rustc.args(["-Copt-level=2", "-Cpanic=abort", "-Cstrip=symbols", "--target"]).arg(variable("TARGET"));
    if let Some(linker) = std::env::var_os("RUSTC_LINKER") {
        let mut option = std::ffi::OsString::from("-Clinker=");
        option.push(linker);
        rustc.arg(option);
    }
    let status = rustc.arg("-o").arg(&library).arg(SOURCE).status();
    assert!(status.is_ok_and(|status| status.success()), "{SOURCE} was not built: {rustc:?}");
}
