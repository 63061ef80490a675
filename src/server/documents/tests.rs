use super::*;

fn open(folder: &Path, document_mb: u64, documents_mb: u64) -> Documents {
    let server = ServerConfig {
        data: folder.to_owned(),
        document_mb,
        documents_mb,
        ..ServerConfig::default()
    };
    Documents::open(&server).expect("a folder")
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join(FOLDER)).expect("the folder");
    let names = entries.map(|entry| entry.expect("an entry").file_name());
    let mut names: Vec<String> = names
        .map(|name| name.into_string().expect("text"))
        .collect();
    names.sort();
    names
}

fn upload(documents: &Documents, content: &[u8]) -> Claim {
    let mut draft = documents.begin(None).expect("room");
    for piece in content.chunks(5) {
        draft.write(piece).expect("written");
    }
    draft.keep().expect("kept")
}

#[test]
fn a_file_is_kept_once_and_goes_with_the_last_claim_that_nobody_named() {
    let folder = tempfile::tempdir().expect("a folder");
    let documents = open(folder.path(), 1, 10);
    let first = upload(&documents, b"the same content");
    let second = upload(&documents, b"the same content");
    let name = first.sha256().as_str().to_owned();
    assert_eq!(second.sha256(), first.sha256());
    assert_eq!(names(folder.path()), [name.as_str()]);
    assert_eq!(documents.lock().bytes, 16);

    // The first is refused while the second may yet be named.
    first.refused();
    assert_eq!(names(folder.path()), [name.as_str()]);
    second.refused();
    assert!(names(folder.path()).is_empty());
    assert_eq!(documents.lock().bytes, 0);

    let third = upload(&documents, b"the same content");
    third.named();
    upload(&documents, b"the same content").refused();
    assert_eq!(names(folder.path()), [name.as_str()]);
    assert_eq!(documents.lock().bytes, 16);

    // Nobody knows what became of it.
    drop(upload(&documents, b"another"));
    assert_eq!(names(folder.path()).len(), 2);
}

#[test]
fn what_is_broken_off_leaves_nothing_and_a_start_cleans_up_after_a_crash() {
    let folder = tempfile::tempdir().expect("a folder");
    let documents = open(folder.path(), 1, 10);
    let mut draft = documents.begin(Some(100)).expect("room");
    draft.write(b"half of it").expect("written");
    assert_eq!(documents.lock().bytes, 10);
    drop(draft);
    assert!(names(folder.path()).is_empty());
    assert_eq!(documents.lock().bytes, 0);

    let mut draft = documents.begin(None).expect("room");
    draft.write(b"half of it").expect("written");
    // The power goes: nothing is dropped.
    std::mem::forget(draft);
    upload(&documents, b"whole").named();
    assert_eq!(names(folder.path()).len(), 2);
    let again = open(folder.path(), 1, 10);
    assert_eq!(names(folder.path()).len(), 1);
    assert_eq!(again.lock().bytes, 5);
    // What an earlier start kept is not removed because a later upload of it is refused.
    upload(&again, b"whole").refused();
    assert_eq!(names(folder.path()).len(), 1);
}

#[test]
fn limits_hold_for_each_file_and_for_all() {
    let folder = tempfile::tempdir().expect("a folder");
    let documents = open(folder.path(), 1, 2);
    let too_large = Some(DocumentRefusal::TooLarge { megabytes: 1 });
    let megabyte = vec![7; 1 << 20];
    assert_eq!(documents.begin(Some((1 << 20) + 1)).err(), too_large);
    let mut draft = documents.begin(None).expect("room");
    draft.write(&megabyte).expect("as much as is allowed");
    assert_eq!(draft.write(b"x").err(), too_large);
    drop(draft);

    let one = upload(&documents, &megabyte);
    let mut other = documents.begin(None).expect("room");
    other.write(&megabyte[1..]).expect("written");
    assert_eq!(
        documents.begin(Some(2)).err(),
        Some(DocumentRefusal::Full),
        "what is on its way counts"
    );
    other.write(b"x").expect("the last byte");
    let mut third = documents.begin(None).expect("begun");
    assert_eq!(third.write(b"x").err(), Some(DocumentRefusal::Full));
    drop(other);
    third.write(b"x").expect("there is room again");
    one.named();

    let empty = documents.begin(Some(0)).expect("begun").keep();
    assert_eq!(empty.err(), Some(DocumentRefusal::Empty));
    assert_eq!(documents.begin(Some(u64::MAX)).err(), too_large);
}

#[test]
fn no_more_files_are_on_their_way_than_may_be() {
    let folder = tempfile::tempdir().expect("a folder");
    let documents = open(folder.path(), 1, 2);
    let held: Vec<_> = (0..UPLOADS).map(|_| documents.place()).collect();
    assert!(held.iter().all(Result::is_ok));
    assert_eq!(documents.place().err(), Some(DocumentRefusal::Busy));
    drop(held);
    assert!(documents.place().is_ok());
}
