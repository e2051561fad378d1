//! Letter cases of names, identifiers, and the nearest of several words.

use syn::Ident;

/// The words of an identifier in any case: `HTTPServer2` is `http`, `server2`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut word = String::new();
    let letters: Vec<char> = name.chars().collect();
    for (at, &letter) in letters.iter().enumerate() {
        if !letter.is_alphanumeric() {
            if !word.is_empty() {
                words.push(std::mem::take(&mut word));
            }
            continue;
        }
        let before = at.checked_sub(1).and_then(|at| letters.get(at)).copied();
        let after = letters.get(at + 1).copied();
        let begins = letter.is_uppercase()
            && before.is_some_and(|before| {
                before.is_lowercase()
                    || before.is_numeric()
                    || (before.is_uppercase() && after.is_some_and(char::is_lowercase))
            });
        if begins && !word.is_empty() {
            words.push(std::mem::take(&mut word));
        }
        word.extend(letter.to_lowercase());
    }
    if !word.is_empty() {
        words.push(word);
    }
    words
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// `ComputationResult` as `computation_result`.
pub fn snake_case(name: &str) -> String {
    words(name).join("_")
}

/// `computation_result` as `ComputationResult`.
pub fn upper_camel_case(name: &str) -> String {
    words(name).iter().map(|word| capital(word)).collect()
}

/// A Rust identifier for a word, as a field's name: `externalId` is `external_id`, `type` is `r#type`, `1st` is
/// `_1st`. A word that is fine as it is stays as it is.
pub fn field_identifier(word: &str) -> String {
    let is_identifier = syn::parse_str::<Ident>(word).is_ok() || syn::parse_str::<Ident>(&format!("r#{word}")).is_ok();
    let plain = is_identifier && !word.chars().any(char::is_uppercase);
    let name = if plain { word.to_owned() } else { snake_case(word) };
    let name = match name.chars().next() {
        None => String::from("column"),
        Some(first) if first.is_numeric() => format!("_{name}"),
        Some(_) => name,
    };
    if syn::parse_str::<Ident>(&name).is_ok() {
        return name;
    }
    let raw = format!("r#{name}");
    // `self`, `super`, `crate` cannot be raw.
    if syn::parse_str::<Ident>(&raw).is_ok() { raw } else { format!("{}_", name.trim_end_matches('_')) }
}

/// A Rust identifier for a word, as a type's or variant's name: `users_groups` is `UsersGroups`.
pub fn type_identifier(word: &str) -> String {
    let name = upper_camel_case(word);
    match name.chars().next() {
        None => String::from("Unnamed"),
        Some(first) if first.is_numeric() => format!("_{name}"),
        Some(_) if name == "Self" => String::from("Self_"),
        Some(_) => name,
    }
}

/// The letter cases of `rename_all`, in serde's words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Case {
    /// `lowercase`.
    Lower,
    /// `UPPERCASE`.
    Upper,
    /// `PascalCase`.
    Pascal,
    /// `camelCase`.
    Camel,
    /// `snake_case`.
    Snake,
    /// `SCREAMING_SNAKE_CASE`.
    ScreamingSnake,
    /// `kebab-case`.
    Kebab,
    /// `SCREAMING-KEBAB-CASE`.
    ScreamingKebab,
}

impl Case {
    /// Every case, with its word.
    pub const ALL: [(&'static str, Self); 8] = [
        ("lowercase", Self::Lower),
        ("UPPERCASE", Self::Upper),
        ("PascalCase", Self::Pascal),
        ("camelCase", Self::Camel),
        ("snake_case", Self::Snake),
        ("SCREAMING_SNAKE_CASE", Self::ScreamingSnake),
        ("kebab-case", Self::Kebab),
        ("SCREAMING-KEBAB-CASE", Self::ScreamingKebab),
    ];

    /// A name in this case.
    pub fn apply(self, name: &str) -> String {
        let words = words(name);
        match self {
            Self::Lower => words.concat(),
            Self::Upper => words.concat().to_uppercase(),
            Self::Pascal => upper_camel_case(name),
            Self::Camel => {
                words.iter().enumerate().map(|(at, word)| if at == 0 { word.clone() } else { capital(word) }).collect()
            }
            Self::Snake => words.join("_"),
            Self::ScreamingSnake => words.join("_").to_uppercase(),
            Self::Kebab => words.join("-"),
            Self::ScreamingKebab => words.join("-").to_uppercase(),
        }
    }
}

/// The word that is most likely meant, when one is near enough.
pub fn nearest<'a>(word: &str, among: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).max(1);
    among
        .into_iter()
        .map(|candidate| (distance(&word.to_lowercase(), &candidate.to_lowercase()), candidate))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters are added, dropped, changed or swapped with their neighbour between two words.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().collect(), b.chars().collect());
    let mut rows = vec![vec![0; b.len() + 1]; a.len() + 1];
    for i in 0..=a.len() {
        for j in 0..=b.len() {
            rows[i][j] = if i == 0 || j == 0 {
                i + j
            } else {
                let change = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
                let plain = change.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
                let swapped = i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1];
                if swapped { plain.min(rows[i - 2][j - 2] + 1) } else { plain }
            };
        }
    }
    rows[a.len()][b.len()]
}

/// What to say of a word that is not known: the nearest one, and all that are.
pub fn advice<'a>(word: &str, what: &str, among: impl IntoIterator<Item = &'a str> + Clone) -> String {
    let all = among.clone().into_iter().collect::<Vec<_>>().join(", ");
    match nearest(word, among) {
        Some(nearest) => format!("did you mean `{nearest}`? {what}: {all}"),
        None => format!("{what}: {all}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_their_case() {
        assert_eq!(snake_case("ComputationResult"), "computation_result");
        assert_eq!(snake_case("HTTPServer2"), "http_server2");
        assert_eq!(snake_case("externalId"), "external_id");
        assert_eq!(snake_case("PK_Album"), "pk_album");
        assert_eq!(upper_camel_case("users_groups"), "UsersGroups");
        assert_eq!(Case::Camel.apply("created_at"), "createdAt");
        assert_eq!(Case::ScreamingKebab.apply("InProgress"), "IN-PROGRESS");
    }

    #[test]
    fn every_word_has_an_identifier() {
        for (word, expected) in [
            ("email", "email"),
            ("_hidden__", "_hidden__"),
            ("externalId", "external_id"),
            ("type", "r#type"),
            ("Type", "r#type"),
            ("self", "self_"),
            ("1st place", "_1st_place"),
            ("\"", "column"),
            ("größe", "größe"),
            ("_", "column"),
        ] {
            assert_eq!(field_identifier(word), expected, "{word}");
        }
        assert_eq!(type_identifier("users_groups"), "UsersGroups");
        assert_eq!(type_identifier("self"), "Self_");
        assert_eq!(type_identifier("2024 sales"), "_2024Sales");
    }

    #[test]
    fn a_misspelt_word_finds_its_neighbour() {
        assert_eq!(nearest("lenght", ["default", "length"]), Some("length"));
        assert_eq!(nearest("primarykey", ["primary_key", "precision"]), Some("primary_key"));
        assert_eq!(nearest("zzz", ["default", "length"]), None);
    }
}
