//! What registration writes to people. Plain text; the code stands on a line of its own.

use gx_platform::{App, MailMessage};

use crate::fields::Code;

/// The mail with the code of an e-mail address.
///
/// Whoever has an account already learns it here, in their own mailbox, and nobody else does.
pub(super) fn email_code(app: &App, to: &str, code: &Code, has_account: bool) -> MailMessage {
    let code = code.expose();
    let text = if has_account {
        let login = format!("{}/login", app.settings().public_url.trim_end_matches('/'));
        format!(
            "Someone is registering at GX with this e-mail address, which already belongs to your account.\n\n\
             If it was you, simply sign in: {login}\n\n\
             Should the page still ask for a code, this is it:\n\n{code}\n\n\
             If it was not you, there is nothing to do: nobody gets into your account this way.\n"
        )
    } else {
        format!(
            "Welcome to GX. This is your code:\n\n{code}\n\n\
             It is good for ten minutes. Nobody from GX will ever ask you for it.\n\
             If you are not registering at GX, ignore this mail.\n"
        )
    };
    MailMessage { to: to.to_owned(), subject: "Your GX code".to_owned(), text }
}

/// The text message with the code of a phone number.
pub(super) fn phone_code(code: &Code, has_account: bool) -> String {
    let code = code.expose();
    if has_account {
        format!("GX: this number already belongs to an account. If you are registering anew, your code is {code}")
    } else {
        format!("GX: your code is {code}. It is good for ten minutes. Do not tell it to anyone.")
    }
}
