//! `migrate completions`.

use std::ffi::OsString;
use std::path::Path;

use clap_complete::env::{Bash, Elvish, EnvCompleter, Fish, Powershell, Shells, Zsh};

use super::{Context, Outcome, VARIABLE};
use crate::error::{ConfigError, Error};

/// The shells that there are scripts for.
pub(super) const SHELLS: Shells<'static> = Shells(&[&WholeWords, &Elvish, &Fish, &Powershell, &Zsh]);

/// Print the script that lets a shell complete commands, revisions and labels.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Put a line into the file that your shell reads when it starts:\n  bash        source <(migrate completions bash)\n  zsh         source <(migrate completions zsh)\n  fish        migrate completions fish | source\n  powershell  migrate completions powershell | Out-String | Invoke-Expression\n  elvish      eval (migrate completions elvish | slurp)"
)]
pub(super) struct Completions {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
    Powershell,
    Elvish,
}

impl Shell {
    fn name(self) -> &'static str {
        match self {
            Self::Bash => "bash",
            Self::Zsh => "zsh",
            Self::Fish => "fish",
            Self::Powershell => "powershell",
            Self::Elvish => "elvish",
        }
    }
}

impl Completions {
    pub(super) fn run(self, context: &Context) -> Result<Outcome, Error> {
        let fault = |reason: String| ConfigError::Usage { reason, help: None };
        let shell = SHELLS.completer(self.shell.name()).ok_or_else(|| fault("there is no such shell".to_owned()))?;
        // A command that the shell finds stays found when it is installed anew; one that was called by its path is not
        // on the way that the shell searches.
        let called = std::env::args_os().next().unwrap_or_else(|| OsString::from("migrate"));
        let by_path = Path::new(&called).components().count() > 1;
        let command = if by_path { context.folder.join(&called).display().to_string() } else { "migrate".to_owned() };
        let mut script = Vec::new();
        shell
            .write_registration(VARIABLE, "migrate", "migrate", &command, &mut script)
            .map_err(|error| fault(error.to_string()))?;
        context.ui.script("script", &String::from_utf8_lossy(&script));
        Ok(Outcome::Fine)
    }
}

/// Bash, of whose words readline makes several: it also cuts at `@`, `:` and `=`, which stand in targets and ranges.
#[derive(Debug)]
struct WholeWords;

const BASH: &str = r#"_complete_NAME() {
    local IFS=$'\013'
    local words=() index=0 last=-1 rest=$COMP_LINE blank word i after
    # What no blank divides is one word, up to the cursor.
    for (( i = 0; i < ${#COMP_WORDS[@]}; i++ )); do
        word=${COMP_WORDS[i]}
        blank=${rest%%[![:space:]]*}
        rest=${rest#"$blank"}
        rest=${rest#"$word"}
        if (( last < 0 )) || [[ -n $blank ]]; then
            last=$(( last + 1 ))
            words[last]=$word
        elif (( i <= COMP_CWORD )); then
            words[last]+=$word
        fi
        if (( i == COMP_CWORD )); then
            index=$last
            after=$(( ${#COMP_LINE} - ${#rest} - COMP_POINT ))
            if (( after > 0 )); then
                words[last]=${words[last]:0:$(( ${#words[last]} - after ))}
            fi
        fi
    done
    # Readline puts in what follows its own last cut.
    local before=${words[index]%"$2"}
    local space=true
    if compopt +o nospace 2> /dev/null; then
        space=false
    fi
    COMPREPLY=( $( \
        _CLAP_IFS="$IFS" \
        _CLAP_COMPLETE_INDEX="$index" \
        _CLAP_COMPLETE_COMP_TYPE="$COMP_TYPE" \
        _CLAP_COMPLETE_SPACE="$space" \
        VARIABLE=bash \
        COMPLETER -- "${words[@]}" 2> /dev/null \
    ) )
    COMPREPLY=( "${COMPREPLY[@]#"$before"}" )
    if [[ $space == false ]] && [[ "${COMPREPLY-}" =~ [=/:@]$ ]]; then
        compopt -o nospace
    fi
}
if [[ "${BASH_VERSINFO[0]}" -eq 4 && "${BASH_VERSINFO[1]}" -ge 4 || "${BASH_VERSINFO[0]}" -gt 4 ]]; then
    complete -o nospace -o bashdefault -o nosort -F _complete_NAME NAME
else
    complete -o nospace -o bashdefault -F _complete_NAME NAME
fi
"#;

impl EnvCompleter for WholeWords {
    fn name(&self) -> &'static str {
        Bash.name()
    }

    fn is(&self, name: &str) -> bool {
        Bash.is(name)
    }

    fn write_registration(
        &self,
        variable: &str,
        _name: &str,
        command: &str,
        completer: &str,
        out: &mut dyn std::io::Write,
    ) -> Result<(), std::io::Error> {
        let completer = format!("'{}'", completer.replace('\'', r"'\''"));
        let script = BASH.replace("NAME", command).replace("VARIABLE", variable).replace("COMPLETER", &completer);
        out.write_all(script.as_bytes())
    }

    fn write_complete(
        &self,
        command: &mut clap::Command,
        words: Vec<OsString>,
        folder: Option<&Path>,
        out: &mut dyn std::io::Write,
    ) -> Result<(), std::io::Error> {
        Bash.write_complete(command, words, folder, out)
    }
}
