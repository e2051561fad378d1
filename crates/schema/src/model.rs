/// A struct that stands for a table; `#[derive(Model)]` implements it.
pub trait Model {
    /// The namespace of the table, where the model names one.
    const SCHEMA: Option<&'static str>;
    /// The table's name.
    const TABLE: &'static str;
    /// The names of the columns, in the order of the fields.
    const COLUMNS: &'static [&'static str];
    /// The columns of the primary key, in key order.
    const PRIMARY_KEY: &'static [&'static str];
}

/// An enumeration whose values a column holds; `#[derive(DbEnum)]` implements it.
pub trait DbEnum: Sized {
    /// The name of the type in the database, on engines that have enumerated types.
    const TYPE_NAME: &'static str;
    /// The values, in order.
    const VALUES: &'static [&'static str];

    /// The value as the database holds it.
    fn as_str(&self) -> &'static str;

    /// The variant for a value from the database, if there is one.
    fn from_value(value: &str) -> Option<Self>;
}
