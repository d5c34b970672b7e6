//! Pages that the binary can print are what it prints.

use gx_tests::Platform;

#[test]
fn reference_pages_are_what_the_binary_prints() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("a workspace");
    let output = std::process::Command::new(Platform::binary())
        .args(["docs", "--check"])
        .current_dir(root)
        .output()
        .expect("gx docs runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
