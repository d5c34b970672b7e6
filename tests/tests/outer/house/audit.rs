//! The audit chain tells of every privileged and security event: what it can tell, something writes.

use std::path::Path;

use gx_types::{AuditEvent, SecurityEvent};

fn sources(folder: &Path, text: &mut String) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            if !["target", "tests", "types"].contains(&name.as_str()) && !name.starts_with('.') {
                sources(&path, text);
            }
        } else if name.ends_with(".rs") {
            text.push_str(&std::fs::read_to_string(path).unwrap());
        }
    }
}

/// Whether the text names the member, and not just one whose name begins alike.
fn names(text: &str, member: &str) -> bool {
    text.match_indices(member).any(|(at, _)| {
        text[at + member.len()..].chars().next().is_none_or(|next| !next.is_ascii_alphanumeric() && next != '_')
    })
}

#[test]
fn every_event_of_the_audit_chain_is_written_by_something() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut text = String::new();
    for room in ["crates", "services", "workers", "ops", "cli"] {
        sources(&root.join(room), &mut text);
    }
    let security: Vec<SecurityEvent> = SecurityEvent::ALL.to_vec();
    for event in &security {
        assert!(names(&text, &format!("SecurityEvent::{event:?}")), "nothing tells of {event:?}");
    }
    for event in AuditEvent::ALL {
        let by_note = security.iter().any(|one| one.audit() == *event);
        let written = ["AuditEvent", "Event"].iter().any(|of| names(&text, &format!("{of}::{event:?}")));
        assert!(by_note || written, "nothing writes {event:?}");
    }
    assert!(!names(&text, "AuditEvent::NoSuchEvent"), "what nothing writes is found missing");
}
