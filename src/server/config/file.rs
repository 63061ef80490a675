//! Reads the configuration file.

use super::{
    Place, Problem, ServerConfig, conference,
    server::{self, Places},
    table::{Sheet, Table},
};
use diemcau_conference::Setup;
use std::{fs, path::Path};

/// What a file says, as far as it can be used.
pub(super) struct Read {
    pub(super) setup: Setup,
    pub(super) server: ServerConfig,
    /// Where the keys of `[server]` stand.
    pub(super) places: Places,
    /// What is wrong; then the rest must not be used.
    pub(super) problems: Vec<Problem>,
}

/// Reads and checks a file.
///
/// # Errors
/// The file cannot be read at all.
pub(super) fn read(path: &Path) -> Result<Read, Problem> {
    let text = fs::read_to_string(path).map_err(|error| {
        Problem::new(
            Place::named(path.display().to_string()),
            format!("the file cannot be read: {error}"),
            "name another file with --config, or copy config/conference.toml of the project",
        )
    })?;
    let sheet = Sheet::new(path, &text);
    let root = sheet.parse();
    let (setup, server, places) = {
        let table = Table::root(&sheet, &root);
        let mend = "copy [conference] from config/conference.toml of the project";
        let setup = conference::read(table.required_table("conference", mend));
        let (mut server, mut places) = (ServerConfig::default(), Places::new());
        server::read(table.table("server"), &mut server, &mut places);
        table.end();
        (setup, server, places)
    };
    if sheet.is_clean()
        && let Err(error) = setup.check()
    {
        let span = conference::place_of(&error, &Table::root(&sheet, &root));
        let mend = "see config/conference.toml of the project for what is possible";
        sheet.problem(&span, error.to_string(), mend);
    }
    Ok(Read {
        setup,
        server,
        places,
        problems: sheet.into_problems(),
    })
}
