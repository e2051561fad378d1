//! What a struct stands for besides a table of its own, and who may do what with it.

use proc_macro2::{Punct, Spacing, TokenStream, TokenTree};

use super::entry::{self, Entry, Keys, Shape};
use super::error::Fault;
use super::model::{Builder, Given};
use super::words::advice;
use crate::Exclusion;

/// What a struct stands for.
#[derive(Debug, Clone, Default)]
pub struct Role {
    /// The query, where it is a view.
    pub view: Option<ViewQuery>,
    /// Whether the view keeps its rows.
    pub materialized: bool,
    /// Somebody else makes the table or view.
    pub unmanaged: bool,
    /// What is granted on it.
    pub grants: Vec<DeclaredGrant>,
}

/// Where the query of a view stands.
#[derive(Debug, Clone)]
pub struct ViewQuery {
    /// `view_file`: a path relative to the file of the struct. Otherwise the query itself.
    pub is_file: bool,
    /// The path or the query.
    pub text: String,
    /// Where.
    pub tokens: TokenStream,
}

/// A `grant(...)`.
#[derive(Debug, Clone)]
pub struct DeclaredGrant {
    /// In upper case, each with its columns.
    pub privileges: Vec<(String, Vec<String>)>,
    /// The role.
    pub to: String,
    /// `with_grant_option`.
    pub grantable: bool,
    /// Where.
    pub tokens: TokenStream,
}

/// What a table or view can be used for.
/// <https://www.postgresql.org/docs/current/ddl-priv.html>, <https://dev.mysql.com/doc/refman/9.0/en/grant.html>
const PRIVILEGES: [&str; 9] =
    ["select", "insert", "update", "delete", "truncate", "references", "trigger", "maintain", "all"];

/// What a view has no use for, on the struct and on fields; a materialised view has indexes.
const NOT_OF_VIEWS: [&str; 26] = [
    "primary_key",
    "unique",
    "index",
    "check",
    "foreign_key",
    "references",
    "sequence",
    "exclude",
    "partition_by",
    "row_security",
    "strict",
    "without_rowid",
    "unlogged",
    "engine",
    "charset",
    "collation",
    "row_format",
    "options",
    "auto_increment",
    "identity",
    "default",
    "generated",
    "backfill",
    "on_row_update",
    "invisible",
    "not_null_conflict",
];

impl Role {
    /// Whether the struct stands for a table that is made from it.
    pub fn is_table(&self) -> bool {
        self.view.is_none() && !self.unmanaged
    }
}

