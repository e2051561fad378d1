//! What a person may have meant.

/// The candidates that come close to what was written, best first, at most three.
pub(super) fn close_to<'a>(text: &str, candidates: impl Iterator<Item = &'a str>) -> Vec<&'a str> {
    // Of one or two letters, everything is close to everything.
    let most = text.chars().count() / 3;
    let mut close: Vec<(usize, &str)> = candidates
        .map(|candidate| (distance(text, candidate), candidate))
        .filter(|(distance, _)| *distance <= most)
        .collect();
    close.sort_unstable();
    close.dedup();
    close.into_iter().take(3).map(|(_, candidate)| candidate).collect()
}

/// Help for a name that is not known.
pub(super) fn did_you_mean<'a>(text: &str, candidates: impl Iterator<Item = &'a str>, otherwise: &str) -> String {
    match close_to(text, candidates).as_slice() {
        [] => otherwise.to_owned(),
        close => format!("did you mean {}?", close.join(" or ")),
    }
}

/// Levenshtein's.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.chars().collect();
    let mut row: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = i + 1;
        for (j, b) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(a != *b);
            diagonal = row[j + 1];
            row[j + 1] = replaced.min(row[j] + 1).min(diagonal + 1);
        }
    }
    row[right.len()]
}
