//! Commands that new files are given to.

use crate::command::Project;

fn project(hooks: &str) -> Project {
    let project = Project::empty();
    let text =
        format!("database_url = \"sqlite://app.db\"\nmodels = [\"models.rs\"]\n[hooks]\nafter_write = {hooks}\n");
    project.write("migrate.toml", &text);
    project.write_models("#[derive(Model)]\npub struct User {\n    #[model(primary_key)]\n    pub id: i64,\n}\n");
    project
}

#[test]
fn a_command_changes_the_file_before_it_is_applied() {
    let project = project(r#"["sed -i -e 's/CREATE TABLE/create table/' {path}", "cp {path} 'a copy'"]"#);
    project.run("autogenerate -m Users --apply").ok();
    assert!(project.only_revision().contains("create table"), "{}", project.only_revision());
    let copy = std::fs::read_to_string(project.path().join("a copy")).expect("the second command ran");
    assert_eq!(copy, project.only_revision());
    project.run("check").ok();
    project.run("revision -m 'By hand'").ok();
    assert!(std::fs::read_to_string(project.path().join("a copy")).expect("a copy").contains("By hand"));
}

#[test]
fn it_runs_in_the_folder_of_the_project() {
    let project = project(r#"["cp {path} here.sql"]"#);
    project.write("deep/down/.gitkeep", "");
    project.run_in("deep/down", "autogenerate -m Users").ok();
    assert!(project.path().join("here.sql").is_file());
}

#[test]
fn no_shell_sees_the_command() {
    let project = project(r#"["cp {path} 'a;b $HOME.sql'"]"#);
    project.run("autogenerate -m Users").ok();
    assert!(project.path().join("a;b $HOME.sql").is_file());
}

#[test]
fn one_that_fails_is_told_with_what_it_printed_and_the_file_stays() {
    let project = project(r#"["ls {path} no-such-file"]"#);
    let ran =
        project.run("autogenerate -m Users --apply").code(2).complains("the hook `ls {path} no-such-file` ended with");
    let ran = ran.complains("no-such-file': No such file").complains("is written, and stays");
    let _ = ran.complains("mend it, or the command in migrate.toml");
    assert_eq!(project.revisions().len(), 1);
    // Nothing was applied.
    project.run("current --check-heads").code(1);
}

#[test]
fn one_that_is_not_there_or_cannot_be_split_is_told() {
    project(r#"["no-such-program-here {path}"]"#)
        .run("revision -m x")
        .code(2)
        .complains("cannot be started")
        .complains("is no-such-program-here installed");
    project(r#"["sed 's/x {path}"]"#).run("revision -m x").code(2).complains("is no command");
}

#[test]
fn one_that_breaks_the_file_is_told() {
    let project = project(r#"["sed -i /revision/d {path}"]"#);
    project.run("autogenerate -m Users --apply").code(2).complains("revision");
}
