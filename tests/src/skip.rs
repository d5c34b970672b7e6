//! Saying that something could not be shown, without hiding it.

/// Says why a test shows nothing here. Where everything that tests need is promised, as under `cargo xtask test`, a missing
/// tool is a failure.
///
/// # Panics
/// When `GX_TEST_TOOLS_REQUIRED` is set.
pub fn skipped(why: &str) {
    assert!(std::env::var_os("GX_TEST_TOOLS_REQUIRED").is_none(), "nothing may be skipped here: {why}");
    eprintln!("skipped: {why}");
}
