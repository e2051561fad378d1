//! Hooks of a program that compares models and a database itself.

use rungs::Hooks;
use rungs::authoring::Models;
use rungs::diff::change::Change;
use rungs::schema::ColumnType;

use crate::harness::TestDb;

const MODELS: &str = "
use rungs::Model;

#[derive(Model)]
pub struct Orders {
    #[model(primary_key)]
    pub id: i64,
    #[model(index)]
    pub total: Money,
}

#[derive(Model)]
pub struct TmpOrders {
    #[model(primary_key)]
    pub id: i64,
}
";

fn models(db: &TestDb, hooks: Hooks) -> Models {
    std::fs::write(db.folder().join("models.rs"), MODELS).expect("written");
    let money = ColumnType::Decimal { precision: Some(12), scale: Some(2) };
    let hooks = hooks.column_type("Money", money);
    Models::read(&["models.rs"], db.folder(), hooks).unwrap_or_else(|error| panic!("{error:?}"))
}

async fn differences(db: &TestDb, models: &Models) -> Vec<String> {
    let mut connection = db.connect().await;
    let compared = models.compare(&mut connection, &db.url).await.unwrap_or_else(|error| panic!("{error}"));
    connection.close().await.expect("closed");
    compared.differences().iter().map(|one| format!("{} {} {}", one.action, one.kind, one.name)).collect()
}

crate::on_every_engine!(a_plan_leads_there_and_back, |db: TestDb| async move {
    let models = models(&db, Hooks::new());
    let mut connection = db.connect().await;
    let compared = models.compare(&mut connection, &db.url).await.unwrap_or_else(|error| panic!("{error}"));
    let plan = compared.plan().expect("a plan");
    for statement in &plan.up {
        connection.execute(&statement.sql).await.expect("it runs");
    }
    assert!(differences(&db, &models).await.is_empty());
    for statement in &plan.down {
        connection.execute(&statement.sql).await.expect("it runs");
    }
    connection.close().await.expect("closed");
    assert_eq!(db.introspect().await, rungs::schema::Schema::default());
});

crate::on_every_engine!(filters_see_every_object_by_kind_schema_and_name, |db: TestDb| async move {
    db.run(&["CREATE TABLE tmp_live (id integer)", "CREATE TABLE live (id integer)"]).await;
    let hooks = Hooks::new().include(|object| !(object.kind == "table" && object.name.starts_with("tmp_")));
    let hooks = hooks.include(|object| !(object.kind == "index" && object.table == Some("orders")));
    let found = differences(&db, &models(&db, hooks)).await;
    assert_eq!(found, ["drop table live", "create table orders"].map(str::to_owned).to_vec(), "{found:?}");
});

crate::on_every_engine!(a_column_that_is_not_included_stays_as_it_is, |db: TestDb| async move {
    db.run(&["CREATE TABLE tmp_orders (id bigint NOT NULL PRIMARY KEY, legacy integer)"]).await;
    let hooks = Hooks::new().include(|object| object.name != "legacy" && object.name != "orders");
    let found = differences(&db, &models(&db, hooks)).await;
    assert!(found.iter().all(|one| !one.contains("legacy") && !one.ends_with(" orders")), "{found:?}");
    let found = differences(&db, &models(&db, Hooks::new())).await;
    assert!(found.contains(&"drop column tmp_orders.legacy".to_owned()), "{found:?}");
});

crate::on_every_engine!(rewriters_come_one_after_the_other, |db: TestDb| async move {
    let hooks = Hooks::new()
        .rewrite(|changes, _| changes.into_iter().filter(|one| one.subject() != "table tmp_orders").collect())
        .rewrite(|changes, engine| {
            assert!(changes.iter().all(|one| one.subject() == "table orders"), "{engine}: {changes:?}");
            let without_indexes = |change| match change {
                Change::CreateTable { next } => {
                    let mut table = std::sync::Arc::unwrap_or_clone(next);
                    table.indexes.clear();
                    Change::CreateTable { next: table.into() }
                }
                other => other,
            };
            changes.into_iter().map(without_indexes).collect()
        });
    let models = models(&db, hooks);
    let mut connection = db.connect().await;
    let compared = models.compare(&mut connection, &db.url).await.unwrap_or_else(|error| panic!("{error}"));
    let plan = compared.plan().expect("a plan");
    connection.close().await.expect("closed");
    let up: String = plan.up.iter().map(|statement| statement.sql.clone()).collect();
    assert!(up.contains("CREATE TABLE") && !up.contains("INDEX") && !up.contains("tmp_orders"), "{up}");
    assert_eq!(plan.down.len(), 1, "{:?}", plan.down);
});