impl Builder<'_> {
    /// What the struct says it stands for. Fields are read after this.
    pub(super) fn role(&mut self, given: &Given) {
        self.role.unmanaged = given.get("managed").is_some() && !self.flag(given, "managed");
        self.role.materialized = self.flag(given, "materialized");
        let query = self.sql(given, "view");
        let file = self.name(given, "view_file");
        let entry = given.get("view").or_else(|| given.get("view_file"));
        if let (Some(_), Some(second)) = (given.get("view"), given.get("view_file")) {
            self.reader.faults.push(second.fault("`view` and `view_file` cannot stand together"));
        }
        let is_file = query.is_none();
        self.role.view =
            query.or(file).zip(entry).map(|(text, entry)| ViewQuery { is_file, text, tokens: entry.tokens.clone() });
        if let Some(entry) = given.get("materialized").filter(|_| entry.is_none()) {
            self.reader.faults.push(entry.fault("`materialized` means something only beside `view` or `view_file`"));
        }
        self.fits_role(given);
    }

    /// Tells of attributes that mean nothing on a view.
    pub(super) fn fits_role(&mut self, given: &Given) {
        if self.role.view.is_none() || self.role.unmanaged {
            return;
        }
        let named = NOT_OF_VIEWS.iter().filter_map(|key| given.get(key));
        let wrong = named.chain(given.repeated.iter().filter(|entry| NOT_OF_VIEWS.contains(&entry.key.as_str())));
        let wrong = wrong.filter(|entry| !(self.role.materialized && entry.key == "index"));
        let faults = wrong.map(|entry| {
            entry.fault(format!("a view has no `{}`", entry.key)).help("a view is what its query says; leave it out")
        });
        let faults: Vec<Fault> = faults.collect();
        self.reader.faults.extend(faults);
    }

    /// `row_security`, `row_security = "force"`, or `row_security = "off"`.
    pub(super) fn row_security(&mut self, given: &Given) {
        let Some(entry) = given.get("row_security") else { return };
        let value = match &entry.shape {
            Shape::Word => Ok("enable".to_owned()),
            _ => match entry.switch() {
                Ok(true) => Ok("enable".to_owned()),
                Ok(false) => Ok("off".to_owned()),
                Err(_) => entry.name().and_then(|word| match word.as_str() {
                    "enable" | "force" | "off" => Ok(word),
                    _ => {
                        let fault = entry.fault(format!("`{word}` is no row security"));
                        Err(fault.help("allowed here: enable, force, off"))
                    }
                }),
            },
        };
        if let Some(value) = self.reader.keep(value) {
            self.table.options.insert("row_security".to_owned(), value);
        }
    }

    /// `exclude = "USING gist (room WITH =, during WITH &&)"`, or `exclude(name = "...", expr = "USING ...")`.
    pub(super) fn exclude(&mut self, entry: &Entry) {
        let scope = self.reader.scope;
        let mut exclusion = Exclusion::default();
        if matches!(entry.shape, Shape::Equals(_)) {
            let read = entry.sql(scope);
            exclusion.definition = self.reader.keep(read).unwrap_or_default();
        } else {
            let list = entry.list(&mut self.reader.faults);
            let list = self.reader.keep(list).unwrap_or_default();
            let keys = Keys::of("an exclusion constraint", &["name", "expr", "comment"], &[]);
            let given = Given::of(list, keys, &[], &mut self.reader.faults);
            exclusion.name = self.name(&given, "name");
            exclusion.comment = self.text(&given, "comment");
            exclusion.definition = self.sql(&given, "expr").unwrap_or_default();
        }
        if exclusion.definition.trim().is_empty() {
            let fault = entry.fault("an exclusion constraint wants its elements");
            self.reader.faults.push(fault.help("write exclude(expr = \"USING gist (room WITH =, during WITH &&)\")"));
            return;
        }
        exclusion.columns = self.columns_named(&exclusion.definition);
        exclusion.definition = format!("EXCLUDE {}", exclusion.definition.trim());
        self.table.exclusions.push(exclusion);
    }

    /// The columns that a text names as words, in the order of the text.
    fn columns_named(&self, text: &str) -> Vec<String> {
        let words = text.split(|c: char| !(c.is_alphanumeric() || c == '_'));
        let is_column = |word: &&str| self.reader.fields.iter().any(|field| field.column == *word);
        words.filter(is_column).map(str::to_owned).collect()
    }

    /// `grant(select, update(email); to = "app", with_grant_option)`.
    pub(super) fn grant(&mut self, entry: &Entry) {
        let Shape::List(group) = &entry.shape else {
            let fault = entry.fault("`grant` wants a list");
            self.reader.faults.push(fault.help("write grant(select, insert; to = \"app\")"));
            return;
        };
        // A semicolon stands between what is granted and to whom; it parts entries as a comma does.
        let tokens: TokenStream = group.stream().into_iter().map(comma_for_semicolon).collect();
        let (mut privileges, mut options) = (Vec::new(), Vec::new());
        for item in entry::entries(tokens, &mut self.reader.faults) {
            if ["to", "with_grant_option"].contains(&item.key.as_str()) {
                options.push(item);
            } else {
                privileges.extend(self.privilege(&item));
            }
        }
        let keys = Keys::of("a grant", &["to", "with_grant_option"], &[]);
        let given = Given::of(options, keys, &[], &mut self.reader.faults);
        let Some(to) = self.name(&given, "to") else {
            if given.get("to").is_none() {
                let fault = entry.fault("a grant wants a role").help("write grant(select, insert; to = \"app\")");
                self.reader.faults.push(fault);
            }
            return;
        };
        if privileges.is_empty() {
            let help = format!("allowed here: {}", PRIVILEGES.join(", "));
            self.reader.faults.push(entry.fault("a grant wants at least one privilege").help(help));
            return;
        }
        let grantable = self.flag(&given, "with_grant_option");
        self.role.grants.push(DeclaredGrant { privileges, to, grantable, tokens: entry.tokens.clone() });
    }

    /// `select`, or `update(email)`.
    fn privilege(&mut self, item: &Entry) -> Option<(String, Vec<String>)> {
        if item.quoted || !PRIVILEGES.contains(&item.key.as_str()) {
            let fault = Fault::at(item.span, format!("`{}` is no privilege", item.key));
            let help = advice(&item.key, "allowed here", PRIVILEGES.iter().copied());
            self.reader.faults.push(fault.help(help));
            return None;
        }
        let columns = match &item.shape {
            Shape::Word => Vec::new(),
            _ => {
                let list = item.list(&mut self.reader.faults);
                let list = self.reader.keep(list)?;
                self.reader.names(&list)
            }
        };
        Some((item.key.to_uppercase(), columns))
    }
}

fn comma_for_semicolon(token: TokenTree) -> TokenTree {
    match token {
        TokenTree::Punct(punct) if punct.as_char() == ';' => {
            let mut comma = Punct::new(',', Spacing::Alone);
            comma.set_span(punct.span());
            TokenTree::Punct(comma)
        }
        other => other,
    }
}
