//! The models of the README's tour, in a program that uses them. The command reads them from source; the derive checks
//! them here.

#![allow(clippy::print_stdout, reason = "an example talks to whoever runs it")]

mod models;

use models::{Customer, Order, OrderStatus};
use rungs::{DbEnum, Model};

fn main() {
    let customer = Customer { id: 1, email: "ada@example.org".to_owned(), nickname: None, age: 36 };
    let order = Order {
        id: 1,
        customer_id: customer.id,
        status: OrderStatus::Open,
        placed_on: "2026-11-20".to_owned(),
        note: None,
    };
    println!("{} has the columns {}", Customer::TABLE, Customer::COLUMNS.join(", "));
    println!(
        "{} ({:?}, {} years), customer {}, has order {}",
        customer.email, customer.nickname, customer.age, order.customer_id, order.id
    );
    println!("placed on {}: {} ({:?})", order.placed_on, order.status.as_str(), order.note);
    println!("an order is one of {}", OrderStatus::VALUES.join(", "));
}
