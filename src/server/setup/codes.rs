//! The codes by which people sign in: one for each (site, role). `var/codes.toml` keeps their
//! hashes; a code itself is shown once, when it is made.

use super::{
    code::{Code, CodeHash, NoRandom},
    write_secret,
};
use diemcau_conference::{Role, Setup, SiteId};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};

/// Who has a code.
pub type Seat = (SiteId, Role);

/// Codes that were just made, and are known in clear this once.
pub type Fresh = BTreeMap<Seat, Code>;

type Table = BTreeMap<Seat, CodeHash>;

/// Why the codes cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CodesError {
    /// The file cannot be read or written.
    #[error("the file of codes {path} cannot be used: {reason}")]
    File {
        /// Which file.
        path: String,
        /// Why.
        reason: io::Error,
    },
    /// The file is not as it should be.
    #[error("{path}: {what}")]
    Wrong {
        /// Which file.
        path: String,
        /// What is wrong, and the mend.
        what: String,
    },
    /// Somebody else has this code.
    #[error(
        "{site} has this code already, as {}: leave --set out for a random one", .role.as_str()
    )]
    Taken {
        /// Which site.
        site: SiteId,
        /// Which role.
        role: Role,
    },
    /// The system gives no random bytes.
    #[error(transparent)]
    Random(#[from] NoRandom),
}

/// A code that was put in the place of another.
#[derive(Debug)]
pub struct Change {
    seat: Seat,
    old: Option<CodeHash>,
    new: CodeHash,
}

/// All codes. A change of the file by `diemcau code` is seen at the next use.
pub struct Codes {
    path: PathBuf,
    loaded: Mutex<Loaded>,
}

struct Loaded {
    written: Option<SystemTime>,
    table: Table,
    /// Whose codes another process changed; [`Codes::take_changed`] has not told of them yet.
    changed: BTreeSet<Seat>,
}

impl Codes {
    /// Reads the codes of the data folder and makes those that the sites still lack. What is given
    /// beside them was made just now, or stood in the file in clear and no longer does.
    ///
    /// # Errors
    /// The file is wrong, or cannot be read or written.
    pub fn open(data: &Path, setup: &Setup) -> Result<(Self, Fresh), CodesError> {
        let path = data.join("codes.toml");
        let (mut table, mut fresh) = if path.exists() {
            read(&path)?
        } else {
            Default::default()
        };
        for site in &setup.sites {
            for role in roles(setup, &site.id) {
                let seat = (site.id.clone(), role);
                if !table.contains_key(&seat) {
                    let code = Code::random()?;
                    table.insert(seat.clone(), CodeHash::of(&code)?);
                    fresh.insert(seat, code);
                }
            }
        }
        if !fresh.is_empty() {
            write(&path, &table)?;
        }
        let loaded = Mutex::new(Loaded {
            written: written(&path),
            table,
            changed: BTreeSet::new(),
        });
        Ok((Self { path, loaded }, fresh))
    }

    /// Gives a (site, role) another code; who was signed in with the old one is signed out. Slow.
    ///
    /// # Errors
    /// Somebody else has this code, or the file cannot be written.
    pub fn set(&self, site: &SiteId, role: Role, code: &Code) -> Result<Change, CodesError> {
        let new = CodeHash::of(code)?;
        let seat = (site.clone(), role);
        let _turn = self.turn()?;
        let mut table = self.table();
        for ((other, of), known) in table.iter().filter(|(other, _)| **other != seat) {
            if known.matches(code) {
                return Err(CodesError::Taken {
                    site: other.clone(),
                    role: *of,
                });
            }
        }
        let old = table.insert(seat.clone(), new.clone());
        self.keep(table)?;
        Ok(Change { seat, old, new })
    }

