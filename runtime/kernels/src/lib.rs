//! The operators of a cadet plan: a scalar reference for each and one file per ISA.
