//! What shells complete, by the protocol that their scripts speak, and through the scripts where the shell is there.

use std::process::Command;
use std::time::{Duration, Instant};

use crate::command::{Project, Ran, words};

const SHELLS: [&str; 5] = ["bash", "zsh", "fish", "powershell", "elvish"];

/// left: 1975ea83b712 - a0d8cd78f167; right: c0ffee000001
fn project() -> Project {
    let project = Project::empty();
    project.write(
        "migrate.toml",
        "database_url = \"${NOT_SET}\"\n[branches.shop]\nmigrations = \"shop\"\n[env.production]\n\
         database_url = \"postgres://nowhere.invalid/x\"\n[env.staging]\nmigrations = \"other\"\n",
    );
    revision(&project, "migrations/a", "1975ea83b712", "", "left");
    revision(&project, "migrations/b", "a0d8cd78f167", "1975ea83b712", "");
    revision(&project, "migrations/c", "c0ffee000001", "", "right");
    project
}

fn revision(project: &Project, file: &str, id: &str, parent: &str, label: &str) {
    let list = |name: &str| if name.is_empty() { String::new() } else { format!("{name:?}") };
    project.write(
        &format!("{file}.sql"),
        &format!(
            "-- About {id}: a\ttab\n-- revision = \"{id}\"\n-- down_revision = [{}]\n-- branch_labels = [{}]\n\
             -- migrate:up\n-- migrate:down\n",
            list(parent),
            list(label)
        ),
    );
}

/// Asks as a shell's script does; the last word is the one that is written.
fn ask(project: &Project, shell: &str, line: &str) -> Ran {
    let mut all = vec!["migrate".to_owned()];
    all.extend(words(line));
    if line.is_empty() || line.ends_with(' ') {
        all.push(String::new());
    }
    let mut command = project.command("");
    command.env("COMPLETE", shell).env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_INDEX", (all.len() - 1).to_string());
    command.arg("--").args(&all);
    Ran::new(line, &command.output().expect("the command runs"))
}

/// The candidates that bash is given, without options.
#[track_caller]
fn candidates(project: &Project, line: &str) -> Vec<String> {
    let ran = ask(project, "bash", line).ok();
    assert_eq!(ran.stderr, "", "{line}");
    ran.stdout.lines().filter(|word| !word.starts_with('-')).map(str::to_owned).collect()
}

#[test]
fn targets_are_words_labels_and_ids_newest_first() {
    let project = project();
    let all = [
        "heads",
        "head",
        "base",
        "current",
        "left",
        "left@head",
        "left@base",
        "right",
        "right@head",
        "right@base",
        "c0ffee000001",
        "a0d8cd78f167",
        "1975ea83b712",
    ];
    for line in ["upgrade ", "downgrade ", "show ", "stamp ", "edit ", "merge ", "stamp heads "] {
        assert_eq!(candidates(&project, line), all, "{line}");
    }
    assert_eq!(candidates(&project, "upgrade he"), ["heads", "head"]);
    assert_eq!(candidates(&project, "upgrade 19"), ["1975ea83b712"]);
    assert_eq!(candidates(&project, "upgrade le"), ["left", "left@head", "left@base"]);
    assert_eq!(
        candidates(&project, "upgrade left@"),
        ["left@head", "left@base", "left@a0d8cd78f167", "left@1975ea83b712"]
    );
    assert_eq!(candidates(&project, "upgrade left@a"), ["left@a0d8cd78f167"]);
    assert_eq!(candidates(&project, "revision -m x --head ri"), ["right", "right@head", "right@base"]);
    assert_eq!(
        candidates(&project, "revision -m x --depends-on "),
        ["left", "right", "c0ffee000001", "a0d8cd78f167", "1975ea83b712"]
    );
    assert_eq!(candidates(&project, "upgrade nothing"), [""; 0]);
}

#[test]
fn both_ends_of_a_range_are_targets() {
    let project = project();
    assert_eq!(candidates(&project, "history -r 19"), ["1975ea83b712"]);
    assert_eq!(candidates(&project, "history -r 1975ea83b712:a"), ["1975ea83b712:a0d8cd78f167"]);
    assert_eq!(candidates(&project, "history --rev-range=:left@h"), [""; 0]);
    let ran = ask(&project, "bash", "history --rev-range=:left@h").ok();
    assert_eq!(ran.stdout, "--rev-range=:left@head");
}

