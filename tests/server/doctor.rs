use crate::harness::Place;
use serde_json::Value;
use std::{
    net::{TcpListener, UdpSocket},
    process::Output,
};

/// Runs the examination; its exit code says whether anything must be mended, and so does its report.
fn examine(place: &Place) -> (bool, Vec<Value>) {
    let output = place.run(&["doctor", "--json", "--data", "var"]);
    let report: Value = serde_json::from_slice(&output.stdout)
        .unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(&output.stderr)));
    let good = report["good"].as_bool().expect("a verdict");
    assert_eq!(output.status.code(), Some(i32::from(!good)), "{report:#}");
    let findings = report["findings"].as_array().expect("findings").clone();
    let any_bad = findings.iter().any(|finding| finding["level"] == "bad");
    assert_eq!(good, !any_bad);
    for finding in &findings {
        for language in ["vi", "en"] {
            assert!(finding["subject"][language].is_string(), "{finding:#}");
            assert!(finding["finding"][language].is_string(), "{finding:#}");
            let mend = finding["mend"][language].as_str();
            assert_eq!(mend.is_some(), finding["level"] != "good", "{finding:#}");
        }
    }
    (good, findings)
}

/// The findings of a subject that are of a level.
fn of<'a>(findings: &'a [Value], subject: &str, level: &str) -> Vec<&'a str> {
    let of = |finding: &&Value| finding["subject"]["en"] == subject && finding["level"] == level;
    let found = findings.iter().filter(of);
    found
        .filter_map(|finding| finding["finding"]["en"].as_str())
        .collect()
}

/// A place whose ports nobody else has.
fn place(http: u16, media: u16) -> Place {
    place_with(http, media, |text| text)
}

fn place_with(http: u16, media: u16, change: impl FnOnce(String) -> String) -> Place {
    Place::with(|text| {
        change(text)
            .replace("127.0.0.1:8080", &format!("127.0.0.1:{http}"))
            .replace("0.0.0.0:8081", &format!("127.0.0.1:{media}"))
            .replace("0.0.0.0:8443", "127.0.0.1:0")
    })
}

#[test]
fn a_new_place_is_examined_and_nothing_is_made() {
    let place = place(0, 0);
    let (_, findings) = examine(&place);
    assert!(!place.data().exists(), "an examination makes nothing");
    for subject in [
        "ports",
        "addresses",
        "UDP buffers",
        "open files",
        "certificate",
        "disk",
        "log",
        "secrets",
        "clock",
        "machine",
    ] {
        assert!(
            findings
                .iter()
                .any(|finding| finding["subject"]["en"] == subject),
            "{subject}"
        );
    }
    assert_eq!(of(&findings, "ports", "good").len(), 4);
    assert!(
        of(&findings, "disk", "good")
            .iter()
            .any(|text| text.contains("a sync takes"))
    );
}

#[test]
fn a_port_that_is_held_is_told_with_its_holder() {
    let tcp = TcpListener::bind("127.0.0.1:0").expect("a port");
    let udp = UdpSocket::bind("127.0.0.1:0").expect("a port");
    let port = |address: std::io::Result<std::net::SocketAddr>| address.expect("bound").port();
    let place = place(port(tcp.local_addr()), port(udp.local_addr()));
    let (good, findings) = examine(&place);
    assert!(!good);
    let held = of(&findings, "ports", "bad");
    let process = format!("(process {})", std::process::id());
    for protocol in ["http TCP", "media UDP"] {
        assert!(
            held.iter()
                .any(|text| text.starts_with(protocol) && text.ends_with(&process)),
            "{held:?}"
        );
    }
}

#[test]
fn a_server_that_runs_is_no_fault_and_a_log_that_was_changed_is() {
    let place = place(0, 0);
    let server = place.start();
    let (_, findings) = examine(&place);
    let log = of(&findings, "log", "good");
    assert!(
        log.iter()
            .any(|text| text.contains("hoi-nghi-van-phong-2013 holds")),
        "{log:?}"
    );
    assert!(of(&findings, "secrets", "bad").is_empty());
    server.stop();

    let path = place.data().join("log.sqlite");
    let database = rusqlite::Connection::open(&path).expect("the log");
    database
        .execute("UPDATE event SET actor = '{}' WHERE seq = 1", [])
        .expect("changed");
    drop(database);
    let (good, findings) = examine(&place);
    assert!(!good);
    let log = of(&findings, "log", "bad");
    assert!(
        log.iter().any(|text| text.contains("broken at event 1")),
        "{log:?}"
    );
}

