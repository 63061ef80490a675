//! The table of sites, roles, links and codes that a start prints.

use super::{
    codes::{Codes, roles},
    links::Links,
};
use diemcau_conference::{Role, Setup};
use qrcode::{QrCode, render::unicode};
use std::io::{self, Write};

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The site's name.
    pub site: String,
    /// The role.
    pub role: Role,
    /// Link that carries site and code in its fragment, which no browser sends to a server.
    pub link: String,
    /// The code.
    pub code: String,
}

/// The rows for every site and role. `base` is scheme, host and port.
#[must_use]
pub fn entries(setup: &Setup, codes: &Codes, base: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for site in &setup.sites {
        for role in roles(site.kind) {
            if let Some(code) = codes.get(&site.id, *role) {
                let code = code.to_string();
                entries.push(Entry {
                    site: site.name.vi.clone(),
                    role: *role,
                    link: format!("{base}/#site={}&code={code}", site.id),
                    code,
                });
            }
        }
    }
    entries
}

/// Prints under which addresses the server is reached, and the fingerprint of its own CA.
///
/// # Errors
/// The writer refuses.
pub fn show_links(out: &mut impl Write, links: &Links) -> io::Result<()> {
    for (title, bases) in [
        ("Trên máy này · On this machine", &links.here),
        ("Từ máy khác · From other machines", &links.elsewhere),
    ] {
        if bases.is_empty() {
            continue;
        }
        writeln!(out, "{title}:")?;
        for base in bases {
            writeln!(out, "  {base}")?;
        }
    }
    if let Some(fingerprint) = &links.ca {
        let base = links.elsewhere.first().or(links.here.last());
        let base = base.map_or("", String::as_str);
        writeln!(
            out,
            "Chứng thư gốc cần tin cậy · CA certificate to trust:\n  {base}/ca.crt\n  SHA-256 {fingerprint}"
        )?;
    }
    writeln!(out)
}

/// Prints the table, and with `qr` a QR code of each link.
///
/// # Errors
/// The writer refuses.
pub fn show(out: &mut impl Write, entries: &[Entry], qr: bool) -> io::Result<()> {
    let width = |text: &str| text.chars().count();
    let site = entries
        .iter()
        .map(|e| width(&e.site))
        .max()
        .unwrap_or(0)
        .max(8);
    let head = ("Điểm cầu", "Vai trò", "Mã", "Liên kết");
    writeln!(
        out,
        "{:site$}  {:14}  {:9}  {}",
        head.0, head.1, head.2, head.3
    )?;
    for entry in entries {
        let role = role_name(entry.role);
        writeln!(
            out,
            "{:site$}  {role:14}  {:9}  {}",
            entry.site, entry.code, entry.link
        )?;
    }
    if qr {
        for entry in entries {
            let Ok(code) = QrCode::new(entry.link.as_bytes()) else {
                continue;
            };
            // Most terminals are dark, and not every scanner reads an inverted code.
            let picture = code
                .render::<unicode::Dense1x2>()
                .dark_color(unicode::Dense1x2::Light)
                .light_color(unicode::Dense1x2::Dark)
                .build();
            writeln!(
                out,
                "\n{} · {}\n{picture}",
                entry.site,
                role_name(entry.role)
            )?;
        }
    }
    out.flush()
}

/// The Vietnamese name of a role.
pub(crate) fn role_name(role: Role) -> &'static str {
    match role {
        Role::Chair => "Chủ tọa",
        Role::Secretary => "Thư ký",
        Role::Technician => "Kỹ thuật viên",
        Role::Site => "Điểm cầu",
    }
}
