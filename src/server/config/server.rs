//! The keys of `[server]`. One row a key: the file and the environment both read by it.

use super::{MetricsReaders, Place, Problem, ServerConfig, table::Table};
use diemcau_media::Ports;
use std::{
    collections::BTreeMap,
    net::{IpAddr, SocketAddr},
};

/// A key of `[server]`. A dot in its name leads into a table below: `tls.key` is `key` of
/// `[server.tls]`.
pub(super) struct Key {
    pub(super) name: &'static str,
    /// What it must say, for "http must be …".
    wanted: &'static str,
    /// How that is written in the file.
    example: &'static str,
    set: Set,
}

/// Takes a text in; none if it cannot be used.
type Take = fn(&mut ServerConfig, &str) -> Option<()>;

enum Set {
    /// One text.
    One(Take),
    /// A list: emptied, then each of its texts.
    Each(fn(&mut ServerConfig), Take),
    /// A whole number from the first to the second.
    Number(u64, u64, fn(&mut ServerConfig, u64)),
}

/// Every key. The variable of one is its name in capitals behind `DIEMCAU_SERVER_`.
pub(super) const KEYS: &[Key] = &[
    Key {
        name: "http",
        wanted: "an IP address and a port",
        example: "\"127.0.0.1:8080\"",
        set: Set::One(|server, text| {
            server.http = text.parse().ok()?;
            Some(())
        }),
    },
    Key {
        name: "https",
        wanted: "an IP address and a port, or \"off\"",
        example: "\"0.0.0.0:8443\"",
        set: Set::One(|server, text| {
            server.https = text.parse().ok()?;
            Some(())
        }),
    },
    Key {
        name: "tls.certificate",
        wanted: "the name of a file",
        example: "\"/etc/ssl/hop.example.vn.pem\"",
        set: Set::One(|server, text| {
            let file = (!text.is_empty()).then(|| text.into())?;
            server.tls.get_or_insert_default().certificate = file;
            Some(())
        }),
    },
    Key {
        name: "tls.key",
        wanted: "the name of a file",
        example: "\"/etc/ssl/private/hop.example.vn.key\"",
        set: Set::One(|server, text| {
            let file = (!text.is_empty()).then(|| text.into())?;
            server.tls.get_or_insert_default().key = file;
            Some(())
        }),
    },
    Key {
        name: "media",
        wanted: "an IP address and a port",
        example: "\"0.0.0.0:8081\"",
        set: Set::One(|server, text| {
            server.media = text.parse().ok()?;
            Some(())
        }),
    },
    Key {
        name: "media_shards",
        wanted: "a whole number from 1 to 64",
        example: "4",
        set: Set::Number(1, 64, |server, number| server.media_shards = number as u8),
    },
    Key {
        name: "media_spread_from",
        wanted: "a whole number from 1 to 20000",
        example: "150",
        set: Set::Number(1, 20_000, |server, number| {
            server.media_spread_from = number as usize;
        }),
    },
    Key {
        name: "public_ips",
        wanted: "IP addresses that clients can reach",
        example: "\"203.0.113.7\"",
        set: Set::Each(
            |server| server.public_ips.clear(),
            |server, text| {
                server.public_ips.push(reachable(text)?);
                Some(())
            },
        ),
    },
    Key {
        name: "data",
        wanted: "the name of a folder",
        example: "\"var\"",
        set: Set::One(|server, text| {
            server.data = (!text.is_empty()).then(|| text.into())?;
            Some(())
        }),
    },
    Key {
        name: "origins",
        wanted: "a scheme and a host, without a path",
        example: "\"https://hop.example.vn\"",
        set: Set::Each(
            |server| server.origins.clear(),
            |server, text| {
                server.origins.push(origin(text)?);
                Some(())
            },
        ),
    },
    Key {
        name: "trusted_proxies",
        wanted: "an address or a network",
        example: "\"192.168.7.0/24\"",
        set: Set::Each(
            |server| server.trusted_proxies.clear(),
            |server, text| {
                server.trusted_proxies.push(text.parse().ok()?);
                Some(())
            },
        ),
    },
    Key {
        name: "metrics",
        wanted: "\"private\", \"public\" or \"off\"",
        example: "\"private\"",
        set: Set::One(|server, text| {
            server.metrics = MetricsReaders::parse(text)?;
            Some(())
        }),
    },
    Key {
        name: "document_mb",
        wanted: "a whole number from 1 to 1000",
        example: "20",
        set: Set::Number(1, 1_000, |server, number| server.document_mb = number),
    },
    Key {
        name: "documents_mb",
        wanted: "a whole number from 1 to 1000000",
        example: "2000",
        set: Set::Number(1, 1_000_000, |server, number| server.documents_mb = number),
    },
];

impl Key {
    /// `DIEMCAU_SERVER_PUBLIC_IPS`
    pub(super) fn variable(&self) -> String {
        let name = self.name.replace('.', "_").to_uppercase();
        format!("DIEMCAU_SERVER_{name}")
    }

    fn is_list(&self) -> bool {
        matches!(self.set, Set::Each(..))
    }

    fn clear(&self, server: &mut ServerConfig) {
        if let Set::Each(clear, _) = self.set {
            clear(server);
        }
    }

