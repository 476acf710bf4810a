//! The command line as a user meets it: what works, and what each kind of bad input says. One binary, one file a
//! verb or topic.

mod damaged;
mod fallback;
mod fit;
mod host_costs;
mod language;
mod mixed;
mod pack;
mod profile;
mod recipes;
mod run;
mod sign;
mod stream;
mod support;
mod targets;
mod tour;
mod verify;
