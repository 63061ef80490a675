//! `diemcau code`.

use super::read_config;
use crate::{
    config::Flags,
    setup::{self, Codes, CodesError, Fresh},
};
use clap::{Args, ValueEnum};
use diemcau_conference::{Role, Setup, SiteId};
use miette::{IntoDiagnostic, miette};
use std::{
    collections::btree_map::Entry,
    io,
    path::{Path, PathBuf},
};

/// Make or change the code of a site's role.
///
/// A running server uses the new code at once: whoever came in with the old one is out, and signs
/// in again with the new one. A code is shown only here; the server keeps a hash of it.
#[derive(Args)]
#[command(
    after_help = "Example:\n  diemcau code --site can-tho\n  diemcau code --site ha-noi --role chair\n  diemcau code --site da-nang --role deputy\n\nA wall screen comes in with the code of its site: diemcau code --all shows the links."
)]
pub(super) struct Code {
    /// The site.
    #[arg(long, required_unless_present = "all")]
    site: Option<String>,
    /// New codes for everyone, as a table with links.
    #[arg(long, conflicts_with_all = ["site", "set"])]
    all: bool,
    /// The role.
    #[arg(long, default_value = "site")]
    role: RoleName,
    /// This code instead of a random one: eight letters and digits without I, L, O and U.
    #[arg(long)]
    set: Option<String>,
    /// Folder of the log, the keys and the codes.
    #[arg(long)]
    data: Option<PathBuf>,
}

#[derive(Clone, Copy, ValueEnum)]
enum RoleName {
    Chair,
    Deputy,
    Secretary,
    Technician,
    Site,
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Chair => Role::Chair,
            Self::Deputy => Role::Deputy,
            Self::Secretary => Role::Secretary,
            Self::Technician => Role::Technician,
            Self::Site => Role::Site,
        }
    }
}

impl Code {
    pub(super) fn run(self, config: &Path) -> miette::Result<()> {
        let config = read_config(
            config,
            &Flags {
                data: self.data,
                ..Flags::default()
            },
        )?;
        setup::make_folder(&config.server.data).into_diagnostic()?;
        let (codes, fresh) = Codes::open(&config.server.data, &config.setup).into_diagnostic()?;
        match self.site {
            Some(site) => {
                let role = self.role.role();
                let code = one(&config.setup, &codes, &SiteId::new(site), role, self.set)?;
                println!("{code}");
            }
            None => {
                let fresh = all(&config.setup, &codes, fresh).into_diagnostic()?;
                let links = crate::serve::links_of(&config).into_diagnostic()?;
                let entries = setup::entries(&config.setup, &fresh, links.best());
                let mut out = io::stdout();
                setup::show_links(&mut out, &links).into_diagnostic()?;
                setup::show(&mut out, &entries, false).into_diagnostic()?;
            }
        }
        Ok(())
    }
}

fn one(
    conference: &Setup,
    codes: &Codes,
    id: &SiteId,
    role: Role,
    set: Option<String>,
) -> miette::Result<setup::Code> {
    if conference.site(id).is_none() {
        return Err(miette!("no site {id}: `diemcau config check` lists them"));
    }
    if !setup::roles(conference, id).any(|known| known == role) {
        return Err(match role {
            Role::Deputy => miette!(
                "no deputy chair sits at {id}: add it to deputies of [conference], as in deputies = [\"{id}\"]"
            ),
            role => miette!("only the central site has the role {}", role.as_str()),
        });
    }
    let code = match set {
        Some(text) => setup::Code::parse(&text)
            .ok_or_else(|| miette!("that is no code: write one as in K7QM-3XWP"))?,
        None => setup::Code::random().into_diagnostic()?,
    };
    codes.set(id, role, &code).into_diagnostic()?;
    Ok(code)
}

/// Codes that were missing are new already.
fn all(conference: &Setup, codes: &Codes, mut fresh: Fresh) -> Result<Fresh, CodesError> {
    for site in &conference.sites {
        for role in setup::roles(conference, &site.id) {
            if let Entry::Vacant(missing) = fresh.entry((site.id.clone(), role)) {
                let code = setup::Code::random()?;
                codes.set(&site.id, role, &code)?;
                missing.insert(code);
            }
        }
    }
    Ok(fresh)
}
