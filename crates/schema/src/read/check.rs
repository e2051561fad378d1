//! All models together: what one says of another.

use std::collections::{BTreeMap, BTreeSet};

use proc_macro2::Span;
use syn::ext::IdentExt;

use super::enums::{self, DbEnum};
use super::error::{Fault, ReadError};
use super::files::Reading;
use super::model::{self, Model};
use super::reference::{Reference, Target};
use super::role::DeclaredGrant;
use super::scope::{Lookup, Scope, TypeItem};
use super::words::{advice, nearest};
use crate::{Declared, EnumHints, ForeignKey, Grant, Location, ObjectName, Sequence, Table, View};

/// A model with the module it stands in.
struct Placed<T> {
    module: usize,
    item: T,
}

struct Checker {
    reading: Reading,
    models: Vec<Placed<Model>>,
    enums: Vec<Placed<DbEnum>>,
    errors: Vec<ReadError>,
}

/// A schema, with the group that each thing of it belongs to, by its place among the groups that were read.
#[derive(Debug, Default)]
pub struct Grouped {
    /// Everything together.
    pub declared: Declared,
    /// The group of each table.
    pub tables: BTreeMap<ObjectName, usize>,
    /// The group of each enumerated type.
    pub enums: BTreeMap<ObjectName, usize>,
    /// The groups of each sequence: that which declares it, else all that use it.
    pub sequences: BTreeMap<ObjectName, BTreeSet<usize>>,
}

/// The schema of everything that was read.
pub fn declared(reading: Reading) -> Result<Declared, Vec<ReadError>> {
    grouped(reading).map(|grouped| grouped.declared)
}

/// The same, with the groups.
pub fn grouped(mut reading: Reading) -> Result<Grouped, Vec<ReadError>> {
    let errors = std::mem::take(&mut reading.errors);
    let mut checker = Checker { reading, models: Vec::new(), enums: Vec::new(), errors };
    checker.read();
    checker.tables();
    checker.columns_renamed();
    checker.enum_names();
    let keys = checker.references();
    let sequences = checker.sequences();
    let queries = checker.queries();
    let Checker { reading, models, enums, mut errors } = checker;
    if !errors.is_empty() {
        errors.sort_by(|a, b| (&a.file, a.line, a.column).cmp(&(&b.file, b.line, b.column)));
        return Err(errors);
    }
    let mut grouped = Grouped::default();
    let group = |module: usize| reading.world.modules[module].group;
    grouped.sequences = groups_of_sequences(&models, group);
    for ((placed, keys), query) in models.into_iter().zip(keys).zip(queries) {
        let file = &reading.files[reading.world.modules[placed.module].file].shown;
        if !placed.item.role.unmanaged {
            grouped.tables.insert(placed.item.table.name.clone(), group(placed.module));
        }
        take(&mut grouped.declared, placed.item, keys, query, file);
    }
    let declared = &mut grouped.declared;
    for placed in enums {
        let file = &reading.files[reading.world.modules[placed.module].file].shown;
        let DbEnum { ident, ty, hints, .. } = placed.item;
        grouped.enums.insert(ty.name.clone(), group(placed.module));
        let location = location(file, ident.span());
        declared.hints.enums.insert(ty.name.clone(), EnumHints { location, ..hints });
        declared.schema.enums.push(ty);
    }
    declared.views.sort_by(|a, b| a.name.cmp(&b.name));
    declared.grants.sort_by(|a, b| (&a.on, &a.location).cmp(&(&b.on, &b.location)));
    declared.schema.sequences = sequences;
    declared.schema.sort();
    Ok(grouped)
}

fn groups_of_sequences(
    models: &[Placed<Model>],
    group: impl Fn(usize) -> usize,
) -> BTreeMap<ObjectName, BTreeSet<usize>> {
    let mut groups: BTreeMap<ObjectName, BTreeSet<usize>> = BTreeMap::new();
    let mut declared: BTreeSet<&ObjectName> = BTreeSet::new();
    for placed in models {
        for found in placed.item.sequences.iter().filter(|found| found.declared) {
            declared.insert(&found.sequence.name);
            groups.entry(found.sequence.name.clone()).or_default().insert(group(placed.module));
        }
    }
    for placed in models {
        for found in placed.item.sequences.iter().filter(|found| !declared.contains(&found.sequence.name)) {
            groups.entry(found.sequence.name.clone()).or_default().insert(group(placed.module));
        }
    }
    groups
}

fn location(file: &str, span: Span) -> Option<Location> {
    let start = span.start();
    Some(Location { file: file.to_owned(), line: start.line, column: start.column + 1 })
}

