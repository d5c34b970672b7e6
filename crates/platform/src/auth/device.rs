//! What a session's device is called and where it was: told by the device itself and by the network it came from. No
//! place in the world is looked up, because GX holds no table of them; half an address says less and says it truly.

use std::net::IpAddr;

use super::Origin;

/// Program and system of a user agent, in the words people know; `Unknown device` when it says nothing.
#[must_use]
pub fn device_name(user_agent: Option<&str>) -> String {
    let Some(text) = user_agent.map(str::trim).filter(|text| !text.is_empty()) else {
        return "Unknown device".to_owned();
    };
    let has = |word: &str| text.contains(word);
    // Browsers name those whom they descend from; the more particular come first.
    let program = [
        ("Edg", "Edge"),
        ("OPR/", "Opera"),
        ("SamsungBrowser/", "Samsung Internet"),
        ("Firefox/", "Firefox"),
        ("FxiOS/", "Firefox"),
        ("CriOS/", "Chrome"),
        ("Chrome/", "Chrome"),
        ("Chromium/", "Chromium"),
        ("Safari/", "Safari"),
    ]
    .iter()
    .find(|(mark, _)| has(mark))
    .map(|(_, name)| *name);
    let system = [
        ("iPhone", "iPhone"),
        ("iPad", "iPad"),
        ("Android", "Android"),
        ("Windows", "Windows"),
        ("Mac OS X", "macOS"),
        ("Macintosh", "macOS"),
        ("CrOS", "ChromeOS"),
        ("Linux", "Linux"),
    ]
    .iter()
    .find(|(mark, _)| has(mark))
    .map(|(_, name)| *name);
    match (program, system) {
        (Some(program), Some(system)) => format!("{program} on {system}"),
        (Some(name), None) | (None, Some(name)) => name.to_owned(),
        // A program: what stands before its version, if it is plain.
        (None, None) => {
            let name: String = text.chars().take_while(|sign| !matches!(sign, '/' | ' ' | '(')).take(40).collect();
            let plain = |sign: char| sign.is_ascii_alphanumeric() || matches!(sign, '-' | '_' | '.');
            if name.is_empty() || !name.chars().all(plain) { "Unknown device".to_owned() } else { name }
        }
    }
}

/// The network that an address belongs to, for showing: the last part is left out.
#[must_use]
pub fn place(ip: Option<&str>) -> Option<String> {
    let ip: IpAddr = ip?.parse().ok()?;
    Some(match canonical(ip) {
        ip if ip.is_loopback() => "this machine".to_owned(),
        IpAddr::V4(ip) => {
            let [a, b, c, _] = ip.octets();
            format!("{a}.{b}.{c}.x")
        }
        IpAddr::V6(ip) => {
            let [a, b, c, ..] = ip.segments();
            format!("{a:x}:{b:x}:{c:x}:…")
        }
    })
}

/// A device with its place, for people.
#[must_use]
pub fn described(origin: &Origin) -> String {
    let device = device_name(origin.user_agent.as_deref());
    match place(origin.ip.as_deref()) {
        Some(place) => format!("Device: {device}, from {place}."),
        None => format!("Device: {device}."),
    }
}

/// Whether a session was begun as this one is: by the same program on the same system, from a network nearby. People
/// move, so «nearby» is generous: what one provider has in one region.
#[must_use]
pub fn same_device(ip: Option<&str>, user_agent: Option<&str>, origin: &Origin) -> bool {
    device_name(user_agent) == device_name(origin.user_agent.as_deref())
        && neighbourhood(ip) == neighbourhood(origin.ip.as_deref())
}

fn neighbourhood(ip: Option<&str>) -> Option<[u16; 2]> {
    Some(match canonical(ip?.parse().ok()?) {
        IpAddr::V4(ip) => {
            let [a, b, ..] = ip.octets();
            [u16::from(a), u16::from(b)]
        }
        IpAddr::V6(ip) => {
            let [a, b, ..] = ip.segments();
            [a, b]
        }
    })
}

fn canonical(ip: IpAddr) -> IpAddr {
    match ip {
        IpAddr::V6(six) => six.to_ipv4_mapped().map_or(ip, IpAddr::V4),
        IpAddr::V4(_) => ip,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_called_what_people_call_them() {
        for (agent, name) in [
            ("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Firefox on Linux"),
            (
                "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 \
                 Safari/537.36 Edg/140.0.0.0",
                "Edge on Windows",
            ),
            (
                "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/140.0.0.0 Mobile \
                 Safari/537.36",
                "Chrome on Android",
            ),
            (
                "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) \
                 Version/19.0 Mobile/15E148 Safari/604.1",
                "Safari on iPhone",
            ),
            ("curl/8.5.0", "curl"),
            ("<script>alert(1)</script>", "Unknown device"),
            ("  ", "Unknown device"),
        ] {
            assert_eq!(device_name(Some(agent)), name, "{agent}");
        }
        assert_eq!(device_name(None), "Unknown device");
    }

    #[test]
    fn places_leave_the_last_part_out() {
        assert_eq!(place(Some("192.0.2.17")).unwrap(), "192.0.2.x");
        assert_eq!(place(Some("::ffff:192.0.2.17")).unwrap(), "192.0.2.x");
        assert_eq!(place(Some("2001:db8:1:2::9")).unwrap(), "2001:db8:1:…");
        assert_eq!(place(Some("127.0.0.1")).unwrap(), "this machine");
        assert_eq!(place(Some("nonsense")), None);
    }

    #[test]
    fn another_program_or_another_region_is_another_device() {
        let origin = |ip: &str, agent: &str| Origin { ip: Some(ip.to_owned()), user_agent: Some(agent.to_owned()) };
        let here = origin("192.0.2.17", "curl/8.5.0");
        assert!(same_device(Some("192.0.77.1"), Some("curl/8.9"), &here));
        assert!(!same_device(Some("192.0.2.17"), Some("wget/1.2"), &here));
        assert!(!same_device(Some("198.51.100.1"), Some("curl/8.5.0"), &here));
        assert!(!same_device(None, Some("curl/8.5.0"), &here));
    }
}
