//! The grammar of `#[model(...)]`: entries apart by commas, each a word, `word = value` or `word(...)`.

use std::collections::BTreeSet;

use proc_macro2::{Group, Span, TokenStream, TokenTree};
use quote::ToTokens;
use syn::ext::IdentExt;
use syn::{Attribute, Expr, LitStr, Meta};

use super::error::Fault;
use super::scope::{Constant, Scope};
use super::words::advice;

/// One entry of a list in an attribute.
#[derive(Debug, Clone)]
pub struct Entry {
    /// Its first word, without `r#`; or the text of a string literal that it begins with.
    pub key: String,
    /// Where that stands.
    pub span: Span,
    /// Whether it begins with a string literal.
    pub quoted: bool,
    /// What follows the word.
    pub shape: Shape,
    /// All of it.
    pub tokens: TokenStream,
}

/// What follows the first word of an entry.
#[derive(Debug, Clone)]
pub enum Shape {
    /// Nothing.
    Word,
    /// `= value`.
    Equals(TokenStream),
    /// `(...)`.
    List(Group),
    /// Anything else: `desc`, `::id`, `(10) desc`.
    More,
}

/// The entries of all attributes of this name on an item.
pub fn of_attributes(attributes: &[Attribute], name: &str, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let mut all = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident(name)) {
        match &attribute.meta {
            Meta::List(list) => all.extend(entries(list.tokens.clone(), faults)),
            other => faults.push(
                Fault::over(other, format!("`{name}` wants a list"))
                    .help(format!("write #[{name}(...)] with what you mean in the parentheses")),
            ),
        }
    }
    all
}

/// The entries of a list. A comma at the end is fine.
pub fn entries(tokens: TokenStream, faults: &mut Vec<Fault>) -> Vec<Entry> {
    let mut all = Vec::new();
    let mut current: Vec<TokenTree> = Vec::new();
    for token in tokens {
        match &token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => {
                if current.is_empty() {
                    faults.push(Fault::at(punct.span(), "there is nothing before this comma"));
                } else {
                    push(std::mem::take(&mut current), &mut all, faults);
                }
            }
            _ => current.push(token),
        }
    }
    if !current.is_empty() {
        push(current, &mut all, faults);
    }
    all
}

fn push(tokens: Vec<TokenTree>, all: &mut Vec<Entry>, faults: &mut Vec<Fault>) {
    let whole: TokenStream = tokens.iter().cloned().collect();
    let Some(first) = tokens.first() else { return };
    let (key, quoted) = match first {
        TokenTree::Ident(ident) => (ident.unraw().to_string(), false),
        TokenTree::Literal(literal) => match syn::parse2::<LitStr>(literal.to_token_stream()) {
            Ok(text) => (text.value(), true),
            Err(_) => {
                faults.push(Fault::at(literal.span(), format!("expected a word, found `{literal}`")));
                return;
            }
        },
        other => {
            faults.push(Fault::at(other.span(), format!("expected a word, found `{other}`")));
            return;
        }
    };
    let shape = match &tokens[1..] {
        [] => Shape::Word,
        [TokenTree::Group(group)] if group.delimiter() == proc_macro2::Delimiter::Parenthesis => {
            Shape::List(group.clone())
        }
        [TokenTree::Punct(punct), rest @ ..] if punct.as_char() == '=' => {
            if rest.is_empty() {
                faults.push(Fault::at(punct.span(), format!("`{key} =` wants a value")));
                return;
            }
            Shape::Equals(rest.iter().cloned().collect())
        }
        _ => Shape::More,
    };
    all.push(Entry { key, span: first.span(), quoted, shape, tokens: whole });
}

impl Entry {
    /// A fault that marks all of it.
    pub fn fault(&self, message: impl Into<String>) -> Fault {
        Fault::over(&self.tokens, message)
    }

    /// It stands alone, or says `= true` or `= false`.
    pub fn switch(&self) -> Result<bool, Fault> {
        match &self.shape {
            Shape::Word => Ok(true),
            Shape::Equals(tokens) => match syn::parse2::<syn::LitBool>(tokens.clone()) {
                Ok(value) => Ok(value.value),
                Err(_) => Err(Fault::over(tokens, format!("`{}` is true or false", self.key))),
            },
            _ => Err(self.fault(format!("`{}` is true or false", self.key))),
        }
    }

    fn value(&self, what: &str) -> Result<&TokenStream, Fault> {
        match &self.shape {
            Shape::Equals(tokens) => Ok(tokens),
            _ => Err(self.fault(format!("`{}` wants {what}", self.key)).help(format!("write `{} = ...`", self.key))),
        }
    }

    fn constant(&self, what: &str, scope: Scope<'_>) -> Result<(Constant, &TokenStream), Fault> {
        let tokens = self.value(what)?;
        let wrong = || Fault::over(tokens, format!("`{}` wants {what}", self.key));
        let expression: Expr = syn::parse2(tokens.clone()).map_err(|_| wrong())?;
        match scope.evaluate(&expression) {
            Ok(value) => Ok((value, tokens)),
            Err(reason) => Err(Fault::over(tokens, reason)),
        }
    }

