use rungs_schema::DialectName;

use crate::db::ServerVersion;

/// What differs between MySQL and MariaDB, and between their versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Abilities {
    /// Integer types are printed with a display width: `int(11)`.
    pub(super) integer_widths: bool,
    /// `RENAME INDEX` in `ALTER TABLE`.
    pub(super) rename_index: bool,
    /// `RENAME COLUMN` in `ALTER TABLE`.
    pub(super) rename_column: bool,
    /// A column is renamed while a generated one reads it, where that is written again in the same statement.
    pub(super) rewrites_with_rename: bool,
    /// Checks are kept and enforced, rather than parsed and forgotten.
    pub(super) checks: bool,
    /// `DROP CONSTRAINT` takes a check; before, MySQL wants `DROP CHECK`.
    pub(super) drop_constraint: bool,
    /// `DEFAULT (expression)`.
    pub(super) expression_defaults: bool,
    /// A key part may be an expression.
    pub(super) functional_keys: bool,
    /// A TEXT or BLOB without a length can be unique, through a hash.
    pub(super) unique_blobs: bool,
    /// An index can be hidden from the optimizer: the word for it.
    pub(super) hidden_index: Option<&'static str>,
    /// Columns can be invisible.
    pub(super) invisible_columns: bool,
    /// Sequences are objects of their own.
    pub(super) sequences: bool,
    /// The hidden columns that bound a row's versions can be named while the table keeps versions.
    pub(super) names_row_bounds: bool,
    /// `NO ACTION` is what the server prints for nothing; otherwise `RESTRICT` is.
    pub(super) no_action_is_silent: bool,
}

impl Abilities {
    /// See <https://dev.mysql.com/doc/refman/9.4/en/alter-table.html> and
    /// <https://mariadb.com/docs/server/reference/sql-statements/data-definition/alter/alter-table>.
    pub(super) fn of(version: &ServerVersion) -> Self {
        if version.name == DialectName::Mariadb {
            return Self {
                integer_widths: true,
                rename_index: version.at_least(10, 5, 2),
                rename_column: version.at_least(10, 5, 2),
                rewrites_with_rename: true,
                checks: true,
                drop_constraint: true,
                expression_defaults: true,
                functional_keys: false,
                unique_blobs: version.at_least(10, 4, 0),
                hidden_index: version.at_least(10, 6, 0).then_some("IGNORED"),
                invisible_columns: true,
                sequences: true,
                names_row_bounds: version.at_least(11, 7, 0),
                no_action_is_silent: false,
            };
        }
        Self {
            integer_widths: !version.at_least(8, 0, 19),
            rename_index: true,
            rename_column: version.at_least(8, 0, 0),
            rewrites_with_rename: version.at_least(9, 0, 0),
            checks: version.at_least(8, 0, 16),
            drop_constraint: version.at_least(8, 0, 19),
            expression_defaults: version.at_least(8, 0, 13),
            functional_keys: version.at_least(8, 0, 13),
            unique_blobs: false,
            hidden_index: version.at_least(8, 0, 0).then_some("INVISIBLE"),
            invisible_columns: version.at_least(8, 0, 23),
            sequences: false,
            names_row_bounds: false,
            no_action_is_silent: true,
        }
    }
}
