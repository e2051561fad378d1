/// The parts of a definition by name, in order: the columns of a view with their types, the clauses of a policy, the
/// members of a publication.
///
/// They follow from the statement, and are no part of what the definition is: definitions with other outlines, or with
/// none, are equal when their statements are. What they tell is whether one can take another's place where it stands.
#[derive(Debug, Clone, Default)]
pub struct Outline(pub Vec<(String, String)>);

impl Outline {
    /// The part of this name.
    pub fn part(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(part, _)| part == name).map(|(_, text)| text.as_str())
    }
}

impl PartialEq for Outline {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Outline {}
