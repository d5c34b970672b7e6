//! The object store: documents, as files in the data folder or in S3.
//!
//! Metadata lies in the database; an object is its bytes under a key. Keys are made by their owner out of ids.

use std::sync::Arc;

use bytes::Bytes;
use gx_types::ErrorCode;
use object_store::aws::AmazonS3Builder;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt, PutMode, PutOptions, PutPayload};

use crate::health::ProbeResult;
use crate::http::ApiError;
use crate::settings::Settings;

/// The object store failed.
#[derive(Debug, thiserror::Error)]
pub enum ObjectsError {
    /// It cannot be set up.
    #[error("the object store cannot be set up: {0}")]
    Setup(String),
    /// It is out of reach or refuses.
    #[error("the object store failed")]
    Store(#[from] object_store::Error),
    /// The key is none.
    #[error("{0:?} is no key of an object")]
    Key(String),
}

impl From<ObjectsError> for ApiError {
    fn from(error: ObjectsError) -> Self {
        match error {
            ObjectsError::Store(inner) => Self::new(ErrorCode::ObjectStoreUnavailable).with_source(inner),
            other => Self::internal(other),
        }
    }
}

/// Where documents lie. Cheap to clone.
#[derive(Clone)]
pub struct Objects {
    store: Arc<dyn ObjectStore>,
}

impl Objects {
    /// S3 when the settings name it, else the folder `objects` in the data folder.
    ///
    /// # Errors
    /// [`ObjectsError::Setup`].
    pub fn open(settings: &Settings) -> Result<Self, ObjectsError> {
        let setup = |error: object_store::Error| ObjectsError::Setup(error.to_string());
        if let Some(s3) = &settings.s3 {
            let store = AmazonS3Builder::new()
                .with_endpoint(&s3.endpoint)
                .with_allow_http(s3.endpoint.starts_with("http://"))
                .with_bucket_name(&s3.bucket_documents)
                .with_region(&s3.region)
                .with_access_key_id(s3.access_key_id.expose())
                .with_secret_access_key(s3.secret_access_key.expose())
                .build()
                .map_err(setup)?;
            return Ok(Self { store: Arc::new(store) });
        }
        let Some(data) = &settings.data else {
            return Err(ObjectsError::Setup("neither S3_ENDPOINT nor GX_DATA is set".to_owned()));
        };
        let folder = data.join("objects");
        std::fs::create_dir_all(&folder).map_err(|error| ObjectsError::Setup(error.to_string()))?;
        let store = LocalFileSystem::new_with_prefix(folder).map_err(setup)?;
        Ok(Self { store: Arc::new(store) })
    }

    /// Stores a new object.
    ///
    /// # Errors
    /// [`ObjectsError`], also when the key is taken.
    pub async fn put_new(&self, key: &str, bytes: Bytes) -> Result<(), ObjectsError> {
        let options = PutOptions { mode: PutMode::Create, ..PutOptions::default() };
        self.store.put_opts(&path(key)?, PutPayload::from_bytes(bytes), options).await?;
        Ok(())
    }

    /// An object's bytes; `None` when there is none.
    ///
    /// # Errors
    /// [`ObjectsError`].
    pub async fn get(&self, key: &str) -> Result<Option<Bytes>, ObjectsError> {
        match self.store.get(&path(key)?).await {
            Ok(found) => Ok(Some(found.bytes().await?)),
            Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes an object; one that is not there is fine.
    ///
    /// # Errors
    /// [`ObjectsError`].
    pub async fn delete(&self, key: &str) -> Result<(), ObjectsError> {
        match self.store.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The probe of the dependency «objects»: asking for an object that is not there.
    pub async fn probe(&self) -> ProbeResult {
        match self.store.head(&Path::from("health/probe")).await {
            Ok(_) | Err(object_store::Error::NotFound { .. }) => Ok(None),
            Err(error) => Err(error.to_string()),
        }
    }
}

fn path(key: &str) -> Result<Path, ObjectsError> {
    let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'/' | b'.');
    if key.is_empty() || key.contains("..") || !key.bytes().all(allowed) {
        return Err(ObjectsError::Key(key.to_owned()));
    }
    Path::parse(key).map_err(|_| ObjectsError::Key(key.to_owned()))
}
