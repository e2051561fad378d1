//! `#[derive(Model)]` and `#[derive(DbEnum)]`: what rungs reads from source, checked while the program compiles; and
//! `embed!`, which takes its revisions into it.

mod embed;

use proc_macro::TokenStream;
use quote::quote;
use rungs_schema::read::{Fault, enum_from_item, model_from_item};
use syn::{Item, ItemEnum, ItemStruct};

/// Declares a table.
///
/// It implements `rungs::Model`, and tells what is wrong with an attribute where the attribute stands.
///
#[doc = include_str!("model.md")]
#[proc_macro_derive(Model, attributes(model))]
pub fn model(input: TokenStream) -> TokenStream {
    let expanded = match syn::parse(input) {
        Ok(Item::Struct(item)) => expand_model(&item).unwrap_or_else(|faults| compile_errors(&faults)),
        Ok(other) => wrong_item(&other, "Model is derived for structs with named fields"),
        Err(error) => error.to_compile_error(),
    };
    expanded.into()
}

/// Declares an enumerated type.
///
/// It implements `rungs::DbEnum`.
///
#[doc = include_str!("db_enum.md")]
#[proc_macro_derive(DbEnum, attributes(db_enum))]
pub fn db_enum(input: TokenStream) -> TokenStream {
    let expanded = match syn::parse(input) {
        Ok(Item::Enum(item)) => expand_enum(&item).unwrap_or_else(|faults| compile_errors(&faults)),
        Ok(other) => wrong_item(&other, "DbEnum is derived for enumerations"),
        Err(error) => error.to_compile_error(),
    };
    expanded.into()
}

/// Takes the revisions of folders into the program, for a `rungs::Migrator`: `rungs::embed!("migrations")`.
///
/// The folders, one or several, are relative to the `Cargo.toml` of the crate; they are read as `migrate` reads them, with
/// the folders in them. A file that changes is compiled in anew. For a file that is added, Cargo needs one line in the
/// `main` of the crate's `build.rs`:
///
/// ```no_run
/// println!("cargo::rerun-if-changed=migrations");
/// ```
///
/// Without it, a program that was built without optimisation refuses to run when the folder has other files than it was
/// built with.
#[proc_macro]
pub fn embed(input: TokenStream) -> TokenStream {
    let folders = syn::parse_macro_input!(input as embed::Folders);
    let root = std::env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default();
    folders.expand(std::path::Path::new(&root)).unwrap_or_else(|error| error.to_compile_error()).into()
}

fn wrong_item(item: &Item, message: &str) -> proc_macro2::TokenStream {
    Fault::over(item, message).to_compile_error()
}

fn compile_errors(faults: &[Fault]) -> proc_macro2::TokenStream {
    faults.iter().map(Fault::to_compile_error).collect()
}

fn expand_model(item: &ItemStruct) -> Result<proc_macro2::TokenStream, Vec<Fault>> {
    let model = model_from_item(item)?;
    let table = &model.table.name.name;
    let schema = match &model.table.name.schema {
        Some(schema) => quote!(::core::option::Option::Some(#schema)),
        None => quote!(::core::option::Option::None),
    };
    let columns = model.table.columns.iter().map(|column| &column.name);
    let key = model.table.primary_key_columns();
    let ident = &item.ident;
    let (generics, arguments, wants) = item.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::rungs::Model for #ident #arguments #wants {
            const SCHEMA: ::core::option::Option<&'static str> = #schema;
            const TABLE: &'static str = #table;
            const COLUMNS: &'static [&'static str] = &[#(#columns),*];
            const PRIMARY_KEY: &'static [&'static str] = &[#(#key),*];
        }
    })
}

fn expand_enum(item: &ItemEnum) -> Result<proc_macro2::TokenStream, Vec<Fault>> {
    let read = enum_from_item(item)?;
    let name = &read.ty.name.name;
    let values = &read.ty.values;
    let variants = &read.variants;
    let ident = &item.ident;
    let (generics, arguments, wants) = item.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics ::rungs::DbEnum for #ident #arguments #wants {
            const TYPE_NAME: &'static str = #name;
            const VALUES: &'static [&'static str] = &[#(#values),*];

            fn as_str(&self) -> &'static str {
                match self {
                    #(Self::#variants => #values,)*
                }
            }

            fn from_value(value: &str) -> ::core::option::Option<Self> {
                match value {
                    #(#values => ::core::option::Option::Some(Self::#variants),)*
                    _ => ::core::option::Option::None,
                }
            }
        }
    })
}
