//! What of a file stands in the settings of its number: all that records, mails, keeps and rescues goes by them.

use std::collections::HashSet;

use domain::{
    AudioUrl, Forwarding, Instead, InvalidSetting, Language, Mailbox, MailboxId, NumberSettings, Owner,
    Plan as Limits, Prompt, PromptText, RingTime, Speech, Wording,
};
use phone::PhoneNumber;

use crate::model::{Action, NamedWords, Person, PhoneFile, Plan, Said, Words};

/// More than ten don't ring at once.
const MOST_TARGETS: usize = 10;

/// A plan rings, and for how long.
struct Ring<'a> {
    telephones: Vec<&'a PhoneNumber>,
    time: RingTime,
}

impl PhoneFile {
    /// The settings of its number, whose mailbox has this name. Targets are the [`telephones`](Self::telephones),
    /// ten of them at most; who has no place among the settings is as for a new number.
    ///
    /// # Errors
    /// [`InvalidSetting::Email`] if the person of its mailbox has no address, as no file says that was checked.
    pub fn settings(&self, mailbox: MailboxId) -> Result<NumberSettings, InvalidSetting> {
        let person = self.people.iter().find(|person| person.id == self.mailbox);
        let owner = person.and_then(|person| self.owner(person)).ok_or(InvalidSetting::Email)?;
        let rings: Vec<Ring<'_>> = self.calls.iter().flat_map(|rule| self.rings(&rule.plan)).collect();
        let language = self.language();
        let voice = self.voices.iter().find(|(it, _)| *it == language);
        Ok(NumberSettings {
            number: self.number.clone(),
            mailbox,
            owner,
            speech: Speech {
                language,
                voice: voice.map(|(_, voice)| voice.clone()),
                prompts: self.prompts.iter().filter_map(|prompt| wording(prompt, language)).collect(),
            },
            forwarding: Forwarding {
                on: self.off.is_none(),
                targets: self.telephones().into_iter().take(MOST_TARGETS).cloned().collect(),
                ring_time: rings.first().map(|ring| ring.time).unwrap_or_default(),
                caller_id: self.ringing.caller_id,
                announce: self.ringing.announce,
                hang_up_on_star: self.ringing.hang_up_on_star,
                when_off: self.off.as_ref().map_or(Instead::Voicemail, |plan| self.instead(plan)),
            },
            voicemail: self.messages.clone(),
            plan: Limits {
                calls_per_month: self.limit.as_ref().map(|limit| limit.calls_per_month),
                when_used_up: self
                    .limit
                    .as_ref()
                    .map_or(Instead::Voicemail, |limit| self.instead(&limit.then)),
            },
            retention: self.keep,
        })
    }

    /// The mailboxes of the other people who have one, in the order of the file: `owner` counts the owners that the
    /// number had before.
    pub fn other_mailboxes(&self, owner: usize) -> Vec<Mailbox> {
        let others = self.people.iter().filter(|person| person.id != self.mailbox);
        let mailbox = |person: &Person| {
            let id = MailboxId::of_person(&self.number, owner, &person.id).ok()?;
            Some(Mailbox { id, owner: self.owner(person)?, retention: self.keep })
        };
        others.filter_map(mailbox).collect()
    }

    /// All that a call may ring: first whom rules ring first, then the others.
    pub fn telephones(&self) -> Vec<&PhoneNumber> {
        let plans = self.calls.iter().map(|rule| &rule.plan).chain(&self.off);
        let rings: Vec<Vec<Ring<'_>>> = plans.map(|plan| self.rings(plan)).collect();
        let first = rings.iter().filter_map(|rings| rings.first());
        let mut all = Vec::new();
        for telephone in first.chain(rings.iter().flatten()).flat_map(|ring| &ring.telephones) {
            if !all.contains(telephone) {
                all.push(*telephone);
            }
        }
        all
    }

    fn language(&self) -> Language {
        self.languages.first().copied().unwrap_or(Language::English)
    }

    fn owner(&self, person: &Person) -> Option<Owner> {
        Some(Owner {
            name: person.name.clone(),
            second_email: person.second_email.clone(),
            missed_call_mail: person.missed_call_mail,
            language: person.language.unwrap_or_else(|| self.language()),
            time_zone: self.time_zone.clone(),
            ..Owner::at(person.email.clone()?)
        })
    }

    /// How a plan rings, in its order.
    fn rings<'a>(&'a self, plan: &'a Plan) -> Vec<Ring<'a>> {
        let mut found = Vec::new();
        let mut seen = HashSet::new();
        self.find_rings(plan, &mut seen, &mut found);
        found
    }

    /// `seen` are plans and menus, each of which is looked through once.
    fn find_rings<'a>(
        &'a self,
        plan: &'a Plan,
        seen: &mut HashSet<(bool, &'a str)>,
        found: &mut Vec<Ring<'a>>,
    ) {
        for step in plan {
            match &step.action {
                Action::Ring { people, time } => {
                    let person = |id: &str| self.people.iter().find(|person| person.id == id);
                    let telephones = people.iter().filter_map(|rung| person(&rung.person)?.phone.as_ref());
                    found.push(Ring { telephones: telephones.collect(), time: *time });
                }
                Action::Forward { to, time } => found.push(Ring { telephones: vec![to], time: *time }),
                Action::Menu(name) if seen.insert((true, name)) => {
                    let menu = self.menus.iter().find(|menu| menu.name == *name);
                    for plan in menu.iter().flat_map(|menu| {
                        menu.options.iter().map(|option| &option.plan).chain(&menu.otherwise)
                    }) {
                        self.find_rings(plan, seen, found);
                    }
                }
                Action::Plan(name) if seen.insert((false, name)) => {
                    let named = self.plans.iter().find(|plan| plan.name == *name);
                    if let Some(named) = named {
                        self.find_rings(&named.plan, seen, found);
                    }
                }
                _ => {}
            }
        }
    }

    /// What callers get of a plan, as far as settings have a word for it.
    fn instead(&self, plan: &Plan) -> Instead {
        let mut is_said = false;
        self.end(plan, &mut is_said).unwrap_or(Instead::Voicemail)
    }

    /// None where nothing of the plan takes the call.
    fn end(&self, plan: &Plan, is_said: &mut bool) -> Option<Instead> {
        for step in plan {
            match &step.action {
                Action::Say(_) => *is_said = true,
                Action::Reject if *is_said => return Some(Instead::Message),
                Action::Reject => return Some(Instead::Reject),
                Action::Plan(name) => {
                    let named = self.plans.iter().find(|plan| plan.name == *name);
                    if let Some(end) = named.and_then(|named| self.end(&named.plan, is_said)) {
                        return Some(end);
                    }
                }
                _ => return Some(Instead::Voicemail),
            }
        }
        None
    }
}

/// A prompt that replaces one that is built in. Words in which something is computed replace none: what it is changes
/// with the hour.
fn wording(prompt: &NamedWords, language: Language) -> Option<(Prompt, Wording)> {
    let Words { texts, audio, .. } = &prompt.words;
    let replaced = Prompt::named(&prompt.name)?;
    if let Some(url) = audio.as_deref().and_then(|audio| AudioUrl::new(audio).ok()) {
        return Some((replaced, Wording::Audio(url)));
    }
    let (_, said) = texts.iter().find(|(it, _)| *it == language).or(texts.first())?;
    let text = said.iter().map(|part| match part {
        Said::Text(text) => Some(&**text),
        Said::Opens(_) | Said::Closes(_) => None,
    });
    let text = text.collect::<Option<String>>()?;
    Some((replaced, Wording::Text(PromptText::new(&text).ok()?)))
}
