// SPDX-License-Identifier: ISC
// What a Rust program sees: see show.c.
use std::io::{Read, Write};
use std::os::unix::ffi::OsStrExt;

fn main() -> std::io::Result<()> {
    let mut out = std::io::stdout().lock();
    for name in std::env::args_os().skip(1) {
        match std::env::var_os(&name) {
            Some(value) => {
                out.write_all(b"look ")?;
                out.write_all(name.as_bytes())?;
                out.write_all(b"=")?;
                out.write_all(value.as_bytes())?;
            }
            None => {
                out.write_all(b"none ")?;
                out.write_all(name.as_bytes())?;
            }
        }
        out.write_all(b"\0")?;
    }
    for (name, value) in std::env::vars_os() {
        out.write_all(b"list ")?;
        out.write_all(name.as_bytes())?;
        out.write_all(b"=")?;
        out.write_all(value.as_bytes())?;
        out.write_all(b"\0")?;
    }
    out.write_all(b"ready\0")?;
    out.flush()?;
    std::io::stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
