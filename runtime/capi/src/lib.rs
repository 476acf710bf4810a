//! cadet's runtime as a static library for C firmware.
