//! Commands that look at data.

use std::process::Command;

use gx_tests::Platform;

#[test]
fn a_command_that_looks_at_data_refuses_a_folder_without_any_and_makes_none() {
    let folder = tempfile::TempDir::new().unwrap();
    let empty = folder.path().join("mistyped");
    for args in [
        &["ledger", "verify"][..],
        &["projector", "rebuild", "--compare"],
        &["repair", "users", "--dry-run"],
        &["migrate", "--check"],
        &["admin", "create", "owner", "--email", "owner@devnet.gxcoin.test"],
        &["personas", "apply"],
    ] {
        let output =
            Command::new(Platform::binary()).args(args).arg("--data").arg(&empty).env_remove("DATABASE_URL").output();
        let output = output.unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success(), "gx {} succeeded on nothing", args.join(" "));
        assert!(said.contains("there is no data of devnet"), "gx {}: {said}", args.join(" "));
        assert!(!empty.exists(), "gx {} made a folder", args.join(" "));
    }
}
