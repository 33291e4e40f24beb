//! The program `stanchion`; everything is in the library.

fn main() -> std::process::ExitCode {
    stanchion::cli::main()
}
