//! `#[derive(Model)]` and `#[derive(DbEnum)]`.

use proc_macro::TokenStream;

/// Declares a table.
#[proc_macro_derive(Model, attributes(model))]
pub fn model(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}

/// Declares an enumeration.
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn db_enum(_input: TokenStream) -> TokenStream {
    TokenStream::new()
}
