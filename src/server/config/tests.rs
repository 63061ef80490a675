//! What a file may say, and what a person reads when it says something else.

use super::*;
use diemcau_conference::{
    AgendaDraft, AgendaKind, Millis, Overtime, Policy, Rules, SiteId, Speaker,
};

const SITE: &str = "[[conference.sites]]\nid = \"ha-noi\"\nname = { vi = \"Hà Nội\", en = \"Hanoi\" }\nkind = \"central\"\nexpected = 12\n";
const HEAD: &str = "[conference]\nid = \"h\"\ntitle = { vi = \"Họp\", en = \"Meeting\" }\n";

fn read(text: &str, variables: &[(&str, &str)]) -> Result<Config, Problems> {
    let folder = tempfile::tempdir().expect("folder");
    let path = folder.path().join("c.toml");
    std::fs::write(&path, text).expect("write");
    let variables = variables
        .iter()
        .map(|(k, v)| ((*k).to_owned(), (*v).to_owned()));
    Config::read_with(&path, &Flags::default(), variables)
}

/// What a person reads for a wrong file.
fn complaint(text: &str) -> String {
    match read(text, &[]) {
        Ok(_) => panic!("accepted"),
        Err(problems) => problems.to_string(),
    }
}

#[test]
fn the_file_of_the_project_is_good() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_PATH);
    let config = Config::read_with(&path, &Flags::default(), std::iter::empty())
        .unwrap_or_else(|problem| panic!("{problem}"));
    let sites: Vec<&str> = config.setup.sites.iter().map(|s| s.id.as_str()).collect();
    assert_eq!(
        sites,
        [
            "ha-noi",
            "da-nang",
            "tp-hcm",
            "can-tho",
            "thai-nguyen",
            "nghe-an"
        ]
    );
    assert_eq!(config.server.http.to_string(), "127.0.0.1:8080");
    assert_eq!(config.server.https.to_string(), "0.0.0.0:8443");
}

