//! Which documents are handed in, and whether they are what their owner says they are.

use std::collections::BTreeSet;

use gx_platform::http::{ApiError, ApiResult};
use gx_platform::sha256;
use gx_store::repo::documents::Document;
use gx_types::api::identity::{KycDocument, KycRequest};
use gx_types::{DocumentId, ErrorCode, Sha256Hex, Timestamp};

use crate::fields;
use crate::refuse::{Faults, refused};

/// Documents of one submission, at most.
const DOCUMENTS_MAX: usize = 20;

/// A request that names at least one document.
#[derive(Debug, Clone)]
pub(super) struct Described(KycRequest);

impl Described {
    /// Checks the form.
    ///
    /// # Errors
    /// 422 when no document is named, or too many are.
    pub(super) fn read(request: KycRequest) -> ApiResult<Self> {
        let counted = |field: &str, count: Option<usize>| {
            if count.is_some_and(|count| count == 0 || count > DOCUMENTS_MAX) {
                let message = format!("Name 1 to {DOCUMENTS_MAX} documents.");
                return Err(ApiError::field(field, ErrorCode::FieldInvalid, message));
            }
            Ok(())
        };
        counted("documentIds", request.document_ids.as_ref().map(Vec::len))?;
        counted("documents", request.documents.as_ref().map(Vec::len))?;
        if request.document_ids.is_none() && request.documents.is_none() && request.evidence_hash.is_none() {
            let message = "Name the documents: by documentIds, documents or evidenceHash.";
            return Err(ApiError::field("documentIds", ErrorCode::FieldRequired, message));
        }
        Ok(Self(request))
    }

    /// The wanted documents among the person's, in the order of their ids.
    ///
    /// # Errors
    /// 422 naming everything that is not so.
    pub(super) fn choose(self, own: Vec<Document>, now: Timestamp) -> ApiResult<Vec<Document>> {
        let Self(request) = self;
        let mut faults = Faults::default();
        let mut chosen = Chosen { own, now, documents: Vec::new() };
        let mut by_name = "documentIds";

        // 1. Those named by id.
        if let Some(ids) = &request.document_ids {
            for (index, id) in ids.iter().enumerate() {
                let field = format!("documentIds[{index}]");
                chosen
                    .take(&mut faults, &field, "You have no such document.", |document| document.document_id.0 == *id);
            }
        }

        // 2. Those described: the same ones, when they are named too.
        if let Some(described) = &request.documents {
            let named: Option<BTreeSet<DocumentId>> =
                request.document_ids.as_ref().map(|ids| ids.iter().copied().collect());
            if named.is_none() {
                by_name = "documents";
            }
            let mut seen = BTreeSet::new();
            for (index, one) in described.iter().enumerate() {
                let field = format!("documents[{index}]");
                match &named {
                    None => {
                        let before = chosen.documents.len();
                        chosen.take(
                            &mut faults,
                            &format!("{field}.hash"),
                            "You have uploaded no document with this hash.",
                            |document| is_meant(document, one),
                        );
                        if let Some(document) = chosen.documents.get(before) {
                            compare(document, one, &field, &mut faults);
                        }
                    }
                    Some(_) => {
                        let found = chosen
                            .documents
                            .iter()
                            .find(|document| is_meant(document, one) && !seen.contains(&document.document_id.0));
                        match found {
                            None => faults.say(
                                &format!("{field}.hash"),
                                ErrorCode::FieldInvalid,
                                "No document among documentIds has this hash.",
                            ),
                            Some(document) => {
                                seen.insert(document.document_id.0);
                                compare(document, one, &field, &mut faults);
                            }
                        }
                    }
                }
            }
            if let Some(named) = named.filter(|named| named.len() != described.len()) {
                let message = format!("documentIds names {} documents.", named.len());
                faults.say("documents", ErrorCode::FieldInvalid, &message);
            }
        } else if request.document_ids.is_none()
            && let Some(hash) = request.evidence_hash
        {
            // 3. The one named by nothing but the evidence.
            by_name = "evidenceHash";
            chosen.take(&mut faults, "evidenceHash", "You have uploaded no document with this hash.", |document| {
                document.file_hash.0 == hash
            });
        }
        faults.all()?;

        // 4. What is said about all of them.
        let mut chosen = chosen.documents;
        chosen.sort_by_key(|document| document.document_id);
        evidence(&request, &chosen)?;
        let identifies = |document: &Document| {
            document.document_type.identifies()
                && document.document_number.is_some()
                && document.issuing_country.is_some()
        };
        if !chosen.iter().any(identifies) {
            return Err(refused(by_name, ErrorCode::IdentityDocumentMissing));
        }
        Ok(chosen)
    }
}

/// The person's documents, and those of them that were taken.
struct Chosen {
    own: Vec<Document>,
    now: Timestamp,
    documents: Vec<Document>,
}

