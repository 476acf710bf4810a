//! The kernel of Linux kills a process in strict mode that calls it for anything but to read, to write or to end.

use cadet_runtime::Error;

use super::for_each_session;

/// How a process ended.
#[derive(Debug, PartialEq)]
enum End {
    Code(i32),
    Signal(i32),
}

/// Runs `run` in a process of its own, in strict mode.
fn in_strict_mode(run: &mut dyn FnMut() -> Result<(), Error>) -> End {
    // SAFETY: between fork and its end the child allocates nothing and takes no lock that another thread of the parent may
    // have held: it runs `run` and calls the system itself.
    let child = unsafe { libc::fork() };
    assert!(child >= 0, "cannot fork");
    if child == 0 {
        // SAFETY: system calls on plain numbers.
        unsafe {
            let strict = libc::prctl(libc::PR_SET_SECCOMP, libc::SECCOMP_MODE_STRICT, 0, 0, 0) == 0;
            let code = if !strict {
                2
            } else {
                i32::from(run().is_err())
            };
            // The C library would call `exit_group`, which strict mode forbids.
            libc::syscall(libc::SYS_exit, code);
        }
    }
    let mut status = 0;
    // SAFETY: waits for the child made above.
    let waited = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(waited, child);
    if libc::WIFEXITED(status) {
        End::Code(libc::WEXITSTATUS(status))
    } else {
        End::Signal(libc::WTERMSIG(status))
    }
}

#[test]
fn the_system_is_not_called() {
    let calls = in_strict_mode(&mut || {
        std::thread::yield_now();
        Ok(())
    });
    assert_eq!(calls, End::Signal(libc::SIGKILL), "strict mode is strict");
    let sessions = for_each_session(|name, run| {
        assert_eq!(in_strict_mode(run), End::Code(0), "{name}");
    });
    assert!(sessions > 4, "{sessions}");
}
