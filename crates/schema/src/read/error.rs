use std::fmt;
use std::sync::Arc;

use proc_macro2::{Ident, Span, TokenStream};
use quote::ToTokens;

/// What is wrong in the models, and where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReadError {
    /// What is wrong.
    pub message: String,
    /// What is allowed instead.
    pub help: Option<String>,
    /// The file, as it was reached; where a path leads nowhere, that path.
    pub file: String,
    /// From 1; 0 when it is not about a place in the file.
    pub line: usize,
    /// From 1, in characters; 0 when it is not about a place in the file.
    pub column: usize,
    /// Where it begins in `text`, in bytes.
    pub offset: usize,
    /// How many bytes of `text` it is about.
    pub length: usize,
    /// The text of the file; empty when it could not be read.
    pub text: Arc<str>,
}

impl ReadError {
    /// About a file or path as a whole.
    pub(super) fn whole(file: impl Into<String>, message: impl Into<String>, help: Option<&str>) -> Self {
        Self {
            message: message.into(),
            help: help.map(str::to_owned),
            file: file.into(),
            line: 0,
            column: 0,
            offset: 0,
            length: 0,
            text: Arc::from(""),
        }
    }

    /// A fault in a file's text.
    pub(super) fn in_text(fault: Fault, file: &str, text: &Arc<str>) -> Self {
        let start = fault.start.start();
        let end = fault.end.end();
        let offset = offset(text, start.line, start.column);
        let until = offset_after(text, offset, end.line, end.column);
        Self {
            message: fault.message,
            help: fault.help,
            file: file.to_owned(),
            line: start.line,
            column: start.column + 1,
            offset,
            length: until - offset,
            text: text.clone(),
        }
    }

    /// `file:line:column`, or the file alone when it is about the whole of it.
    pub fn place(&self) -> String {
        if self.line == 0 { self.file.clone() } else { format!("{}:{}:{}", self.file, self.line, self.column) }
    }

    /// The line it stands on, without its end.
    pub fn source_line(&self) -> Option<&str> {
        self.text.lines().nth(self.line.checked_sub(1)?)
    }
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.place(), self.message)
    }
}

impl std::error::Error for ReadError {}

/// The byte offset of a line (from 1) and a column (from 0, in characters).
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start: usize = text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let rest = &text[start..];
    start + rest.char_indices().nth(column).map_or(rest.len(), |(at, _)| at)
}

fn offset_after(text: &str, start: usize, line: usize, column: usize) -> usize {
    offset(text, line, column).max(start)
}

/// What is wrong with an item, at a span of its own: a compiler error for the derive, a [`ReadError`] once the file
/// is known.
#[derive(Debug, Clone)]
pub struct Fault {
    /// What is wrong.
    pub message: String,
    /// What is allowed instead.
    pub help: Option<String>,
    /// Its first token.
    pub start: Span,
    /// Its last token.
    pub end: Span,
}

impl Fault {
    /// At one token.
    pub fn at(span: Span, message: impl Into<String>) -> Self {
        Self { message: message.into(), help: None, start: span, end: span }
    }

    /// From the first to the last of these tokens.
    pub fn over(tokens: &impl ToTokens, message: impl Into<String>) -> Self {
        let tokens: Vec<_> = tokens.to_token_stream().into_iter().collect();
        let start = tokens.first().map_or_else(Span::call_site, |token| token.span());
        let end = tokens.last().map_or(start, |token| token.span());
        Self { message: message.into(), help: None, start, end }
    }

    /// With what is allowed instead.
    #[must_use]
    pub fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    /// As the compiler shows it.
    pub fn to_compile_error(&self) -> TokenStream {
        let mut place = TokenStream::new();
        place.extend([Ident::new("x", self.start), Ident::new("x", self.end)]);
        let message = match &self.help {
            Some(help) => format!("{}\n\nhelp: {help}", self.message),
            None => self.message.clone(),
        };
        syn::Error::new_spanned(place, message).to_compile_error()
    }
}

impl From<syn::Error> for Fault {
    fn from(error: syn::Error) -> Self {
        Self::at(error.span(), error.to_string())
    }
}
