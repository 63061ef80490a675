//! `diemcau code`.

use super::read_config;
use crate::{
    config::Flags,
    setup::{self, Codes},
};
use clap::{Args, ValueEnum};
use diemcau_conference::{Role, SiteId, SiteKind};
use miette::{IntoDiagnostic, miette};
use std::path::{Path, PathBuf};

/// Make or change the code of a site's role.
///
/// A running server uses the new code at once. Who signed in with the old one must sign in again
/// when they next connect; a session that is open goes on.
#[derive(Args)]
#[command(
    after_help = "Example:\n  diemcau code --site can-tho\n  diemcau code --site ha-noi --role chair"
)]
pub(super) struct Code {
    /// The site.
    #[arg(long)]
    site: String,
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
    Secretary,
    Technician,
    Site,
}

impl RoleName {
    fn role(self) -> Role {
        match self {
            Self::Chair => Role::Chair,
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
        let (id, role) = (SiteId::new(self.site), self.role.role());
        let site = config
            .setup
            .site(&id)
            .ok_or_else(|| miette!("no site {id}: `diemcau config check` lists them"))?;
        if role.is_host() && site.kind != SiteKind::Central {
            return Err(miette!(
                "only the central site has the role {}",
                role.as_str()
            ));
        }
        let code = match self.set {
            Some(text) => setup::Code::parse(&text)
                .ok_or_else(|| miette!("that is no code: write one as in K7QM-3XWP"))?,
            None => setup::Code::random().into_diagnostic()?,
        };
        setup::make_folder(&config.server.data).into_diagnostic()?;
        let codes = Codes::open(&config.server.data, &config.setup).into_diagnostic()?;
        codes.set(&id, role, code.clone()).into_diagnostic()?;
        println!("{code}");
        Ok(())
    }
}