    /// Takes a [`set`](Self::set) back, unless the code was changed again since.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn put_back(&self, Change { seat, old, new }: Change) -> Result<(), CodesError> {
        let _turn = self.turn()?;
        let mut table = self.table();
        if table.get(&seat) != Some(&new) {
            return Ok(());
        }
        match old {
            Some(hash) => table.insert(seat, hash),
            None => table.remove(&seat),
        };
        self.keep(table)
    }

    /// Until it is dropped nobody else changes the file, in this process or in another.
    fn turn(&self) -> Result<fs::File, CodesError> {
        let path = self.path.with_extension("lock");
        let file = fs::File::create(&path).and_then(|file| file.lock().map(|()| file));
        file.map_err(|reason| CodesError::File {
            path: path.display().to_string(),
            reason,
        })
    }

    fn keep(&self, table: Table) -> Result<(), CodesError> {
        write(&self.path, &table)?;
        let mut loaded = self.lock();
        loaded.written = written(&self.path);
        loaded.table = table;
        Ok(())
    }

    /// What is kept of the code with which a (site, role) comes in.
    #[must_use]
    pub fn hash(&self, site: &SiteId, role: Role) -> Option<CodeHash> {
        self.refresh();
        let seat = (site.clone(), role.code());
        self.lock().table.get(&seat).cloned()
    }

    /// The role that a code opens at a site. Slow, and as slow for a wrong code as for a right one.
    #[must_use]
    pub fn role(&self, site: &SiteId, code: &Code) -> Option<Role> {
        let table = self.table();
        let mut found = None;
        for ((_, role), hash) in table.iter().filter(|((of, _), _)| of == site) {
            if hash.matches(code) {
                found = Some(*role);
            }
        }
        found
    }

    /// Whose codes were changed by another process since the last call.
    #[must_use]
    pub fn take_changed(&self) -> BTreeSet<Seat> {
        self.refresh();
        std::mem::take(&mut self.lock().changed)
    }

    fn table(&self) -> Table {
        self.refresh();
        self.lock().table.clone()
    }

    /// Reads the file again when it was changed. A file that is wrong leaves the old codes.
    fn refresh(&self) {
        let now = written(&self.path);
        let mut loaded = self.lock();
        if now == loaded.written {
            return;
        }
        loaded.written = now;
        match read(&self.path).and_then(|(table, clear)| {
            if !clear.is_empty() {
                write(&self.path, &table)?;
            }
            Ok(table)
        }) {
            Ok(table) => {
                let changed: Vec<Seat> = loaded
                    .table
                    .iter()
                    .filter(|(seat, hash)| table.get(*seat) != Some(*hash))
                    .map(|(seat, _)| seat.clone())
                    .collect();
                loaded.changed.extend(changed);
                loaded.table = table;
                loaded.written = written(&self.path);
            }
            Err(error) => tracing::error!(%error, "The file of codes was changed and is not used"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Loaded> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The roles that a site has codes for: those that sit there, but for displays, which come in with
/// the code of their site.
pub(crate) fn roles<'a>(setup: &'a Setup, site: &'a SiteId) -> impl Iterator<Item = Role> + 'a {
    Role::ALL
        .into_iter()
        .filter(|role| role.code() == *role && setup.seats(site, *role).is_ok())
}

fn written(path: &Path) -> Option<SystemTime> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

/// The hashes of a file, and the codes that stand in it in clear: written by hand, or by an older
/// version.
fn read(path: &Path) -> Result<(Table, Fresh), CodesError> {
    let text = fs::read_to_string(path).map_err(|reason| CodesError::File {
        path: path.display().to_string(),
        reason,
    })?;
    let wrong = |what: String| CodesError::Wrong {
        path: path.display().to_string(),
        what,
    };
    let texts: BTreeMap<SiteId, BTreeMap<Role, String>> =
        toml::from_str(&text).map_err(|error| wrong(error.message().to_owned()))?;
    let (mut table, mut clear) = (Table::new(), Fresh::new());
    for (site, texts) in texts {
        for (role, text) in texts {
            let seat = (site.clone(), role);
            if let Some(hash) = CodeHash::parse(&text) {
                table.insert(seat, hash);
                continue;
            }
            let role = role.as_str();
            let code = Code::parse(&text).ok_or_else(|| {
                wrong(format!("the code of {site} as {role} is no code: run `diemcau code --site {site} --role {role}`"))
            })?;
            if let Some(((other, _), _)) = clear.iter().find(|(_, known)| **known == code) {
                return Err(wrong(format!(
                    "{site} as {role} has a code that {other} has: change one with `diemcau code`"
                )));
            }
            table.insert(seat.clone(), CodeHash::of(&code)?);
            clear.insert(seat, code);
        }
    }
    Ok((table, clear))
}

fn write(path: &Path, table: &Table) -> Result<(), CodesError> {
    let mut text =
        String::from("# What is kept of the codes (argon2id). Change one with `diemcau code`.\n");
    let mut last = None;
    for ((site, role), hash) in table {
        if last.replace(site) != Some(site) {
            text.push_str(&format!("\n[{site}]\n"));
        }
        text.push_str(&format!("{} = \"{}\"\n", role.as_str(), hash.as_str()));
    }
    write_secret(path, text.as_bytes()).map_err(|reason| CodesError::File {
        path: path.display().to_string(),
        reason,
    })
}
