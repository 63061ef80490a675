//! Writes the list of the web client's files that are compiled into the server.
//!
//! Without a built client the list is empty and the server says how to build it.

use std::{
    env, fs, io,
    path::{Path, PathBuf},
};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default());
    let out = PathBuf::from(env::var_os("OUT_DIR").unwrap_or_default());
    let dist = root.join("web/dist");
    println!("cargo:rerun-if-changed=src/server/build.rs");
    println!("cargo:rerun-if-changed={}", dist.display());
    let mut files = Vec::new();
    if dist.is_dir() {
        collect(&dist, &mut files)?;
    }
    files.sort();
    // Copies, so that the web client can be built again while the compiler reads.
    let copies = out.join("web");
    if copies.is_dir() {
        fs::remove_dir_all(&copies)?;
    }
    fs::create_dir_all(&copies)?;
    let mut list = String::from("&[\n");
    for (number, file) in files.iter().enumerate() {
        let name = file.strip_prefix(&dist).map_err(io::Error::other)?;
        let name = name.to_string_lossy().replace('\\', "/");
        let copy = copies.join(number.to_string());
        fs::copy(file, &copy)?;
        let copy = copy.display().to_string();
        list.push_str(&format!("    ({name:?}, include_bytes!({copy:?})),\n"));
    }
    list.push_str("]\n");
    fs::write(out.join("web.rs"), list)
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}
