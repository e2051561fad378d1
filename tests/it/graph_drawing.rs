//! `history --graph`: what is drawn, to the character.

use rungs::revision::{History, Revision};

use crate::command::Project;
use crate::graph_support::{project, write};

/// The drawing, without a database.
fn drawn(lines: &[&str]) -> String {
    let project = project(lines);
    project.write("migrate.toml", "");
    project.run("history --graph").ok().complains("drawn without marks of what is applied").stdout
}

#[track_caller]
fn shows(stdout: &str, expected: &[&str]) {
    let lines: Vec<&str> = stdout.trim_end_matches('\n').lines().collect();
    assert_eq!(lines, expected, "\n{stdout}");
}

#[test]
fn a_line() {
    shows(&drawn(&["a:", "b: a", "c: b"]), &["*  c (head): About c", "*  b: About b", "*  a: About a"]);
}

#[test]
fn a_branch() {
    shows(
        &drawn(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e"]),
        &[
            "*  f [right] (head): About f",
            "*  e [right]: About e",
            "| *  d [left] (head): About d",
            "| *  c [left]: About c",
            "|/",
            "*  b (branch point): About b",
            "*  a: About a",
        ],
    );
}

#[test]
fn a_merge_of_two_bases() {
    shows(
        &drawn(&["a:", "b:", "c: a b"]),
        &["*    c (head, merge): About c", "|\\", "| *  b: About b", "*  a: About a"],
    );
}

#[test]
fn a_diamond() {
    shows(
        &drawn(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e", "g: d f", "h: g"]),
        &[
            "*  h [left, right] (head): About h",
            "*    g [left, right] (merge): About g",
            "|\\",
            "| *  f [right]: About f",
            "| *  e [right]: About e",
            "* |  d [left]: About d",
            "* |  c [left]: About c",
            "|/",
            "*  b (branch point): About b",
            "*  a: About a",
        ],
    );
}

#[test]
fn two_bases_and_a_dependency() {
    shows(
        &drawn(&["a: @one", "b: a", "x: @two", "y: x >b", "z: y"]),
        &[
            "*  z [two] (head): About z",
            "*  y (needs b) [two]: About y",
            "*  x [two]: About x",
            "",
            "*  b [one] (head): About b",
            "*  a [one]: About a",
        ],
    );
}

#[test]
fn a_merge_of_three() {
    shows(
        &drawn(&["a:", "b: a", "c: a", "d: a", "m: b c d", "n: m"]),
        &[
            "*  n (head): About n",
            "*      m (merge): About m",
            "+-+-.",
            "| | *  d: About d",
            "| * |  c: About c",
            "| |/",
            "* |  b: About b",
            "|/",
            "*  a (branch point): About a",
        ],
    );
}

#[test]
fn lines_that_cross() {
    shows(
        &drawn(&["a:", "b: a", "c: a", "m: b c", "n: b c", "o: m n"]),
        &[
            "*    o (head, merge): About o",
            "|\\",
            "| *    n (merge): About n",
            "| |\\",
            "* | |  m (merge): About m",
            "'-+-+",
            "  | *  c (branch point): About c",
            "  * |  b (branch point): About b",
            "  |/",
            "  *  a (branch point): About a",
        ],
    );
}

#[test]
fn a_part_hints_at_what_is_left_out() {
    let project = project(&["a:", "b: a", "c: b", "d: c"]);
    project.write("migrate.toml", "");
    let part = project.run("history --graph -r b:c").ok();
    shows(&part.stdout, &["*  c: About c", "*  b: About b", "|", "~"]);
}

#[test]
fn what_is_applied_is_marked_and_so_is_what_has_no_file() {
    let project = project(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e"]);
    project.run("upgrade c").ok();
    project.run("upgrade e").ok();
    let marked = [
        "o  f [right] (head): About f",
        "@  e [right] (current): About e",
        "| o  d [left] (head): About d",
        "| @  c [left] (current): About c",
        "|/",
        "*  b (branch point): About b",
        "*  a: About a",
    ];
    shows(&project.run("history --graph").ok().stdout, &marked);
    std::fs::remove_file(project.path().join("migrations/d.sql")).unwrap();
    std::fs::remove_file(project.path().join("migrations/c.sql")).unwrap();
    let ran = project.run("history --graph").ok();
    let lines: Vec<&str> = ran.stdout.lines().collect();
    assert!(lines[0].starts_with("?  c (no file; applied 20"), "{}", ran.stdout);
    assert!(lines[0].ends_with("): About c"), "{}", ran.stdout);
    shows(
        &lines[1..].join("\n"),
        &[
            "| o  f [right] (head): About f",
            "| @  e [right] (current): About e",
            "|/",
            "*  b [right]: About b",
            "*  a [right]: About a",
        ],
    );
}

#[test]
fn the_documented_drawing_is_true() {
    use crate::readme::{blocks, commands, read, shape};
    let project = project(&["a:", "b: a", "c: b @left", "d: c", "e: b @right", "f: e", "g: d f"]);
    let tour = blocks(&read("docs/revisions.md"), "console history").join("");
    let played = commands(&tour);
    assert_eq!(played.len(), 4, "{tour}");
    for (command, expected) in played {
        let ran = project.run(command.strip_prefix("migrate ").unwrap()).ok();
        assert_eq!(shape(&format!("{}{}", ran.stdout, ran.stderr)), shape(&expected), "$ {command}");
    }
}

#[test]
fn everything_that_is_known_fits_beside_the_lines() {
    let project = project(&["a:", "b: a", "c: a"]);
    let ran = project.run("history --graph --verbose").ok();
    shows(
        &ran.stdout.lines().take(13).collect::<Vec<_>>().join("\n"),
        &[
            "o  revision c (head)",
            "|      About c",
            "|",
            "|      parents:  a",
            "|      applied:  not yet",
            "|      file:     migrations/c.sql",
            "| o  revision b (head)",
            "|/       About b",
            "|",
            "|        parents:  a",
            "|        applied:  not yet",
            "|        file:     migrations/b.sql",
            "o  revision a (branch point)",
        ],
    );
}

/// Random merges and branches: each revision stands on exactly one line, below all that stand on it.
#[test]
fn thousands_of_revisions_are_drawn_at_once() {
    let mut state = 1_u64;
    let mut random = |below: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % below
    };
    let mut lines: Vec<String> = Vec::new();
    let mut heads: Vec<usize> = Vec::new();
    for number in 0..2_000 {
        let parents: Vec<usize> = match random(20) {
            0 if heads.len() < 30 => Vec::new(),
            1 if heads.len() > 1 => vec![heads.remove(random(heads.len())), heads.remove(random(heads.len()))],
            2 if !heads.is_empty() && heads.len() < 30 => vec![heads[random(heads.len())]],
            _ if heads.is_empty() => Vec::new(),
            _ => vec![heads.swap_remove(random(heads.len()))],
        };
        let parents: Vec<String> = parents.iter().map(|parent| format!("r{parent:04}")).collect();
        lines.push(format!("r{number:04}: {}", parents.join(" ")));
        heads.push(number);
    }
    let project = Project::empty();
    project.write("migrate.toml", "");
    write(&project, &lines.iter().map(String::as_str).collect::<Vec<_>>());
    let begin = std::time::Instant::now();
    let ran = project.run("history --graph").ok();
    assert!(begin.elapsed().as_secs() < 10, "{:?}", begin.elapsed());
    let order: Vec<&str> = ran
        .stdout
        .lines()
        .filter_map(|line| line.split_whitespace().find(|word| word.starts_with('r') && word.len() >= 5))
        .map(|word| &word[..5])
        .collect();
    assert_eq!(order.len(), 2_000);
    let place = |id: &str| order.iter().position(|one| *one == id).unwrap();
    let history = History::new(lines.iter().map(|line| parsed(line)).collect()).unwrap();
    for (index, id) in order.iter().enumerate().step_by(37) {
        assert!(history.parents(id).iter().all(|parent| place(&parent.id) > index), "{id}");
    }
}

fn parsed(line: &str) -> Revision {
    crate::graph_support::revision(line)
}
