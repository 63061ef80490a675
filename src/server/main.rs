//! `diemcau`: see `diemcau --help`.

use std::process::ExitCode;

fn main() -> ExitCode {
    diemcau::commands::run()
}
