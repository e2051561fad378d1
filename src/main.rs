//! The `migrate` command.

fn main() -> std::process::ExitCode {
    rungs::cli::run()
}
