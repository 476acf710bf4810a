use std::cell::RefCell;
use std::panic::{AssertUnwindSafe, catch_unwind, set_hook, take_hook};
use std::sync::Once;

thread_local! {
    /// The text of the last panic, on a thread that is within [`catch`].
    static CAUGHT: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs code whose panics are findings, to be returned instead of printed.
pub(super) fn catch<R>(run: impl FnOnce() -> R) -> Result<R, String> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let print = take_hook();
        set_hook(Box::new(move |panic| {
            let is_caught = CAUGHT.with_borrow_mut(|caught| {
                caught
                    .as_mut()
                    .map(|text| *text = panic.to_string())
                    .is_some()
            });
            if !is_caught {
                print(panic);
            }
        }));
    });
    CAUGHT.set(Some(String::new()));
    let result = catch_unwind(AssertUnwindSafe(run));
    let text = CAUGHT.take();
    result.map_err(|_| text.unwrap_or_default())
}

#[test]
fn a_panic_is_returned_with_its_text() {
    assert_eq!(catch(|| 1), Ok(1));
    let text = catch(|| panic!("a finding")).unwrap_err();
    assert!(text.contains("panics.rs") && text.contains("a finding"));
}
