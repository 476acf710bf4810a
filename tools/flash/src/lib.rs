//! Puts packages and firmware on boards, emulated ones included.
