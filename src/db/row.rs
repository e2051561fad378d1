use std::sync::Arc;

use crate::error::DbError;

/// A row of text values, as the server printed them.
#[derive(Debug, Clone)]
pub struct Row {
    pub(super) columns: Arc<[String]>,
    pub(super) values: Vec<Option<String>>,
}

/// The rows of one result.
pub type Rows = Vec<Row>;

impl Row {
    /// A value that may be NULL, by the column's name.
    ///
    /// # Errors
    /// When the result has no such column, which is a defect of the query.
    pub fn opt(&self, column: &str) -> Result<Option<&str>, DbError> {
        let found = self.columns.iter().position(|name| name.eq_ignore_ascii_case(column));
        let index =
            found.ok_or_else(|| DbError::Answer { reason: format!("no column `{column}` in {:?}", self.columns) })?;
        Ok(self.values[index].as_deref())
    }

    /// A value that is not NULL.
    ///
    /// # Errors
    /// When it is NULL, or no such column is there.
    pub fn text(&self, column: &str) -> Result<&str, DbError> {
        self.opt(column)?.ok_or_else(|| DbError::Answer { reason: format!("column `{column}` is NULL") })
    }

    /// A whole number.
    ///
    /// # Errors
    /// When it is none.
    pub fn int(&self, column: &str) -> Result<i64, DbError> {
        let text = self.text(column)?;
        text.parse().map_err(|_| DbError::Answer { reason: format!("column `{column}` holds `{text}`, not a number") })
    }

    /// A truth value: `t`, `true`, `1`, `YES`, in any letter case; everything else is false.
    ///
    /// # Errors
    /// When it is NULL, or no such column is there.
    pub fn bool(&self, column: &str) -> Result<bool, DbError> {
        Ok(matches!(self.text(column)?.to_ascii_lowercase().as_str(), "t" | "true" | "1" | "yes"))
    }

    /// Gives each value that `rewrite` has another text for that text.
    #[cfg(feature = "postgres")]
    pub(crate) fn rewrite(&mut self, rewrite: impl Fn(&str) -> Option<String>) {
        for value in self.values.iter_mut().flatten() {
            if let Some(text) = rewrite(value) {
                *value = text;
            }
        }
    }

    /// The values in order.
    pub fn values(&self) -> &[Option<String>] {
        &self.values
    }
}
