//! The command line, run as a person would run it: in a folder of its own, with a cleared environment.

use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

/// A project folder in which the command runs.
#[derive(Debug)]
pub struct Project {
    folder: tempfile::TempDir,
    url: Option<String>,
    program: PathBuf,
}

/// What a run of the command came to.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
    line: String,
}

impl Project {
    /// An empty folder; the database is what the project's file says.
    pub fn empty() -> Self {
        Self {
            folder: tempfile::tempdir().expect("a temporary folder"),
            url: None,
            program: env!("CARGO_BIN_EXE_migrate").into(),
        }
    }

    /// The same with another program in the place of `migrate`.
    pub fn with_program(self, program: PathBuf) -> Self {
        Self { program, ..self }
    }

    /// A project with one file of models, on a given database.
    pub fn with_models(url: &str, models: &str) -> Self {
        let project = Self { url: Some(url.to_owned()), ..Self::empty() };
        project.write("migrate.toml", "models = [\"models.rs\"]\nmigrations = \"migrations\"\n");
        project.write_models(models);
        project
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn write(&self, name: &str, text: &str) {
        let path = self.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a folder")).expect("a folder");
        std::fs::write(path, text).expect("a written file");
    }

    /// The models as a whole file, under the usual `use` line.
    pub fn write_models(&self, models: &str) {
        self.write("models.rs", &format!("use rungs::{{DbEnum, Model}};\n{models}"));
    }

    /// Runs the command; words are separated by white space, and `'...'` keeps a word together.
    pub fn run(&self, line: &str) -> Ran {
        Ran::new(line, &self.command(line).output().expect("the command runs"))
    }

    /// As [`run`](Self::run), with some environment variables set.
    pub fn run_with(&self, variables: &[(&str, &str)], line: &str) -> Ran {
        let mut command = self.command(line);
        Ran::new(line, &command.envs(variables.iter().copied()).output().expect("the command runs"))
    }

    /// As [`run`](Self::run), in a folder of the project.
    pub fn run_in(&self, folder: &str, line: &str) -> Ran {
        let mut command = self.command(line);
        Ran::new(line, &command.current_dir(self.path().join(folder)).output().expect("the command runs"))
    }

    /// Starts the command, to be finished later.
    pub fn start(&self, line: &str) -> Started {
        let mut command = self.command(line);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        Started { child: command.spawn().expect("the command starts"), line: line.to_owned() }
    }

    /// The command, not run yet.
    pub fn command(&self, line: &str) -> Command {
        let mut command = Command::new(&self.program);
        command.args(words(line)).current_dir(self.path()).env_clear();
        if let Some(path) = std::env::var_os("PATH") {
            command.env("PATH", path);
        }
        if let Some(url) = &self.url {
            command.env("DATABASE_URL", url);
        }
        command
    }

    /// The revision files, sorted by name.
    pub fn revisions(&self) -> Vec<PathBuf> {
        let Ok(entries) = std::fs::read_dir(self.path().join("migrations")) else { return Vec::new() };
        let mut files: Vec<_> = entries.map(|entry| entry.expect("an entry").path()).collect();
        files.retain(|path| path.extension().is_some_and(|extension| extension == "sql"));
        files.sort();
        files
    }

    /// The text of the only revision.
    pub fn only_revision(&self) -> String {
        let files = self.revisions();
        assert_eq!(files.len(), 1, "{files:?}");
        std::fs::read_to_string(&files[0]).expect("a readable file")
    }
}

/// A run that goes on.
#[derive(Debug)]
pub struct Started {
    child: Child,
    line: String,
}

impl Started {
    /// The process.
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for its end.
    pub fn finish(self) -> Ran {
        Ran::new(&self.line, &self.child.wait_with_output().expect("the command ends"))
    }
}

impl Ran {
    pub fn new(line: &str, output: &Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8_lossy(&output.stdout).into_owned(),
            stderr: String::from_utf8_lossy(&output.stderr).into_owned(),
            line: line.to_owned(),
        }
    }

    /// Demands an exit code.
    #[track_caller]
    pub fn code(self, code: i32) -> Self {
        assert_eq!(self.code, code, "migrate {}\nstdout: {}\nstderr: {}", self.line, self.stdout, self.stderr);
        self
    }

    /// Demands success.
    #[track_caller]
    pub fn ok(self) -> Self {
        self.code(0)
    }

    /// Demands a text in the data.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        self.demand(self.stdout.contains(text), text);
        self
    }

    /// Demands a text among errors and progress.
    #[track_caller]
    pub fn complains(self, text: &str) -> Self {
        self.demand(self.stderr.contains(text), text);
        self
    }

    #[track_caller]
    fn demand(&self, is_there: bool, text: &str) {
        let Self { stdout, stderr, line, .. } = self;
        assert!(is_there, "migrate {line}\nlacks: {text}\nstdout: {stdout}\nstderr: {stderr}");
    }

    /// The data as JSON.
    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.stdout)
            .unwrap_or_else(|error| panic!("migrate {}: {error}\n{}", self.line, self.stdout))
    }
}

/// Splits as a shell would, as far as tests need it.
pub fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote: Option<char> = None;
    for c in line.chars() {
        match (quote, c) {
            (Some(open), c) if c == open => quote = None,
            (None, '\'' | '"') => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            (None, c) if c.is_whitespace() => words.extend(word.take()),
            (_, c) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}
