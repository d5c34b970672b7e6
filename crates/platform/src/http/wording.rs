//! What the deserialiser says, in words for people: serde speaks of `u32`, variants and sequences.

/// A sentence that says what is wanted, out of an error of serde, of a number's parser or of an id's. What is none of
/// their phrases was written for people already and stays as it is.
#[must_use]
pub fn plain(message: &str) -> String {
    let message = message.rsplit_once(" at line ").map_or(message, |(text, _)| text);
    let field = |prefix: &str| message.strip_prefix(prefix)?.split('`').next();
    if let Some(name) = field("missing field `") {
        return format!("The field {name} is needed.");
    }
    if let Some(name) = field("unknown field `") {
        return format!("The field {name} is not known here.");
    }
    if let Some(name) = field("duplicate field `") {
        return format!("The field {name} was sent twice.");
    }
    if message.starts_with("unknown variant ") {
        return one_of(message);
    }
    if let Some(rest) = message.strip_prefix("invalid type: ") {
        return wanted(rest, false);
    }
    if let Some(rest) = message.strip_prefix("invalid value: ") {
        return wanted(rest, true);
    }
    if let Some(rest) = message.strip_prefix("invalid length ") {
        return wanted(rest, false);
    }
    match message {
        "invalid digit found in string" | "cannot parse integer from empty string" => {
            "This must be a whole number.".to_owned()
        }
        "number too large to fit in target type" | "number too small to fit in target type" => {
            "This number is out of range.".to_owned()
        }
        "provided string was not `true` or `false`" => "This must be true or false.".to_owned(),
        _ if message.starts_with("UUID parsing failed") => "This must be an id as it was given out here.".to_owned(),
        _ => match message.strip_prefix("not a ") {
            Some(kind) => format!("This must be {}.", kind_of(kind, false)),
            None => message.to_owned(),
        },
    }
}

/// «unknown variant `NOPE`, expected one of `A`, `B`», «… expected `A` or `B`», «… expected `A`».
fn one_of(message: &str) -> String {
    let words = message.split_once(", expected ").map_or("", |(_, words)| words);
    let words: Vec<&str> = words.split('`').skip(1).step_by(2).collect();
    match words.as_slice() {
        [] => "This is none of the known words.".to_owned(),
        [only] => format!("This must be {only}."),
        several => format!("This must be one of these words: {}.", several.join(", ")),
    }
}

/// «string "300", expected u32».
fn wanted(rest: &str, is_value: bool) -> String {
    // What was sent comes first and may say anything, also this word.
    match rest.rsplit_once(", expected ") {
        Some((_, kind)) => format!("This must be {}.", kind_of(kind.trim_end_matches('.'), is_value)),
        None => "This is not as it must be.".to_owned(),
    }
}

fn kind_of(kind: &str, with_range: bool) -> String {
    let range = match kind {
        "u8" => Some(u64::from(u8::MAX)),
        "u16" => Some(u64::from(u16::MAX)),
        "u32" => Some(u64::from(u32::MAX)),
        "u64" | "usize" => Some(u64::MAX),
        _ => None,
    };
    if let (Some(max), true) = (range, with_range) {
        return format!("a whole number from 0 to {max}");
    }
    let text = match kind {
        "u8" | "u16" | "u32" | "u64" | "u128" | "usize" | "i8" | "i16" | "i32" | "i64" | "i128" | "isize" => {
            "a whole number"
        }
        "f32" | "f64" => "a number",
        "a string" | "string" | "str" | "a borrowed string" | "String" | "a character" => "a text",
        "a boolean" | "bool" => "true or false",
        "a sequence" | "sequence" => "a list",
        "a map" | "map" => "an object with named fields",
        "string or map" | "variant identifier" => "one of the known words",
        "Uuid" | "uuid::Uuid" | "a formatted UUID string" | "a UUID string" => "an id as it was given out here",
        "field identifier" => "the name of a field",
        "unit" | "null" => "left out",
        kind if kind.starts_with("struct ") || kind.starts_with("internally tagged") => "an object with named fields",
        kind if kind.starts_with("enum ") => "one of the known words",
        kind if kind.starts_with("tuple") || kind.starts_with("an array") => "a list",
        // Types of this program with an expectation of their own say it for people.
        kind => kind,
    };
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_wanted_is_said_without_names_of_types() {
        for (said, plainly) in [
            (r#"invalid type: string "300", expected u32 at line 1 column 9"#, "This must be a whole number."),
            ("invalid value: integer `-1`, expected u16", "This must be a whole number from 0 to 65535."),
            (r#"invalid type: string "a, expected b", expected a boolean"#, "This must be true or false."),
            ("unknown variant `NOPE`, expected one of `A`, `B`, `C`", "This must be one of these words: A, B, C."),
            ("unknown variant `NOPE`, expected `A` or `B`", "This must be one of these words: A, B."),
            ("unknown variant `NOPE`, expected `A`", "This must be A."),
            ("invalid type: sequence, expected a string", "This must be a text."),
            ("invalid type: sequence, expected struct X", "This must be an object with named fields."),
            ("invalid type: integer `5`, expected a sequence", "This must be a list."),
            ("invalid digit found in string", "This must be a whole number."),
            ("not a u32", "This must be a whole number."),
            ("invalid type: null, expected an amount in Qirat", "This must be an amount in Qirat."),
            ("unknown field `x`, expected `y`", "The field x is not known here."),
            ("an amount has no leading zeros", "an amount has no leading zeros"),
        ] {
            assert_eq!(plain(said), plainly, "{said}");
        }
    }
}
