//! MySQL and MariaDB: triggers of one table and moment fire in the order in which they were created, which no
//! `SHOW CREATE TRIGGER` tells.

use rungs::schema::Schema;

use crate::command::Project;
use crate::harness::{Engine, TestDb, play};
use crate::mysql_support::turn;

fn trigger(name: &str, adds: u32, place: &str) -> String {
    format!("CREATE TRIGGER {name} BEFORE INSERT ON t FOR EACH ROW {place} SET NEW.a = NEW.a * 10 + {adds}")
}

/// The triggers of the table in the order in which they fire, which a row shows.
async fn firing(db: &TestDb) -> String {
    db.run(&["DELETE FROM t", "INSERT INTO t VALUES (0)"]).await;
    db.rows("SELECT a FROM t").await[0][0].clone()
}

/// Builds one state, turns it into the other and back: each fires as it did.
fn fires_as_built(previous: Vec<String>, next: Vec<String>) {
    play(Engine::Mysql, |db| async move {
        let build = async |triggers: &[String]| {
            db.run(&["CREATE TABLE t (a int)"]).await;
            db.run(&triggers.iter().map(String::as_str).collect::<Vec<_>>()).await;
            (firing(&db).await, db.introspect().await)
        };
        let (wanted, next) = build(&next).await;
        turn(&db, &next, &Schema::default()).await;
        turn(&db, &Schema::default(), &next).await;
        assert_eq!(firing(&db).await, wanted, "created from nothing");
        turn(&db, &next, &Schema::default()).await;
        let (before, previous) = build(&previous).await;
        turn(&db, &previous, &next).await;
        assert_eq!(firing(&db).await, wanted, "there");
        turn(&db, &next, &previous).await;
        assert_eq!(firing(&db).await, before, "and back");
    });
}

#[test]
fn triggers_that_change_fire_when_they_did() {
    let all = |first: u32, second: u32| vec![trigger("z", first, ""), trigger("m", second, ""), trigger("a", 3, "")];
    fires_as_built(all(1, 2), all(7, 2));
    fires_as_built(all(1, 2), all(1, 7));
    fires_as_built(all(1, 2), all(8, 9));
}

#[test]
fn triggers_come_between_others_and_go() {
    fires_as_built(
        vec![trigger("z", 1, ""), trigger("a", 3, "")],
        vec![trigger("z", 1, ""), trigger("a", 3, ""), trigger("m", 2, "FOLLOWS z")],
    );
    fires_as_built(
        vec![trigger("z", 1, ""), trigger("a", 3, "")],
        vec![trigger("z", 1, ""), trigger("a", 4, ""), trigger("m", 2, "PRECEDES z"), trigger("b", 5, "PRECEDES a")],
    );
}

#[test]
fn triggers_change_places() {
    fires_as_built(
        vec![trigger("a", 1, ""), trigger("b", 2, ""), trigger("c", 3, "")],
        vec![trigger("a", 1, ""), trigger("b", 2, "PRECEDES a"), trigger("c", 4, "PRECEDES a")],
    );
}

/// A file says what a trigger is, and the database when it fires.
#[test]
fn a_declared_trigger_that_changes_keeps_its_place() {
    play(Engine::Mysql, |db| async move {
        let triggers = |second: u32| [trigger("z", 1, ""), trigger("m", second, ""), trigger("a", 3, "")];
        db.run(&["CREATE TABLE t (a int PRIMARY KEY)"]).await;
        for one in triggers(2) {
            db.run(&[&one]).await;
        }
        let model = "#[derive(Model)] #[model(table = \"t\")] pub struct T { #[model(primary_key)] pub a: i32 }";
        let project = Project::with_models(db.url_text(), model);
        let declare = |second: u32| {
            let mut sorted = triggers(second).to_vec();
            sorted.sort();
            project.write("db/triggers.sql", &sorted.join(";\n"));
        };
        project.write("migrate.toml", "models = [\"models.rs\"]\nobjects = [\"db/*.sql\"]\n");
        declare(2);
        project.run("check").ok();
        declare(7);
        project.run("autogenerate -m other --apply").ok();
        assert_eq!(firing(&db).await, "173");
        project.run("check").ok();
        project.run("downgrade -1").ok();
        assert_eq!(firing(&db).await, "123");
    });
}
