//! Runs a cadet package in fixed memory: no std, no allocation, no panic.
