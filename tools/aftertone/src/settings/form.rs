//! The settings of a number, and of a mailbox, as people write them: YAML, JSON, and what flags are turned into.
//!
//! A form says as much as it wants to: what it leaves out stays as it is, or is as for a new
//! number. An empty text clears. Which settings there are, and how each is written, says `domain`.

use domain::{
    EmailAddress, ForwardingForm, Mailbox, MailboxId, NumberSettings, Owner, OwnerForm, PlanForm, Retention,
    RetentionForm, Section, SettingValue, SpeechForm, VoicemailForm,
};
use phone::PhoneNumber;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::reading;

mod values;

use values::{checked, languages, overlaid, prompts, targets};

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct NumberForm {
    /// Only in files: so that a file can say whose settings it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) number: Option<String>,
    /// The mailbox that the number leads to; the owner and what is kept are the mailbox's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mailbox: Option<String>,
    pub(crate) owner: OwnerForm,
    pub(crate) speech: SpeechForm,
    pub(crate) forwarding: ForwardingForm,
    pub(crate) voicemail: VoicemailForm,
    pub(crate) plan: PlanForm,
    pub(crate) retention: RetentionForm,
}

/// A mailbox's settings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct MailboxForm {
    /// Only in files: so that a file can say whose settings it has.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) mailbox: Option<String>,
    pub(crate) owner: OwnerForm,
    pub(crate) retention: RetentionForm,
}

/// Reads YAML, of which JSON is a part.
///
/// # Errors
/// The place and what is wrong with it.
pub(crate) fn from_yaml<F: DeserializeOwned>(text: &str) -> Result<F, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

pub(crate) fn to_yaml(form: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_saphyr::to_string(form)?)
}

impl MailboxForm {
    /// All settings of a mailbox.
    pub(crate) fn of(mailbox: &Mailbox) -> Self {
        let Mailbox { id: _, owner, retention } = mailbox;
        Self { mailbox: None, owner: owner.written(), retention: retention.written() }
    }

    /// A new mailbox.
    ///
    /// # Errors
    /// Everything that is wrong or missing, a line each.
    pub(crate) fn into_new(self, id: MailboxId) -> Result<Mailbox, String> {
        if self.owner.email.is_none() {
            return Err(EMAIL_MISSING.to_owned());
        }
        let owner = Owner::at(placeholder()?);
        self.applied_to(Mailbox { id, owner, retention: Retention::default() })
    }

    /// A mailbox with what the form says in place of what it said.
    ///
    /// # Errors
    /// Everything that is wrong, a line each.
    pub(crate) fn applied_to(self, mailbox: Mailbox) -> Result<Mailbox, String> {
        let mut wrong = Vec::new();
        if self.mailbox.as_ref().is_some_and(|id| id != mailbox.id.reveal()) {
            wrong.push("mailbox: the file has the settings of another mailbox".to_owned());
        }
        let there = Self::of(&mailbox);
        let (owner, retention) = (Owner::at(placeholder()?), Retention::default());
        let mut new = Mailbox { id: mailbox.id, owner, retention };
        let form = overlaid(&there, &self, &Self::of(&new))?;
        take(&mut new.owner, form.owner, &mut wrong);
        take(&mut new.retention, form.retention, &mut wrong);
        if wrong.is_empty() { Ok(new) } else { Err(wrong.join("\n  ")) }
    }
}

const EMAIL_MISSING: &str = "owner.email: where are voicemails to be mailed? Give --email";

/// What stands in a new one until the form's own values are applied is valid and never kept.
fn placeholder() -> Result<EmailAddress, String> {
    EmailAddress::parse("owner@example.com").map_err(|error| error.to_string())
}

/// A new number, of which nothing is known yet.
fn new_number(number: PhoneNumber) -> Result<NumberSettings, String> {
    let mut new = NumberSettings::new(number.clone(), placeholder()?, number);
    new.forwarding.targets.clear();
    Ok(new)
}

fn take<P: Section>(section: &mut P, form: P::Form, wrong: &mut Vec<String>) {
    let told = section.take(form).into_iter().map(|it| format!("{}.{}: {}", P::NAME, it.setting, it.why));
    wrong.extend(told);
}

impl NumberForm {
    /// All settings of a number.
    pub(crate) fn of(settings: &NumberSettings) -> Self {
        let NumberSettings { number: _, mailbox, owner, speech, forwarding, voicemail, plan, retention } =
            settings;
        Self {
            number: None,
            mailbox: mailbox.written(),
            owner: owner.written(),
            speech: speech.written(),
            forwarding: forwarding.written(),
            voicemail: voicemail.written(),
            plan: plan.written(),
            retention: retention.written(),
        }
    }

