//! A form on its way back to the person: what was typed, and what was refused, beside the field it belongs to.

use std::collections::BTreeMap;

use gx_types::Problem;

/// One entry of a choice list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
}

impl Choice {
    /// A choice.
    pub fn new(value: impl Into<String>, label: impl Into<String>) -> Self {
        Self { value: value.into(), label: label.into() }
    }
}

/// Values and refusals of a form. Field names are those of the API's request body.
#[derive(Debug, Clone, Default)]
pub struct Form {
    values: BTreeMap<String, String>,
    errors: BTreeMap<String, String>,
    summary: Option<String>,
}

impl Form {
    /// With values as they were posted.
    #[must_use]
    pub fn posted(values: BTreeMap<String, String>) -> Self {
        Self { values, ..Self::default() }
    }

    /// Sets a value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.values.insert(name.to_owned(), value.into());
        self
    }

    /// What was typed, trimmed; empty when nothing was.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.values.get(name).map_or("", |value| value.trim())
    }

    /// What was typed, to the letter: for passwords.
    #[must_use]
    pub fn exact(&self, name: &str) -> &str {
        self.values.get(name).map_or("", String::as_str)
    }

    /// What was typed, if anything was.
    #[must_use]
    pub fn optional(&self, name: &str) -> Option<String> {
        Some(self.value(name)).filter(|value| !value.is_empty()).map(str::to_owned)
    }

    /// Whether the field holds just this.
    #[must_use]
    pub fn is(&self, name: &str, value: &str) -> bool {
        self.value(name) == value
    }

    /// Refuses a field.
    pub fn refuse(&mut self, name: &str, message: impl Into<String>) {
        self.errors.entry(name.to_owned()).or_insert_with(|| message.into());
    }

    /// Refuses the whole form.
    pub fn refuse_all(&mut self, message: impl Into<String>) {
        self.summary = Some(message.into());
    }

    /// Puts the API's refusal beside the fields it names. What belongs to no field of the page goes on top.
    pub fn take_problem(&mut self, problem: &Problem, fields: &[&str]) {
        let (here, elsewhere): (Vec<_>, Vec<_>) =
            problem.errors.iter().partition(|error| fields.contains(&error.field.as_str()));
        for error in &here {
            self.refuse(&error.field, error.message.clone());
        }
        let rest: Vec<&str> = elsewhere.iter().map(|error| error.message.as_str()).collect();
        if !rest.is_empty() {
            self.refuse_all(rest.join(" "));
        } else if here.is_empty() {
            self.refuse_all(problem.detail.clone().unwrap_or_else(|| problem.title.clone()));
        }
    }

    /// Whether anything was refused.
    #[must_use]
    pub fn refused(&self) -> bool {
        !self.errors.is_empty() || self.summary.is_some()
    }

    /// Whether this field was refused.
    #[must_use]
    pub fn wrong(&self, name: &str) -> bool {
        self.errors.contains_key(name)
    }

    /// Why it was refused.
    #[must_use]
    pub fn error(&self, name: &str) -> &str {
        self.errors.get(name).map_or("", String::as_str)
    }

    /// Whether the form as a whole was refused.
    #[must_use]
    pub fn has_summary(&self) -> bool {
        self.summary.is_some()
    }

    /// Why the form as a whole was refused.
    #[must_use]
    pub fn summary(&self) -> &str {
        self.summary.as_deref().unwrap_or_default()
    }
}
