//! The codes by which people sign in: one for each (site, role), in `var/codes.toml`.

use super::write_secret;
use diemcau_conference::{Role, Setup, SiteId, SiteKind};
use ring::rand::{SecureRandom, SystemRandom};
use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::SystemTime,
};
use subtle::ConstantTimeEq;

/// Crockford's base 32: no I, L, O or U.
const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const LENGTH: usize = 8;

/// A code of 40 random bits, shown as `K7QM-3XWP`.
#[derive(Clone, PartialEq, Eq)]
pub struct Code([u8; LENGTH]);

impl Code {
    /// A new random code.
    ///
    /// # Errors
    /// The system gives no random bytes.
    pub fn random() -> Result<Self, CodesError> {
        let mut bytes = [0; LENGTH];
        SystemRandom::new()
            .fill(&mut bytes)
            .map_err(|_| CodesError::Random)?;
        Ok(Self(bytes.map(|byte| ALPHABET[usize::from(byte % 32)])))
    }

    /// Reads what a person typed: blanks, hyphens and case do not matter, O is 0, I and L are 1.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut code = [0; LENGTH];
        let mut length = 0;
        for letter in text
            .bytes()
            .filter(|b| !matches!(b, b' ' | b'-' | b'\t' | b'\n' | b'\r'))
        {
            let letter = match letter.to_ascii_uppercase() {
                b'O' => b'0',
                b'I' | b'L' => b'1',
                letter => letter,
            };
            *code.get_mut(length)? = letter;
            if !ALPHABET.contains(&letter) {
                return None;
            }
            length += 1;
        }
        (length == LENGTH).then_some(Self(code))
    }

    /// The letters, for a MAC.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.0
    }
}

/// The code itself: only for the table of codes and its file, never for a log line.
impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, letter) in self.0.iter().enumerate() {
            if at == LENGTH / 2 {
                f.write_str("-")?;
            }
            write!(f, "{}", char::from(*letter))?;
        }
        Ok(())
    }
}

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
    /// The system gives no random bytes.
    #[error("the system gives no random bytes")]
    Random,
}

type Table = BTreeMap<SiteId, BTreeMap<Role, Code>>;

/// All codes. A change of the file by `diemcau code` is seen at the next use.
pub struct Codes {
    path: PathBuf,
    loaded: Mutex<(Option<SystemTime>, Table)>,
}

impl Codes {
    /// Reads the codes of the data folder and makes those that the sites still lack.
    ///
    /// # Errors
    /// The file is wrong, or cannot be read or written.
    pub fn open(data: &Path, setup: &Setup) -> Result<Self, CodesError> {
        let path = data.join("codes.toml");
        let mut table = if path.exists() {
            read(&path)?
        } else {
            Table::new()
        };
        let mut made = false;
        for site in &setup.sites {
            let codes = table.entry(site.id.clone()).or_default();
            for role in roles(site.kind) {
                if !codes.contains_key(role) {
                    codes.insert(*role, Code::random()?);
                    made = true;
                }
            }
        }
        if made {
            write(&path, &table)?;
        }
        let loaded = Mutex::new((changed(&path), table));
        Ok(Self { path, loaded })
    }

    /// Gives a (site, role) another code; who was signed in with the old one is signed out.
    ///
    /// # Errors
    /// Another role of the site has this code, or the file cannot be written.
    pub fn set(&self, site: &SiteId, role: Role, code: Code) -> Result<(), CodesError> {
        let mut table = self.table();
        let codes = table.entry(site.clone()).or_default();
        codes.insert(role, code);
        check(&self.path, &table)?;
        write(&self.path, &table)?;
        *self.lock() = (changed(&self.path), table);
        Ok(())
    }

    /// The code of a (site, role).
    #[must_use]
    pub fn get(&self, site: &SiteId, role: Role) -> Option<Code> {
        self.refresh();
        self.lock().1.get(site)?.get(&role).cloned()
    }

    /// The role that a code opens at a site. Takes as long for a wrong code as for a right one.
    #[must_use]
    pub fn role(&self, site: &SiteId, code: &Code) -> Option<Role> {
        self.refresh();
        let loaded = self.lock();
        let mut found = None;
        for (role, known) in loaded.1.get(site)? {
            if bool::from(known.0.ct_eq(&code.0)) {
                found = Some(*role);
            }
        }
        found
    }

    fn table(&self) -> Table {
        self.refresh();
        self.lock().1.clone()
    }

    /// Reads the file again when it was changed. A file that is wrong leaves the old codes.
    fn refresh(&self) {
        let now = changed(&self.path);
        let mut loaded = self.lock();
        if now == loaded.0 {
            return;
        }
        loaded.0 = now;
        match read(&self.path) {
            Ok(table) => loaded.1 = table,
            Err(error) => tracing::error!(%error, "The file of codes was changed and is not used"),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, (Option<SystemTime>, Table)> {
        self.loaded.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The roles that a site has codes for.
pub(super) fn roles(kind: SiteKind) -> &'static [Role] {
    match kind {
        SiteKind::Central => &Role::ALL,
        SiteKind::Member => &[Role::Site],
    }
}

fn changed(path: &Path) -> Option<SystemTime> {
    fs::metadata(path)
        .and_then(|metadata| metadata.modified())
        .ok()
}

fn read(path: &Path) -> Result<Table, CodesError> {
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
    let mut table = Table::new();
    for (site, texts) in texts {
        let codes = table.entry(site.clone()).or_default();
        for (role, text) in texts {
            let code = Code::parse(&text).ok_or_else(|| {
                let role = role.as_str();
                wrong(format!("the code of {site} as {role} is no code: run `diemcau code --site {site} --role {role}`"))
            })?;
            codes.insert(role, code);
        }
    }
    check(path, &table)?;
    Ok(table)
}

/// A code must tell which role it is for.
fn check(path: &Path, table: &Table) -> Result<(), CodesError> {
    for (site, codes) in table {
        for (role, code) in codes {
            if codes
                .iter()
                .any(|(other, same)| other != role && same == code)
            {
                let what =
                    format!("two roles of {site} have one code: change one with `diemcau code`");
                return Err(CodesError::Wrong {
                    path: path.display().to_string(),
                    what,
                });
            }
        }
    }
    Ok(())
}

fn write(path: &Path, table: &Table) -> Result<(), CodesError> {
    let mut text = String::from("# Secret. Change a code with `diemcau code`.\n");
    for (site, codes) in table {
        text.push_str(&format!("\n[{site}]\n"));
        for (role, code) in codes {
            text.push_str(&format!("{} = \"{code}\"\n", role.as_str()));
        }
    }
    write_secret(path, text.as_bytes()).map_err(|reason| CodesError::File {
        path: path.display().to_string(),
        reason,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_code_is_read_as_people_type_it() {
        let code = Code::parse("K7QM-01XW").expect("a code");
        for text in ["k7qm01xw", " K7QM OIXW ", "k7qm-oLxw"] {
            assert!(Code::parse(text) == Some(code.clone()), "{text}");
        }
        for text in ["", "K7QM-01X", "K7QM-01XWW", "K7QM-01XU", "Cần-Thơ1"] {
            assert!(Code::parse(text).is_none(), "{text}");
        }
        let random = Code::random().expect("random");
        assert!(Code::parse(&random.to_string()) == Some(random));
    }
}
