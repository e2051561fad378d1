//! The first model. `migrate autogenerate -m "Add users"` writes the revision that creates its table.

use rungs::Model;

#[derive(Model)]
#[model(table = "users")]
pub struct User {
    #[model(primary_key, auto_increment)]
    pub id: i64,
    #[model(length = 120, unique)]
    pub email: String,
    pub nickname: Option<String>,
    #[model(default = "0")]
    pub age: i32,
}
