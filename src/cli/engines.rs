//! The engines that a history is written for: the connected one, and those that it is replayed on.

use std::collections::BTreeSet;

use rungs_schema::{DialectName, ObjectName};

use super::Context;
use crate::apply::{self, Options, Program};
use crate::authoring::{self, Created, LeftBehind, Rename, Share, Shares};
use crate::db::{Connection, DatabaseUrl, ServerVersion};
use crate::dialect::{self, Dialect};
use crate::diff::{self, Difference, Likely};
use crate::error::{ConfigError, Error, OnEngine, PlanError};
use crate::revision::{Direction, History, Line, Lines, Target};
use crate::source::scratch::Scratch;

/// What `dialects` of the configuration comes to while connected to one of them.
pub(super) struct Engines {
    /// The word for the connected one; `None` where the project names no engines.
    pub(super) connected: Option<DialectName>,
    /// The others, in the order of the configuration.
    pub(super) others: Vec<Other>,
    names: Vec<DialectName>,
}

/// An engine that is not the connected one.
pub(super) struct Other {
    pub(super) name: DialectName,
    url: DatabaseUrl,
}

/// What is replayed, and compared with the models.
#[derive(Clone, Copy)]
pub(super) struct Replay<'a> {
    pub(super) context: &'a Context,
    pub(super) history: &'a History,
    pub(super) lines: &'a Lines,
    /// The lines that are compared.
    pub(super) asked: &'a BTreeSet<Line>,
    pub(super) renames: &'a [Rename],
}

/// What one engine's database lacks of what the models say.
pub(super) struct Compared {
    /// What its sections are marked with; `None` where the project names no engines.
    pub(super) engine: Option<DialectName>,
    pub(super) shares: Vec<Share>,
    pub(super) likely: Vec<Likely>,
    pub(super) left_behind: Vec<LeftBehind>,
    pub(super) dialect: Box<dyn Dialect>,
}

impl Compared {
    pub(super) fn of(engine: Option<DialectName>, found: Shares) -> Self {
        let Shares { shares, likely, left_behind, dialect } = found;
        Self { engine, shares, likely, left_behind, dialect }
    }

    /// What differs, in words.
    pub(super) fn differences(&self) -> Vec<Difference> {
        self.shares.iter().flat_map(|share| diff::summary(&share.changes)).collect()
    }
}

impl Engines {
    /// The engines of the project, each with a place to replay the history in.
    ///
    /// # Errors
    /// When the connected server is none of them, or there is no place for one of the others.
    pub(super) fn of(context: &Context, connected: &ServerVersion) -> Result<Self, Error> {
        let config = context.config()?;
        let names = config.dialects.clone();
        if names.is_empty() {
            return Ok(Self { connected: None, others: Vec::new(), names });
        }
        let listed: Vec<String> = names.iter().map(|name| format!("{:?}", name.word())).collect();
        let Some(own) = names.iter().copied().find(|name| is(*name, connected.name, &names)) else {
            return Err(usage(
                format!("the database is {connected}, and `dialects` in migrate.toml has {}", listed.join(", ")),
                format!("add {:?} there, or connect to one of these", connected.name.word()),
            ));
        };
        let (mut others, mut homeless) = (Vec::new(), Vec::new());
        for name in names.iter().copied().filter(|name| *name != own) {
            match config.scratch.get(&name) {
                _ if name == DialectName::Sqlite => {
                    others.push(Other { name, url: DatabaseUrl::parse("sqlite::memory:")? });
                }
                Some(url) => others.push(Other { name, url: scratch_url(name, url.as_ref().map_err(Clone::clone)?)? }),
                None => homeless.push(name),
            }
        }
        if homeless.is_empty() {
            return Ok(Self { connected: Some(own), others, names });
        }
        let all = |text: fn(&DialectName) -> String| homeless.iter().map(text).collect::<Vec<_>>();
        Err(usage(
            format!(
                "revisions are written for {} too (`dialects` in migrate.toml), and there is no place to replay the \
                 history in there",
                all(ToString::to_string).join(" and ")
            ),
            format!(
                "name a server under [scratch] in migrate.toml: {}; a database is created beside its own, and dropped \
                 again",
                all(|name| format!("{} = \"{0}://...\"", name.word())).join(", ")
            ),
        ))
    }