#[test]
fn names_of_the_configuration() {
    let project = project();
    assert_eq!(candidates(&project, "revision -m x --branch "), ["left", "right", "shop"]);
    assert_eq!(candidates(&project, "autogenerate -m x --branch s"), ["shop"]);
    assert_eq!(candidates(&project, "upgrade --env "), ["production", "staging"]);
    assert_eq!(candidates(&project, "heads --format "), ["text", "json"]);
    assert_eq!(candidates(&project, "--config mi"), ["migrate.toml", "migrations/"]);
    assert_eq!(candidates(&project, "--migrations mi"), ["migrations/"]);
    assert_eq!(candidates(&project, "diff --from m"), ["models", "models:"]);
    assert_eq!(candidates(&project, "diff --from rev:19"), ["rev:1975ea83b712"]);
    assert_eq!(candidates(&project, "models --from file:migrations/a"), ["file:migrations/a.sql"]);
    assert_eq!(candidates(&project, "upg"), ["upgrade"]);
    let options = ask(&project, "bash", "upgrade --lock-w").ok();
    assert_eq!(options.stdout, "--lock-wait");
}

#[test]
fn what_the_line_says_before_counts() {
    let project = project();
    revision(&project, "other/x", "0dd0dd0dd0dd", "", "");
    project.write("else/migrate.toml", "migrations = \"../other\"\n");
    let other = ["0dd0dd0dd0dd"];
    assert_eq!(candidates(&project, "--migrations other upgrade 0"), other);
    assert_eq!(candidates(&project, "--migrations=other upgrade 0"), other);
    assert_eq!(candidates(&project, "upgrade --config else/migrate.toml 0"), other);
    assert_eq!(candidates(&project, "upgrade --env staging 0"), other);
    assert_eq!(candidates(&project, "upgrade 0"), [""; 0]);
    // Without a project, a folder of revisions is enough.
    std::fs::remove_file(project.path().join("migrate.toml")).expect("removed");
    assert_eq!(candidates(&project, "--migrations other upgrade 0"), other);
}

#[test]
fn a_broken_project_has_no_candidates_and_says_nothing() {
    let project = project();
    project.write("migrations/d.sql", "-- revision = \"a0d8cd78f167\"\n-- migrate:up\n-- migrate:down\n");
    assert_eq!(candidates(&project, "upgrade "), [""; 0]);
    project.write("migrate.toml", "models = 1");
    for line in ["upgrade ", "--env ", "revision --branch "] {
        assert_eq!(candidates(&project, line), [""; 0], "{line}");
    }
    let nowhere = Project::empty();
    for shell in SHELLS {
        for line in ["upgrade ", "upgrade heads too many wor", "no such command", "history -r "] {
            let ran = ask(&nowhere, shell, line);
            assert_eq!(ran.stderr, "", "{shell}: {line}");
            assert!(!ran.stdout.contains("error"), "{shell}: {line}: {}", ran.stdout);
        }
    }
}

#[test]
fn descriptions_are_messages_in_shells_that_show_them() {
    let project = project();
    assert_eq!(ask(&project, "fish", "upgrade 19").ok().stdout, "1975ea83b712\tAbout 1975ea83b712: a tab\n");
    assert_eq!(ask(&project, "powershell", "upgrade 19").ok().stdout, "1975ea83b712\tAbout 1975ea83b712: a tab\n");
    assert_eq!(ask(&project, "zsh", "upgrade 19").ok().stdout, "1975ea83b712:About 1975ea83b712: a tab");
    assert_eq!(ask(&project, "elvish", "upgrade 19").ok().stdout, "1975ea83b712");
}

/// A name is put into a command line as it stands.
#[test]
fn a_name_that_a_shell_would_run_is_not_offered() {
    let project = project();
    revision(&project, "migrations/x", "$(touch x)".replace(' ', "").as_str(), "", "`id`");
    revision(&project, "migrations/y", "a;b*", "", "größe.2");
    let all = candidates(&project, "upgrade ");
    assert!(all.contains(&"größe.2".to_owned()) && all.contains(&"1975ea83b712".to_owned()), "{all:?}");
    assert!(!all.iter().any(|word| word.contains(['$', '`', ';', '*'])), "{all:?}");
}

#[test]
fn a_large_folder_is_complete_while_a_person_waits() {
    let project = project();
    for number in 0..1_000 {
        revision(&project, &format!("migrations/r{number:04}"), &format!("r{number:04}"), "", "");
    }
    let begin = Instant::now();
    assert_eq!(candidates(&project, "upgrade r000").len(), 10);
    // Unoptimised; and somebody who has written nothing yet gets no more than fits on a screen.
    assert!(begin.elapsed() < Duration::from_secs(5), "{:?}", begin.elapsed());
    assert_eq!(candidates(&project, "upgrade ").len(), 10 + 100);
}

