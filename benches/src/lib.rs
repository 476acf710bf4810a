//! Criterion suites for kernels and whole models.
