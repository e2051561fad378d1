//! A small shop: what `migrate autogenerate` reads.

use rungs::{DbEnum, Model};

/// Who buys.
#[derive(Model)]
#[model(table = "customers", check(name = "ck_customers_age", expr = "age >= 0"))]
pub struct Customer {
    #[model(primary_key, auto_increment)]
    pub id: i64,
    #[model(length = 120, unique)]
    pub email: String,
    pub nickname: Option<String>,
    #[model(default = "0")]
    pub age: i32,
}

/// How far an order is.
#[derive(DbEnum)]
pub enum OrderStatus {
    Open,
    Paid,
    Shipped,
}

/// What they buy.
#[derive(Model)]
#[model(table = "orders", index(name = "ix_orders_status", columns(status, placed_on)))]
pub struct Order {
    #[model(primary_key, auto_increment)]
    pub id: i64,
    #[model(references(Customer::id), on_delete = "cascade", index)]
    pub customer_id: i64,
    pub status: OrderStatus,
    #[model(type = "DATE")]
    pub placed_on: String,
    pub note: Option<String>,
}
