//! Language models of a few lines, and one package, through all that the crate does with a real one.

mod feeding;
mod generating;
mod package;
mod scoring;
mod toy;
mod writing;
