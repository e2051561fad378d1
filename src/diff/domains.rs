//! Domains.

use rungs_schema::Domain;

use super::parts::part_deltas;
use super::standing::{Standing, StandingType};

/// Whether existing values have to be looked at: NOT NULL or a valid check is new.
pub(super) fn looks_at_rows(previous: &Domain, next: &Domain) -> bool {
    let is_checked = part_deltas(&previous.checks, &next.checks).into_iter().any(|delta| match delta.next() {
        Some(new) if !new.not_valid => {
            delta.previous().is_none_or(|old| old.expression != new.expression || old.not_valid)
        }
        _ => false,
    });
    is_checked || (next.not_null && !previous.not_null)
}

/// Whether a column holds values of the domain inside arrays or rows, which the server does not look into.
pub(super) fn is_contained(domain: &Domain, standing: &Standing) -> bool {
    let is_domain = |ty: &rungs_schema::ObjectName| {
        *ty == domain.name
            || standing.types.iter().any(|one| match one {
                StandingType::Domain(other) => other.name == *ty && !other.base.ends_with("[]"),
                StandingType::Composite(_) | StandingType::Range(_) => false,
            })
    };
    standing.tables.iter().any(|table| {
        table.columns.iter().any(|(column, ty)| {
            let words = table.bare.column(column).and_then(|column| column.ty.native()).unwrap_or_default();
            words.ends_with("[]") || !is_domain(ty)
        })
    })
}
