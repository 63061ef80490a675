//! The file of sites and codes.

use super::device::Entry;
use crate::{AgentError, door::read_link, http::Server};
use diemcau_protocol::{SignIn, SiteId};
use std::{fs, path::Path, sync::Arc};

/// Reads the file; every link must lead to `server`.
pub(super) fn read(path: &Path, server: &Server) -> Result<Vec<Arc<Entry>>, AgentError> {
    let name = path.display();
    let text = fs::read_to_string(path)
        .map_err(|error| AgentError::Entry(format!("{name}: {error}; name a file with --codes")))?;
    let mut entries = Vec::new();
    for (number, line) in (1..).zip(text.lines()) {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            continue;
        }
        let sign_in = entry(line, server)
            .map_err(|problem| AgentError::Entry(format!("{name}, line {number}: {problem}")))?;
        entries.push(Arc::new(Entry::new(sign_in)));
    }
    if entries.is_empty() {
        return Err(AgentError::Entry(format!(
            "{name} has no site: write a link or site=code on each line"
        )));
    }
    Ok(entries)
}

/// A link, or `site=code`. Errors do not repeat the line, which has a code in it.
fn entry(line: &str, server: &Server) -> Result<SignIn, String> {
    if line.contains('#') {
        let (address, sign_in) = read_link(line).map_err(|error| error.to_string())?;
        let origin = address.trim_end_matches('/');
        if origin != server.origin() {
            return Err(format!(
                "the link leads to {origin}, not to {}: this fills the named server only",
                server.origin()
            ));
        }
        return Ok(sign_in);
    }
    match line.split_once('=') {
        Some((site, code)) if !site.trim().is_empty() && !code.trim().is_empty() => {
            Ok(SignIn::new(SiteId::new(site.trim()), code.trim()))
        }
        _ => Err("neither a link nor site=code".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str) -> Result<Vec<(String, String)>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("links.txt");
        fs::write(&path, text).unwrap();
        let server = Server::new("http://127.0.0.1:8080", None).unwrap();
        let entries = read(&path, &server).map_err(|error| error.to_string())?;
        let row = |entry: &Arc<Entry>| {
            let SignIn { site, code, .. } = entry.sign_in.clone();
            (site.as_str().to_owned(), code)
        };
        Ok(entries.iter().map(row).collect())
    }

    #[test]
    fn a_line_is_a_link_or_a_pair() {
        let text = "# sites\n\nhttp://127.0.0.1:8080/#site=hue&code=AAAA\n da-nang = BBBB-CCCC \n";
        let pair = |site: &str, code: &str| (site.to_owned(), code.to_owned());
        assert_eq!(
            list(text).unwrap(),
            [pair("hue", "AAAA"), pair("da-nang", "BBBB-CCCC")]
        );
    }

    #[test]
    fn a_wrong_line_is_named_and_its_code_is_not() {
        let error = list("hue=AAAA\nhttps://other.example/#site=hue&code=SECRET\n").unwrap_err();
        assert!(
            error.contains("line 2") && error.contains("other.example"),
            "{error}"
        );
        assert!(!error.contains("SECRET"), "{error}");
        assert!(list("SECRET\n").unwrap_err().contains("line 1"));
        assert!(list("# none\n").unwrap_err().contains("no site"));
    }
}
