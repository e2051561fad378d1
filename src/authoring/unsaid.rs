//! What models leave unsaid.
//!
//! A database administrator tunes tables, and guards their rows. No such setting is undone because a model does not
//! mention it; one that a model does mention is as the model says.

use rungs_schema::Schema;

use crate::diff::Rules;

/// Gives the models' side the settings of the live side that no model mentions.
pub(super) fn keep(live: &Schema, models: &mut Schema, declared: &Schema, rules: &Rules) {
    let Some(is_setting) = rules.is_setting else { return };
    for table in &mut models.tables {
        let Some(previous) = live.table(&table.name) else { continue };
        let said = declared.table(&table.name);
        for (word, value) in previous.options.iter().filter(|(word, _)| is_setting(word)) {
            if !said.is_some_and(|said| said.options.contains_key(word)) {
                table.options.insert(word.clone(), value.clone());
            }
        }
        for column in &mut table.columns {
            let Some(previous) = previous.column(&column.name) else { continue };
            let said = said.and_then(|said| said.column(&column.name));
            for (word, value) in &previous.options {
                if !said.is_some_and(|said| said.options.contains_key(word)) {
                    column.options.insert(word.clone(), value.clone());
                }
            }
        }
    }
}
