//! A page with one form: most of what protects an account is a question, a few fields and a button.

use askama::Template;
use axum::http::StatusCode;
use gx_types::Problem;

use crate::api::ApiFailure;
use crate::error::PageResult;
use crate::view::{Chrome, Form};
use crate::visit::page_with;

/// A field of such a page. What stands in `attrs` is written here, never data.
#[derive(Debug, Clone, Copy)]
pub(super) struct Field {
    pub(super) name: &'static str,
    pub(super) label: &'static str,
    pub(super) kind: &'static str,
    pub(super) attrs: &'static str,
    pub(super) hint: &'static str,
}

impl Field {
    pub(super) const fn new(name: &'static str, label: &'static str, kind: &'static str, attrs: &'static str) -> Self {
        Self { name, label, kind, attrs, hint: "" }
    }

    pub(super) const fn hint(mut self, hint: &'static str) -> Self {
        self.hint = hint;
        self
    }

    /// The present password.
    pub(super) const fn password() -> Self {
        Self::new("password", "Your password", "password", "autocomplete=current-password required")
    }

    /// A code of the app, where two-step sign-in is on.
    pub(super) const fn factor() -> Self {
        Self::new(
            "code",
            "Code of your app, or a backup code",
            "text",
            "inputmode=text autocomplete=one-time-code maxlength=20 autocapitalize=characters spellcheck=false required",
        )
    }

    /// A code that was sent.
    pub(super) const fn otp(name: &'static str, label: &'static str) -> Self {
        Self::new(name, label, "text", "inputmode=numeric autocomplete=one-time-code maxlength=8 class=otp required")
    }
}

/// The page.
#[derive(Template)]
#[template(path = "single_form.html")]
pub(super) struct Single {
    pub(super) chrome: Chrome,
    pub(super) form: Form,
    /// The form's id; its button has `-submit` behind it.
    pub(super) id: &'static str,
    pub(super) heading: &'static str,
    pub(super) intro: Vec<String>,
    pub(super) action: &'static str,
    pub(super) hidden: Vec<(&'static str, String)>,
    pub(super) fields: Vec<Field>,
    pub(super) tick: Option<(&'static str, &'static str)>,
    pub(super) button: &'static str,
    pub(super) danger: bool,
    pub(super) back: Option<(&'static str, &'static str)>,
}

/// Where the pages of the settings lead back to.
pub(super) const BACK: Option<(&str, &str)> = Some(("/settings/security", "Back to security"));

impl Single {
    /// The names of the fields, for [`Form::take_problem`].
    fn names(&self) -> Vec<&'static str> {
        self.fields.iter().map(|field| field.name).collect()
    }

    /// Shows it.
    pub(super) fn show(&self, status: StatusCode) -> PageResult {
        page_with(status, self)
    }

    /// Shows it again with what the API says against what was typed.
    pub(super) fn refused(mut self, mut form: Form, failure: ApiFailure) -> PageResult {
        let problem: Box<Problem> = failure.refusal()?;
        form.take_problem(&problem, &self.names());
        self.form = form;
        let status = StatusCode::from_u16(problem.status).unwrap_or(StatusCode::UNPROCESSABLE_ENTITY);
        self.show(status)
    }
}
