//! What to sign in with, and where it is taken from.
//!
//! A code on the command line can be read by everyone who may list processes. So it may also come
//! from the environment, from standard input, or from whoever sits at the terminal.

use crate::{AgentError, http::Server};
use clap::Args;
use diemcau_protocol::{SignIn, SiteId};
use std::{
    env,
    io::{self, BufRead, IsTerminal, Write},
    path::PathBuf,
};

/// Holds the code when the command line does not.
const VARIABLE: &str = "DIEMCAU_AGENT_CODE";

const DEFAULT_SERVER: &str = "http://127.0.0.1:8080";

/// What stands for standard input.
const INPUT: &str = "-";

/// Where the server is and whom to believe about it.
#[derive(Debug, Args)]
pub(crate) struct Trust {
    /// A certificate to believe besides what this machine believes, PEM or DER: the server's own ca.crt.
    #[arg(long, value_name = "FILE")]
    pub(crate) ca: Option<PathBuf>,
}

/// As whom to sign in, and where.
#[derive(Debug, Args)]
pub(crate) struct DoorArgs {
    /// The server; left out: that of the link, or http://127.0.0.1:8080.
    #[arg(long, value_name = "URL")]
    server: Option<String>,
    #[command(flatten)]
    trust: Trust,
    /// The site to join as.
    #[arg(long, value_name = "SITE", required_unless_present = "link")]
    site: Option<String>,
    /// The site's code; it decides the role. Others on this machine can read it here: leave it out
    /// and set DIEMCAU_AGENT_CODE, type it when asked, or write - to read it from the input.
    #[arg(long, value_name = "CODE")]
    code: Option<String>,
    /// The site's link, which has the server, the site and the code; - reads it from the input.
    #[arg(long, value_name = "LINK", conflicts_with_all = ["site", "code"])]
    link: Option<String>,
}

/// Who comes, and where.
pub(crate) struct Door {
    pub(crate) server: Server,
    pub(crate) sign_in: SignIn,
}

/// Where a code may come from besides the command line.
pub(crate) struct Input<'a> {
    /// The value of `DIEMCAU_AGENT_CODE`.
    pub(crate) variable: Option<String>,
    /// Someone sits there and can be asked.
    pub(crate) terminal: bool,
    pub(crate) lines: &'a mut dyn BufRead,
    pub(crate) prompt: &'a mut dyn Write,
}

impl DoorArgs {
    /// Looks for the code in this process's surroundings.
    pub(crate) fn open(self) -> Result<Door, AgentError> {
        let stdin = io::stdin();
        self.open_with(&mut Input {
            variable: env::var(VARIABLE).ok(),
            terminal: stdin.is_terminal(),
            lines: &mut stdin.lock(),
            prompt: &mut io::stderr(),
        })
    }

    fn open_with(self, input: &mut Input<'_>) -> Result<Door, AgentError> {
        let (server, sign_in) = match (self.link, self.site) {
            (Some(link), _) => {
                let link = if link == INPUT {
                    input.ask("Liên kết của điểm cầu / The site's link: ")?
                } else {
                    link
                };
                let (server, sign_in) = read_link(&link)?;
                (self.server.unwrap_or(server), sign_in)
            }
            (None, Some(site)) => {
                let code = input.code(self.code, &site)?;
                let site = SiteId::new(site);
                let server = self.server.unwrap_or_else(|| DEFAULT_SERVER.to_owned());
                (server, SignIn::new(site, code))
            }
            (None, None) => return Err(AgentError::Entry("name the site with --site".to_owned())),
        };
        Ok(Door {
            server: Server::new(&server, self.trust.ca.as_deref())?,
            sign_in,
        })
    }
}

impl Input<'_> {
    fn code(&mut self, given: Option<String>, site: &str) -> Result<String, AgentError> {
        match given {
            Some(code) if code != INPUT => return Ok(code),
            None => {
                if let Some(code) = self.variable.take().filter(|code| !code.trim().is_empty()) {
                    return Ok(code.trim().to_owned());
                }
            }
            Some(_) => {}
        }
        self.ask(&format!("Mã của {site} / Code of {site}: "))
    }

    /// The next line of the input.
    fn ask(&mut self, words: &str) -> Result<String, AgentError> {
        if self.terminal {
            self.prompt.write_all(words.as_bytes())?;
            self.prompt.flush()?;
        }
        let mut line = String::new();
        self.lines.read_line(&mut line)?;
        let line = line.trim();
        if line.is_empty() {
            return Err(AgentError::Entry(format!(
                "no code: set {VARIABLE}, or write the code into the standard input, as in \
                 `diemcau agent check --site can-tho --code - < code.txt`"
            )));
        }
        Ok(line.to_owned())
    }
}

