//! The table of sites, roles, links and codes that a start prints.

use super::{
    codes::{Fresh, roles},
    links::Links,
};
use diemcau_conference::{Role, Setup, SiteId};
use qrcode::{QrCode, render::unicode};
use std::io::{self, Write};

/// A row of the table.
#[derive(Debug, Clone)]
pub struct Entry {
    /// The site.
    pub site: SiteId,
    /// Its name.
    pub name: String,
    /// The role.
    pub role: Role,
    /// Link that carries site and code in its fragment, which no browser sends to a server.
    pub link: String,
    /// The code, if it was made just now.
    pub code: Option<String>,
}

/// The rows for every site and role. `base` is scheme, host and port.
#[must_use]
pub fn entries(setup: &Setup, fresh: &Fresh, base: &str) -> Vec<Entry> {
    let mut entries = Vec::new();
    for site in &setup.sites {
        for role in roles(setup, &site.id) {
            let code = fresh.get(&(site.id.clone(), role)).map(ToString::to_string);
            entries.push(Entry {
                site: site.id.clone(),
                name: site.name.vi.clone(),
                role,
                link: link(base, &site.id, code.as_deref()),
                code,
            });
        }
    }
    entries
}

/// The link that carries a site, and its code if it is known, in the fragment.
#[must_use]
pub fn link(base: &str, site: &SiteId, code: Option<&str>) -> String {
    match code {
        Some(code) => format!("{base}/#site={site}&code={code}"),
        None => format!("{base}/#site={site}"),
    }
}

/// The link of a site's wall screen: the same with another page before the fragment.
fn display_link(site_link: &str) -> String {
    site_link.replacen("/#", "/display#", 1)
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
        let host = base.and_then(|base| base.strip_prefix("https://"));
        let url = host.map(ca_url).unwrap_or_default();
        writeln!(
            out,
            "Chứng thư gốc cần tin cậy · CA certificate to trust:\n  {url}\n  SHA-256 {fingerprint}"
        )?;
    }
    writeln!(out)
}

/// Where the CA's certificate is had. A device that does not trust it yet may not get it over https;
/// the same port gives it without. Host, and port unless it is that of https.
fn ca_url(host: &str) -> String {
    // The end of an address of IPv6 is no port.
    if host.rsplit(']').next().is_some_and(|end| end.contains(':')) {
        format!("http://{host}/ca.crt")
    } else {
        format!("http://{host}:443/ca.crt")
    }
}

/// Prints the table, and with `qr` a QR code of each link.
///
/// # Errors
/// The writer refuses.
pub fn show(out: &mut impl Write, entries: &[Entry], qr: bool) -> io::Result<()> {
    let width = |text: &str| text.chars().count();
    let site = entries
        .iter()
        .map(|e| width(&e.name))
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
            entry.name,
            entry.code.as_deref().unwrap_or("(đã cấp)"),
            entry.link
        )?;
    }
    let rooms = entries.iter().filter(|entry| entry.role == Role::Site);
    writeln!(
        out,
        "\nMàn hình hội trường, cùng mã với điểm cầu · Wall screens, with the site's code:"
    )?;
    for room in rooms {
        writeln!(out, "{:site$}  {}", room.name, display_link(&room.link))?;
    }
    if entries.iter().any(|entry| entry.code.is_none()) {
        writeln!(
            out,
            "\nMã chỉ hiện khi vừa tạo. Cấp lại: diemcau code --site <điểm cầu>, hoặc tất cả: diemcau code --all\n\
             A code is shown only when it is made. New ones: diemcau code --site <site>, or diemcau code --all"
        )?;
    }
    if qr {
        for entry in entries.iter().filter(|entry| entry.code.is_some()) {
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
                entry.name,
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
        Role::Deputy => "Phó chủ tọa",
        Role::Secretary => "Thư ký",
        Role::Technician => "Kỹ thuật viên",
        Role::Site => "Điểm cầu",
        Role::Display => "Màn hình",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wall_screen_has_the_link_of_its_site_with_another_page() {
        let site = SiteId::new("can-tho");
        let with_code = link("https://10.0.0.5:8443", &site, Some("K7QM-01XW"));
        assert_eq!(
            display_link(&with_code),
            "https://10.0.0.5:8443/display#site=can-tho&code=K7QM-01XW"
        );
        assert_eq!(
            display_link(&link("http://localhost:8080", &site, None)),
            "http://localhost:8080/display#site=can-tho"
        );
    }

    #[test]
    fn the_ca_is_had_without_tls_on_the_port_of_https() {
        for (host, url) in [
            ("10.0.0.5:8443", "http://10.0.0.5:8443/ca.crt"),
            ("[2001:db8::5]:8443", "http://[2001:db8::5]:8443/ca.crt"),
            ("[2001:db8::5]", "http://[2001:db8::5]:443/ca.crt"),
            ("hop.example.vn", "http://hop.example.vn:443/ca.crt"),
        ] {
            assert_eq!(ca_url(host), url);
        }
    }
}
