//! Privileges of which only some are declared.
//!
//! What is declared is granted, or taken away; what nobody declares stays: an administrator's grants, those that come with
//! default privileges, those of other tools.

use std::collections::BTreeSet;

use rungs_schema::{Access, DeclaredAccess, Grantee, Privilege, Reference};

/// What is declared of an object.
pub(super) fn find<'a>(
    declared: &'a [DeclaredAccess],
    (object, word): &(Reference, String),
) -> Option<&'a DeclaredAccess> {
    declared.iter().find(|one| one.object.object == *object && one.object.word == *word)
}

/// The privileges of an object with what is declared of them. `all` is what is granted before.
pub(super) fn with(declared: &DeclaredAccess, access: &Access, all: &BTreeSet<Privilege>) -> Access {
    let mut privileges = all.clone();
    for gone in declared.revoked.iter().map(|one| of_owner(one, access)) {
        // Nobody can take away what another role has granted.
        privileges.retain(|one| !(is_same(one, &gone) && one.grantor.is_none()));
    }
    for wanted in declared.granted.iter().map(|one| of_owner(one, access)) {
        let is_granted = |one: &Privilege| is_same(one, &wanted) && (one.grantable || !wanted.grantable);
        if !privileges.iter().any(is_granted) {
            privileges.retain(|one| !(is_same(one, &wanted) && one.grantor.is_none()));
            privileges.insert(Privilege { grantor: None, ..wanted });
        }
    }
    if privileges == *all { access.clone() } else { Access { privileges: Some(privileges), ..access.clone() } }
}

/// What is granted to a role that owns the object is granted to the owner.
fn of_owner(privilege: &Privilege, access: &Access) -> Privilege {
    let mut privilege = privilege.clone();
    let is_owner = matches!((&privilege.grantee, &access.owner), (Grantee::Role(role), Some(owner)) if role == owner);
    if is_owner {
        privilege.grantee = Grantee::Owner;
    }
    privilege
}

fn is_same(one: &Privilege, other: &Privilege) -> bool {
    (&one.grantee, &one.column, &one.privilege) == (&other.grantee, &other.column, &other.privilege)
}

#[cfg(test)]
mod tests {
    use rungs_schema::{Class, ObjectName};

    use super::*;

    fn role(name: &str, privilege: &str) -> Privilege {
        Privilege::new(Grantee::Role(name.to_owned()), privilege)
    }

    #[test]
    fn what_nobody_declares_stays() {
        let object = Reference { class: Class::Relation, name: ObjectName::bare("t") };
        let access = Access { owner: Some("boss".to_owned()), ..Access::by_default(object, "TABLE") };
        let declared = DeclaredAccess {
            object: access.clone(),
            granted: BTreeSet::from([role("app", "SELECT"), role("boss", "SELECT"), role("lent", "SELECT")]),
            revoked: BTreeSet::from([role("app", "DELETE"), role("other", "DELETE")]),
        };
        let lent = Privilege { grantor: Some("x".to_owned()), grantable: true, ..role("lent", "SELECT") };
        let owner = Privilege::new(Grantee::Owner, "SELECT");
        let before = BTreeSet::from([owner.clone(), role("app", "DELETE"), role("dba", "UPDATE"), lent.clone()]);
        let after = with(&declared, &access, &before).privileges;
        assert_eq!(after, Some(BTreeSet::from([owner, role("app", "SELECT"), role("dba", "UPDATE"), lent])));
    }
}
