//! Boards under QEMU. Without the tools these tests say so and pass, unless `CADET_REQUIRE_QEMU` is set.

mod c_example;
mod firmware;
mod support;
mod tiny_package;
