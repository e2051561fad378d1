//! Where columns go.

/// A column that has to be put somewhere: after another, or first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placement {
    pub(super) column: String,
    pub(super) after: Option<String>,
}

/// Puts new columns, and with `moves` also those that stand in a wrong place, where the target has them. Fewest
/// columns move: those on a longest run that is in order already stay. `current` becomes the order after it.
///
/// The server takes clauses with a position one after the other, so that each may stand after one that was placed
/// before it; the result is in the order of the target for that reason.
pub(super) fn place(current: &mut Vec<String>, target: &[String], new: &[String], moves: bool) -> Vec<Placement> {
    let place_of = |name: &String| target.iter().position(|other| other == name);
    let moved: Vec<String> = if moves {
        let ranks: Vec<usize> = current.iter().filter_map(place_of).collect();
        let kept = longest_rising(&ranks);
        ranks.iter().filter(|rank| !kept.contains(rank)).map(|rank| target[*rank].clone()).collect()
    } else {
        Vec::new()
    };
    current.retain(|name| !moved.contains(name));
    let mut placements = Vec::new();
    for (rank, name) in target.iter().enumerate() {
        if !(new.contains(name) || moved.contains(name)) {
            continue;
        }
        let after = target[..rank].iter().rev().find(|before| current.contains(before)).cloned();
        let at = after.as_ref().and_then(|after| current.iter().position(|name| name == after)).map_or(0, |at| at + 1);
        current.insert(at, name.clone());
        placements.push(Placement { column: name.clone(), after });
    }
    placements
}

/// A longest rising subsequence; all values differ.
fn longest_rising(values: &[usize]) -> Vec<usize> {
    let mut best: Vec<Vec<usize>> = Vec::with_capacity(values.len());
    for (index, value) in values.iter().enumerate() {
        let longest = best[..index].iter().filter(|run| run.last() < Some(value)).max_by_key(|run| run.len());
        let mut run = longest.cloned().unwrap_or_default();
        run.push(*value);
        best.push(run);
    }
    best.into_iter().max_by_key(Vec::len).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(text: &str) -> Vec<String> {
        text.chars().map(String::from).collect()
    }

    #[test]
    fn few_columns_move_and_new_ones_find_their_place() {
        let mut current = names("abcd");
        let placements = place(&mut current, &names("dxabc"), &names("x"), true);
        assert_eq!(current, names("dxabc"));
        assert_eq!(placements.len(), 2);
        assert_eq!(placements[0], Placement { column: "d".to_owned(), after: None });
    }

    #[test]
    fn without_moves_the_others_stay() {
        let mut current = names("ba");
        assert_eq!(place(&mut current, &names("abx"), &names("x"), false).len(), 1);
        assert_eq!(current, names("bxa"));
    }
}
