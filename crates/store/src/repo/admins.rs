//! Administrators.

use gx_types::{AdminId, AdminRole, Timestamp};
use sea_orm::sea_query::{Expr, ExprTrait, Func, LikeExpr};
use sea_orm::{
    ColumnTrait, Condition, ConnectionTrait, EntityTrait, PaginatorTrait, QueryFilter, QueryOrder, QuerySelect,
};

use crate::col::Col;
use crate::entity::admin_users::{Column, Entity};
use crate::error::StoreError;

pub use crate::entity::admin_users::Model as Administrator;

/// Which administrators to list.
#[derive(Debug, Clone, Default)]
pub struct AdminFilter {
    /// Of this role.
    pub role: Option<AdminRole>,
    /// Whose account may be used, or may not.
    pub is_active: Option<bool>,
    /// With this text in user name, e-mail address or display name.
    pub search: Option<String>,
    /// After this user name.
    pub after: Option<String>,
}

/// An administrator by id.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn find(db: &impl ConnectionTrait, id: AdminId) -> Result<Option<Administrator>, StoreError> {
    Ok(Entity::find_by_id(Col(id)).one(db).await?)
}

/// An administrator by user name or e-mail address, both in lower case as they are stored.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn by_login(db: &impl ConnectionTrait, name: &str) -> Result<Option<Administrator>, StoreError> {
    let named = Condition::any().add(Column::Username.eq(name)).add(Column::Email.eq(name));
    Ok(Entity::find().filter(named).order_by_asc(Column::CreatedAt).one(db).await?)
}

/// Administrators by user name.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn list(
    db: &impl ConnectionTrait,
    filter: &AdminFilter,
    limit: u64,
) -> Result<Vec<Administrator>, StoreError> {
    let mut query = Entity::find().order_by_asc(Column::Username).limit(limit);
    if let Some(role) = filter.role {
        query = query.filter(Column::Role.eq(Col(role)));
    }
    if let Some(is_active) = filter.is_active {
        query = query.filter(Column::IsActive.eq(is_active));
    }
    if let Some(search) = &filter.search {
        let pattern = contains(search);
        let like = |column: Column| Expr::expr(Func::lower(Expr::col(column))).like(pattern.clone());
        query = query.filter(
            Condition::any().add(like(Column::Username)).add(like(Column::Email)).add(like(Column::DisplayName)),
        );
    }
    if let Some(after) = &filter.after {
        query = query.filter(Column::Username.gt(after.clone()));
    }
    Ok(query.all(db).await?)
}

/// A LIKE pattern for texts that contain `search` in lower case.
pub(super) fn contains(search: &str) -> LikeExpr {
    let mut pattern = String::from("%");
    for character in search.to_lowercase().chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    LikeExpr::new(pattern).escape('\\')
}

/// How many administrators there are, also those who were shut out.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(Entity::find().count(db).await?)
}

/// How many administrators have an account that may be used.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn active_count(db: &impl ConnectionTrait) -> Result<u64, StoreError> {
    Ok(Entity::find().filter(Column::IsActive.eq(true)).count(db).await?)
}

/// Notes that an administrator signed in.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn signed_in(tx: &impl ConnectionTrait, id: AdminId, now: Timestamp) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::LastLoginAt, Col(now).into())
        .filter(Column::AdminId.eq(Col(id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Replaces an administrator's password, if it is still the one that `old_hash` was made of. `false`: somebody else was
/// faster, and nothing was changed.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn change_password(
    tx: &impl ConnectionTrait,
    id: AdminId,
    old_hash: &str,
    new_hash: &str,
    now: Timestamp,
) -> Result<bool, StoreError> {
    let done = Entity::update_many()
        .col_expr(Column::PasswordHash, new_hash.into())
        .col_expr(Column::MustChangePassword, false.into())
        .col_expr(Column::UpdatedAt, Col(now).into())
        .filter(Column::AdminId.eq(Col(id)))
        .filter(Column::PasswordHash.eq(old_hash))
        .exec(tx)
        .await?;
    Ok(done.rows_affected == 1)
}

/// Gives an administrator another role.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn change_role(
    tx: &impl ConnectionTrait,
    id: AdminId,
    role: AdminRole,
    now: Timestamp,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::Role, Col(role).into())
        .col_expr(Column::UpdatedAt, Col(now).into())
        .filter(Column::AdminId.eq(Col(id)))
        .exec(tx)
        .await?;
    Ok(())
}

/// Shuts an administrator out, or lets one in again.
///
/// # Errors
/// [`StoreError`] when the database fails.
pub async fn set_active(
    tx: &impl ConnectionTrait,
    id: AdminId,
    active: bool,
    now: Timestamp,
) -> Result<(), StoreError> {
    Entity::update_many()
        .col_expr(Column::IsActive, active.into())
        .col_expr(Column::UpdatedAt, Col(now).into())
        .filter(Column::AdminId.eq(Col(id)))
        .exec(tx)
        .await?;
    Ok(())
}
