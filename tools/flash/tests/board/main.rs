//! Boards under QEMU. Without the tools these tests say so and pass, unless `CADET_REQUIRE_QEMU` is set.

mod c_example;
mod compiled;
mod cost;
mod firmware;
mod mlperf_tiny;
mod report;
mod support;
