//! What each new file is given to: the commands of `[hooks]`, then the program that runs this.

use std::path::Path;
use std::process::Command;

use super::Context;
use crate::error::{ConfigError, Error};
use crate::revision::Revision;

/// Runs `after_write` on new files, command by command, in the project's folder and without a shell.
pub(super) fn after_write(context: &Context, revisions: &[Revision]) -> Result<(), Error> {
    let config = context.config()?;
    if config.after_write.is_empty() && !context.hooks.are_after_write() {
        return Ok(());
    }
    for revision in revisions {
        let whole = context.folder.join(&revision.path);
        let path = whole.strip_prefix(&config.root).unwrap_or(&whole);
        for template in &config.after_write {
            run(template, path, &config.root, &revision.path)?;
        }
        context.hooks.run_after_write(&whole).map_err(|error| ConfigError::Hook {
            command: "after_write".to_owned(),
            reason: format!("failed: {error}"),
            help: format!("{} is written, and stays", revision.path.display()),
        })?;
    }
    // What a command has made of a file is read as it will be from now on.
    context.history().map(|_| ())
}

fn run(template: &str, path: &Path, folder: &Path, shown: &Path) -> Result<(), ConfigError> {
    let shown = shown.display();
    let fault = |reason: String, help: &str| ConfigError::Hook {
        command: template.to_owned(),
        reason,
        help: format!("{shown} is written, and stays: {help}"),
    };
    let words = shlex::split(template).filter(|words| !words.is_empty());
    let Some(words) = words else {
        return Err(fault("is no command".to_owned(), "close its quotes in `after_write` of migrate.toml"));
    };
    let path = path.display().to_string();
    let mut words = words.into_iter().map(|word| word.replace("{path}", &path));
    let program = words.next().unwrap_or_default();
    let output = Command::new(&program).args(words).current_dir(folder).output();
    let output = output.map_err(|error| {
        fault(
            format!("cannot be started: {error}"),
            &format!("is {program} installed, and `after_write` in migrate.toml right?"),
        )
    })?;
    if output.status.success() {
        return Ok(());
    }
    let printed = [output.stdout, output.stderr].map(|bytes| String::from_utf8_lossy(&bytes).trim().to_owned());
    let printed = printed.iter().filter(|text| !text.is_empty()).map(|text| text.replace('\n', "\n  "));
    let printed = printed.map(|text| format!("\n  {text}")).collect::<String>();
    Err(fault(format!("ended with {}{printed}", output.status), "mend it, or the command in migrate.toml"))
}
