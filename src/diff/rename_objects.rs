//! Renames of what is no table: enumerated types and their values, and views.

use rungs_schema::{
    Definition, DefinitionKind, EnumType, Hints, IndexKey, IndexPart, ObjectName, Reference, Schema, Table,
};

use super::change::{Change, Delta};
use super::dependents::has_opaque_body;
use super::enums::with_names;
use super::rename::Renamed;
use super::words::{bare, with_identifier, words};
use super::{enums, rename};

/// Types get their names, and values theirs, before all else: tables are then compared under them.
pub(super) fn types(renamed: &mut Renamed, next: &Schema, hints: &Hints) {
    for (name, said) in &hints.enums {
        let Some(wanted) = next.enums.iter().find(|one| one.name == *name) else { continue };
        let has = |schema: &Schema, name: &ObjectName| schema.enums.iter().any(|one| one.name == *name);
        let former = said
            .renamed_from
            .as_ref()
            .filter(|old| has(&renamed.schema, old) && !has(&renamed.schema, name) && !has(next, old));
        let old = former.unwrap_or(name);
        let Some(before) = renamed.schema.enums.iter().find(|one| one.name == *old).cloned() else { continue };
        let is_due = |(new, old): &(&String, &String)| {
            let comes = wanted.values.contains(new) && !before.values.contains(new);
            comes && before.values.contains(old) && !wanted.values.contains(old)
        };
        let values: Vec<(String, String)> =
            said.values.iter().filter(is_due).map(|(new, old)| (old.clone(), new.clone())).collect();
        let after = EnumType { name: name.clone(), ..with_names(&before, &values) };
        if before == after {
            continue;
        }
        rename_type(&mut renamed.schema, &before, &after, next);
        let mut change = Change::of_enum(Delta::Alter { previous: before, next: after });
        if let Change::Enum { renamed, .. } = &mut change {
            *renamed = values;
        }
        renamed.changes.push(change);
    }
}

fn rename_type(schema: &mut Schema, before: &EnumType, after: &EnumType, next: &Schema) {
    for one in schema.enums.iter_mut().filter(|one| one.name == before.name) {
        one.clone_from(after);
    }
    let rewrite = |text: &mut String| *text = recast(text, before, after);
    for table in &mut schema.tables {
        for column in &mut table.columns {
            let Some(ty) = column.ty.native().filter(|ty| enums::is_of(ty, &before.name)) else { continue };
            let array = &ty[ty.trim_end_matches("[]").len()..];
            let wished = next.table(&table.name).and_then(|table| table.column(&column.name)?.ty.native());
            let wished = wished.filter(|wished| enums::is_of(wished, &after.name) && wished.ends_with(array));
            let ty = wished.map_or_else(|| format!("{}{array}", printed(&after.name)), str::to_owned);
            column.ty = rungs_schema::ColumnType::Native(ty);
        }
        expressions(table).for_each(rewrite);
        table.needs = retyped(&table.needs, before, after);
    }
    for definition in &mut schema.definitions {
        if !has_opaque_body(definition) {
            rewrite(&mut definition.sql);
        }
        definition.needs = retyped(&definition.needs, before, after);
    }
    let object = Reference::ty(&before.name);
    for access in schema.access.iter_mut().filter(|access| access.object == object) {
        access.object = Reference::ty(&after.name);
    }
}

/// Every expression of a table.
fn expressions(table: &mut Table) -> impl Iterator<Item = &mut String> {
    fn of_part(part: &mut IndexPart) -> Option<&mut String> {
        match &mut part.key {
            IndexKey::Column(_) => None,
            IndexKey::Expression(text) => Some(text),
        }
    }
    let columns = table.columns.iter_mut().flat_map(|column| {
        let generated = column.generated.as_mut().map(|generated| &mut generated.expression);
        column.default.as_mut().into_iter().chain(generated)
    });
    let checks = table.checks.iter_mut().map(|check| &mut check.expression);
    let indexes = table
        .indexes
        .iter_mut()
        .flat_map(|index| index.parts.iter_mut().filter_map(of_part).chain(index.predicate.as_mut()));
    columns.chain(checks).chain(indexes).chain(table.exclusions.iter_mut().map(|one| &mut one.definition))
}

fn retyped(needs: &rungs_schema::Needs, before: &EnumType, after: &EnumType) -> rungs_schema::Needs {
    let old = Reference::ty(&before.name);
    needs.renamed(|reference| if *reference == old { Reference::ty(&after.name) } else { reference.clone() })
}

/// An expression in which a type has another name, and its values theirs. The server prints a cast behind every literal
/// of such a type, and the name of a type stands in a cast alone: a column may have the same name.
fn recast(expression: &str, before: &EnumType, after: &EnumType) -> String {
    let words = words(expression);
    let mut out: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
    for at in 1..words.len() {
        if !(words[at] == ":" && words.get(at + 1) == Some(&":")) {
            continue;
        }
        let Some((range, schema, name)) = type_at(&words, at + 2) else { continue };
        if schema != before.name.schema || name != before.name.name {
            continue;
        }
        let literal = words[at - 1].strip_prefix('\'').and_then(|text| text.strip_suffix('\''));
        let position = literal.and_then(|text| {
            let value = text.replace("''", "'");
            before.values.iter().position(|one| *one == value)
        });
        if let Some(value) = position.and_then(|position| after.values.get(position)) {
            out[at - 1] = format!("'{}'", value.replace('\'', "''"));
        }
        out[range.start] = printed(&after.name);
        out[range.start + 1..range.end].iter_mut().for_each(String::clear);
    }
    out.concat()
}