#[test]
fn a_problem_names_file_line_and_mend() {
    let tail = |more: &str| format!("{HEAD}{SITE}{more}");
    let second = SITE.replace("central", "member");
    let third = second.replace("ha-noi", "hue");
    for (text, line, said) in [
        (format!("{HEAD}colour = \"red\"\n{SITE}"), 4, "colour"),
        (tail(&second), 10, "two sites have the id \"ha-noi\""),
        (
            tail("\n[server]\nhttp = \"nowhere\"\n"),
            11,
            "an IP address and a port",
        ),
        (tail("parent = \"hue\"\n"), 9, "no site has the id \"hue\""),
        (
            format!("{HEAD}{}", SITE.replace("ha-noi", "Ha Noi")),
            5,
            "not an id",
        ),
        (
            tail("[conference.rules]\nturn_second = 9\n"),
            10,
            "did you mean turn_seconds?",
        ),
        (
            tail("[conference.rules]\nturn_seconds = 0\n"),
            10,
            "write a number from 1 to 14400",
        ),
        (
            HEAD.replace("{ vi = \"Họp\", en = \"Meeting\" }", "7") + SITE,
            3,
            "title must be a table of keys, and is a whole number",
        ),
        (
            tail("[server]\npublic_ips = \"192.0.2.1\"\n"),
            10,
            "write public_ips = [\"203.0.113.7\"]",
        ),
        (
            tail("[server]\nmedia = \"127.0.0.1:8080\"\n"),
            10,
            "different ports",
        ),
        (
            tail("[server]\nmedia = \"127.0.0.1:8079\"\nmedia_shards = 2\n"),
            10,
            "different ports",
        ),
        (
            tail("[server]\nmedia = \"127.0.0.1:65535\"\nmedia_shards = 2\n"),
            10,
            "fewer media_shards",
        ),
        (
            tail("[server]\nmedia_shards = 0\n"),
            10,
            "write a number from 1 to 64",
        ),
        (
            tail("[server]\nmedia_spread_from = 0\n"),
            10,
            "write a number from 1 to 20000",
        ),
        (
            tail(&format!("parent = \"hue\"\n{third}parent = \"ha-noi\"\n")),
            9,
            "above itself",
        ),
        (
            tail("[server]\nhttp = nowhere\n"),
            10,
            "this value has no quotes",
        ),
        (tail("[server]\n[server]\n"), 10, "written before"),
        (
            format!("{HEAD}deputies = [\"ha-no\"]\n{SITE}"),
            4,
            "did you mean \"ha-noi\"?",
        ),
        (
            format!("{HEAD}deputies = [\"ha-noi\", \"ha-noi\"]\n{SITE}"),
            4,
            "is named twice",
        ),
        (
            tail("[conference.rules]\npolicy = \"fist-come\"\n"),
            10,
            "did you mean \"first-come\"?",
        ),
        (
            tail("[conference.rules]\nrequests_per_site = 6\n"),
            10,
            "write a number from 1 to 5",
        ),
        (
            tail("[[conference.agenda]]\nkind = \"report\"\n"),
            9,
            "conference.agenda has no title",
        ),
        (
            tail("[[conference.agenda]]\ntitle = \"x\"\nkind = \"raport\"\n"),
            11,
            "did you mean \"report\"?",
        ),
        (
            tail("[[conference.agenda]]\ntitle = \"x\"\nplanned = \"8h30\"\n"),
            11,
            "write hours and minutes as in \"08:30\"",
        ),
        (
            tail("[[conference.agenda]]\ntitle = \"x\"\nminutes = 241\n"),
            11,
            "write a number from 1 to 240",
        ),
        (
            tail("[[conference.agenda]]\ntitle = \"x\\ny\"\n"),
            10,
            "write one line of plain text",
        ),
        (
            tail("[[conference.agenda]]\ntitle = \"x\u{202e}y\"\n"),
            9,
            "agenda item 1 cannot be used",
        ),
        (
            tail("[[conference.agenda]]\ntitle = \"x\"\nspeakers = [{ site = \"hue\" }]\n"),
            11,
            "no site has the id \"hue\"",
        ),
        (
            tail("[[conference.agenda]]\ntitle = \"x\"\nspeakers = [{ nam = \"Lê\" }]\n"),
            11,
            "conference.agenda.speakers has no site",
        ),
        (SITE.to_owned(), 1, "conference has no id"),
        (HEAD.to_owned(), 1, "has no sites"),
        (String::new(), 1, "has no conference"),
    ] {
        let complaint = complaint(&text);
        let place = format!("c.toml:{line}: ");
        let block = complaint.split("\n\n").find(|block| block.contains(&place));
        assert!(
            block.is_some_and(|block| block.contains(said) && block.contains("mend: ")),
            "{said}\n{complaint}"
        );
        // What a program says to programmers.
        for word in [
            "invalid type",
            "expected a",
            "struct",
            "u64",
            "field",
            "variant",
        ] {
            assert!(!complaint.contains(word), "{complaint}");
        }
    }
}

#[test]
fn every_template_is_good_alone_and_with_the_keys_of_the_server() {
    let project = Path::new(env!("CARGO_MANIFEST_DIR"));
    for template in TEMPLATES {
        let file = format!("config/templates/{}.toml", template.name);
        let alone = std::fs::read_to_string(project.join(file)).expect("the file");
        for text in [alone, template.with_server()] {
            let config =
                read(&text, &[]).unwrap_or_else(|problem| panic!("{}\n{problem}", template.name));
            assert!(config.setup.agenda.len() >= 5, "{}", template.name);
            assert!(config.setup.sites.len() >= 2, "{}", template.name);
        }
    }
}

