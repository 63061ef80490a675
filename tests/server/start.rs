use crate::{
    client::{get, http},
    harness::Place,
};

#[tokio::test]
async fn a_first_start_makes_what_is_needed_and_keeps_it_to_itself() {
    let place = Place::new();
    let server = place.start();
    for file in ["keys", "codes.toml", "log.sqlite"] {
        assert!(place.data().join(file).exists(), "{file}");
    }
    #[cfg(unix)]
    for file in ["keys", "codes.toml"] {
        use std::os::unix::fs::PermissionsExt;
        let mode = std::fs::metadata(place.data().join(file))
            .expect("a file")
            .permissions()
            .mode();
        assert_eq!(mode & 0o077, 0, "{file} is for its owner alone");
    }
    for path in ["/healthz", "/readyz", "/metrics", "/api/v1/openapi.json"] {
        assert_eq!(get(&server, path, "").await.status, 200, "{path}");
    }
    let code = place.code("can-tho", "site");
    server.stop();
    drop(place.start());
    assert_eq!(
        place.code("can-tho", "site"),
        code,
        "a restart changes no code"
    );
}

#[tokio::test]
async fn every_documented_path_is_there() {
    let place = Place::new();
    let server = place.start();
    let document = get(&server, "/api/v1/openapi.json", "").await.json();
    let paths = document["paths"].as_object().expect("paths");
    assert!(paths.len() >= 10);
    for (path, methods) in paths {
        for (method, operation) in methods.as_object().expect("methods") {
            let path = path.replace("{id}", "hoi-nghi-van-phong-2013");
            let answer = http(server.address, &method.to_uppercase(), &path, &[], None).await;
            let status = answer.status.to_string();
            assert!(
                operation["responses"].get(&status).is_some(),
                "{method} {path}: {status}"
            );
        }
    }
}

#[tokio::test]
async fn no_page_may_load_or_frame_anything_of_elsewhere() {
    let place = Place::new();
    let server = place.start();
    for path in [
        "/",
        "/site",
        "/host",
        "/assets/none.js",
        "/../Cargo.toml",
        "/api/v1/session",
    ] {
        let answer = http(server.address, "GET", path, &[], None).await;
        let policy = answer.header("content-security-policy").expect("a policy");
        assert!(policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"));
        assert!(!policy.contains("unsafe"));
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"));
        assert_eq!(answer.header("referrer-policy"), Some("no-referrer"));
    }
    assert_eq!(
        http(server.address, "GET", "/../Cargo.toml", &[], None)
            .await
            .status,
        404
    );
}

#[test]
fn a_wrong_configuration_is_a_start_error_with_line_and_mend() {
    let place = Place::with(|text| text.replace("kind = \"central\"", "kind = \"centre\""));
    for arguments in [&["config", "check"][..], &["serve"][..]] {
        let refused = place.run(arguments);
        assert!(!refused.status.success());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(
            said.contains("conference.toml:61") && said.contains("central"),
            "{said}"
        );
    }
    let two = Place::with(|text| {
        text.replace("turn_seconds = 300", "turn_second = 300")
            .replace("expected = 20", "expected = \"20\"")
    });
    let [checked, served] = [&["config", "check"][..], &["serve"]].map(|arguments| {
        let refused = two.run(arguments);
        assert!(!refused.status.success());
        String::from_utf8_lossy(&refused.stderr).into_owned()
    });
    assert_eq!(checked, served, "the same list");
    for part in [
        "did you mean turn_seconds?",
        "write expected = 20",
        "2 mistakes",
    ] {
        assert!(checked.contains(part), "{checked}");
    }
    assert!(
        !place.data().exists() && !two.data().exists(),
        "nothing was made"
    );
    assert!(Place::new().run(&["config", "check"]).status.success());
}

#[test]
fn a_conference_that_the_log_does_not_have_is_no_pass() {
    let place = Place::new();
    drop(place.start());
    for command in ["verify", "show", "export"] {
        let data = ["log", command, "--data", "var"];
        assert!(place.run(&data).status.success());
        let refused = place.run(&[&data[..], &["--conference", "hoi-nghi"]].concat());
        let said = String::from_utf8_lossy(&refused.stderr).into_owned();
        assert!(!refused.status.success(), "{command}");
        assert!(said.contains("hoi-nghi-van-phong-2013"), "{said}");
    }
}

#[test]
fn every_command_has_help_with_an_example() {
    let place = Place::new();
    for command in [
        &["serve"][..],
        &["config", "check"],
        &["config", "new"],
        &["config", "templates"],
        &["doctor"],
        &["code"],
        &["log", "verify"],
        &["log", "show"],
        &["log", "export"],
    ] {
        let help = place.run(&[command, &["--help"]].concat());
        let text = String::from_utf8_lossy(&help.stdout).into_owned();
        assert!(
            help.status.success() && text.contains("Example:"),
            "{command:?}: {text}"
        );
    }
}