fn take(declared: &mut Declared, model: Model, keys: Vec<ForeignKey>, query: Option<String>, file: &str) {
    let mut hints = model.hints;
    hints.location = location(file, model.ident.span());
    for field in &model.fields {
        if let Some(column) = hints.columns.get_mut(&field.column) {
            column.location = location(file, field.span);
        }
    }
    let Table { name, comment, indexes, .. } = &model.table;
    if model.role.unmanaged {
        declared.unmanaged.insert(name.clone());
        return;
    }
    for grant in model.role.grants {
        let DeclaredGrant { privileges, to, grantable, tokens } = grant;
        let span = tokens.into_iter().next().map_or_else(Span::call_site, |token| token.span());
        declared.grants.push(Grant { on: name.clone(), privileges, to, grantable, location: location(file, span) });
    }
    if let Some(query) = query {
        declared.hints.views.extend(hints.renamed_from.map(|former| (name.clone(), former)));
        declared.views.push(View {
            name: name.clone(),
            materialized: model.role.materialized,
            query,
            indexes: indexes.clone(),
            comment: comment.clone(),
            model: hints.model,
            location: hints.location,
        });
        return;
    }
    declared.hints.tables.insert(name.clone(), hints);
    declared.schema.tables.push(Table { foreign_keys: keys, ..model.table });
}

impl Checker {
    fn fault(&mut self, module: usize, fault: Fault) {
        let file = &self.reading.files[self.reading.world.modules[module].file];
        self.errors.push(ReadError::in_text(fault, &file.shown, &file.text));
    }

    /// `file:line:column` of a place.
    fn place(&self, module: usize, span: Span) -> String {
        let file = &self.reading.files[self.reading.world.modules[module].file];
        let start = span.start();
        format!("{}:{}:{}", file.shown, start.line, start.column + 1)
    }

    fn read(&mut self) {
        let mut all_faults = Vec::new();
        for (module, item) in self.reading.world.items() {
            let scope = Scope::of(&self.reading.world, module);
            match item {
                TypeItem::Model(item) => {
                    let (model, faults) = model::read(item, scope);
                    self.models.push(Placed { module, item: model });
                    all_faults.extend(faults.into_iter().map(|fault| (module, fault)));
                }
                TypeItem::Enum(item) => {
                    let mut faults = Vec::new();
                    let item = enums::read(item, scope, &mut faults);
                    self.enums.push(Placed { module, item });
                    all_faults.extend(faults.into_iter().map(|fault| (module, fault)));
                }
                TypeItem::Alias(_) | TypeItem::Other => {}
            }
        }
        for (module, fault) in all_faults {
            self.fault(module, fault);
        }
    }

    fn tables(&mut self) {
        let mut faults = Vec::new();
        let mut seen: BTreeMap<&ObjectName, &Placed<Model>> = BTreeMap::new();
        for placed in &self.models {
            let name = &placed.item.table.name;
            if let Some(first) = seen.get(name) {
                let fault =
                    Fault::at(placed.item.ident.span(), format!("two models for the table `{name}`")).help(format!(
                        "the other one is `{}` at {}; give one of them another name with #[model(table = \"...\")]",
                        first.item.ident,
                        self.place(first.module, first.item.ident.span())
                    ));
                faults.push((placed.module, fault));
            } else {
                seen.insert(name, placed);
            }
        }
        for placed in &self.models {
            if let Some(previous) = &placed.item.hints.renamed_from
                && let Some(other) = seen.get(previous)
            {
                let fault = Fault::at(
                    placed.item.ident.span(),
                    format!(
                        "`{}` cannot be renamed from `{previous}`, which is still a model's table",
                        placed.item.table.name
                    ),
                )
                .help(format!(
                    "it is the table of `{}`; take `renamed_from` away once the rename is done",
                    other.item.ident
                ));
                faults.push((placed.module, fault));
            }
        }
        self.tell(faults);
    }

    fn columns_renamed(&mut self) {
        let mut faults = Vec::new();
        for placed in &self.models {
            for field in &placed.item.fields {
                let hints = placed.item.hints.columns.get(&field.column);
                let Some(previous) = hints.and_then(|hints| hints.renamed_from.as_deref()) else { continue };
                if placed.item.fields.iter().any(|other| other.column == previous) {
                    let fault = Fault::at(
                        field.span,
                        format!("`{}` cannot be renamed from `{previous}`, which is still a column", field.column),
                    );
                    faults.push((placed.module, fault.help("take `renamed_from` away once the rename is done")));
                }
            }
        }
        self.tell(faults);
    }

    fn enum_names(&mut self) {
        let mut faults = Vec::new();
        for (at, placed) in self.enums.iter().enumerate() {
            let name = &placed.item.ty.name;
            if let Some(first) = self.enums[..at].iter().find(|other| other.item.ty.name == *name) {
                let span = placed.item.ident.span();
                let fault = Fault::at(span, format!("two enumerations for the type `{name}`")).help(format!(
                    "the other one is at {}; give one of them another name with #[db_enum(name = \"...\")]",
                    self.place(first.module, first.item.ident.span())
                ));
                faults.push((placed.module, fault));
            }
        }
        self.tell(faults);
    }

