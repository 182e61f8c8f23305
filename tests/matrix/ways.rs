// SPDX-License-Identifier: ISC
// ways WAY PROGRAM SOCKET: starts the witness by one of Rust's ways. Run by the leak matrix; holds secrets, and
// prints none.
use std::env;
use std::os::unix::process::CommandExt;
use std::process::{exit, Command};

fn main() {
    let words: Vec<String> = env::args().collect();
    let mut command = Command::new(&words[2]);
    command.args(&words[3..]);
    let key = env::var("KEY").unwrap_or_default();
    match words[1].as_str() {
        "status" => {}
        "exec" => {
            let _ = command.exec();
        }
        "env" => {
            command.env("ADDED", "yes");
        }
        "env_remove" => {
            command.env_remove("KEY");
        }
        "env_clear" => {
            command.env_clear();
        }
        "env_clear-renamed" => {
            command.env_clear().env("COPY", key);
        }
        "current_dir" => {
            command.current_dir("/"); // no posix_spawn
        }
        "pre_exec" => {
            unsafe { command.pre_exec(|| Ok(())) };
        }
        "shell" => {
            let line = format!("{}; exit $?", words[2..].join(" "));
            command = Command::new("sh");
            command.arg("-c").arg(line);
        }
        "set_var" => {
            env::set_var("COPY", key);
            env::set_var("KEY", "changed");
            env::remove_var("PW");
        }
        _ => exit(99),
    }
    exit(match command.status() {
        Ok(status) if status.success() => 0,
        _ => 1,
    });
}
