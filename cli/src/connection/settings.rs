//! The ledger that the settings name: a Fabric network, each fact of it a setting of its own (`FABRIC_*`), or a folder
//! with connection material (`GX_FABRIC_CONNECT`).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context, Result, bail, ensure};
use gx_base::{Clock, SettingDecl};
use gx_contracts::Role;
use gx_fabric::ca::is_signed_by;
use gx_fabric::client::{ClientConfig, GatewayConfig, Limits, TlsConfig};
use gx_fabric::identity::{Certificate, Signer, open_signer};

/// Folder with connection material.
pub const CONNECT: &str = "GX_FABRIC_CONNECT";
/// MSP id of the organisation that signs.
pub const MSP_ID: &str = "FABRIC_MSP_ID";
/// The channel.
pub const CHANNEL_NAME: &str = "FABRIC_CHANNEL_NAME";
/// The chaincode.
pub const CHAINCODE_NAME: &str = "FABRIC_CHAINCODE_NAME";

const PEER_ENDPOINT: &str = "FABRIC_PEER_ENDPOINT";
const TLS_CA_PATH: &str = "FABRIC_TLS_CA_PATH";
const TLS_NAME: &str = "FABRIC_TLS_SERVER_NAME_OVERRIDE";
const ORG2_MSP_ID: &str = "FABRIC_ORG2_MSP_ID";
const ORG2_PEER_ENDPOINT: &str = "FABRIC_ORG2_PEER_ENDPOINT";
const ORG2_TLS_CA_PATH: &str = "FABRIC_ORG2_TLS_CA_PATH";
const ORG2_TLS_NAME: &str = "FABRIC_ORG2_TLS_SERVER_NAME_OVERRIDE";
const CERT_PATH: &str = "FABRIC_CERT_PATH";
const KEY_PATH: &str = "FABRIC_KEY_PATH";
const SUPER_ADMIN_CERT_PATH: &str = "FABRIC_SUPER_ADMIN_CERT_PATH";
const SUPER_ADMIN_KEY_PATH: &str = "FABRIC_SUPER_ADMIN_KEY_PATH";
const PARTNER_CERT_PATH: &str = "FABRIC_PARTNER_CERT_PATH";
const PARTNER_KEY_PATH: &str = "FABRIC_PARTNER_KEY_PATH";
const TLS_CLIENT_CERT_PATH: &str = "FABRIC_TLS_CLIENT_CERT_PATH";
const TLS_CLIENT_KEY_PATH: &str = "FABRIC_TLS_CLIENT_KEY_PATH";

/// Settings that say something about a folder with connection material too; every other one belongs to a network that
/// is described by settings alone.
const SHARED: [&str; 3] = [MSP_ID, CHANNEL_NAME, CHAINCODE_NAME];

/// The identities, each with the role that its certificate has to carry.
const IDENTITIES: [(Role, &str, &str); 3] = [
    (Role::Admin, CERT_PATH, KEY_PATH),
    (Role::SuperAdmin, SUPER_ADMIN_CERT_PATH, SUPER_ADMIN_KEY_PATH),
    (Role::PartnerApi, PARTNER_CERT_PATH, PARTNER_KEY_PATH),
];

const fn setting(name: &'static str, help: &'static str) -> SettingDecl {
    SettingDecl { name, aliases: &[], help, default: None, secret: false }
}

