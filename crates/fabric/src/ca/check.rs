//! Are these certificates what they are used for, and until when?

use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, UnparsedPublicKey};
use gx_types::Timestamp;
use x509_parser::prelude::{FromDer, X509Certificate};

use crate::identity::{Certificate, Credentials, Material, OrganisationMaterial};

/// A certificate that ends within this time is warned of, in microseconds.
const SOON_MICROS: i64 = 30 * 86_400_000_000;

/// How bad a finding is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Severity {
    /// It works, and will not for long, or should not be so.
    Warning,
    /// It cannot work.
    Error,
}

/// Something that is not as it must be, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// How bad it is.
    pub severity: Severity,
    /// What it is, with the file.
    pub sentence: String,
}

fn error(sentence: String) -> Finding {
    Finding { severity: Severity::Error, sentence }
}

fn warning(sentence: String) -> Finding {
    Finding { severity: Severity::Warning, sentence }
}

/// Whether `issuer` signed `certificate`.
#[must_use]
pub fn is_signed_by(certificate: &Certificate, issuer: &Certificate) -> bool {
    let Ok((_, x509)) = X509Certificate::from_der(&certificate.der) else { return false };
    let key = UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, &issuer.public_key);
    issuer.is_ca
        && certificate.issuer == issuer.subject
        && key.verify(x509.tbs_certificate.as_ref(), &x509.signature_value.data).is_ok()
}

/// Looks through connection material: purposes of authorities and certificates, validity now and soon, private keys.
#[must_use]
pub fn check(folder: &Path, material: &Material, now: Timestamp) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (msp_id, organisation) in &material.organisations {
        check_organisation(&folder.join(msp_id), msp_id, organisation, now, &mut findings);
    }
    findings
}

fn check_organisation(
    folder: &Path,
    msp_id: &str,
    organisation: &OrganisationMaterial,
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let mut authority = |pem: &[u8], file: &str| match Certificate::from_pem(pem) {
        Ok(certificate) if certificate.is_ca => {
            check_validity(&certificate, &format!("{msp_id}/{file}"), now, findings);
            Some(certificate)
        }
        Ok(_) => {
            findings.push(error(format!("{msp_id}/{file} is no authority: it may not sign certificates")));
            None
        }
        Err(problem) => {
            findings.push(error(format!("{msp_id}/{file}: {problem}")));
            None
        }
    };
    let (ca, tls_ca) = (authority(&organisation.ca, "ca.pem"), authority(&organisation.tls_ca, "tlsca.pem"));
    let (Some(ca), Some(tls_ca)) = (ca, tls_ca) else { return };
    if ca.public_key == tls_ca.public_key {
        let what = "the enrolment authority and the TLS authority are the same; one stands in the place of the other";
        findings.push(error(format!("{msp_id}/tlsca.pem: {what}")));
    }
    for identity in &organisation.identities {
        check_identity(folder, msp_id, identity, (&ca, &tls_ca), now, findings);
    }
}

fn check_identity(
    folder: &Path,
    msp_id: &str,
    identity: &Credentials,
    (ca, tls_ca): (&Certificate, &Certificate),
    now: Timestamp,
    findings: &mut Vec<Finding>,
) {
    let name = format!("{msp_id}/{}", identity.name);
    let certificate = &identity.signer.identity().certificate;
    check_validity(certificate, &format!("{name}/cert.pem"), now, findings);
    if !is_signed_by(certificate, ca) {
        let by = if is_signed_by(certificate, tls_ca) { ": the TLS authority has" } else { "" };
        findings.push(error(format!("{name}/cert.pem was not signed by the enrolment authority ca.pem{by}")));
    }
    if certificate.units.is_empty() {
        findings.push(error(format!("{name}/cert.pem has no organisational unit (client, admin, peer or orderer)")));
    }
    if let Some((pem, _)) = &identity.tls_client {
        match Certificate::from_pem(pem) {
            Ok(tls) => {
                check_validity(&tls, &format!("{name}/tls-client.crt"), now, findings);
                if !is_signed_by(&tls, tls_ca) {
                    let by = if is_signed_by(&tls, ca) { ": the enrolment authority has" } else { "" };
                    let what = format!("{name}/tls-client.crt was not signed by the TLS authority tlsca.pem{by}");
                    findings.push(error(what));
                }
            }
            Err(problem) => findings.push(error(format!("{name}/tls-client.crt: {problem}"))),
        }
    }
    for key in ["key.pem", "tls-client.key"] {
        let file = folder.join(&identity.name).join(key);
        if std::fs::metadata(&file).is_ok_and(|metadata| metadata.permissions().mode() & 0o077 != 0) {
            findings.push(warning(format!("{name}/{key} can be read by others than its owner")));
        }
    }
}

fn check_validity(certificate: &Certificate, name: &str, now: Timestamp, findings: &mut Vec<Finding>) {
    let left = certificate.not_after.micros().saturating_sub(now.micros());
    if now < certificate.not_before {
        findings.push(error(format!("{name} is valid from {} on", certificate.not_before)));
    } else if left < 0 {
        findings.push(error(format!("{name} has expired on {}", certificate.not_after)));
    } else if left < SOON_MICROS {
        findings.push(warning(format!("{name} expires on {}", certificate.not_after)));
    }
}