/// Reads `https://host:port/#site=can-tho&code=7K2M-9QXR`: the server's address, and who comes.
pub(crate) fn read_link(link: &str) -> Result<(String, SignIn), AgentError> {
    // The link holds the code: it is not repeated in the error.
    let refuse = || {
        AgentError::Entry(
            "that is no link of a site: it looks like https://hop.example:8443/#site=can-tho&code=…"
                .to_owned(),
        )
    };
    let (server, fragment) = link.trim().split_once('#').ok_or_else(refuse)?;
    let field = |name: &str| {
        let value = fragment
            .split('&')
            .filter_map(|pair| pair.split_once('='))
            .find(|(key, _)| *key == name);
        value
            .map(|(_, value)| value.to_owned())
            .filter(|value| !value.is_empty())
    };
    let (site, code) = field("site").zip(field("code")).ok_or_else(refuse)?;
    if !server.starts_with("http://") && !server.starts_with("https://") {
        return Err(refuse());
    }
    let site = SiteId::new(site);
    Ok((server.to_owned(), SignIn::new(site, code)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(Parser)]
    struct Cli {
        #[command(flatten)]
        door: DoorArgs,
    }

    /// Opens with a variable and a line of input: the server, the site, the code, and what was
    /// asked.
    fn open(
        arguments: &str,
        variable: Option<&str>,
        terminal: bool,
        line: &str,
    ) -> Result<([String; 3], String), String> {
        let words = std::iter::once("x").chain(arguments.split_whitespace());
        let cli = Cli::try_parse_from(words).map_err(|error| error.to_string())?;
        let mut asked = Vec::new();
        let mut input = Input {
            variable: variable.map(str::to_owned),
            terminal,
            lines: &mut line.as_bytes(),
            prompt: &mut asked,
        };
        let door = cli.door.open_with(&mut input).map_err(|e| e.to_string())?;
        let sign_in = door.sign_in;
        let found = [
            door.server.origin(),
            sign_in.site.as_str().to_owned(),
            sign_in.code,
        ];
        Ok((found, String::from_utf8(asked).unwrap()))
    }

    #[test]
    fn a_code_comes_from_the_argument_the_variable_the_input_or_a_person() {
        let default = "http://127.0.0.1:8080";
        for (arguments, variable, line, code) in [
            ("--site hue --code AAAA", Some("BBBB"), "CCCC\n", "AAAA"),
            ("--site hue", Some(" BBBB\n"), "CCCC\n", "BBBB"),
            ("--site hue", None, "  CCCC \nDDDD\n", "CCCC"),
            ("--site hue", Some(""), "CCCC", "CCCC"),
            ("--site hue --code -", Some("BBBB"), "CCCC\n", "CCCC"),
        ] {
            let (found, asked) = open(arguments, variable, false, line).unwrap();
            assert_eq!(found, [default, "hue", code], "{arguments}");
            assert_eq!(asked, "", "nobody is there to be asked");
        }
        let (found, asked) = open("--site hue", None, true, "CCCC\n").unwrap();
        assert_eq!(found[2], "CCCC");
        assert!(asked.contains("Mã của hue"), "{asked}");
        let error = open("--site hue", None, false, "").unwrap_err();
        assert!(error.contains("DIEMCAU_AGENT_CODE"), "{error}");
        assert!(open("", None, false, "").unwrap_err().contains("--site"));
    }

    #[test]
    fn a_link_has_everything() {
        let link = "https://hop.example:8443/#site=can-tho&code=7K2M-9QXR";
        let expected = ["https://hop.example:8443", "can-tho", "7K2M-9QXR"];
        let (found, _) = open(&format!("--link {link}"), None, false, "").unwrap();
        assert_eq!(found, expected);
        let (found, _) = open("--link -", Some("BBBB"), false, link).unwrap();
        assert_eq!(found, expected);
        let elsewhere = format!("--link {link} --server http://127.0.0.1:81");
        let (found, _) = open(&elsewhere, None, false, "").unwrap();
        assert_eq!(found[0], "http://127.0.0.1:81");
        for bad in [
            "hop.example/#site=a&code=b",
            "https://hop.example/",
            "https://hop.example/#site=a",
            "https://hop.example/#site=a&code=",
        ] {
            let error = open(&format!("--link {bad}"), None, false, "").unwrap_err();
            assert!(error.contains("looks like"), "{bad}: {error}");
        }
    }
}
