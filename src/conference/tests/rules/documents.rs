//! Documents of agenda items: links and files.

use crate::support::{Room, chair, changed, draft};
use diemcau_conference::{
    Command, DocumentFile, DocumentId, DocumentSource, Event, ItemId, Rejection,
};

fn link(item: u32, title: &str, url: &str) -> Command {
    Command::DocumentLink {
        item: ItemId(item),
        title: title.to_owned(),
        url: url.to_owned(),
    }
}

fn three_items() -> Room {
    Room::in_session_with(changed(|setup| setup.agenda = vec![draft("A", &[]); 3]))
}

#[test]
fn an_item_has_50_documents() {
    let mut room = three_items();
    for _ in 0..50 {
        room.ok(&chair(), &link(1, "D", "https://example.vn"));
    }
    let more = link(1, "D", "https://example.vn");
    assert_eq!(room.refused(&chair(), &more), Rejection::TooMany);
    room.ok(&chair(), &link(2, "D", "https://example.vn"));
}

#[test]
fn a_document_is_a_link_or_a_file() {
    let mut room = three_items();
    let document = |number, title: &str, source| {
        [Event::DocumentAdded {
            document: DocumentId(number),
            item: ItemId(2),
            title: title.to_owned(),
            source,
        }]
    };
    let url = "https://example.vn/du-thao.pdf".to_owned();
    assert_eq!(
        room.ok(&chair(), &link(2, "Dự thảo", &url)),
        document(1, "Dự thảo", DocumentSource::Link { url })
    );
    let file = DocumentFile {
        sha256: "0".repeat(64),
        size: 1,
        name: "du-thao.pdf".to_owned(),
    };
    let upload = |title: &str, name: &str| Command::DocumentUpload {
        item: ItemId(2),
        title: title.to_owned(),
        file: DocumentFile {
            name: name.to_owned(),
            ..file.clone()
        },
    };
    assert_eq!(
        room.ok(&chair(), &upload("Tờ trình", "du-thao.pdf")),
        document(2, "Tờ trình", DocumentSource::File(file.clone()))
    );
    for (title, name) in [("", "a.pdf"), ("A", ""), ("A", "\u{202e}fdp.exe")] {
        let command = upload(title, name);
        assert_eq!(room.refused(&chair(), &command), Rejection::BadText);
    }
    let remove = |number| Command::DocumentRemove {
        document: DocumentId(number),
    };
    assert_eq!(
        room.ok(&chair(), &remove(1)),
        [Event::DocumentRemoved {
            document: DocumentId(1),
            item: ItemId(2)
        }]
    );
    assert_eq!(
        room.refused(&chair(), &remove(1)),
        Rejection::UnknownDocument
    );
    assert_eq!(room.conference.agenda()[1].documents.len(), 1);
}

#[test]
fn a_link_is_one_that_a_page_may_open() {
    let long = format!("https://{}", "a".repeat(493));
    let cases = [
        ("https://example.vn/a?b=c#d", true),
        ("http://example.vn", true),
        ("https://", false),
        ("javascript:alert(1)", false),
        ("JAVASCRIPT:alert(1)", false),
        ("ftp://example.vn", false),
        ("https://a b", false),
        (" https://example.vn", false),
        ("", false),
        (&long[..500], true),
        (&long, false),
    ];
    for (url, opens) in cases {
        let answer = three_items().say(&chair(), &link(1, "D", url)).map(drop);
        let expected = if opens {
            Ok(())
        } else {
            Err(Rejection::BadText)
        };
        assert_eq!(answer, expected, "{url:?}");
    }
    for title in ["", " ", "\u{2066}", &"ữ".repeat(201)] {
        let command = link(1, title, "https://example.vn");
        assert_eq!(
            three_items().refused(&chair(), &command),
            Rejection::BadText
        );
    }
    let nowhere = link(9, "D", "https://example.vn");
    assert_eq!(
        three_items().refused(&chair(), &nowhere),
        Rejection::UnknownItem
    );
}
