//! The development mailbox.

use gx_types::{MailboxChannel, Timestamp};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect, Set};

use crate::StoreError;
use crate::entity::dev_mailbox::{ActiveModel, Column, Entity, Model};

/// A message to keep.
#[derive(Debug, Clone)]
pub struct NewMail {
    /// Its id, a UUIDv7 as text.
    pub mail_id: String,
    /// Over what it went out.
    pub channel: MailboxChannel,
    /// To whom, in the form that is looked up.
    pub recipient: String,
    /// Subject; empty for text messages.
    pub subject: String,
    /// Text.
    pub body: String,
    /// Now.
    pub created_at: Timestamp,
}

/// Keeps a message.
///
/// # Errors
/// [`StoreError`].
pub async fn insert<C: ConnectionTrait>(db: &C, mail: NewMail) -> Result<(), StoreError> {
    let row = ActiveModel {
        mail_id: Set(mail.mail_id),
        channel: Set(mail.channel.into()),
        recipient: Set(mail.recipient),
        subject: Set(mail.subject),
        body: Set(mail.body),
        created_at: Set(mail.created_at.into()),
    };
    Entity::insert(row).exec_without_returning(db).await?;
    Ok(())
}

/// The newest messages to `recipient`, or to everyone; newest first.
///
/// # Errors
/// [`StoreError`].
pub async fn newest<C: ConnectionTrait>(db: &C, recipient: Option<&str>, limit: u64) -> Result<Vec<Model>, StoreError> {
    let mut query = Entity::find().order_by_desc(Column::CreatedAt).order_by_desc(Column::MailId).limit(limit);
    if let Some(recipient) = recipient {
        query = query.filter(Column::Recipient.eq(recipient));
    }
    Ok(query.all(db).await?)
}
