//! Making room for another engine in a file that was written without it.

use super::file::{Direction, Revision};

impl Revision {
    /// The text of the file with empty sections for another engine, and with what was written for all marked as that of
    /// one, so that the other does not run it. `None` where the other has its own already.
    ///
    /// What the one engine runs stays the same to the letter, and so does its checksum.
    pub fn with_dialect(&self, text: &str, written_for: &str, new: &str) -> Option<String> {
        let directions = [Direction::Up, Direction::Down].map(|direction| {
            let has_own = self.sections(direction).iter().any(|one| one.dialect.as_deref() == Some(written_for));
            let runs = self.section(direction, new);
            let for_all = runs.filter(|section| section.dialect.is_none());
            (direction, runs.is_none() || for_all.is_some_and(|_| !has_own), for_all.map(|section| section.line))
        });
        if directions.iter().all(|(_, lacks, _)| !lacks) {
            return None;
        }
        let mut lines: Vec<String> = text.split_inclusive('\n').map(str::to_owned).collect();
        let ending = if text.contains("\r\n") { "\r\n" } else { "\n" };
        for (direction, _, line) in directions.iter().filter(|(_, lacks, _)| *lacks) {
            let marker = format!("migrate:{direction}");
            let Some(line) = line.and_then(|line| lines.get_mut(line - 1)) else { continue };
            if let Some(at) = line.find(&marker) {
                line.insert_str(at + marker.len(), &format!(" dialect:{written_for}"));
            }
        }
        let mut out = lines.concat().trim_end().to_owned();
        out.push_str(ending);
        for (direction, ..) in directions.iter().filter(|(_, lacks, _)| *lacks) {
            out.push_str(&format!("{ending}-- migrate:{direction} dialect:{new}{ending}"));
        }
        Some(out)
    }
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    fn with_postgres(text: &str) -> Option<String> {
        let read = |text: &str| Revision::parse(Path::new("a.sql"), text).unwrap_or_else(|faults| panic!("{faults:?}"));
        let before = read(text);
        let after = before.with_dialect(text, "sqlite", "postgres")?;
        assert_eq!(read(&after).checksum_on("sqlite"), before.checksum_on("sqlite"));
        assert!(read(&after).section(Direction::Up, "postgres").is_some_and(|one| one.text.trim().is_empty()));
        assert_eq!(read(&after).with_dialect(&after, "sqlite", "postgres"), None);
        Some(after)
    }

    const HEADER: &str = "-- a\n--\n-- revision = \"a\"\n-- down_revision = []\n\n";

    #[test]
    fn what_was_for_all_is_then_for_one() {
        let text =
            format!("{HEADER}-- migrate:up transaction:false\nSELECT 1;\n\n-- migrate:down irreversible it is gone\n");
        let after = with_postgres(&text).unwrap_or_default();
        let wanted = "-- migrate:up dialect:sqlite transaction:false\nSELECT 1;\n\n\
             -- migrate:down dialect:sqlite irreversible it is gone\n\n\
             -- migrate:up dialect:postgres\n\n-- migrate:down dialect:postgres\n";
        assert_eq!(after, format!("{HEADER}{wanted}"));
    }

    #[test]
    fn sections_for_another_engine_stay_as_they_are() {
        let text = format!("{HEADER}-- migrate:up dialect:sqlite\r\nSELECT 1;\r\n-- migrate:down dialect:sqlite\r\n");
        let after = with_postgres(&text).unwrap_or_default();
        assert!(
            after.ends_with("\r\n\r\n-- migrate:up dialect:postgres\r\n\r\n-- migrate:down dialect:postgres\r\n"),
            "{after:?}"
        );
        let both = format!(
            "{HEADER}-- migrate:up dialect:sqlite\n-- migrate:up\n-- migrate:down dialect:sqlite\n-- migrate:down\n"
        );
        let read = Revision::parse(Path::new("a.sql"), &both).unwrap_or_else(|faults| panic!("{faults:?}"));
        assert_eq!(read.with_dialect(&both, "sqlite", "postgres"), None);
    }
}