    /// The foreign keys of each model, with the tables they refer to.
    fn references(&mut self) -> Vec<Vec<ForeignKey>> {
        let mut faults = Vec::new();
        let mut all = Vec::new();
        for placed in &self.models {
            let mut keys = placed.item.table.foreign_keys.clone();
            for reference in &placed.item.references {
                let Some(key) = keys.get_mut(reference.key) else { continue };
                if let Err(fault) = self.resolve(placed, reference, key) {
                    faults.push((placed.module, fault));
                }
            }
            all.push(keys);
        }
        self.tell(faults);
        all
    }

    fn resolve(&self, from: &Placed<Model>, reference: &Reference, key: &mut ForeignKey) -> Result<(), Fault> {
        match &reference.target {
            Target::Paths(paths) => {
                let (to, columns) = self.model_columns(from, reference, paths)?;
                key.references = to.table.name.clone();
                key.referenced_columns = columns;
            }
            Target::Table(name, columns) => {
                key.references = name.clone();
                key.referenced_columns = columns.clone().unwrap_or_default();
                if !reference.external {
                    let to = self.table(name, reference)?;
                    if let Some(columns) = columns {
                        has_columns(to, columns, reference)?;
                    } else {
                        key.referenced_columns = primary_key(to, reference)?;
                    }
                }
                // What an engine takes for the primary key by itself.
                if columns.as_ref().is_some_and(Vec::is_empty) {
                    return Ok(());
                }
            }
        }
        if let Some(view) =
            self.models.iter().find(|one| one.item.role.view.is_some() && one.item.table.name == key.references)
        {
            return Err(
                reference.fault(format!("`{}` is a view, which no foreign key can refer to", view.item.ident.unraw()))
            );
        }
        if key.columns.len() == key.referenced_columns.len()
            || (reference.external && key.referenced_columns.is_empty())
        {
            return Ok(());
        }
        Err(reference.fault(format!(
            "{} cannot refer to {} of `{}`",
            columns_of(key.columns.len()),
            columns_of(key.referenced_columns.len()),
            key.references
        )))
    }

    fn table(&self, name: &ObjectName, reference: &Reference) -> Result<&Model, Fault> {
        let models = || self.models.iter().map(|placed| &placed.item);
        let exact = models().find(|model| model.table.name == *name);
        // Engines fold letters, or do not; whoever writes another case means the same table.
        let folded = || models().find(|model| model.table.name.to_string().eq_ignore_ascii_case(&name.to_string()));
        exact.or_else(folded).ok_or_else(|| {
            let tables: Vec<String> = models().map(|model| model.table.name.to_string()).collect();
            let near = nearest(&name.to_string(), tables.iter().map(String::as_str))
                .map_or_else(String::new, |near| format!("did you mean `{near}`? "));
            reference.fault(format!("there is no model for the table `{name}`")).help(format!(
                "{near}for a table that is not among the models write references(\"{name}(...)\", external)"
            ))
        })
    }

