//! The verbs.

pub(crate) mod bench;
pub(crate) mod distill;
pub(crate) mod export;
pub(crate) mod fit;
pub(crate) mod flash;
pub(crate) mod inspect;
pub(crate) mod keygen;
pub(crate) mod pack;
pub(crate) mod profile;
pub(crate) mod run;
pub(crate) mod sign;
pub(crate) mod train;
pub(crate) mod verify;
