//! `gx admin`, and the two administrators that `gx up` makes on devnet.

use std::fs;
use std::sync::Arc;

use anyhow::{Context, Result};
use gx_base::{SystemClock, SystemEntropy};
use gx_ops::NewAdmin;
use gx_platform::{App, AppParts};
use tokio_util::sync::CancellationToken;

use crate::args::{Admin, Place};
use crate::migrate::settings_of;
use crate::place::{Home, write_private};

/// Names tried for the administrators of devnet.
const OWNERS_TRIED_MAX: u32 = 100;

/// Runs a command of `gx admin`.
///
/// # Errors
/// When the administrator cannot be made, with the reason.
pub async fn run(admin: Admin) -> Result<()> {
    match admin {
        Admin::Create { place, username, display_name, email } => {
            let app = app_of(&place).await?;
            let display_name = display_name.unwrap_or_else(|| username.clone());
            let new = NewAdmin { username, email, display_name };
            let username = new.username.clone();
            let password = gx_ops::create_super_owner(&app, new).await?;
            println!("SUPER_OWNER {username} is made. First password, shown only now:\n{}", password.expose());
            app.store().close().await?;
            Ok(())
        }
        Admin::ResetMfa { place, username } => {
            let app = app_of(&place).await?;
            let ended = gx_ops::reset_admin_mfa(&app, &username).await;
            app.store().close().await?;
            println!("{username} has no second factor any more; {} sessions have ended. They set up another.", ended?);
            Ok(())
        }
        Admin::Code { place, username } => {
            let app = app_of(&place).await?;
            let code = gx_ops::admin_code(&app, &username).await;
            app.store().close().await?;
            println!("{}", code?);
            Ok(())
        }
    }
}

/// The application of a place, for commands that serve nothing.
///
/// # Errors
/// When settings are missing, or the schema is not this build's.
pub async fn app_of(place: &Place) -> Result<App> {
    let settings = settings_of(place)?;
    gx_platform::logging::install(&settings.log_level, settings.log_format);
    let stop = CancellationToken::new();
    let parts = AppParts::connect(settings, Arc::new(SystemClock), Arc::new(SystemEntropy), stop).await?;
    parts.store.check_schema().await.context("`gx migrate` brings the schema to this build's")?;
    Ok(App::start(parts).await?)
}

/// Makes the two administrators of devnet at first start, and tells their logins at every start.
///
/// # Errors
/// When they cannot be made, or the file with their passwords cannot be read or written.
pub async fn devnet_admins(app: &App, home: &Home) -> Result<Vec<String>> {
    let path = home.folder().join("secrets/devnet-admins");
    let mut known = match fs::read_to_string(&path) {
        Ok(text) => text,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => String::new(),
        Err(error) => return Err(error).with_context(|| path.display().to_string()),
    };
    let missing = gx_ops::super_owners_missing(app).await?;
    if missing == gx_ops::SUPER_OWNERS_BY_HOST_MAX {
        // There is nobody of whom the file could speak: another database was here before.
        known.clear();
    }
    let mut number = 0;
    for _ in 0..missing {
        let (username, password) = loop {
            number += 1;
            let username = format!("owner{number}");
            let new = NewAdmin {
                email: format!("{username}@devnet.gxcoin.test"),
                display_name: format!("Owner {number}"),
                username: username.clone(),
            };
            match gx_ops::create_super_owner(app, new).await {
                Ok(password) => break (username, password),
                // Made at an earlier start, and perhaps disabled since.
                Err(gx_ops::AdminError::Taken) if number < OWNERS_TRIED_MAX => {}
                Err(error) => return Err(error.into()),
            }
        };
        known.push_str(&format!("{username} {}\n", password.expose()));
        write_private(&path, &known)?;
    }
    Ok(known.lines().map(|line| format!("{:<17} {line}   (/admin; code: gx admin code)", "administrator")).collect())
}
