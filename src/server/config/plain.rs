//! Plain words for what a TOML file may hold, and for what its parser says of it.

use toml::de::DeValue;

/// What a value is, for "… and is a whole number".
pub(super) fn kind(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text in quotes",
        DeValue::Integer(_) => "a whole number",
        DeValue::Float(_) => "a number with a point",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date or a time",
        DeValue::Array(_) => "a list in [ ]",
        DeValue::Table(_) => "a table of keys",
    }
}

/// What the parser says, in words for who never saw its grammar, and the mend. What is not in the
/// table is passed on as it is: it is English, if not plain.
pub(super) fn syntax(message: &str) -> (String, &'static str) {
    const TABLE: &[(&str, &str, &str)] = &[
        (
            "duplicate key",
            "this key or table was written before",
            "leave one of the two; many of a kind are written [[conference.sites]]",
        ),
        (
            "string values must be quoted",
            "this text has no quotes",
            "write it in quotes, as in name = \"value\"",
        ),
        (
            "missing opening quote",
            "this text has no quote before it",
            "write it in quotes, as in name = \"value\"",
        ),
        (
            "key with no value",
            "there is no value after this key",
            "write name = value on one line",
        ),
        (
            "missing value",
            "there is no value after the =",
            "write name = value on one line",
        ),
        (
            "missing assignment",
            "there is no = between key and value",
            "write name = value on one line",
        ),
        (
            "extra assignment",
            "there is a second = on this line",
            "write each key on a line of its own",
        ),
        (
            "invalid basic string",
            "a quote is not closed",
            "close the text with \" on the same line",
        ),
        (
            "invalid literal string",
            "a quote is not closed",
            "close the text with ' on the same line",
        ),
        (
            "missing comma",
            "there is no comma between two values",
            "put a comma between them",
        ),
        ("extra comma", "there is a comma too many", "take it out"),
        (
            "unclosed array table",
            "the ]] at the end of this head is missing",
            "write [[conference.sites]]",
        ),
        ("unclosed array", "this list is not closed", "end it with ]"),
        (
            "unclosed inline table",
            "this { is not closed",
            "end it with }",
        ),
        (
            "unclosed table",
            "the ] at the end of this head is missing",
            "write [server]",
        ),
        (
            "unexpected leading zero",
            "a number begins with 0",
            "write it without the 0, or in quotes if it is a text",
        ),
        (
            "invalid unquoted key",
            "this key has letters that need quotes",
            "the keys of this file are of a to z and _ only",
        ),
        (
            "invalid key-value pair",
            "this line is no key with its value",
            "write name = value on one line",
        ),
        // Whatever a word without quotes begins like: a number, a date, true, nan.
        (
            "invalid ",
            "this value has no quotes, and is no number and neither true nor false",
            "write a text in quotes, as in name = \"value\"",
        ),
        (
            "missing key",
            "there is no key before the =",
            "write name = value on one line",
        ),
    ];
    for (sign, what, mend) in TABLE {
        if message.starts_with(sign) {
            return ((*what).to_owned(), mend);
        }
    }
    if message.starts_with("cannot extend value") {
        return (
            "a table of this name stands elsewhere as a value".to_owned(),
            "write its keys in one place",
        );
    }
    (
        format!("this line cannot be read: {message}"),
        "write it as its like in config/conference.toml of the project",
    )
}

/// The one of `known` that was probably meant.
pub(super) fn nearest<'a>(
    written: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> Option<&'a str> {
    let written = written.to_lowercase();
    known
        .into_iter()
        .map(|known| {
            let distance = strsim::damerau_levenshtein(&written, &known.to_lowercase());
            (distance, known)
        })
        // One slip in three letters; more is another word.
        .filter(|(distance, known)| *distance <= (known.chars().count() / 3).clamp(1, 4))
        .min()
        .map(|(_, known)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_known_and_another_word_is_not() {
        let keys = ["turn_seconds", "grace_seconds", "http", "id", "en"];
        for (written, meant) in [
            ("turn_second", Some("turn_seconds")),
            ("Turn_Secodns", Some("turn_seconds")),
            ("htpp", Some("http")),
            ("idd", Some("id")),
            ("vi", None),
            ("colour", None),
        ] {
            assert_eq!(nearest(written, keys), meant, "{written}");
        }
    }
}