#[test]
fn rules_deputies_and_the_agenda_are_read() {
    let rules = "policy = \"least-time\"\novertime = \"chair-decides\"\nrequests_per_site = 3\n\
         turns_per_site = 2\nsite_minutes = 15\nrequest_pause_seconds = 45\nready_seconds = 20\n\
         silence_seconds = 5\npresent_with_speech = false\n";
    let agenda = "[[conference.agenda]]\ntitle = \"Khai mạc\"\nkind = \"opening\"\n\
         planned = \"08:30\"\nminutes = 15\n[[conference.agenda]]\ntitle = \"Tham luận\"\n\
         kind = \"speeches\"\nspeakers = [{ site = \"ha-noi\", name = \"Lê Hải An\", \
         words = \"thi đua\", minutes = 10 }, { site = \"ha-noi\" }]\n";
    let text = format!("{HEAD}deputies = [\"ha-noi\"]\n{SITE}[conference.rules]\n{rules}{agenda}");
    let setup = read(&text, &[])
        .unwrap_or_else(|problem| panic!("{problem}"))
        .setup;
    let minutes = |minutes: u64| Millis::from_secs(minutes * 60);
    let expected = Rules {
        policy: Policy::LeastTime,
        overtime: Overtime::ChairDecides,
        requests_per_site: 3,
        turns_per_site: 2,
        site_time: minutes(15),
        request_pause: Millis::from_secs(45),
        ready: Millis::from_secs(20),
        silence: Millis::from_secs(5),
        present_with_speech: false,
        ..Rules::default()
    };
    assert_eq!(setup.rules, expected);
    assert_eq!(setup.deputies, [SiteId::new("ha-noi")]);
    let speaker = |name: &str, words: &str, budget| Speaker {
        site: SiteId::new("ha-noi"),
        name: name.to_owned(),
        words: words.to_owned(),
        budget,
    };
    let item = |title: &str, kind, planned: &str, time, speakers| AgendaDraft {
        title: title.to_owned(),
        kind,
        planned: planned.to_owned(),
        time,
        speakers,
    };
    let speakers = vec![
        speaker("Lê Hải An", "thi đua", Some(minutes(10))),
        speaker("", "", None),
    ];
    assert_eq!(
        setup.agenda,
        [
            item(
                "Khai mạc",
                AgendaKind::Opening,
                "08:30",
                Some(minutes(15)),
                vec![]
            ),
            item("Tham luận", AgendaKind::Speeches, "", None, speakers),
        ]
    );
    // What the file leaves out is what the core thinks usual.
    let plain = read(&format!("{HEAD}{SITE}"), &[]);
    let plain = plain.unwrap_or_else(|problem| panic!("{problem}")).setup;
    assert_eq!(plain.rules, Rules::default());
    assert!(plain.agenda.is_empty() && plain.deputies.is_empty());
}

#[test]
fn sizes_of_documents_are_numbers_in_the_file_and_in_variables() {
    let text = format!("{HEAD}{SITE}[server]\ndocument_mb = 5\n");
    let server = read(&text, &[("DIEMCAU_SERVER_DOCUMENTS_MB", "70")])
        .unwrap_or_else(|problem| panic!("{problem}"))
        .server;
    assert_eq!((server.document_mb, server.documents_mb), (5, 70));
    let complaint = complaint(&text.replace("= 5", "= 0"));
    assert!(complaint.contains("write a number from 1 to 1000"));
    for wrong in ["0", "1000001", "20MB", ""] {
        let problems = read(&text, &[("DIEMCAU_SERVER_DOCUMENTS_MB", wrong)]);
        let said = problems.expect_err("refused").to_string();
        assert!(said.contains("a whole number from 1 to 1000000"), "{said}");
    }
}

#[test]
fn every_mistake_is_told_at_once_and_each_once() {
    let text = format!(
        "{HEAD}{}[conference.rules]\novertime = \"sof\"\ngrace_seconds = \"20\"\n\
         [server]\norigin = []\nhttp = nowhere\ndata = 7\n",
        SITE.replace("expected = 12\n", "")
    );
    let variables = [("DIEMCAU_SERVER_MEDIA", "x"), ("DIEMCAU_SERVR_HTTP", "y")];
    let problems = read(&text, &variables).expect_err("refused");
    let said = problems.to_string();
    for part in [
        "c.toml:9: overtime cannot be \"sof\"",
        "did you mean \"soft\"?",
        "c.toml:10: grace_seconds must be a whole number without quotes, and is a text",
        "c.toml:12: server has no key origin",
        "did you mean origins?",
        "c.toml:13: this value has no quotes",
        "c.toml:14: data must be a text in quotes, and is a whole number",
        "DIEMCAU_SERVER_MEDIA: media must be",
        "did you mean DIEMCAU_SERVER_HTTP?",
    ] {
        assert!(said.contains(part), "{part}\n{said}");
    }
    // `expected` may stand in the line that could not be read.
    assert_eq!(problems.count(), 7, "{said}");
    let mended = text.replace("nowhere", "\"127.0.0.1:1\"");
    let said = read(&mended, &[]).expect_err("refused").to_string();
    assert!(
        said.contains("c.toml:4: conference.sites has no expected"),
        "{said}"
    );
}