impl Chosen {
    /// Takes a document that is meant; prefers one that can be handed in, for the same file may have been uploaded twice.
    fn take(&mut self, faults: &mut Faults, field: &str, none: &str, is_meant: impl Fn(&Document) -> bool) {
        let taken = |document: &Document| self.documents.iter().any(|one| one.document_id == document.document_id);
        let meant: Vec<&Document> = self.own.iter().filter(|document| is_meant(document)).collect();
        let free = meant
            .iter()
            .find(|document| !taken(document) && document.submission_id.is_none() && !has_expired(document, self.now));
        let mut refuse = |message: &str| faults.say(field, ErrorCode::FieldInvalid, message);
        match (free, meant.first()) {
            (Some(document), _) => {
                let document = (*document).clone();
                self.documents.push(document);
            }
            (None, None) => refuse(none),
            (None, Some(document)) if taken(document) => refuse("This document is named twice."),
            (None, Some(document)) if document.submission_id.is_some() => {
                refuse("This document was handed in before.");
            }
            (None, Some(_)) => refuse("This document has expired."),
        }
    }
}

fn has_expired(document: &Document, now: Timestamp) -> bool {
    // ISO dates compare as texts.
    document.expiry_date.as_deref().is_some_and(|date| date < now.date().to_string().as_str())
}

/// Whether a description means a document.
fn is_meant(document: &Document, described: &KycDocument) -> bool {
    document.file_hash.0 == described.hash
}

/// Notes everything that is said about a document and is not so.
fn compare(document: &Document, said: &KycDocument, field: &str, faults: &mut Faults) {
    let mut expect = |name: &str, agrees: bool| {
        if !agrees {
            let message = "This is not so of the document that was uploaded.";
            faults.say(&format!("{field}.{name}"), ErrorCode::FieldInvalid, message);
        }
    };
    let text = |said: &Option<String>, is: Option<&str>| said.as_deref().is_none_or(|said| Some(said) == is);
    expect("type", said.document_type.is_none_or(|kind| kind == document.document_type.0));
    expect("side", said.side.is_none_or(|side| document.side.is_some_and(|is| is.0 == side)));
    expect("size", said.size.is_none_or(|size| i64::try_from(size) == Ok(document.size_bytes)));
    expect("mimeType", text(&said.mime_type, Some(&document.mime_type)));
    expect("fileName", text(&said.file_name, Some(&document.file_name)));
    let number = said.document_number.as_deref().map(fields::document_number);
    expect("documentNumber", number.is_none_or(|number| number.ok() == document.document_number));
    let country = said.issuing_country.as_deref().map(fields::country);
    expect("issuingCountry", country.is_none_or(|country| country.ok() == document.issuing_country.map(|is| is.0)));
    expect("issuedDate", text(&said.issued_date, document.issued_date.as_deref()));
    expect("expiryDate", text(&said.expiry_date, document.expiry_date.as_deref()));
}

/// Hash, size and content of one document or of all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Evidence {
    /// SHA-256 of the file; for all of them, of their hashes, a line each, in the order of their ids.
    pub(super) hash: Sha256Hex,
    /// Size, bytes.
    pub(super) size: i64,
    /// Content, when all have the same.
    pub(super) mime: Option<String>,
}

impl Evidence {
    pub(super) fn of_all(documents: &[Document]) -> Self {
        let hashes: String = documents.iter().map(|document| format!("{}\n", document.file_hash.0)).collect();
        let mime = documents.first().map(|document| document.mime_type.clone());
        Self {
            hash: sha256(hashes.as_bytes()),
            size: documents.iter().fold(0_i64, |sum, document| sum.saturating_add(document.size_bytes)),
            mime: mime.filter(|mime| documents.iter().all(|document| document.mime_type == *mime)),
        }
    }

    fn of_one(document: &Document) -> Self {
        Self { hash: document.file_hash.0, size: document.size_bytes, mime: Some(document.mime_type.clone()) }
    }
}

/// Compares what is said about the evidence with what was uploaded.
fn evidence(request: &KycRequest, chosen: &[Document]) -> ApiResult<()> {
    let mut faults = Faults::default();
    let of_all = Evidence::of_all(chosen);
    let meant = match request.evidence_hash {
        // Without a hash the figures are those of the only document, or of all.
        None if chosen.len() == 1 => chosen.first().map(Evidence::of_one),
        None => Some(of_all),
        Some(hash) if hash == of_all.hash => Some(of_all),
        Some(hash) => chosen.iter().find(|document| document.file_hash.0 == hash).map(Evidence::of_one),
    };
    match meant {
        None => faults.say(
            "evidenceHash",
            ErrorCode::FieldInvalid,
            "This is the hash of none of the documents handed in, nor of all of them.",
        ),
        Some(meant) => {
            let wrong = "This is not so of the documents that were uploaded.";
            if request.evidence_size.is_some_and(|size| i64::try_from(size) != Ok(meant.size)) {
                faults.say("evidenceSize", ErrorCode::FieldInvalid, wrong);
            }
            if request.evidence_mime.as_ref().is_some_and(|mime| Some(mime) != meant.mime.as_ref()) {
                faults.say("evidenceMime", ErrorCode::FieldInvalid, wrong);
            }
        }
    }
    faults.all()
}
