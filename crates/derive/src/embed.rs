//! `embed!`: folders of revisions, in the binary.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use proc_macro2::TokenStream;
use quote::quote;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{LitStr, Token};

/// `"migrations", "plugins/shop/migrations"`.
pub(crate) struct Folders(Punctuated<LitStr, Token![,]>);

impl Parse for Folders {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let folders = Punctuated::parse_terminated(input)?;
        if folders.is_empty() {
            return Err(input.error("name the folder of revisions: embed!(\"migrations\")"));
        }
        Ok(Self(folders))
    }
}

impl Folders {
    pub(crate) fn expand(&self, root: &Path) -> syn::Result<TokenStream> {
        let mut files = Vec::new();
        let mut seen = BTreeSet::new();
        for folder in &self.0 {
            let shown = PathBuf::from(folder.value());
            let mut found = Vec::new();
            walk(&root.join(&shown), &shown, &mut found, &mut seen)
                .map_err(|reason| syn::Error::new(folder.span(), reason))?;
            files.extend(found);
        }
        let (shown, paths): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        let folders = self.0.iter();
        let root = root.display().to_string();
        Ok(quote! {
            ::rungs::Embedded::new(#root, &[#(#folders),*], &[#((#shown, ::core::include_str!(#paths))),*])
        })
    }
}

/// The files that `migrate` would read, in its order: with the paths that messages show, and where they are.
fn walk(
    folder: &Path,
    shown: &Path,
    files: &mut Vec<(String, String)>,
    seen: &mut BTreeSet<PathBuf>,
) -> Result<(), String> {
    let fault = |error: std::io::Error| format!("cannot read {}: {error}", folder.display());
    if !seen.insert(folder.canonicalize().map_err(fault)?) {
        return Ok(());
    }
    let mut entries: Vec<_> = std::fs::read_dir(folder).map_err(fault)?.collect::<Result<_, _>>().map_err(fault)?;
    entries.sort_by_key(std::fs::DirEntry::file_name);
    for entry in entries {
        let name = entry.file_name();
        let path = entry.path();
        if name.to_string_lossy().starts_with('.') {
            continue;
        }
        if path.is_dir() {
            walk(&path, &shown.join(&name), files, seen)?;
        } else if path.extension().is_some_and(|extension| extension == "sql")
            && seen.insert(path.canonicalize().map_err(fault)?)
        {
            files.push((shown.join(&name).display().to_string(), path.display().to_string()));
        }
    }
    Ok(())
}