    /// Takes a text in; what is wrong with it and the mend otherwise.
    fn take(&self, server: &mut ServerConfig, text: &str) -> Result<(), (String, String)> {
        let taken = match self.set {
            Set::One(take) | Set::Each(_, take) => take(server, text.trim()),
            Set::Number(least, most, set) => {
                let number = text.trim().parse().ok();
                let number = number.filter(|number| (least..=most).contains(number));
                number.map(|number| set(server, number))
            }
        };
        taken.ok_or_else(|| {
            let name = self.name;
            (
                format!("{name} must be {}, and {text:?} is not", self.wanted),
                format!("write it as in {}", self.example),
            )
        })
    }
}

/// Where each key was last said: what does not fit together can be shown there.
pub(super) type Places = BTreeMap<&'static str, Place>;

/// Reads `[server]` over what `server` has.
pub(super) fn read(table: Table<'_>, server: &mut ServerConfig, places: &mut Places) {
    read_below("", table, server, places);
}

fn read_below(prefix: &str, table: Table<'_>, server: &mut ServerConfig, places: &mut Places) {
    let mut below: Vec<&'static str> = Vec::new();
    for key in KEYS {
        let Some(name) = key.name.strip_prefix(prefix) else {
            continue;
        };
        if let Some((folder, _)) = name.split_once('.') {
            if !below.contains(&folder) {
                below.push(folder);
                read_below(
                    &format!("{prefix}{folder}."),
                    table.table(folder),
                    server,
                    places,
                );
            }
            continue;
        }
        if let Set::Number(least, most, set) = key.set {
            if let Some(number) = table.number(name, least..=most) {
                set(server, number);
            }
            continue;
        }
        let texts = if key.is_list() {
            table.texts(name, key.example)
        } else {
            table.text(name, key.example).map(|text| vec![text])
        };
        let Some(texts) = texts else {
            continue;
        };
        key.clear(server);
        for said in texts {
            places.insert(key.name, table.sheet().place(&said.span));
            if let Err((what, mend)) = key.take(server, said.text) {
                table.sheet().problem(&said.span, what, mend);
            }
        }
    }
    table.end();
}

/// Takes the value of a variable over what `server` has; lists are separated by commas.
pub(super) fn set(
    key: &Key,
    value: &str,
    server: &mut ServerConfig,
    places: &mut Places,
    problems: &mut Vec<Problem>,
) {
    let place = Place::named(key.variable());
    places.insert(key.name, place.clone());
    key.clear(server);
    let parts: Vec<&str> = if key.is_list() {
        let parts = value.split(',').map(str::trim);
        parts.filter(|part| !part.is_empty()).collect()
    } else {
        vec![value]
    };
    for part in parts {
        if let Err((what, mend)) = key.take(server, part) {
            // Variables are written without the quotes of the file.
            problems.push(Problem::new(place.clone(), what, mend.replace('"', "")));
        }
    }
}

/// What is right by itself and wrong together.
pub(super) fn contradictions(server: &ServerConfig, places: &Places) -> Vec<Problem> {
    // Addresses, each with how many ports it takes.
    let overlap = |(one, ports): (SocketAddr, u8), (other, more): (SocketAddr, u8)| {
        let any = one.ip().is_unspecified() || other.ip().is_unspecified();
        let taken: Vec<u16> = Ports::new(one.port(), ports).iter().collect();
        let meet = Ports::new(other.port(), more)
            .iter()
            .any(|port| taken.contains(&port));
        let chosen = one.port() != 0 && other.port() != 0;
        chosen && meet && (any || one.ip() == other.ip())
    };
    let place_of = |keys: [&str; 2]| {
        let place = keys.iter().find_map(|key| places.get(key));
        place.cloned().unwrap_or_else(|| Place::named("server"))
    };
    let mut problems = Vec::new();
    let media = (server.media, server.media_shards);
    let mut ports = vec![("http", (server.http, 1)), ("media", media)];
    ports.extend(server.https.0.map(|https| ("https", (https, 1))));
    for (at, (one, address)) in ports.iter().enumerate() {
        for (other, second) in &ports[at + 1..] {
            if overlap(*address, *second) {
                let what = format!("{one} and {other} have one port; media needs its for TCP too");
                let mend = "use different ports, as in 8080, 8443 and 8081";
                problems.push(Problem::new(place_of([other, one]), what, mend));
            }
        }
    }
    let last = u32::from(server.media.port()) + u32::from(server.media_shards) - 1;
    if server.media.port() != 0 && last > u32::from(u16::MAX) {
        let what = format!(
            "media takes {} ports, and there are not so many",
            server.media_shards
        );
        let mend = "use a smaller port, as in 8081, or fewer media_shards";
        problems.push(Problem::new(
            place_of(["media", "media_shards"]),
            what,
            mend,
        ));
    }
    if let Some(files) = &server.tls
        && (files.certificate.as_os_str().is_empty() || files.key.as_os_str().is_empty())
    {
        let what = "a certificate and its key come together";
        let mend = "set both certificate and key of [server.tls], or neither";
        let place = place_of(["tls.certificate", "tls.key"]);
        problems.push(Problem::new(place, what, mend));
    }
    problems
}

fn reachable(text: &str) -> Option<IpAddr> {
    let ip: IpAddr = text.parse().ok()?;
    (!ip.is_unspecified() && !ip.is_multicast()).then_some(ip)
}

fn origin(text: &str) -> Option<String> {
    let host = text
        .strip_prefix("https://")
        .or_else(|| text.strip_prefix("http://"))?;
    (!host.is_empty() && !host.contains(['/', '*', ' ', '?', '#', '@'])).then(|| text.to_owned())
}