    /// The model and the columns that paths like `Tenant::id` lead to.
    fn model_columns<'s>(
        &'s self,
        from: &'s Placed<Model>,
        reference: &Reference,
        paths: &[Vec<String>],
    ) -> Result<(&'s Model, Vec<String>), Fault> {
        let mut target: Option<&Model> = None;
        let mut columns = Vec::new();
        for path in paths {
            let field = path.split_last().filter(|(_, model)| !model.is_empty());
            let (model, field) = match field {
                Some((field, model)) => match self.model(from, model) {
                    Ok(found) => (found, Some(field)),
                    Err(_) => (self.model(from, path).map_err(|why| self.no_model(reference, model, why))?, None),
                },
                None => (self.model(from, path).map_err(|why| self.no_model(reference, path, why))?, None),
            };
            if target.is_some_and(|before| before.table.name != model.table.name) {
                return Err(
                    reference.fault("a foreign key refers to one table, and these are fields of several models")
                );
            }
            target = Some(model);
            match field {
                Some(field) => columns.push(column_of(model, field, reference)?),
                None => columns.extend(primary_key(model, reference)?),
            }
        }
        target.map(|model| (model, columns)).ok_or_else(|| reference.fault("`references` wants a field of a model"))
    }

    fn no_model(&self, reference: &Reference, path: &[String], why: Option<String>) -> Fault {
        let shown = path.join("::");
        if let Some(places) = why {
            return reference
                .fault(format!("several modules have a model `{shown}`: {places}"))
                .help("import the one that is meant with `use`, or write its path");
        }
        let names = Scope::of(&self.reading.world, 0).model_names();
        reference.fault(format!("there is no model `{shown}` in the files read")).help(advice(
            path.last().map_or("", String::as_str),
            "the models are",
            names.iter().copied(),
        ))
    }

    /// The model of a path; where there are several, their modules.
    fn model<'s>(&'s self, from: &'s Placed<Model>, path: &[String]) -> Result<&'s Model, Option<String>> {
        if let [only] = path
            && only == "Self"
        {
            return Ok(&from.item);
        }
        let scope = Scope::of(&self.reading.world, from.module);
        match scope.type_item(path, |_| false, |item| matches!(item, TypeItem::Model(_))) {
            Lookup::Found(found) => {
                let TypeItem::Model(item) = found.item else { return Err(None) };
                self.models
                    .iter()
                    .find(|placed| placed.module == found.module && placed.item.ident == item.ident)
                    .map(|placed| &placed.item)
                    .ok_or(None)
            }
            Lookup::Outside(_) => Err(None),
            Lookup::Ambiguous(found) => Err(Some(scope.places(&found))),
        }
    }

    /// The query of each model that stands for a view.
    fn queries(&mut self) -> Vec<Option<String>> {
        let mut faults = Vec::new();
        let mut all = Vec::new();
        for placed in &self.models {
            let Some(view) = &placed.item.role.view else {
                all.push(None);
                continue;
            };
            if !view.is_file {
                all.push(Some(view.text.clone()));
                continue;
            }
            let file = &self.reading.files[self.reading.world.modules[placed.module].file].shown;
            let beside = std::path::Path::new(file).parent().unwrap_or(std::path::Path::new(""));
            let path = self.reading.base.join(beside).join(&view.text);
            all.push(match std::fs::read_to_string(&path) {
                Ok(text) => Some(text),
                Err(error) => {
                    let fault = Fault::over(&view.tokens, format!("cannot read {}: {error}", path.display()));
                    faults.push((placed.module, fault.help("the path is relative to this file")));
                    None
                }
            });
        }
        self.tell(faults);
        all
    }

    fn sequences(&mut self) -> Vec<Sequence> {
        let mut faults = Vec::new();
        let mut all: BTreeMap<ObjectName, (Sequence, bool)> = BTreeMap::new();
        for placed in &self.models {
            for found in &placed.item.sequences {
                match all.get_mut(&found.sequence.name) {
                    Some((sequence, true)) if found.declared && *sequence != found.sequence => {
                        let fault = Fault::over(
                            &found.tokens,
                            format!("the sequence `{}` is declared twice, and not alike", found.sequence.name),
                        );
                        faults.push((placed.module, fault.help("declare it with sequence(...) on one model")));
                    }
                    Some((_, true)) => {}
                    Some(used) if found.declared => *used = (found.sequence.clone(), true),
                    Some(_) => {}
                    None => {
                        all.insert(found.sequence.name.clone(), (found.sequence.clone(), found.declared));
                    }
                }
            }
        }
        self.tell(faults);
        all.into_values().map(|(sequence, _)| sequence).collect()
    }

    fn tell(&mut self, faults: Vec<(usize, Fault)>) {
        for (module, fault) in faults {
            self.fault(module, fault);
        }
    }
}

fn columns_of(count: usize) -> String {
    if count == 1 { String::from("1 column") } else { format!("{count} columns") }
}

fn has_columns(model: &Model, columns: &[String], reference: &Reference) -> Result<(), Fault> {
    for column in columns {
        if !model.fields.iter().any(|field| field.column.eq_ignore_ascii_case(column)) {
            return Err(no_column(model, column, reference, |field| &field.column));
        }
    }
    Ok(())
}

fn column_of(model: &Model, name: &str, reference: &Reference) -> Result<String, Fault> {
    let by_field = model.fields.iter().find(|field| field.field == *name);
    let found = by_field.or_else(|| model.fields.iter().find(|field| field.column == *name));
    found.map(|field| field.column.clone()).ok_or_else(|| no_column(model, name, reference, |field| &field.field))
}

fn no_column(
    model: &Model,
    name: &str,
    reference: &Reference,
    shown: impl Fn(&super::parts::FieldColumn) -> &String,
) -> Fault {
    let all: Vec<&str> = model.fields.iter().map(|field| shown(field).as_str()).collect();
    reference.fault(format!("`{}` has no column `{name}`", model.ident.unraw())).help(advice(
        name,
        "its columns are",
        all.iter().copied(),
    ))
}

fn primary_key(model: &Model, reference: &Reference) -> Result<Vec<String>, Fault> {
    let columns: Vec<String> = model.table.primary_key_columns().into_iter().map(str::to_owned).collect();
    if columns.is_empty() {
        let fault = reference.fault(format!("`{}` has no primary key to refer to", model.ident.unraw()));
        return Err(fault.help("name the columns: references(Model::field)"));
    }
    Ok(columns)
}