/// Settings of the connection.
pub const SETTINGS: &[SettingDecl] = &[
    setting(
        CONNECT,
        "Folder with connection material of the ledger: endpoints.json, and per organisation authorities and identities. \
         With it, or with FABRIC_PEER_ENDPOINT and the others, `gx up` has no embedded ledger; workers that run as processes need \
         one of the two.",
    ),
    setting(
        MSP_ID,
        "MSP id of the organisation that signs. Beside GX_FABRIC_CONNECT it may be absent: that of the first peer there.",
    ),
    setting(CHANNEL_NAME, "The channel. Beside GX_FABRIC_CONNECT it may be absent: the one named there."),
    setting(CHAINCODE_NAME, "The chaincode's name. Beside GX_FABRIC_CONNECT it may be absent: the one named there."),
    setting(
        PEER_ENDPOINT,
        "Peers of the organisation that signs, host:port, separated by commas; each is a gateway. Names a Fabric network by settings.",
    ),
    setting(TLS_CA_PATH, "Certificate of the authority that issued these peers' TLS certificates (PEM)."),
    setting(TLS_NAME, "Name in these peers' TLS certificates; the host of the address when absent."),
    setting(ORG2_MSP_ID, "MSP id of the second organisation, which endorses too."),
    setting(
        ORG2_PEER_ENDPOINT,
        "Peers of the second organisation, host:port, separated by commas; used as gateways when none of the first answers.",
    ),
    setting(
        ORG2_TLS_CA_PATH,
        "Certificate of the authority that issued the TLS certificates of the second organisation's peers (PEM).",
    ),
    setting(
        ORG2_TLS_NAME,
        "Name in the TLS certificates of the second organisation's peers; the host of the address when absent.",
    ),
    setting(CERT_PATH, "Enrolment certificate with gxc_role=gx_admin (PEM): signs payments, and reads."),
    setting(
        KEY_PATH,
        "Key of FABRIC_CERT_PATH (PEM, PKCS#8 or SEC 1, P-256), or a signer.json that names the service which has it (docs/fabric.md).",
    ),
    setting(
        SUPER_ADMIN_CERT_PATH,
        "Enrolment certificate with gxc_role=gx_super_admin (PEM): signs bootstrap, pause and parameters. Not needed by the projector.",
    ),
    setting(SUPER_ADMIN_KEY_PATH, "Key of FABRIC_SUPER_ADMIN_CERT_PATH (PEM), or a signer.json."),
    setting(
        PARTNER_CERT_PATH,
        "Enrolment certificate with gxc_role=gx_partner_api (PEM): signs registrations. Not needed by the projector.",
    ),
    setting(PARTNER_KEY_PATH, "Key of FABRIC_PARTNER_CERT_PATH (PEM), or a signer.json."),
    setting(TLS_CLIENT_CERT_PATH, "TLS client certificate shown to the peers (PEM), where they ask for one."),
    setting(TLS_CLIENT_KEY_PATH, "Key of FABRIC_TLS_CLIENT_CERT_PATH (PEM)."),
];

/// Where a setting's value comes from.
pub type Values<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Where the settings say the ledger is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// Nowhere: no setting speaks of a ledger outside.
    Nowhere,
    /// In a folder with connection material.
    Folder(PathBuf),
    /// A Fabric network, in settings of its own.
    Settings,
}

/// Which way the settings name the ledger. Two ways at once are refused: one of them would be passed over in silence.
///
/// # Errors
/// When both a folder and a network are named.
pub fn named(values: Values) -> Result<Named> {
    let is_set = |name: &str| values(name).is_some_and(|value| !value.is_empty());
    let own = SETTINGS.iter().map(|setting| setting.name).filter(|name| *name != CONNECT && !SHARED.contains(name));
    let own: Vec<&str> = own.filter(|name| is_set(name)).collect();
    match values(CONNECT).filter(|folder| !folder.is_empty()) {
        Some(_) if !own.is_empty() => {
            bail!(
                "{CONNECT} and {} are both set; a ledger is named by the folder or by settings, not by both",
                own.join(", ")
            )
        }
        Some(folder) => Ok(Named::Folder(folder.into())),
        None if !own.is_empty() || SHARED.into_iter().any(is_set) => Ok(Named::Settings),
        None => Ok(Named::Nowhere),
    }
}

/// What a process does on the ledger decides which identities it needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// It submits commands of every role.
    Submits,
    /// It reads.
    Reads,
}

/// A network with those who sign.
pub struct Described {
    /// Where it is.
    pub config: ClientConfig,
    /// Who signs.
    pub signers: BTreeMap<Role, Arc<dyn Signer>>,
}

