//! cadet.
fn main() {}
