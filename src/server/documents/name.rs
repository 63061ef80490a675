//! Names of files: of one that comes in, and in the header of one that goes out.

use std::fmt::Write;

/// Characters of a name.
const LONGEST: usize = 200;
/// Characters of an ending that is kept when a name is cut: `.docx`.
const LONGEST_ENDING: usize = 10;

/// What is left of the name that a browser sent: one line without folders, short enough to be kept,
/// with its ending. Empty if nothing is.
pub(crate) fn plain_name(sent: &str) -> String {
    let name = sent.rsplit(['/', '\\']).next().unwrap_or_default();
    let seen = |character: char| {
        // The same that the rules refuse: a name must not look like another one.
        let hidden = character.is_control()
            || matches!(character, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
        if hidden { ' ' } else { character }
    };
    let name: String = name.chars().map(seen).collect();
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    if name.trim_matches('.').is_empty() {
        return String::new();
    }
    let length = name.chars().count();
    if length <= LONGEST {
        return name;
    }
    let ending = name.rfind('.').map_or("", |dot| &name[dot..]);
    let ending = if ending.chars().count() <= LONGEST_ENDING {
        ending
    } else {
        ""
    };
    let keep = LONGEST - ending.chars().count();
    let start: String = name.chars().take(keep).collect();
    start + ending
}

/// `Content-Disposition` of a file that is saved and never shown (RFC 6266), whatever its name is:
/// `filename*` is UTF-8 in percent-encoding (RFC 8187, section 3.2.1), so that nothing of the name
/// stands in the header as it is.
pub(crate) fn disposition(name: &str) -> String {
    let mut header = String::from("attachment; filename*=UTF-8''");
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            header.push(char::from(byte));
        } else {
            // Writing into a text cannot fail.
            let _ = write!(header, "%{byte:02X}");
        }
    }
    header
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_one_line_without_folders_and_keeps_its_ending() {
        let long = format!("{}.docx", "ố".repeat(300));
        let cut = format!("{}.docx", "ố".repeat(195));
        for (sent, kept) in [
            ("Dự thảo kế hoạch.pdf", "Dự thảo kế hoạch.pdf"),
            ("C:\\Users\\x\\a.pdf", "a.pdf"),
            ("../../keys", "keys"),
            ("a\r\nX-Evil: 1\n.pdf", "a X-Evil: 1 .pdf"),
            ("fdp.\u{202e}exe", "fdp. exe"),
            ("he said \"no\".txt", "he said \"no\".txt"),
            ("..", ""),
            ("/", ""),
            (" \u{7} ", ""),
            (&long, &cut),
            (&"a".repeat(300), &"a".repeat(200)),
        ] {
            assert_eq!(plain_name(sent), kept, "{sent:?}");
        }
    }

    #[test]
    fn a_header_is_of_letters_that_cannot_break_it() {
        assert_eq!(
            disposition("Tờ trình \"1\".pdf"),
            "attachment; filename*=UTF-8''T%E1%BB%9D%20tr%C3%ACnh%20%221%22.pdf"
        );
        let wild = disposition("a\r\nb;c='d'%41\u{1f600}");
        assert_eq!(
            wild,
            "attachment; filename*=UTF-8''a%0D%0Ab%3Bc%3D%27d%27%2541%F0%9F%98%80"
        );
    }
}
