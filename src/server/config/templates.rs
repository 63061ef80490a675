//! Configurations to begin with, compiled in: those of `config/templates/`, and the whole one of
//! `config/conference.toml`.

/// A conference that was held, as a configuration.
#[derive(Debug)]
pub struct Template {
    /// The name of its file without the ending.
    pub name: &'static str,
    text: &'static str,
}

macro_rules! templates {
    ($($name:literal)+) => {
        /// All templates, the oldest conference first.
        pub const TEMPLATES: &[Template] = &[$(Template {
            name: $name,
            text: include_str!(concat!(
                env!("CARGO_MANIFEST_DIR"), "/config/templates/", $name, ".toml"
            )),
        }),+];
    };
}

templates! {
    "2013-van-phong-so-gddt"
    "2018-van-phong-truyen-thong"
    "2019-cong-doan-co-quan-bo"
    "2021-can-bo-cong-chuc-tra-vinh"
    "2025-van-phong-bo"
}

impl Template {
    /// The configuration that explains every key.
    #[must_use]
    pub fn whole() -> &'static str {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/config/conference.toml"
        ))
    }

    /// What it is for: its first line in Vietnamese, its second in English.
    pub fn about(&self) -> impl Iterator<Item = &'static str> + use<> {
        let lines = self.text.lines().take(2);
        lines.map(|line| line.trim_start_matches(['#', ' ']))
    }

    /// The configuration, with every key of the server explained behind it.
    #[must_use]
    pub fn with_server(&self) -> String {
        let whole = Self::whole();
        let server = whole.find("\n[server]\n").map_or("", |at| &whole[at..]);
        format!("{}{server}", self.text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{fs, path::Path};

    #[test]
    fn every_file_of_the_folder_is_compiled_in_and_says_what_it_is_for() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("config/templates");
        let mut names: Vec<String> = fs::read_dir(folder)
            .expect("the folder")
            .map(|entry| entry.expect("an entry").file_name())
            .map(|name| name.into_string().expect("text"))
            .collect();
        names.sort();
        let known = TEMPLATES.iter().map(|known| format!("{}.toml", known.name));
        assert_eq!(names, known.collect::<Vec<_>>());
        for template in TEMPLATES {
            let about: Vec<&str> = template.about().collect();
            assert!(about.iter().all(|line| line.len() > 20), "{about:?}");
            assert!(template.with_server().contains("\ndocuments_mb = 2000\n"));
        }
    }
}