#[test]
fn each_shell_has_a_script() {
    let project = Project::empty();
    for shell in SHELLS {
        let script = project.run(&format!("completions {shell}")).ok().stdout;
        assert!(script.contains("COMPLETE") && script.contains("migrate"), "{shell}: {script}");
        let json = project.run(&format!("completions {shell} --format json")).ok().json();
        assert_eq!(json["script"], script, "{shell}");
        // The same by the environment, as clap's other programs have it.
        let output = project.command("").env("COMPLETE", shell).output().expect("the command runs");
        assert_eq!(String::from_utf8_lossy(&output.stdout).trim(), script.trim(), "{shell}");
    }
    project.run("completions tcsh").code(2).complains("bash, zsh, fish, powershell, elvish");
    let output = project.command("heads").env("COMPLETE", "tcsh").output().expect("the command runs");
    Ran::new("heads", &output).code(2).complains("unknown shell `tcsh`");
    // Switched off.
    let output = project.command("--version").env("COMPLETE", "0").output().expect("the command runs");
    Ran::new("--version", &output).ok().says("migrate ");
}

/// Runs a script in a shell, if it is there.
fn shell(project: &Project, shell: &str, options: &[&str], script: &str) -> Option<String> {
    let mut command = Command::new(shell);
    command.args(options).arg("-c").arg(script).current_dir(project.path());
    let output = command.output().ok()?;
    let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(stderr, "", "{shell}");
    Some(String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Bash calls the function with the words as readline cuts them, and puts what comes back in place of the last one.
#[test]
fn bash_completes_what_readline_cuts_into_pieces() {
    let project = project();
    let migrate = env!("CARGO_BIN_EXE_migrate");
    let complete = |line: &str, words: &[&str], last: &str| {
        let quoted: Vec<String> = words.iter().map(|word| format!("'{word}'")).collect();
        let script = format!(
            "source <('{migrate}' completions bash); COMP_LINE='{line}'; COMP_POINT=${{#COMP_LINE}}; COMP_TYPE=9\n\
             COMP_WORDS=({}); COMP_CWORD={}\n_complete_migrate migrate '{last}' ''; echo \"${{COMPREPLY[*]}}\"",
            quoted.join(" "),
            words.len() - 1
        );
        shell(&project, "bash", &["--norc"], &script).map(|text| text.trim().to_owned())
    };
    let Some(found) = complete("migrate upgrade le", &["migrate", "upgrade", "le"], "le") else { return };
    assert_eq!(found, "left left@head left@base");
    let cases: [(&str, &[&str], &str, &str); 6] = [
        ("migrate upgrade left@h", &["migrate", "upgrade", "left", "@", "h"], "h", "head"),
        (
            "migrate upgrade  left@",
            &["migrate", "upgrade", "left", "@"],
            "@",
            "@head @base @a0d8cd78f167 @1975ea83b712",
        ),
        (
            "migrate history -r left@head:a0",
            &["migrate", "history", "-r", "left", "@", "head", ":", "a0"],
            "a0",
            "a0d8cd78f167",
        ),
        ("migrate heads --format=js", &["migrate", "heads", "--format", "=", "js"], "js", "json"),
        (
            "migrate --migrations=migrations upgrade 19",
            &["migrate", "--migrations", "=", "migrations", "upgrade", "19"],
            "19",
            "1975ea83b712",
        ),
        ("migrate upgrade zz", &["migrate", "upgrade", "zz"], "zz", ""),
    ];
    for (line, words, last, expected) in cases {
        let found = complete(line, words, last).expect("bash is there");
        // Readline gives the `@` alone as the last word, or nothing: both are answered in its terms.
        assert_eq!(found, expected, "{line}");
    }
}

#[test]
fn zsh_and_fish_take_their_scripts() {
    let project = project();
    let migrate = env!("CARGO_BIN_EXE_migrate");
    let script = format!(
        "autoload -Uz compinit; compinit -u -d .zcompdump; source <('{migrate}' completions zsh); \
         print ${{_comps[migrate]}}"
    );
    if let Some(found) = shell(&project, "zsh", &["-f"], &script) {
        assert_eq!(found.trim(), "_clap_dynamic_completer_migrate");
    }
    let script = format!("'{migrate}' completions fish | source; complete -C 'migrate upgrade left@h'");
    if let Some(found) = shell(&project, "fish", &["--no-config"], &script) {
        assert_eq!(found.trim(), "left@head\twhere left ends");
    }
}
