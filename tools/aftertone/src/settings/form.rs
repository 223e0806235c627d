//! The one written form of the settings of a number, and of a mailbox: YAML, JSON, and what flags are turned into.
//!
//! A form says as much as it wants to: what it leaves out stays as it is, or is as for a new
//! number. An empty text clears. A new setting is a field here, one line in [`NumberForm::of`] and
//! one in [`NumberForm::applied_to`].

use std::collections::BTreeMap;

use domain::{
    AudioUrl, CallerId, EmailAddress, Instead, Language, LanguageCode, Mailbox, MailboxId, MessageLength,
    NumberSettings, Owner, Prompt, PromptText, Retention, RingTime, Transcription, Wording,
};
use jiff::tz::TimeZone;
use phone::PhoneNumber;
use serde::{Deserialize, Serialize};

use crate::reading;

mod values;

use values::{Sheet, filled, finish_key, languages, read_days, shown_days, targets};

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

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct OwnerForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) second_email: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) missed_call_mail: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) time_zone: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct SpeechForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) voice: Option<String>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) prompts: BTreeMap<String, PromptForm>,
}

/// Words, or a sound.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "lowercase")]
pub(crate) enum PromptForm {
    Text(String),
    Audio(String),
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ForwardingForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) targets: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) ring_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) caller_id: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) announce: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) hang_up_on_star: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when_off: Option<String>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct VoicemailForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) max_seconds: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) finish_key: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) beep: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transcription: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) languages: Option<Vec<String>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) purge_at_twilio: Option<bool>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PlanForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) calls_per_month: Option<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) when_used_up: Option<String>,
}

/// Days; 0 is for ever.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, Serialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_field_names, reason = "the written form has the unit in its names")]
pub(crate) struct RetentionForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) audio_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) transcript_days: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) call_days: Option<i64>,
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

/// A number, or `unlimited`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, Serialize)]
#[serde(untagged)]
pub(crate) enum Limit {
    Calls(u32),
    Word(String),
}

const CALLER_IDS: [(&str, CallerId); 2] =
    [("caller", CallerId::Caller), ("masked-number", CallerId::MaskedNumber)];
const INSTEADS: [(&str, Instead); 3] =
    [("voicemail", Instead::Voicemail), ("message", Instead::Message), ("reject", Instead::Reject)];
const TRANSCRIPTIONS: [(&str, Transcription); 4] = [
    ("auto", Transcription::Auto),
    ("twilio", Transcription::Twilio),
    ("amazon", Transcription::Amazon),
    ("off", Transcription::Off),
];

fn name_of<T: PartialEq>(names: &[(&str, T)], value: &T) -> Option<String> {
    names.iter().find(|(_, known)| known == value).map(|(name, _)| (*name).to_owned())
}

fn named<T: Copy>(names: &[(&str, T)], text: &str) -> Result<T, String> {
    let known: Vec<&str> = names.iter().map(|(name, _)| *name).collect();
    let found = names.iter().find(|(name, _)| *name == text);
    found.map(|(_, value)| *value).ok_or_else(|| format!("{text:?} is none of {}", known.join(", ")))
}

/// Reads YAML, of which JSON is a part.
///
/// # Errors
/// The place and what is wrong with it.
pub(crate) fn from_yaml<F: serde::de::DeserializeOwned>(text: &str) -> Result<F, String> {
    serde_saphyr::from_str(text).map_err(|error| error.to_string())
}

pub(crate) fn to_yaml(form: &impl Serialize) -> anyhow::Result<String> {
    Ok(serde_saphyr::to_string(form)?)
}

impl OwnerForm {
    fn of(owner: &Owner) -> Self {
        Self {
            name: owner.name.clone(),
            email: Some(owner.email.reveal().to_owned()),
            second_email: owner.second_email.as_ref().map(|email| email.reveal().to_owned()),
            missed_call_mail: Some(owner.missed_call_mail),
            language: Some(owner.language.tag().to_owned()),
            time_zone: Some(owner.time_zone.iana_name().unwrap_or("UTC").to_owned()),
        }
    }

    fn apply(self, to: &mut Owner, sheet: &mut Sheet) {
        sheet.set("owner.name", self.name, &mut to.name, |text| Ok::<_, String>(filled(text)));
        sheet.set("owner.email", self.email, &mut to.email, |text| EmailAddress::parse(&text));
        sheet.set("owner.second_email", self.second_email, &mut to.second_email, |text| {
            filled(text).map(|text| EmailAddress::parse(&text)).transpose()
        });
        sheet.set("owner.missed_call_mail", self.missed_call_mail, &mut to.missed_call_mail, Ok::<_, String>);
        sheet.set("owner.language", self.language, &mut to.language, |text| text.parse::<Language>());
        sheet.set("owner.time_zone", self.time_zone, &mut to.time_zone, |text| {
            TimeZone::get(&text)
                .map_err(|_| format!("there is no time zone {text:?}: name one like Europe/Berlin"))
        });
    }
}

