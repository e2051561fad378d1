//! Pairs the parts of two tables.

use rungs_schema::{Check, Exclusion, ForeignKey, Index, PrimaryKey, Unique};

use super::change::Delta;

/// A part of a table that may have a name.
pub trait Named: Clone + PartialEq {
    /// Its name.
    fn name(&self) -> Option<&str>;
    /// Gives it another name, or none.
    fn set_name(&mut self, name: Option<String>);

    /// Whether both are the same but for their names.
    fn same_but_name(&self, other: &Self) -> bool {
        let (mut a, mut b) = (self.clone(), other.clone());
        a.set_name(None);
        b.set_name(None);
        a == b
    }
}

macro_rules! named {
    ($($noun:ident),*) => {$(
        impl Named for $noun {
            fn name(&self) -> Option<&str> {
                self.name.as_deref()
            }
            fn set_name(&mut self, name: Option<String>) {
                self.name = name;
            }
        }
    )*};
}

named!(PrimaryKey, Unique, ForeignKey, Check, Index, Exclusion);

/// What is known of the names of parts.
#[derive(Clone, Copy)]
pub(super) struct Pairing<'a> {
    /// A name was nobody's choice, so that it is no difference.
    pub(super) is_open: &'a dyn Fn(&str) -> bool,
    /// The first name is said to have become the second.
    pub(super) is_renamed: &'a dyn Fn(&str, &str) -> bool,
}

/// The differences between two lists of parts. Equal parts are paired first, then those with one name, then those
/// that are the same but for the name, of these first the ones that are said to be renamed.
pub(super) fn deltas<T: Named>(previous: &[T], next: &[T], pairing: Pairing<'_>) -> Vec<Delta<T>> {
    let Pairing { is_open, is_renamed } = pairing;
    let mut left: Vec<&T> = previous.iter().collect();
    let mut right: Vec<&T> = next.iter().collect();
    pair(&mut left, &mut right, |a, b| a == b);
    let named = pair(&mut left, &mut right, |a, b| a.name().is_some() && a.name() == b.name());
    let said = |a: &T, b: &T| a.name().zip(b.name()).is_some_and(|(a, b)| is_renamed(a, b));
    let mut renamed = pair(&mut left, &mut right, |a, b| said(a, b) && a.same_but_name(b));
    renamed.extend(pair(&mut left, &mut right, |a, b| a.same_but_name(b)));

    let mut deltas: Vec<Delta<T>> = left.into_iter().map(|part| Delta::Drop { previous: part.clone() }).collect();
    let alter = |(a, b): (&T, &T)| Delta::Alter { previous: a.clone(), next: b.clone() };
    deltas.extend(named.into_iter().map(alter));
    deltas.extend(renamed.into_iter().filter(|(_, b)| !b.name().is_some_and(is_open)).map(alter));
    deltas.extend(right.into_iter().map(|part| Delta::Create { next: part.clone() }));
    deltas
}

/// The differences between two lists of parts whose names all count.
pub(crate) fn part_deltas<T: Named>(previous: &[T], next: &[T]) -> Vec<Delta<T>> {
    deltas(previous, next, Pairing { is_open: &|_| false, is_renamed: &|_, _| false })
}

/// Takes the pairs that satisfy a condition out of both lists.
fn pair<'a, T>(left: &mut Vec<&'a T>, right: &mut Vec<&'a T>, fits: impl Fn(&T, &T) -> bool) -> Vec<(&'a T, &'a T)> {
    let mut pairs = Vec::new();
    right.retain(|b| match left.iter().position(|a| fits(a, b)) {
        Some(index) => {
            pairs.push((left.remove(index), *b));
            false
        }
        None => true,
    });
    pairs
}
