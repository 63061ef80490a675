//! A configuration from a template, by the command line alone.

use std::{
    path::Path,
    process::{Command, Output},
};

fn config(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_diemcau"));
    command.env_remove("DIEMCAU_CONFIG").current_dir(folder);
    command
        .arg("config")
        .args(arguments)
        .output()
        .expect("it runs")
}

fn said(output: &Output) -> String {
    let both = [output.stdout.as_slice(), &output.stderr].concat();
    String::from_utf8(both).expect("text")
}

#[test]
fn every_template_becomes_a_configuration_that_is_good() {
    let folder = tempfile::tempdir().expect("a folder");
    let list = said(&config(folder.path(), &["templates"]));
    let names: Vec<&str> = list.lines().filter(|line| !line.starts_with(' ')).collect();
    let years: Vec<&str> = names.iter().map(|name| &name[..4]).collect();
    assert_eq!(years, ["2013", "2018", "2019", "2021", "2025"]);
    for name in names {
        let file = format!("new/{name}.toml");
        let made = config(folder.path(), &["new", name, "--config", &file]);
        assert!(made.status.success(), "{}", said(&made));
        assert!(said(&made).contains(&format!("diemcau serve --config {file}")));
        let checked = config(folder.path(), &["check", "--config", &file]);
        assert!(checked.status.success(), "{}", said(&checked));
        let text = said(&checked);
        for part in ["1. Khai mạc", "0.0.0.0:8443"] {
            assert!(text.contains(part), "{name}\n{text}");
        }
    }
    let every = said(&config(
        folder.path(),
        &["check", "--config", "new/2018-van-phong-truyen-thong.toml"],
    ));
    assert!(every.contains("ca-mau") && every.contains("Bà Rịa - Vũng Tàu"));
}

#[test]
fn a_new_configuration_overwrites_nothing_and_its_template_is_found_by_its_year() {
    let folder = tempfile::tempdir().expect("a folder");
    let made = config(folder.path(), &["new"]);
    assert!(made.status.success(), "{}", said(&made));
    let path = folder.path().join("config/conference.toml");
    let project = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/conference.toml");
    let read = |path: &Path| std::fs::read_to_string(path).expect("the file");
    assert_eq!(read(&path), read(&project), "every key explained");

    let again = config(folder.path(), &["new", "2019"]);
    assert!(!again.status.success() && said(&again).contains("is there already"));
    assert_eq!(read(&path), read(&project));
    let other = config(folder.path(), &["new", "2019", "--config", "b.toml"]);
    assert!(other.status.success());
    assert!(read(&folder.path().join("b.toml")).contains("so-ket-cong-doan-co-quan-bo"));
    for unclear in ["20", "2014", "../../etc"] {
        let refused = config(folder.path(), &["new", unclear, "--config", "c.toml"]);
        assert!(!refused.status.success());
        assert!(
            said(&refused).contains("2025-van-phong-bo"),
            "{}",
            said(&refused)
        );
    }
    assert!(!folder.path().join("c.toml").exists());
}