impl RetentionForm {
    fn of(retention: Retention) -> Self {
        Self {
            audio_days: Some(shown_days(retention.audio)),
            transcript_days: Some(shown_days(retention.transcript)),
            call_days: Some(shown_days(retention.calls)),
        }
    }

    fn apply(self, to: &mut Retention, sheet: &mut Sheet) {
        sheet.set("retention.audio_days", self.audio_days, &mut to.audio, read_days);
        sheet.set("retention.transcript_days", self.transcript_days, &mut to.transcript, read_days);
        sheet.set("retention.call_days", self.call_days, &mut to.calls, read_days);
    }
}

impl MailboxForm {
    /// All settings of a mailbox.
    pub(crate) fn of(mailbox: &Mailbox) -> Self {
        let Mailbox { id: _, owner, retention } = mailbox;
        Self { mailbox: None, owner: OwnerForm::of(owner), retention: RetentionForm::of(*retention) }
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
    pub(crate) fn applied_to(self, mut mailbox: Mailbox) -> Result<Mailbox, String> {
        let mut sheet = Sheet::default();
        if self.mailbox.is_some_and(|id| id != mailbox.id.reveal()) {
            sheet.wrong("mailbox", "the file has the settings of another mailbox".to_owned());
        }
        self.owner.apply(&mut mailbox.owner, &mut sheet);
        self.retention.apply(&mut mailbox.retention, &mut sheet);
        if sheet.wrong.is_empty() { Ok(mailbox) } else { Err(sheet.wrong.join("\n  ")) }
    }
}

const EMAIL_MISSING: &str = "owner.email: where are voicemails to be mailed? Give --email";

/// What stands in a new one until the form's own values are applied is valid and never kept.
fn placeholder() -> Result<EmailAddress, String> {
    EmailAddress::parse("owner@example.com").map_err(|error| error.to_string())
}

impl NumberForm {
    /// All settings of a number.
    pub(crate) fn of(settings: &NumberSettings) -> Self {
        let NumberSettings { number: _, mailbox, owner, speech, forwarding, voicemail, plan, retention } =
            settings;
        Self {
            number: None,
            mailbox: Some(mailbox.reveal().to_owned()),
            owner: OwnerForm::of(owner),
            speech: SpeechForm {
                language: Some(speech.language.tag().to_owned()),
                voice: speech.voice.clone(),
                prompts: speech
                    .prompts
                    .iter()
                    .map(|(prompt, wording)| {
                        let form = match wording {
                            Wording::Text(text) => PromptForm::Text(text.as_str().to_owned()),
                            Wording::Audio(url) => PromptForm::Audio(url.as_str().to_owned()),
                        };
                        (prompt.name().to_owned(), form)
                    })
                    .collect(),
            },
            forwarding: ForwardingForm {
                on: Some(forwarding.on),
                targets: Some(forwarding.targets.iter().map(|it| it.reveal().to_owned()).collect()),
                ring_seconds: Some(forwarding.ring_time.as_seconds().into()),
                caller_id: name_of(&CALLER_IDS, &forwarding.caller_id),
                announce: Some(forwarding.announce),
                hang_up_on_star: Some(forwarding.hang_up_on_star),
                when_off: name_of(&INSTEADS, &forwarding.when_off),
            },
            voicemail: VoicemailForm {
                max_seconds: Some(voicemail.max_length.as_seconds().into()),
                finish_key: Some(
                    voicemail.finish_key.map_or_else(String::new, |key| key.as_char().to_string()),
                ),
                beep: Some(voicemail.beep),
                transcription: name_of(&TRANSCRIPTIONS, &voicemail.transcription),
                languages: Some(voicemail.languages.iter().map(LanguageCode::to_string).collect()),
                purge_at_twilio: Some(voicemail.purge_at_twilio),
            },
            plan: PlanForm {
                calls_per_month: Some(
                    plan.calls_per_month.map_or_else(|| Limit::Word("unlimited".to_owned()), Limit::Calls),
                ),
                when_used_up: name_of(&INSTEADS, &plan.when_used_up),
            },
            retention: RetentionForm::of(*retention),
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
        let mut base = NumberSettings::new(number.clone(), placeholder()?, number);
        base.forwarding.targets.clear();
        self.applied_to(base, region)
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
        self,
        mut settings: NumberSettings,
        region: Option<&str>,
    ) -> Result<NumberSettings, String> {
        let mut sheet = Sheet::default();
        let Self { number, mailbox, owner, speech, forwarding, voicemail, plan, retention } = self;
        if let Some(text) = number {
            sheet.read(
                "number",
                reading::number(&text, region).and_then(|number| {
                    let same = number == settings.number;
                    same.then_some(()).ok_or_else(|| "the file has the settings of another number".to_owned())
                }),
                |()| {},
            );
        }

        sheet.set("mailbox", mailbox, &mut settings.mailbox, |text| MailboxId::parse(&text));
        owner.apply(&mut settings.owner, &mut sheet);

        let to = &mut settings.speech;
        sheet.set("speech.language", speech.language, &mut to.language, |text| text.parse::<Language>());
        sheet.set("speech.voice", speech.voice, &mut to.voice, |text| Ok::<_, String>(filled(text)));
        for (name, form) in speech.prompts {
            let Some(prompt) = Prompt::named(&name) else {
                let known = Prompt::ALL.map(Prompt::name).join(", ");
                sheet.wrong("speech.prompts", format!("{name:?} is none of {known}"));
                continue;
            };
            let place = format!("speech.prompts.{name}");
            match form {
                PromptForm::Text(text) | PromptForm::Audio(text) if text.is_empty() => {
                    to.prompts.remove(&prompt);
                }
                PromptForm::Text(text) => sheet.read(&place, PromptText::new(&text), |words| {
                    to.prompts.insert(prompt, Wording::Text(words));
                }),
                PromptForm::Audio(url) => sheet.read(&place, AudioUrl::new(&url), |url| {
                    to.prompts.insert(prompt, Wording::Audio(url));
                }),
            }
        }

        let to = &mut settings.forwarding;
        sheet.set("forwarding.on", forwarding.on, &mut to.on, Ok::<_, String>);
        sheet.set("forwarding.targets", forwarding.targets, &mut to.targets, |texts| targets(&texts, region));
        sheet.set("forwarding.ring_seconds", forwarding.ring_seconds, &mut to.ring_time, RingTime::seconds);
        sheet.set("forwarding.caller_id", forwarding.caller_id, &mut to.caller_id, |it| {
            named(&CALLER_IDS, &it)
        });
        sheet.set("forwarding.announce", forwarding.announce, &mut to.announce, Ok::<_, String>);
        sheet.set(
            "forwarding.hang_up_on_star",
            forwarding.hang_up_on_star,
            &mut to.hang_up_on_star,
            Ok::<_, String>,
        );
        sheet.set("forwarding.when_off", forwarding.when_off, &mut to.when_off, |it| named(&INSTEADS, &it));

        let to = &mut settings.voicemail;
        sheet.set("voicemail.max_seconds", voicemail.max_seconds, &mut to.max_length, MessageLength::seconds);
        sheet.set("voicemail.finish_key", voicemail.finish_key, &mut to.finish_key, |text| finish_key(&text));
        sheet.set("voicemail.beep", voicemail.beep, &mut to.beep, Ok::<_, String>);
        sheet.set("voicemail.transcription", voicemail.transcription, &mut to.transcription, |it| {
            named(&TRANSCRIPTIONS, &it)
        });
        sheet.set("voicemail.languages", voicemail.languages, &mut to.languages, |texts| languages(&texts));
        sheet.set(
            "voicemail.purge_at_twilio",
            voicemail.purge_at_twilio,
            &mut to.purge_at_twilio,
            Ok::<_, String>,
        );

        let to = &mut settings.plan;
        sheet.set(
            "plan.calls_per_month",
            plan.calls_per_month,
            &mut to.calls_per_month,
            |limit| match limit {
                Limit::Calls(calls) => Ok(Some(calls)),
                Limit::Word(word) if word == "unlimited" => Ok(None),
                Limit::Word(word) => Err(format!("{word:?} is neither a number of calls nor \"unlimited\"")),
            },
        );
        sheet.set("plan.when_used_up", plan.when_used_up, &mut to.when_used_up, |it| named(&INSTEADS, &it));

        retention.apply(&mut settings.retention, &mut sheet);
        if sheet.wrong.is_empty() { Ok(settings) } else { Err(sheet.wrong.join("\n  ")) }
    }
}

#[cfg(test)]
mod tests;
