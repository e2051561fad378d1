//! `embed!`: folders of revisions, in the binary.

use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

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
        let (mut files, mut data) = (Vec::new(), Vec::new());
        let mut seen = BTreeSet::new();
        for folder in &self.0 {
            let shown = PathBuf::from(folder.value());
            let mut found = Vec::new();
            walk(&root.join(&shown), &shown, &mut found, &mut seen)
                .map_err(|reason| syn::Error::new(folder.span(), reason))?;
            for (shown, path) in &found {
                let loaded = loaded(Path::new(shown), Path::new(path));
                data.extend(loaded.map_err(|reason| syn::Error::new(folder.span(), reason))?);
            }
            files.extend(found);
        }
        let (shown, paths): (Vec<_>, Vec<_>) = files.into_iter().unzip();
        let (data_shown, data_paths): (Vec<_>, Vec<_>) = data.into_iter().unzip();
        let folders = self.0.iter();
        let root = root.display().to_string();
        Ok(quote! {
            ::rungs::Embedded::new(#root, &[#(#folders),*], &[#((#shown, ::core::include_str!(#paths))),*])
                .with_data(&[#((#data_shown, ::core::include_bytes!(#data_paths) as &[u8])),*])
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

/// The files that the loads of a revision name: with the paths that messages show, and where they are.
fn loaded(shown: &Path, path: &Path) -> Result<Vec<(String, String)>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {}: {error}", path.display()))?;
    let mut found = Vec::new();
    for file in text.lines().filter_map(file_of) {
        let (folder, place) = (shown.parent().unwrap_or(Path::new("")), path.with_file_name(&file));
        let is_plain = |part: Component<'_>| matches!(part, Component::Normal(_) | Component::CurDir);
        if !Path::new(&file).components().all(is_plain) {
            return Err(format!("{} loads {file}, which is not in its folder", shown.display()));
        }
        if !place.is_file() {
            return Err(format!("{} loads {file}, and {} is no file", shown.display(), place.display()));
        }
        found.push((folder.join(&file).display().to_string(), place.display().to_string()));
    }
    Ok(found)
}

/// The file that a marker names: `-- migrate:load file:data/cities.csv table:cities ...`; with blanks in it, it stands in
/// double quotes.
fn file_of(line: &str) -> Option<String> {
    let rest = line.trim().strip_prefix("--")?.trim_start().strip_prefix("migrate:load")?;
    let mut quoted = false;
    let is_between = |c: char| {
        quoted ^= c == '"';
        c.is_whitespace() && !quoted
    };
    let words: Vec<String> = rest.split(is_between).map(|word| word.replace('"', "")).collect();
    words.iter().rev().find_map(|word| word.strip_prefix("file:")).map(str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::file_of;

    #[test]
    fn the_file_of_a_load_is_read() {
        let of = |line| file_of(line).unwrap_or_default();
        assert_eq!(of("-- migrate:load file:data/c.csv table:c key:id mode:insert"), "data/c.csv");
        assert_eq!(of("  --migrate:load table:c file:\"my c.csv\" key:id"), "my c.csv");
        assert_eq!(of("-- migrate:batch"), "");
    }
}