#[test]
fn whatever_a_file_holds_the_answer_is_a_list_of_lines() {
    let good = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(DEFAULT_PATH))
        .expect("the project's file");
    let lines: Vec<&str> = good.lines().collect();
    for (index, line) in lines.iter().enumerate() {
        let half: String = line.chars().take(line.chars().count() / 2).collect();
        for broken in ["", &half, "= 7", "[[", "x = { vi = 1 }", "kind = [\"é\"]"] {
            let mut lines = lines.clone();
            lines[index] = broken;
            if let Err(problems) = read(&lines.join("\n"), &[]) {
                assert!(problems.to_string().contains("c.toml:"), "{problems}");
            }
        }
    }
}

#[test]
fn the_environment_wins_over_the_file_and_is_checked() {
    let text = format!("{HEAD}{SITE}");
    let config = read(&text, &[("DIEMCAU_SERVER_HTTP", "127.0.0.1:9")])
        .unwrap_or_else(|problem| panic!("{problem}"));
    assert_eq!(config.server.http.port(), 9);
    for (name, value) in [
        ("DIEMCAU_CONFERENCE_ID", "Họp"),
        ("DIEMCAU_SERVER_HTTPS", "on"),
        ("DIEMCAU_SERVER_TRUSTED_PROXIES", "10.0.0.0/33"),
        ("DIEMCAU_SERVER_TLS_KEY", "key.pem"),
        ("DIEMCAU_SERVER_HTTP", "x"),
        ("DIEMCAU_SERVR_HTTP", "127.0.0.1:9"),
    ] {
        let problem = read(&text, &[(name, value)]).expect_err("refused");
        assert!(problem.to_string().contains(name), "{problem}");
    }
}

#[test]
fn https_is_on_until_it_is_turned_off_and_takes_a_certificate_of_others() {
    let text = format!("{HEAD}{SITE}");
    let read = |text: &str, variables: &[(&str, &str)]| {
        read(text, variables)
            .unwrap_or_else(|problem| panic!("{problem}"))
            .server
    };
    assert_eq!(read(&text, &[]).https.to_string(), "0.0.0.0:8443");
    assert_eq!(read(&text, &[]).tls, None);
    let off = read(&text, &[("DIEMCAU_SERVER_HTTPS", "off")]);
    assert_eq!(off.https, Https(None));
    let whole = format!(
        "{text}[server]\nhttps = \"off\"\ntrusted_proxies = [\"10.0.0.0/8\", \"::1\"]\n\
         [server.tls]\ncertificate = \"a.pem\"\nkey = \"b.pem\"\n"
    );
    let server = read(&whole, &[("DIEMCAU_SERVER_TLS_KEY", "c.pem")]);
    assert_eq!(server.https, Https(None));
    assert_eq!(server.trusted_proxies.len(), 2);
    let files = server.tls.expect("files");
    assert_eq!(
        (files.certificate, files.key),
        (PathBuf::from("a.pem"), PathBuf::from("c.pem"))
    );

    for wrong in [
        "https = \"on\"",
        "trusted_proxies = [\"10.0.0.0/33\"]",
        "tls = { certificate = \"a.pem\" }",
    ] {
        let complaint = complaint(&format!("{text}[server]\n{wrong}\n"));
        assert!(complaint.contains("c.toml:10"), "{complaint}");
    }
}