    /// An error of the connected engine, with its name where there are others.
    pub(super) fn told(&self, error: Error) -> Error {
        match self.connected {
            Some(name) if !self.others.is_empty() => on(name, error),
            _ => error,
        }
    }

    /// Replays the history on another engine, and compares what comes of it with the models.
    pub(super) async fn compare(&self, other: &Other, replay: Replay<'_>) -> Result<Compared, Error> {
        let mut scratch = Scratch::on(&other.url).await.map_err(|error| on(other.name, error.into()))?;
        let compared = self.compare_in(&mut scratch, other, replay).await;
        let closed = scratch.close().await;
        let compared = compared?;
        closed.map_err(|error| on(other.name, error.into()))?;
        Ok(compared)
    }

    async fn compare_in(&self, scratch: &mut Scratch, other: &Other, replay: Replay<'_>) -> Result<Compared, Error> {
        let version = scratch.connection.version().clone();
        if !is(other.name, version.name, &self.names) {
            return Err(usage(
                format!("{} of [scratch] in migrate.toml leads to {version}", other.name.word()),
                format!("name a server of {} there", other.name),
            ));
        }
        let Replay { context, history, lines, asked, renames } = replay;
        self::replay(history, &mut scratch.connection).await?;
        let mut models = context.models_for(lines, Some(version.name))?;
        models.settings.renames = renames.to_vec();
        let created = Created::new(history, lines, version.name);
        let owner = |table: &ObjectName| Some(created.owner(table));
        let found = authoring::compare_lines(&mut scratch.connection, &scratch.url, &models, asked, owner).await;
        Ok(Compared::of(Some(other.name), found.map_err(|error| on(other.name, error))?))
    }
}

/// Whether a server is of an engine. What is written for MySQL is run on MariaDB too, unless that has its own.
fn is(name: DialectName, server: DialectName, names: &[DialectName]) -> bool {
    let stands_in = name == DialectName::Mysql && !names.contains(&DialectName::Mariadb);
    name == server || stands_in && server == DialectName::Mariadb
}

fn scratch_url(name: DialectName, text: &str) -> Result<DatabaseUrl, Error> {
    let url = DatabaseUrl::parse(text)?;
    let speaks_mysql = |name| matches!(name, DialectName::Mysql | DialectName::Mariadb);
    if url.dialect_name() == name || speaks_mysql(url.dialect_name()) && speaks_mysql(name) {
        return Ok(url);
    }
    Err(usage(
        format!("{} of [scratch] in migrate.toml is a URL of {}", name.word(), url.dialect_name()),
        format!("write one of {name}: {}://...", name.word()),
    ))
}

/// Runs all revisions on an empty database.
async fn replay(history: &History, connection: &mut Connection) -> Result<(), Error> {
    let name = connection.version().name;
    if history.revisions().is_empty() {
        return Ok(());
    }
    let without = history.revisions().iter().filter(|revision| revision.section(Direction::Up, name.word()).is_none());
    let without: Vec<_> = without.collect();
    if let Some(first) = without.first() {
        let count = match without.len() {
            1 => "a revision has".to_owned(),
            more => format!("{more} revisions have"),
        };
        return Err(usage(
            format!("{count} nothing for {name}, the first is {} ({})", first.path.display(), first.message),
            format!(
                "write `-- migrate:up dialect:{0}` and `-- migrate:down dialect:{0}` into them, or let `migrate \
                 add-dialect {0}` do it: what {name} lacks comes with the next autogenerate",
                name.word()
            ),
        ));
    }
    let dialect = dialect::for_version(connection.version())?;
    let steps = history.upgrade_route(&BTreeSet::new(), &Target::heads())?;
    let options = Options { program: Program::left_out(), ..Options::default() };
    let ran = apply::run(connection, dialect.as_ref(), &steps, &options, &mut |_| {}).await;
    let for_all = |section: Option<&crate::revision::Section>| section.is_some_and(|one| one.dialect.is_none());
    let help =
        history.revisions().iter().any(|revision| for_all(revision.section(Direction::Up, name.word()))).then(|| {
            format!(
                "sections without `dialect:` are run on every engine; where they were written for another one, \
                 `migrate add-dialect {}` marks them so",
                name.word()
            )
        });
    let place = format!("replaying the history on {}", connection.version());
    ran.map(|_| ()).map_err(|error| OnEngine { place, error: Box::new(error.into()), help }.into())
}