/// The name of a type that begins at a word: where it stands, its namespace, its bare name.
fn type_at(words: &[&str], at: usize) -> Option<(std::ops::Range<usize>, Option<String>, String)> {
    let first = bare(words.get(at)?);
    match (words.get(at + 1), words.get(at + 2)) {
        (Some(&"."), Some(second)) => Some((at..at + 3, Some(first), bare(second))),
        _ => Some((at..at + 1, None, first)),
    }
}

/// A type's name as the server prints it. A keyword that it would put in quotes too is settled by comparing as printed.
fn printed(name: &ObjectName) -> String {
    let word = |text: &str| {
        let plain = text.starts_with(|c: char| c.is_ascii_lowercase() || c == '_')
            && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_');
        if plain { text.to_owned() } else { format!("\"{}\"", text.replace('"', "\"\"")) }
    };
    name.schema.iter().map(|schema| format!("{}.", word(schema))).chain([word(&name.name)]).collect()
}

/// Views come last: they may stand on tables that have their new names by then.
pub(super) fn views(renamed: &mut Renamed, next: &Schema, hints: &Hints) {
    let is_view = |one: &Definition| matches!(one.kind, DefinitionKind::View | DefinitionKind::MaterializedView);
    let of = |schema: &Schema, name: &ObjectName| {
        schema.definitions.iter().position(|one| is_view(one) && one.name == *name)
    };
    for (new, old) in &hints.views {
        let Some(at) = of(&renamed.schema, old) else { continue };
        let kind = renamed.schema.definitions[at].kind;
        // Not every engine takes the triggers of a view along.
        let triggers = |one: &Definition| one.kind == DefinitionKind::Trigger && one.table.as_ref() == Some(old);
        if renamed.schema.definitions.iter().any(triggers) {
            continue;
        }
        let wanted = of(next, new).is_some_and(|wanted| next.definitions[wanted].kind == kind);
        if !wanted || of(&renamed.schema, new).is_some() || of(next, old).is_some() {
            continue;
        }
        let before = renamed.schema.definitions[at].clone();
        rename::rename_relation(&mut renamed.schema, old, new);
        let after = &mut renamed.schema.definitions[at];
        after.name.clone_from(new);
        after.sql = with_head(&before.sql, &old.name, &new.name);
        let delta = Delta::Alter { previous: before, next: after.clone() };
        renamed.changes.push(Change::Definition(delta));
    }
}

/// `CREATE VIEW name AS ...` with another name.
fn with_head(sql: &str, old: &str, new: &str) -> String {
    let end = sql.to_ascii_lowercase().find(" as").map_or(sql.len(), |at| at + 3);
    format!("{}{}", with_identifier(&sql[..end], old, new), &sql[end..])
}

/// What stands on a renamed relation or type: the engine may know it under its old name still.
pub(crate) fn stands_on_renamed(definition: &Definition, renames: &[Change]) -> bool {
    renames.iter().any(|change| match change {
        Change::AlterTable(alter) => {
            [&alter.previous, &alter.next].iter().any(|table| definition.stands_on(&table.name))
        }
        Change::Enum { delta, .. } => {
            delta.previous().is_some_and(|one| definition.needs.contains(&Reference::ty(&one.name)))
        }
        Change::Definition(delta) => delta
            .previous()
            .is_some_and(|one| one.name != definition.name && definition.needs.contains(&one.reference())),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_and_its_values_are_renamed_in_casts_alone() {
        let of = |name: &str, values: &[&str]| EnumType {
            name: ObjectName::bare(name),
            values: values.iter().map(|one| (*one).to_owned()).collect(),
            comment: None,
        };
        let (before, after) = (of("mood", &["sad", "it's"]), of("Feeling", &["blue", "it's"]));
        assert_eq!(
            recast("(mood = 'sad'::mood) OR (x = 'sad'::text) OR ('it''s'::mood)::text = 'mood'", &before, &after),
            "(mood = 'blue'::\"Feeling\") OR (x = 'sad'::text) OR ('it''s'::\"Feeling\")::text = 'mood'"
        );
        let qualified = EnumType { name: ObjectName::qualified("app", "mood"), ..before.clone() };
        assert_eq!(recast("'sad'::mood", &qualified, &after), "'sad'::mood");
        assert_eq!(recast("'sad'::app.mood", &qualified, &after), "'blue'::\"Feeling\"");
    }

    #[test]
    fn the_head_of_a_view_gets_its_name() {
        assert_eq!(with_head("CREATE VIEW v AS SELECT v.a FROM v", "v", "w"), "CREATE VIEW w AS SELECT v.a FROM v");
    }
}
