/// Settings by name, in the order in which they were given. A server keeps that order and prints it; two lists that
/// differ in it alone are equal.
pub type Options = indexmap::IndexMap<String, String>;