/// An error, with the engine that it is of where it does not say so itself.
pub(super) fn on(name: DialectName, error: Error) -> Error {
    match error {
        Error::Plan(PlanError::Unsupported { .. }) | Error::OnEngine(_) => error,
        other => OnEngine { place: format!("for {name}"), error: Box::new(other), help: None }.into(),
    }
}

fn usage(reason: String, help: String) -> Error {
    ConfigError::Usage { reason, help: Some(help) }.into()
}

/// One revision to come: a line, with the share of each engine that has something to do.
pub(super) struct Slot {
    pub(super) line: Line,
    /// One for each engine, in their order.
    pub(super) shares: Vec<Option<Share>>,
}

/// Puts the shares of several engines side by side, so that each engine's own come in their order.
pub(super) fn side_by_side(shares: Vec<Vec<Share>>) -> Vec<Slot> {
    let mut waiting: Vec<std::collections::VecDeque<Share>> = shares.into_iter().map(Into::into).collect();
    let mut slots = Vec::new();
    loop {
        let fronts = waiting.iter().filter_map(|shares| shares.front().map(|share| &share.line));
        // A line that somebody has behind others waits, if another one can go first.
        let is_free = |line: &&Line| {
            waiting.iter().all(|shares| {
                shares.front().is_none_or(|first| first.line == **line)
                    || shares.iter().all(|share| share.line != **line)
            })
        };
        let Some(line) = fronts.clone().find(is_free).or_else(|| fronts.clone().next()).cloned() else { return slots };
        let shares = waiting.iter_mut().map(|shares| match shares.front() {
            Some(first) if first.line == line => shares.pop_front(),
            _ => None,
        });
        let shares = shares.collect();
        slots.push(Slot { line, shares });
    }
}

/// The differences of one revision, or of a check, by engine.
pub(super) type ByEngine = Vec<(Option<DialectName>, Vec<Difference>)>;

/// A line for each difference; engines that differ in the same way share a heading, and there is none where all do.
pub(super) fn described(differences: &ByEngine) -> Vec<String> {
    let mut groups: Vec<(Vec<String>, Vec<String>)> = Vec::new();
    for (engine, differences) in differences {
        let name = engine.map(|name| name.to_string()).unwrap_or_default();
        let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
        match groups.iter_mut().find(|(_, known)| *known == lines) {
            Some((names, _)) => names.push(name),
            None => groups.push((vec![name], lines)),
        }
    }
    if let [(_, lines)] = groups.as_slice() {
        return lines.clone();
    }
    let groups = groups.into_iter().filter(|(_, lines)| !lines.is_empty());
    groups.flat_map(|(names, lines)| std::iter::once(format!("{}:", names.join(", "))).chain(lines)).collect()
}

/// All differences, those that several engines have once.
pub(super) fn distinct(differences: &ByEngine) -> Vec<&Difference> {
    let mut all: Vec<&Difference> = Vec::new();
    for one in differences.iter().flat_map(|(_, differences)| differences) {
        if !all.contains(&one) {
            all.push(one);
        }
    }
    all
}

/// The differences by the words of the engines, for programs; `None` where the project names no engines.
pub(super) fn by_word(differences: &ByEngine) -> Option<serde_json::Value> {
    let named = differences.iter().filter_map(|(engine, differences)| Some((engine.as_ref()?, differences)));
    let map: serde_json::Map<String, serde_json::Value> =
        named.map(|(name, differences)| (name.word().to_owned(), serde_json::json!(differences))).collect();
    (!map.is_empty()).then_some(serde_json::Value::Object(map))
}
