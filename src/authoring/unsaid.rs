//! What models leave unsaid.
//!
//! A database administrator tunes tables, and guards their rows. No such setting is undone because a model does not
//! mention it; one that a model does mention is as the model says.

use rungs_schema::{Class, Definition, DefinitionKind, Schema};

use crate::diff::Rules;

/// What a model says of row-level security, and all that this decides.
const ROW_SECURITY: [&str; 2] = ["row_security", "force_row_security"];

/// Gives the models' side the settings of the live side that no model mentions. `declared` is as the models have it.
pub(super) fn keep(live: &Schema, models: &mut Schema, declared: &Schema, rules: &Rules) {
    let Some(is_setting) = rules.is_setting else { return };
    for table in &mut models.tables {
        let Some(previous) = live.table(&table.name) else { continue };
        let said = declared.table(&table.name);
        for (word, value) in previous.options.iter().filter(|(word, _)| is_setting(word)) {
            let word_said = if ROW_SECURITY.contains(&word.as_str()) { ROW_SECURITY[0] } else { word };
            let is_said = said.is_some_and(|said| {
                said.options.contains_key(word_said) || word == "partition" && said.partition_by.is_some()
            });
            if !is_said && !table.options.contains_key(word) {
                table.options.insert(word.clone(), value.clone());
            }
        }
        for column in &mut table.columns {
            let Some(previous) = previous.column(&column.name) else { continue };
            let said = said.and_then(|said| said.column(&column.name));
            column.says_charset |= previous.says_charset && column.collation.is_none() && column.ty == previous.ty;
            for (word, value) in &previous.options {
                let is_moot = column.nullable && word.starts_with("not_null");
                let is_said = said.is_some_and(|said| said.options.contains_key(word));
                if !is_said && !is_moot && !column.options.contains_key(word) {
                    column.options.insert(word.clone(), value.clone());
                }
            }
        }
    }
}

/// Gives a declared view, trigger or the like the settings of the live one that its declaration does not mention: where it
/// is kept, how it is counted, whether it is switched on, and after which triggers it fires.
pub(super) fn keep_of_definition(live: &Definition, declared: &mut Definition, rules: &Rules) {
    let is_setting = |word: &str| {
        ["enabled", "tablespace", "access_method", "target"].contains(&word)
            || word.starts_with("option:")
            || word.starts_with("statistics:")
    };
    for (word, value) in live.settings.iter().filter(|(word, _)| is_setting(word)) {
        declared.settings.entry(word.clone()).or_insert_with(|| value.clone());
    }
    if rules.triggers_take_turns && live.kind == DefinitionKind::Trigger {
        declared.needs.retain(|need| need.class != Class::Other);
        live.needs.iter().filter(|need| need.class == Class::Other).for_each(|need| declared.needs.add(need.clone()));
    }
}