/// The network that the settings describe.
///
/// # Errors
/// With every setting that is missing, or what is wrong with a file and the setting that names it.
pub fn described(values: Values, usage: Use, clock: &dyn Clock) -> Result<Described> {
    let value = |name: &str| values(name).filter(|value| !value.is_empty());
    let wanted = IDENTITIES.iter().filter(|(role, ..)| *role == Role::Admin || usage == Use::Submits);
    let needed = [MSP_ID, PEER_ENDPOINT, TLS_CA_PATH, ORG2_MSP_ID, ORG2_PEER_ENDPOINT, ORG2_TLS_CA_PATH];
    let needed = needed.into_iter().chain([CHANNEL_NAME, CHAINCODE_NAME]);
    let needed = needed.chain(wanted.clone().flat_map(|(_, certificate, key)| [*certificate, *key]));
    let missing: Vec<&str> = needed.filter(|name| value(name).is_none()).collect();
    ensure!(
        missing.is_empty(),
        "the ledger is a Fabric network, and {} {} not set: what each is stands in docs/reference/settings.md",
        missing.join(", "),
        if missing.len() == 1 { "is" } else { "are" }
    );
    // Nothing of these is missing.
    let get = |name: &str| value(name).unwrap_or_default();
    let read = |name: &str| {
        let file = PathBuf::from(get(name));
        std::fs::read(&file).with_context(|| format!("{name}: {}", file.display()))
    };
    let client = match (value(TLS_CLIENT_CERT_PATH), value(TLS_CLIENT_KEY_PATH)) {
        (None, None) => None,
        (Some(_), Some(_)) => Some((read(TLS_CLIENT_CERT_PATH)?, read(TLS_CLIENT_KEY_PATH)?)),
        (Some(_), None) => bail!("{TLS_CLIENT_CERT_PATH} is set, and {TLS_CLIENT_KEY_PATH} is not"),
        (None, Some(_)) => bail!("{TLS_CLIENT_KEY_PATH} is set, and {TLS_CLIENT_CERT_PATH} is not"),
    };

    let (home, second) = (get(MSP_ID), get(ORG2_MSP_ID));
    ensure!(home != second, "{MSP_ID} and {ORG2_MSP_ID} are both {home}: two organisations endorse");
    let mut gateways = Vec::new();
    let mut authorities = Vec::new();
    for (msp_id, endpoint, ca, name) in
        [(&home, PEER_ENDPOINT, TLS_CA_PATH, TLS_NAME), (&second, ORG2_PEER_ENDPOINT, ORG2_TLS_CA_PATH, ORG2_TLS_NAME)]
    {
        let ca_pem = read(ca)?;
        let authority = Certificate::from_pem(&ca_pem).with_context(|| format!("{ca}: {}", get(ca)))?;
        ensure!(authority.is_ca, "{ca}: the certificate in {} is no authority's", get(ca));
        authorities.push((ca, authority));
        for address in get(endpoint).split(',').map(str::trim).filter(|address| !address.is_empty()) {
            let (host, port) =
                address.rsplit_once(':').with_context(|| format!("{endpoint}: {address} is not host:port"))?;
            ensure!(!host.is_empty() && port.parse::<u16>().is_ok(), "{endpoint}: {address} is not host:port");
            let tls = TlsConfig { ca_pem: ca_pem.clone(), server_name: value(name), client: client.clone() };
            gateways.push(GatewayConfig { msp_id: msp_id.clone(), address: address.to_owned(), tls: Some(tls) });
        }
        ensure!(gateways.iter().any(|gateway| gateway.msp_id == *msp_id), "{endpoint} names no peer");
    }

    let mut signers: BTreeMap<Role, Arc<dyn Signer>> = BTreeMap::new();
    for (role, certificate, key) in wanted {
        let signer = open_signer(&home, &PathBuf::from(get(certificate)), &PathBuf::from(get(key)))
            .with_context(|| format!("{certificate}, {key}"))?;
        check(signer.as_ref(), *role, certificate, &authorities, clock)?;
        signers.insert(*role, signer);
    }
    let config = ClientConfig {
        channel: get(CHANNEL_NAME),
        chaincode: get(CHAINCODE_NAME),
        gateways,
        organisations: vec![home, second],
        limits: Limits::default(),
    };
    Ok(Described { config, signers })
}

