//! Where to go after signing in: only ever to one of our own pages.

/// The address, if it is a page of this site; anything a browser could read as another site is not.
#[must_use]
pub fn safe(next: &str) -> Option<&str> {
    let bytes = next.as_bytes();
    let plain = bytes.iter().all(|byte| byte.is_ascii_graphic() && *byte != b'\\');
    let local = bytes.first() == Some(&b'/') && bytes.get(1) != Some(&b'/');
    let path = next.split(['?', '#']).next().unwrap_or_default();
    let page = !matches!(path, "/login" | "/login/code" | "/logout" | "/admin/login" | "/admin/logout")
        && !path.starts_with("/api/");
    (plain && local && page && next.len() <= 512).then_some(next)
}

/// The address of the login page that leads back here.
#[must_use]
pub fn login(page: &str, next: &str, ended: bool) -> String {
    let mut query = form_urlencoded::Serializer::new(String::new());
    if let Some(next) = safe(next) {
        query.append_pair("next", next);
    }
    if ended {
        query.append_pair("done", "session-ended");
    }
    let query = query.finish();
    if query.is_empty() { page.to_owned() } else { format!("{page}?{query}") }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn only_own_pages_are_followed() {
        for good in ["/dashboard", "/pay/QS-6PAS3LHD", "/history?kind=SENT&cursor=a%2Fb", "/"] {
            assert_eq!(safe(good), Some(good));
        }
        for bad in [
            "",
            "dashboard",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example",
            "javascript:alert(1)",
            "/\t/evil.example",
            "/ /x",
            "/a\r\nSet-Cookie: x=y",
            "/login",
            "/login?next=/login",
            "/logout",
            "/api/v1/users",
            "/ä",
        ] {
            assert_eq!(safe(bad), None, "{bad:?}");
        }
    }

    #[test]
    fn the_login_page_leads_back() {
        assert_eq!(login("/login", "/dashboard", false), "/login?next=%2Fdashboard");
        assert_eq!(
            login("/login", "/history?kind=SENT", true),
            "/login?next=%2Fhistory%3Fkind%3DSENT&done=session-ended"
        );
        assert_eq!(login("/login", "//evil", false), "/login");
    }

    proptest! {
        /// Whatever is let through resolves to the same site.
        #[test]
        fn nothing_leaves_the_site(text in "[/\\\\a-z:@.?#\\t ]{0,20}") {
            if let Some(next) = safe(&text) {
                prop_assert!(next.starts_with('/') && !next[1..].starts_with(['/', '\\']));
            }
        }
    }
}