    /// `= "text"`, or a constant that holds one.
    pub fn text(&self, scope: Scope<'_>) -> Result<String, Fault> {
        match self.constant("a text", scope)? {
            (Constant::Text(text), _) => Ok(text),
            (Constant::Unseen, _) => Ok(String::new()),
            (_, tokens) => Err(Fault::over(tokens, format!("`{}` wants a text", self.key))
                .help(format!("write `{} = \"...\"`", self.key))),
        }
    }

    /// `= "text"` that is not empty: a name or a word. It is written out, for the derive cannot see what a constant
    /// holds.
    pub fn name(&self) -> Result<String, Fault> {
        let text = self.literal()?;
        if text.is_empty() {
            return Err(self.fault(format!("`{}` is empty", self.key)));
        }
        Ok(text)
    }

    /// `= "text"`, which may be empty: SQLite has columns without a name, and PostgreSQL such values.
    pub fn literal(&self) -> Result<String, Fault> {
        let tokens = self.value("a text in quotes")?;
        let text: LitStr = syn::parse2(tokens.clone()).map_err(|_| {
            Fault::over(tokens, format!("`{}` wants a text in quotes", self.key))
                .help(format!("write `{} = \"...\"`", self.key))
        })?;
        Ok(text.value())
    }

    /// An SQL expression: a text, or a plain number or truth value.
    pub fn sql(&self, scope: Scope<'_>) -> Result<String, Fault> {
        match self.constant("an SQL expression in quotes", scope)? {
            (Constant::Text(text), tokens) if text.trim().is_empty() => {
                Err(Fault::over(tokens, format!("`{}` is empty", self.key)))
            }
            (Constant::Text(text), _) => Ok(text),
            (Constant::Integer(number), _) => Ok(number.to_string()),
            (Constant::Boolean(value), _) => Ok(value.to_string()),
            (Constant::Float(text), _) => Ok(text),
            (Constant::Unseen, _) => Ok(String::from("NULL")),
        }
    }

    /// `= 120`, or a constant that holds a number.
    pub fn integer(&self, scope: Scope<'_>) -> Result<i64, Fault> {
        let (value, tokens) = self.constant("a whole number", scope)?;
        match value {
            Constant::Integer(number) => {
                i64::try_from(number).map_err(|_| Fault::over(tokens, format!("{number} is too large a number")))
            }
            Constant::Unseen => Ok(1),
            _ => Err(Fault::over(tokens, format!("`{}` wants a whole number", self.key))
                .help(format!("write `{} = 120`, or the name of a constant", self.key))),
        }
    }

    /// A number from 0 that counts something.
    pub fn count(&self, scope: Scope<'_>) -> Result<u32, Fault> {
        let number = self.integer(scope)?;
        u32::try_from(number).map_err(|_| self.fault(format!("`{}` cannot be {number}", self.key)))
    }

    /// The entries in its parentheses.
    pub fn list(&self, faults: &mut Vec<Fault>) -> Result<Vec<Entry>, Fault> {
        match &self.shape {
            Shape::List(group) => Ok(entries(group.stream(), faults)),
            _ => Err(self.fault(format!("`{}` wants a list", self.key)).help(format!("write `{}(...)`", self.key))),
        }
    }
}

/// Which keys a list takes, and which were there already.
#[derive(Debug)]
pub struct Keys {
    place: &'static str,
    allowed: &'static [&'static str],
    repeatable: &'static [&'static str],
    seen: BTreeSet<String>,
}

impl Keys {
    /// Those of a place, named as in "unknown attribute `x` of a field".
    pub fn of(place: &'static str, allowed: &'static [&'static str], repeatable: &'static [&'static str]) -> Self {
        Self { place, allowed, repeatable, seen: BTreeSet::new() }
    }

    /// Whether the word is one of them.
    pub fn knows(&self, entry: &Entry) -> bool {
        !entry.quoted && self.allowed.contains(&entry.key.as_str())
    }

    /// Says what is wrong with an entry's key, if anything is.
    pub fn check(&mut self, entry: &Entry) -> Result<(), Fault> {
        if !self.knows(entry) {
            return Err(self.unknown(entry));
        }
        let again = !self.seen.insert(entry.key.clone());
        if again && !self.repeatable.contains(&entry.key.as_str()) {
            return Err(entry.fault(format!("`{}` is given twice", entry.key)));
        }
        Ok(())
    }

    /// The fault of a key that is not one of them.
    pub fn unknown(&self, entry: &Entry) -> Fault {
        Fault::at(entry.span, format!("unknown attribute `{}` of {}", entry.key, self.place)).help(advice(
            &entry.key,
            "allowed here",
            self.allowed.iter().copied(),
        ))
    }
}
