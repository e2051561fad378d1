//! The `migrate` command: one file a subcommand. A subcommand parses its arguments, calls the library, and hands what
//! comes back to `ui`, the only place that prints.

mod add_dialect;
mod autogenerate;
mod branches;
mod check;
mod complete;
mod completions;
mod context;
mod current;
mod db;
mod diff;
mod downgrade;
mod dry_run;
mod edit;
mod engines;
mod ensure_version;
mod graph;
mod heads;
mod history;
mod hooks;
mod init;
mod ledger;
mod limits;
mod log;
mod meeting;
mod merge;
mod models;
mod offline;
mod placement;
mod progress;
mod record;
mod renames;
mod report;
mod resolve;
mod revision;
mod run;
mod show;
mod stamp;
mod transaction;
mod ui;
mod upgrade;
mod write;

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueHint};

use crate::authoring::Hooks;
use crate::error::{ConfigError, Error};
use context::Context;
use ui::{Format, Ui};

/// Schema migrations for Rust: reads the models, looks at the live database, writes reviewable SQL revisions, and
/// applies them safely.
#[derive(Debug, Parser)]
#[command(name = "migrate", version, max_term_width = 100, disable_help_subcommand = true)]
struct Arguments {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

/// What every subcommand takes.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Options of every command")]
struct Global {
    /// The configuration, where it is not the nearest migrate.toml here or above
    #[arg(long, global = true, env = "MIGRATE_CONFIG", value_name = "FILE", value_hint = ValueHint::FilePath)]
    config: Option<PathBuf>,
    /// Use [env.NAME] of the configuration
    #[arg(long, global = true, env = "MIGRATE_ENV", value_name = "NAME", add = complete::environments())]
    env: Option<String>,
    /// The database, instead of the configured one
    #[arg(long, global = true, env = "DATABASE_URL", value_name = "URL", hide_env_values = true)]
    database_url: Option<String>,
    /// The folder of revisions, instead of the configured one
    #[arg(long, global = true, env = "MIGRATE_MIGRATIONS", value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    migrations: Option<PathBuf>,
    /// How data is printed
    #[arg(
        long,
        global = true,
        value_enum,
        default_value = "text",
        env = "MIGRATE_FORMAT",
        value_name = "text|json",
        hide_possible_values = true
    )]
    format: Format,
    /// Leave progress out
    #[arg(long, short, global = true)]
    quiet: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Start a project: migrate.toml, a first model, a folder for revisions
    Init(init::Init),
    /// Compare the models with the database and write a revision with what differs
    Autogenerate(autogenerate::Autogenerate),
    /// Make room for another engine in revisions that were written without it
    AddDialect(add_dialect::AddDialect),
    /// Write an empty revision, to be filled by hand
    Revision(revision::NewRevision),
    /// Write a revision that joins several heads into one line
    Merge(merge::Merge),
    /// Open revisions in the editor, and read them again afterwards
    Edit(edit::Edit),
    /// Apply revisions
    Upgrade(upgrade::Upgrade),
    /// Revert revisions
    Downgrade(downgrade::Downgrade),
    /// Show what is applied to the database
    Current(current::Current),
    /// Show the newest revision of each line
    Heads(heads::Heads),
    /// Show where the history branches, and the lines of the branch labels
    Branches(branches::Branches),
    /// List the revisions, newest first
    History(history::HistoryCommand),
    /// Show revisions whole
    Show(show::Show),
    /// Mark revisions as applied or not applied, without running them
    Stamp(stamp::Stamp),
    /// Show every run that the database has a record of
    Log(log::Log),
    /// Say whether the statement ran that was under way when a run stopped
    Resolve(resolve::Resolve),
    /// Create the tables in which the database records what is applied, and nothing else
    EnsureVersion(ensure_version::EnsureVersion),
    /// Fail (exit code 1) when models, revisions and database do not agree
    Check(check::Check),
    /// Print the SQL that turns one schema into another
    Diff(diff::Diff),
    /// Print Rust structs for an existing schema
    Models(models::Models),
    /// Create, drop or look for the database itself
    Db(db::Db),
    /// Print the script that lets a shell complete commands, revisions and labels
    Completions(completions::Completions),
}

/// What a command that did not fail came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Outcome {
    /// Fine, or no difference.
    Fine,
    /// A check found something.
    Found,
}

/// The environment variable by which a shell asks for candidates.
const VARIABLE: &str = "COMPLETE";

/// Runs the command with the arguments of the process.
pub fn run() -> ExitCode {
    run_with(Hooks::default())
}

/// As [`run`], in a program of the project's own that has a say in what is compared and written: [`Hooks`] shows how.
pub fn run_with(hooks: Hooks) -> ExitCode {
    if let Some(code) = complete::answer() {
        return code;
    }
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) if !error.use_stderr() => {
            // Help and version, which were asked for. A reader that has gone away is no fault of ours.
            let _ = error.print();
            return ExitCode::SUCCESS;
        }
        Err(error) => {
            Ui { format: asked_format(), quiet: false }.wrong_arguments(&error);
            return ExitCode::from(2);
        }
    };
    let ui = Ui { format: arguments.global.format, quiet: arguments.global.quiet };
    let outcome = runtime().and_then(|runtime| runtime.block_on(dispatch(arguments, ui, hooks)));
    match outcome {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Err(error) => {
            ui.error(&error);
            ExitCode::from(2)
        }
    }
}

/// The format that arguments ask for which could not be understood as a whole.
fn asked_format() -> Format {
    let words: Vec<String> = std::env::args_os().map(|word| word.to_string_lossy().into_owned()).collect();
    let last = words.iter().enumerate().rev().find_map(|(index, word)| match word.strip_prefix("--format") {
        Some("") => Some(words.get(index + 1)?.clone()),
        Some(value) => Some(value.strip_prefix('=')?.to_owned()),
        None => None,
    });
    let asked = last.or_else(|| std::env::var("MIGRATE_FORMAT").ok());
    if asked.as_deref() == Some("json") { Format::Json } else { Format::Text }
}

fn runtime() -> Result<tokio::runtime::Runtime, Error> {
    let built = tokio::runtime::Builder::new_current_thread().enable_all().build();
    built.map_err(|error| ConfigError::Usage { reason: format!("cannot start: {error}"), help: None }.into())
}

async fn dispatch(arguments: Arguments, ui: Ui, hooks: Hooks) -> Result<Outcome, Error> {
    let context = Context::new(arguments.global, ui, hooks)?;
    match arguments.command {
        Command::Init(command) => command.run(&context),
        Command::Autogenerate(command) => command.run(&context).await,
        Command::AddDialect(command) => command.run(&context),
        Command::Revision(command) => command.run(&context),
        Command::Merge(command) => command.run(&context),
        Command::Edit(command) => command.run(&context).await,
        Command::Upgrade(command) => command.run(&context).await,
        Command::Downgrade(command) => command.run(&context).await,
        Command::Current(command) => command.run(&context).await,
        Command::Heads(command) => command.run(&context),
        Command::Branches(command) => command.run(&context),
        Command::History(command) => command.run(&context).await,
        Command::Show(command) => command.run(&context).await,
        Command::Stamp(command) => command.run(&context).await,
        Command::Log(command) => command.run(&context).await,
        Command::Resolve(command) => command.run(&context).await,
        Command::EnsureVersion(command) => command.run(&context).await,
        Command::Check(command) => command.run(&context).await,
        Command::Diff(command) => command.run(&context).await,
        Command::Models(command) => command.run(&context).await,
        Command::Db(command) => command.run(&context).await,
        Command::Completions(command) => command.run(&context),
    }
}