    /// The settings of a new number.
    ///
    /// # Errors
    /// Everything that is wrong or missing, a line each.
    pub(crate) fn into_new(
        self,
        number: PhoneNumber,
        region: Option<&str>,
    ) -> Result<NumberSettings, String> {
        let mut missing = Vec::new();
        if self.owner.email.is_none() {
            missing.push(EMAIL_MISSING);
        }
        if self.forwarding.targets.as_ref().is_none_or(Vec::is_empty) && self.forwarding.on != Some(false) {
            missing
                .push("forwarding.targets: which telephone is to ring? Give --target, or --forwarding off");
        }
        if !missing.is_empty() {
            return Err(missing.join("\n  "));
        }
        self.applied_to(new_number(number)?, region)
    }

    /// The settings of a new number that leads to a mailbox which is there.
    ///
    /// # Errors
    /// Everything that is wrong or missing, a line each.
    pub(crate) fn into_new_of(
        mut self,
        number: PhoneNumber,
        mailbox: &Mailbox,
        region: Option<&str>,
    ) -> Result<NumberSettings, String> {
        let email = mailbox.owner.email.reveal();
        self.owner.email.get_or_insert_with(|| email.to_owned());
        let base = self.clone().into_new(number, region)?;
        self.moved(&base, mailbox, region)
    }

    /// Settings of a number that is to lead to another mailbox. What the form says of the owner and of
    /// what is kept must be as the mailbox says.
    ///
    /// # Errors
    /// Everything that is wrong, a line each.
    pub(crate) fn moved(
        self,
        settings: &NumberSettings,
        to: &Mailbox,
        region: Option<&str>,
    ) -> Result<NumberSettings, String> {
        let settings = self.applied_to(settings.for_calls().with(to.clone()), region)?;
        if settings.for_mailbox() == *to {
            return Ok(settings);
        }
        Err(format!(
            "mailbox: the owner and what is kept are as the mailbox {0} says: leave them out, or change them with \
             `aftertone mailbox edit {0}`",
            to.id.reveal()
        ))
    }

    /// Settings with what the form says in place of what they said.
    ///
    /// # Errors
    /// Everything that is wrong, a line each.
    pub(crate) fn applied_to(
        mut self,
        settings: NumberSettings,
        region: Option<&str>,
    ) -> Result<NumberSettings, String> {
        let mut wrong = Vec::new();
        match self.number.take().map(|text| reading::number(&text, region)).transpose() {
            Err(why) => wrong.push(format!("number: {why}")),
            Ok(Some(number)) if number != settings.number => {
                wrong.push("number: the file has the settings of another number".to_owned());
            }
            Ok(_) => {}
        }
        let to = &mut self.forwarding.targets;
        *to = checked("forwarding.targets", to.take(), &mut wrong, |texts: Vec<String>| {
            targets(&texts, region)
        });
        let to = &mut self.voicemail.languages;
        *to = checked("voicemail.languages", to.take(), &mut wrong, |texts: Vec<String>| languages(&texts));
        self.speech.prompts = self.speech.prompts.map(|form| prompts(form, &mut wrong));

        let there = Self::of(&settings);
        let mut new = new_number(settings.number)?;
        let form = overlaid(&there, &self, &Self::of(&new))?;
        match form.mailbox.map(MailboxId::read).transpose() {
            Err(why) => wrong.push(format!("mailbox: {why}")),
            Ok(id) => new.mailbox = id.unwrap_or(new.mailbox),
        }
        take(&mut new.owner, form.owner, &mut wrong);
        take(&mut new.speech, form.speech, &mut wrong);
        take(&mut new.forwarding, form.forwarding, &mut wrong);
        take(&mut new.voicemail, form.voicemail, &mut wrong);
        take(&mut new.plan, form.plan, &mut wrong);
        take(&mut new.retention, form.retention, &mut wrong);
        if wrong.is_empty() { Ok(new) } else { Err(wrong.join("\n  ")) }
    }
}

/// The one written form of settings, with the number they belong to.
pub(crate) fn to_json(settings: &NumberSettings) -> Value {
    let mut value = serde_json::to_value(NumberForm::of(settings)).unwrap_or_default();
    value["number"] = Value::from(settings.number.reveal());
    value
}

#[cfg(test)]
mod tests;