/// What would be refused later, with words that lead nowhere near the file that is wrong.
fn check(
    signer: &dyn Signer,
    role: Role,
    name: &str,
    tls_authorities: &[(&str, Certificate)],
    clock: &dyn Clock,
) -> Result<()> {
    let certificate = &signer.identity().certificate;
    let carried = signer.identity().role().map_or("no gxc_role", Role::as_str);
    ensure!(
        signer.identity().role() == Some(role),
        "{name}: the certificate of {} carries {carried}, and {} is needed",
        certificate.subject,
        role.as_str()
    );
    ensure!(
        certificate.is_valid_at(clock.now()),
        "{name}: the certificate of {} is valid from {} to {}",
        certificate.subject,
        certificate.not_before,
        certificate.not_after
    );
    for (ca, authority) in tls_authorities {
        ensure!(
            !is_signed_by(certificate, authority),
            "{ca}: this authority has issued {name}, so it is the enrolment authority; the peers' TLS certificates come \
             from the TLS authority"
        );
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use gx_base::SystemClock;
    use gx_fabric::ca::{Network, NetworkPlan};
    use gx_ledger::EmbeddedOptions;
    use gx_types::EnvName;

    use super::*;

    /// Every setting of a network whose material is in a folder.
    fn settings(folder: &std::path::Path) -> BTreeMap<String, String> {
        let organisations = EmbeddedOptions::of(EnvName::Devnet).organisations;
        let plan = NetworkPlan::of(EnvName::Devnet, &organisations, "127.0.0.1:7051");
        Network::make(folder, &plan, SystemClock.now()).unwrap();
        let file = |path: &str| folder.join(path).display().to_string();
        let one = |identity: &str, name: &str| file(&format!("Org1DevnetMSP/{identity}/{name}.pem"));
        [
            (MSP_ID, "Org1DevnetMSP".to_owned()),
            (PEER_ENDPOINT, "127.0.0.1:7051, 127.0.0.1:7151".to_owned()),
            (TLS_CA_PATH, file("Org1DevnetMSP/tlsca.pem")),
            (TLS_NAME, "peer0-org1".to_owned()),
            (ORG2_MSP_ID, "Org2DevnetMSP".to_owned()),
            (ORG2_PEER_ENDPOINT, "peer0-org2:7051".to_owned()),
            (ORG2_TLS_CA_PATH, file("Org2DevnetMSP/tlsca.pem")),
            (CHANNEL_NAME, "gxchannel-devnet".to_owned()),
            (CHAINCODE_NAME, "gx-devnet".to_owned()),
            (CERT_PATH, one("GxAdmin", "cert")),
            (KEY_PATH, one("GxAdmin", "key")),
            (SUPER_ADMIN_CERT_PATH, one("SuperAdmin", "cert")),
            (SUPER_ADMIN_KEY_PATH, one("SuperAdmin", "key")),
            (PARTNER_CERT_PATH, one("PartnerApi", "cert")),
            (PARTNER_KEY_PATH, one("PartnerApi", "key")),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    fn read(settings: &BTreeMap<String, String>, usage: Use) -> Result<Described> {
        described(&|name| settings.get(name).cloned(), usage, &SystemClock)
    }

    fn refused(settings: &BTreeMap<String, String>) -> String {
        format!("{:#}", read(settings, Use::Submits).err().expect("they are of no use"))
    }

    #[test]
    fn a_network_is_read_from_settings_alone() {
        let folder = tempfile::tempdir().unwrap();
        let network = read(&settings(folder.path()), Use::Submits).unwrap();
        let peers: Vec<_> =
            network.config.gateways.iter().map(|one| (one.msp_id.as_str(), one.address.as_str())).collect();
        assert_eq!(
            peers,
            [
                ("Org1DevnetMSP", "127.0.0.1:7051"),
                ("Org1DevnetMSP", "127.0.0.1:7151"),
                ("Org2DevnetMSP", "peer0-org2:7051"),
            ]
        );
        assert_eq!(network.config.organisations, ["Org1DevnetMSP", "Org2DevnetMSP"]);
        let names: Vec<_> =
            network.config.gateways.iter().map(|one| one.tls.as_ref().unwrap().server_name.as_deref()).collect();
        assert_eq!(names, [Some("peer0-org1"), Some("peer0-org1"), None]);
        assert_eq!(network.signers.len(), 3);
    }

    #[tokio::test]
    async fn a_key_may_be_with_a_signing_service_instead_of_in_a_file() {
        let folder = tempfile::tempdir().unwrap();
        let mut settings = settings(folder.path());
        let place = folder.path().join("Org1DevnetMSP/GxAdmin");
        std::fs::remove_file(place.join("key.pem")).unwrap();
        let entry = serde_json::json!({
            "address": "127.0.0.1:1", "tlsName": "signer.example", "ca": "../tlsca.pem",
            "certificate": "tls-client.crt", "key": "tls-client.key",
        });
        let file = place.join("signer.json");
        std::fs::write(&file, entry.to_string()).unwrap();
        settings.insert(KEY_PATH.to_owned(), file.display().to_string());
        let network = read(&settings, Use::Submits).unwrap();
        // Nobody listens there: what is missing is the service, by name.
        let error = network.signers[&Role::Admin].sign(b"a message").await.unwrap_err().to_string();
        assert!(error.contains("127.0.0.1:1"), "{error}");
        std::fs::write(&file, "{}").unwrap();
        assert!(refused(&settings).contains("signer.json"), "{}", refused(&settings));
    }

    #[test]
    fn each_missing_setting_is_named_and_nothing_has_a_default() {
        let folder = tempfile::tempdir().unwrap();
        let complete = settings(folder.path());
        for name in complete.keys().filter(|name| *name != TLS_NAME) {
            let mut settings = complete.clone();
            settings.remove(name);
            assert!(refused(&settings).contains(&format!("{name} is not set")), "{name}: {}", refused(&settings));
        }
        // Who only reads signs as one only.
        let mut reader = complete.clone();
        reader.retain(|name, _| !name.contains("SUPER_ADMIN") && !name.contains("PARTNER"));
        assert_eq!(read(&reader, Use::Reads).unwrap().signers.len(), 1);
    }

    #[test]
    fn a_file_in_the_wrong_place_is_named_with_its_setting() {
        let folder = tempfile::tempdir().unwrap();
        let complete = settings(folder.path());
        let other = folder.path().join("Org1DevnetMSP");
        let file = |name: &str| other.join(name).display().to_string();
        for (name, value, expected) in [
            (TLS_CA_PATH, file("ca.pem"), "so it is the enrolment authority"),
            (TLS_CA_PATH, file("GxAdmin/cert.pem"), "is no authority's"),
            (TLS_CA_PATH, file("nothing.pem"), "FABRIC_TLS_CA_PATH"),
            (CERT_PATH, file("PartnerApi/cert.pem"), "does not belong to the certificate"),
            (PEER_ENDPOINT, "localhost".to_owned(), "FABRIC_PEER_ENDPOINT: localhost is not host:port"),
            (ORG2_MSP_ID, "Org1DevnetMSP".to_owned(), "two organisations endorse"),
            (TLS_CLIENT_KEY_PATH, file("GxAdmin/tls-client.key"), "FABRIC_TLS_CLIENT_CERT_PATH is not"),
        ] {
            let mut settings = complete.clone();
            settings.insert(name.to_owned(), value);
            assert!(refused(&settings).contains(expected), "{name}: {}", refused(&settings));
        }
        let mut settings = complete;
        settings.insert(CERT_PATH.to_owned(), file("PartnerApi/cert.pem"));
        settings.insert(KEY_PATH.to_owned(), file("PartnerApi/key.pem"));
        assert!(
            refused(&settings).contains("carries gx_partner_api, and gx_admin is needed"),
            "{}",
            refused(&settings)
        );
    }

    #[test]
    fn a_ledger_is_named_in_one_way_or_not_at_all() {
        let named_by = |given: &[(&str, &str)]| {
            let given: BTreeMap<String, String> =
                given.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            named(&|name| given.get(name).cloned())
        };
        assert_eq!(named_by(&[]).unwrap(), Named::Nowhere);
        assert_eq!(named_by(&[(CONNECT, "")]).unwrap(), Named::Nowhere);
        let folder = named_by(&[(CONNECT, "material"), (CHANNEL_NAME, "c")]).unwrap();
        assert_eq!(folder, Named::Folder("material".into()));
        // One setting is enough to mean it: what is missing is an error then, and no reason for another ledger.
        assert_eq!(named_by(&[(MSP_ID, "Org1DevnetMSP")]).unwrap(), Named::Settings);
        let both = named_by(&[(CONNECT, "material"), (PEER_ENDPOINT, "a:1")]).unwrap_err().to_string();
        assert!(both.contains("GX_FABRIC_CONNECT and FABRIC_PEER_ENDPOINT are both set"), "{both}");
    }
}
