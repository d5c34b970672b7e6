//! The folder that `GX_FABRIC_CONNECT` names: where everything listens, and identities for every role.

use std::fmt::Write as _;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use super::{DOMAIN, Network, STEP_LIMIT, read, write};
use crate::Result;
use crate::process::run_within;

/// Folder and `gxc_role` of the identities that cryptogen cannot make.
const ROLES: [(&str, &str); 3] =
    [("SuperAdmin", "gx_super_admin"), ("GxAdmin", "gx_admin"), ("PartnerApi", "gx_partner_api")];

/// The extension in which Fabric CA writes attributes.
const ATTRIBUTES_OID: &str = "1.2.3.4.5.6.7.8.1";

impl Network {
    pub(super) fn write_connection_material(&self) -> Result<()> {
        let connect = self.data.join("connect");
        folder(&connect)?;
        let peers: Vec<String> = [1, 2].into_iter().map(|number| self.peer_entry(number)).collect();
        let endpoints = format!(
            "{{\n  \"channel\": \"gxchannel-devnet\",\n  \"chaincode\": {{ \"name\": \"gx-devnet\", \"address\": \
             \"127.0.0.1:{}\" }},\n  \"orderer\": {{ \"address\": \"127.0.0.1:{}\", \"tlsName\": \"orderer0.{DOMAIN}\", \
             \"mspId\": \"OrdererDevnetMSP\" }},\n  \"peers\": [\n{}\n  ]\n}}\n",
            self.port + 2,
            self.port,
            peers.join(",\n"),
        );
        write(&connect.join("endpoints.json"), &endpoints)?;
        for number in [1, 2] {
            self.write_organisation(number, &connect.join(format!("Org{number}DevnetMSP")))?;
        }
        Ok(())
    }

    fn peer_entry(&self, number: u16) -> String {
        format!(
            "    {{ \"address\": \"127.0.0.1:{}\", \"tlsName\": \"peer0-org{number}.{DOMAIN}\", \"mspId\": \
             \"Org{number}DevnetMSP\" }}",
            self.peer_port(number)
        )
    }

    fn write_organisation(&self, number: u16, to: &Path) -> Result<()> {
        folder(to)?;
        let (home, domain) = (self.organisation_home(number), format!("org{number}.{DOMAIN}"));
        let (ca, tls_ca) = (format!("ca.{domain}-cert.pem"), format!("tlsca.{domain}-cert.pem"));
        write(&to.join("ca.pem"), &read(&home.join("ca").join(&ca))?)?;
        write(&to.join("tlsca.pem"), &read(&home.join("tlsca").join(tls_ca))?)?;
        for user in ["Admin", "User1"] {
            let (from, to) = (home.join(format!("users/{user}@{domain}")), to.join(user));
            folder(&to)?;
            write(&to.join("cert.pem"), &read(&from.join(format!("msp/signcerts/{user}@{domain}-cert.pem")))?)?;
            write_key(&to.join("key.pem"), &read(&from.join("msp/keystore/priv_sk"))?)?;
            write(&to.join("tls-client.crt"), &read(&from.join("tls/client.crt"))?)?;
            write_key(&to.join("tls-client.key"), &read(&from.join("tls/client.key"))?)?;
        }
        for (name, role) in ROLES {
            let (person, user) = (to.join(name), to.join("User1"));
            folder(&person)?;
            issue(&person, &home.join("ca"), &ca, role)?;
            write(&person.join("tls-client.crt"), &read(&user.join("tls-client.crt"))?)?;
            write_key(&person.join("tls-client.key"), &read(&user.join("tls-client.key"))?)?;
        }
        Ok(())
    }
}

/// A key and a certificate with the role, issued by the organisation's enrolment authority.
fn issue(to: &Path, authority: &Path, certificate: &str, role: &str) -> Result<()> {
    let (key, request, extensions) = (to.join("key.pem"), to.join("request.pem"), to.join("extensions"));
    let mut attributes = String::new();
    for byte in format!("{{\"attrs\":{{\"gxc_role\":\"{role}\"}}}}").bytes() {
        // Writing to a string cannot fail.
        let _ = write!(attributes, "{byte:02x}");
    }
    write(
        &extensions,
        &format!(
            "keyUsage=critical,digitalSignature\nbasicConstraints=critical,CA:FALSE\n{ATTRIBUTES_OID}=DER:{attributes}\n"
        ),
    )?;
    let openssl = |fill: &dyn Fn(&mut Command)| {
        let mut command = Command::new("openssl");
        fill(&mut command);
        command.stderr(std::process::Stdio::null());
        run_within(&mut command, STEP_LIMIT, "openssl")
    };
    write_key(&key, "")?;
    openssl(&|command| {
        command.args(["genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out"]).arg(&key);
    })?;
    openssl(&|command| {
        command.args(["req", "-new", "-subj", &format!("/OU=client/CN={role}"), "-key"]).arg(&key);
        command.arg("-out").arg(&request);
    })?;
    openssl(&|command| {
        command.args(["x509", "-req", "-days", "365", "-sha256", "-in"]).arg(&request);
        command.arg("-CA").arg(authority.join(certificate)).arg("-CAkey").arg(authority.join("priv_sk"));
        command.arg("-CAserial").arg(to.join("serial")).arg("-CAcreateserial");
        command.arg("-extfile").arg(&extensions).arg("-out").arg(to.join("cert.pem"));
    })?;
    for file in [request, extensions, to.join("serial")] {
        fs::remove_file(&file).map_err(|error| format!("{}: {error}", file.display()))?;
    }
    Ok(())
}

fn folder(path: &Path) -> Result<()> {
    fs::create_dir_all(path).map_err(|error| format!("{}: {error}", path.display()))
}

/// Writes a file that only its owner may read.
fn write_key(file: &Path, text: &str) -> Result<()> {
    write(file, "")?;
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))
        .map_err(|error| format!("{}: {error}", file.display()))?;
    write(file, text)
}