#[cfg(unix)]
#[test]
fn a_secret_that_others_may_read_is_told() {
    use std::os::unix::fs::PermissionsExt;
    let place = place(0, 0);
    place.start().stop();
    let keys = place.data().join("keys");
    std::fs::set_permissions(&keys, std::fs::Permissions::from_mode(0o644)).expect("mode");
    let (good, findings) = examine(&place);
    assert!(!good);
    let bad = of(&findings, "secrets", "bad");
    assert_eq!(bad.len(), 1, "{bad:?}");
    assert!(bad[0].contains("var/keys (mode 644)"), "{bad:?}");
}

/// The examination's findings of a certificate that others made.
fn certificate(names: &[&str], key_of_it: bool, end: i32) -> [Vec<String>; 3] {
    let place = place_with(0, 0, |text| {
        let origins = "origins = [\"https://hop.example.vn:8443\", \"https://[2001:db8::5]\"]";
        text.replace("origins = []", origins)
            + "\n[server.tls]\ncertificate = \"chain.pem\"\nkey = \"key.pem\"\n"
    });
    let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
    let mut parameters = rcgen::CertificateParams::new(names).expect("names");
    parameters.not_before = rcgen::date_time_ymd(2020, 1, 1);
    parameters.not_after = rcgen::date_time_ymd(end, 1, 1);
    let key = rcgen::KeyPair::generate().expect("a key");
    let made = parameters.self_signed(&key).expect("a certificate");
    let other = rcgen::KeyPair::generate().expect("a key");
    let key = if key_of_it { key } else { other };
    place.write("chain.pem", made.pem());
    place.write("key.pem", key.serialize_pem());
    let (_, findings) = examine(&place);
    ["good", "warning", "bad"].map(|level| {
        let texts = of(&findings, "certificate", level);
        texts.into_iter().map(str::to_owned).collect()
    })
}

#[test]
fn a_certificate_is_read_as_a_browser_will() {
    let [good, warned, bad] = certificate(&["hop.example.vn", "2001:db8::5"], true, 2100);
    assert!(bad.is_empty() && warned.is_empty(), "{bad:?} {warned:?}");
    let whom = "chain.pem is for hop.example.vn, 2001:db8::5";
    assert!(good.iter().any(|text| text == whom), "{good:?}");

    // A proxy may have the certificate for it.
    let [_, warned, bad] = certificate(&["*.example.vn"], true, 2100);
    assert!(bad.is_empty(), "{bad:?}");
    let whom = "chain.pem is not for https://[2001:db8::5]";
    assert_eq!(warned.len(), 1, "{warned:?}");
    assert!(warned[0].starts_with(whom), "{warned:?}");

    let [_, _, bad] = certificate(&["hop.example.vn"], false, 2100);
    let key = "the key key.pem does not fit chain.pem";
    assert!(bad.iter().any(|text| text == key), "{bad:?}");
    let [_, _, bad] = certificate(&["hop.example.vn"], true, 2021);
    assert!(bad.iter().any(|text| text.contains("days ago")), "{bad:?}");
}

#[test]
fn the_servers_own_certificate_renews_itself_and_is_not_held_against_origins() {
    let place = place_with(0, 0, |text| {
        text.replace("origins = []", "origins = [\"https://hop.example.vn\"]")
    });
    let told = |level| {
        let (_, findings) = examine(&place);
        let texts = of(&findings, "certificate", level);
        texts.join("\n")
    };
    assert!(told("good").contains("the first start makes it"));
    place.start().stop();
    let good = told("good");
    assert!(good.contains("the server's own CA has 36"), "{good}");
    assert!(good.contains("server.pem is for localhost"), "{good}");
    assert_eq!(told("warning") + &told("bad"), "");

    let tls = place.data().join("tls");
    std::fs::remove_file(tls.join("server.pem")).expect("removed");
    assert!(told("good").contains("the next start makes a new certificate"));
    std::fs::remove_file(tls.join("ca.key")).expect("removed");
    let bad = told("bad");
    assert!(bad.contains("ca.key is missing"), "{bad}");
}

#[test]
fn findings_are_lines_in_either_language() {
    let place = place(0, 0);
    let say = |language| {
        let Output { stdout, .. } = place.run(&["doctor", "--lang", language, "--data", "var"]);
        String::from_utf8(stdout).expect("text")
    };
    let (vietnamese, english) = (say("vi"), say("en"));
    assert!(
        vietnamese.contains("✔ cổng: media UDP 127.0.0.1:0 còn trống"),
        "{vietnamese}"
    );
    assert!(
        english.contains("✔ ports: media UDP 127.0.0.1:0 is free"),
        "{english}"
    );
    assert!(
        english
            .lines()
            .all(|line| ["✔", "!", "✘"].contains(&line.split(' ').next().unwrap_or("")))
    );
}
