//! The data folder (`var/`): what the first start makes and every later start finds again.

mod code;
mod codes;
mod keys;
mod links;
mod table;

pub(crate) use code::random_hex;
pub use code::{Code, CodeHash, NoRandom};
pub(crate) use codes::roles;
pub use codes::{Change, Codes, CodesError, Fresh, Seat};
pub use keys::{CookieKey, KeyError};
pub use links::Links;
pub(crate) use table::role_name;
pub use table::{Entry, entries, link, show, show_links};

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

/// Name of the log database in the data folder.
pub const LOG: &str = "log.sqlite";

/// Makes the data folder when it is missing; only its owner may look into it.
///
/// # Errors
/// The folder cannot be made.
pub fn make_folder(data: &Path) -> io::Result<()> {
    if data.is_dir() {
        return Ok(());
    }
    fs::create_dir_all(data)?;
    restrict(data, 0o700)
}

/// Writes a secret file whole: a crash leaves the old one or the new one. Mode 0600.
pub(crate) fn write_secret(path: &Path, content: &[u8]) -> io::Result<()> {
    let draft: PathBuf = path.with_extension("new");
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let mut file = options.open(&draft)?;
    restrict(&draft, 0o600)?;
    file.write_all(content)?;
    file.sync_all()?;
    fs::rename(&draft, path)
}

#[cfg(unix)]
fn restrict(path: &Path, mode: u32) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode))
}

#[cfg(not(unix))]
fn restrict(_path: &Path, _mode: u32) -> io::Result<()> {
    Ok(())
}
