//! What callers hear: built in for every language, replaceable per number.

use crate::language::Language;
use crate::settings::{InvalidSetting, Speech};

/// A place in a call where the system speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Prompt {
    /// Before the owner's telephone rings.
    Connecting,
    /// Before the beep.
    Greeting,
    /// After a message was left.
    Thanks,
    /// After a beep to which nothing was said.
    NothingHeard,
    /// In place of the owner, when there is no voicemail either.
    Unavailable,
    /// Nobody owns the number that was called.
    NotInUse,
}

/// What replaces a built-in prompt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wording {
    /// Spoken in the number's voice.
    Text(PromptText),
    /// A sound file that Twilio fetches and plays.
    Audio(AudioUrl),
}

/// Words to speak: up to 4,096 characters, which is what one `<Say>` takes, and not only blanks,
/// of which Twilio makes an error in the middle of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PromptText(String);

/// The address of a sound file, `https:` or `http:`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AudioUrl(String);

impl Prompt {
    /// Every prompt.
    pub const ALL: [Self; 6] = [
        Self::Connecting,
        Self::Greeting,
        Self::Thanks,
        Self::NothingHeard,
        Self::Unavailable,
        Self::NotInUse,
    ];

    /// The name by which settings replace it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connecting => "connecting",
            Self::Greeting => "greeting",
            Self::Thanks => "thanks",
            Self::NothingHeard => "nothing-heard",
            Self::Unavailable => "unavailable",
            Self::NotInUse => "not-in-use",
        }
    }

    /// The prompt of that name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|prompt| prompt.name() == name)
    }

    /// The built-in words.
    pub fn text(self, language: Language) -> &'static str {
        match language {
            Language::English => match self {
                Self::Connecting => "Please hold while we connect your call.",
                Self::Greeting => {
                    "The person you are calling can't answer right now. Please leave a message after the tone."
                }
                Self::Thanks => "Thank you. Your message has been recorded. Goodbye.",
                Self::NothingHeard => "We didn't hear a message. Goodbye.",
                Self::Unavailable => {
                    "The person you are calling is not available. Please try again later. Goodbye."
                }
                Self::NotInUse => {
                    "This number is not in use. Please check the number and try again. Goodbye."
                }
            },
            Language::Chinese => match self {
                Self::Connecting => "请稍候，正在为您接通电话。",
                Self::Greeting => "您拨打的用户暂时无法接听。请在提示音后留言。",
                Self::Thanks => "谢谢，您的留言已录制。再见。",
                Self::NothingHeard => "我们没有听到您的留言。再见。",
                Self::Unavailable => "您拨打的用户暂时无法接听，请稍后再拨。再见。",
                Self::NotInUse => "您拨打的号码是空号，请核对后再拨。再见。",
            },
            Language::Spanish => match self {
                Self::Connecting => "Espere un momento, por favor. Estamos conectando su llamada.",
                Self::Greeting => {
                    "La persona a la que llama no puede contestar en este momento. Deje su mensaje después de la señal."
                }
                Self::Thanks => "Gracias. Su mensaje ha sido grabado. Adiós.",
                Self::NothingHeard => "No hemos oído ningún mensaje. Adiós.",
                Self::Unavailable => {
                    "La persona a la que llama no está disponible. Inténtelo de nuevo más tarde. Adiós."
                }
                Self::NotInUse => {
                    "Este número no está en uso. Compruebe el número y vuelva a intentarlo. Adiós."
                }
            },
            Language::French => match self {
                Self::Connecting => "Veuillez patienter, nous vous mettons en relation.",
                Self::Greeting => {
                    "Votre correspondant ne peut pas répondre pour le moment. Laissez un message après le signal sonore."
                }
                Self::Thanks => "Merci. Votre message a été enregistré. Au revoir.",
                Self::NothingHeard => "Nous n'avons entendu aucun message. Au revoir.",
                Self::Unavailable => {
                    "Votre correspondant n'est pas joignable. Veuillez rappeler plus tard. Au revoir."
                }
                Self::NotInUse => "Ce numéro n'est pas attribué. Veuillez vérifier le numéro. Au revoir.",
            },
            Language::German => match self {
                Self::Connecting => "Einen Moment bitte, Sie werden verbunden.",
                Self::Greeting => {
                    "Der gewünschte Gesprächspartner ist gerade nicht erreichbar. Bitte hinterlassen Sie nach dem Signalton eine Nachricht."
                }
                Self::Thanks => "Vielen Dank. Ihre Nachricht wurde aufgezeichnet. Auf Wiederhören.",
                Self::NothingHeard => "Wir haben keine Nachricht gehört. Auf Wiederhören.",
                Self::Unavailable => {
                    "Der gewünschte Gesprächspartner ist nicht erreichbar. Bitte versuchen Sie es später noch einmal. Auf Wiederhören."
                }
                Self::NotInUse => {
                    "Diese Rufnummer ist nicht vergeben. Bitte überprüfen Sie die Nummer. Auf Wiederhören."
                }
            },
            Language::Japanese => match self {
                Self::Connecting => "お電話をおつなぎしています。少々お待ちください。",
                Self::Greeting => {
                    "ただいま電話に出ることができません。発信音の後にメッセージをお話しください。"
                }
                Self::Thanks => "ありがとうございます。メッセージをお預かりしました。失礼いたします。",
                Self::NothingHeard => "メッセージを確認できませんでした。失礼いたします。",
                Self::Unavailable => {
                    "ただいま電話に出ることができません。後ほどおかけ直しください。失礼いたします。"
                }
                Self::NotInUse => {
                    "おかけになった電話番号は現在使われておりません。番号をお確かめのうえ、おかけ直しください。"
                }
            },
            Language::BrazilianPortuguese => match self {
                Self::Connecting => "Aguarde um momento, estamos transferindo a sua ligação.",
                Self::Greeting => {
                    "A pessoa para quem você ligou não pode atender agora. Deixe a sua mensagem após o sinal."
                }
                Self::Thanks => "A sua mensagem foi gravada. Agradecemos a sua ligação. Até logo.",
                Self::NothingHeard => "Não ouvimos nenhuma mensagem. Até logo.",
                Self::Unavailable => {
                    "A pessoa para quem você ligou não está disponível. Tente novamente mais tarde. Até logo."
                }
                Self::NotInUse => {
                    "Este número não está em uso. Verifique o número e tente novamente. Até logo."
                }
            },
        }
    }
}

impl PromptText {
    /// # Errors
    /// [`InvalidSetting::PromptLength`] if it is blank or longer than one `<Say>` takes.
    pub fn new(text: &str) -> Result<Self, InvalidSetting> {
        let text = text.trim();
        let audible = text.chars().any(|c| !c.is_whitespace() && !c.is_control());
        match text.chars().count() {
            1..=4096 if audible => Ok(Self(text.to_owned())),
            length if audible => Err(InvalidSetting::PromptLength(length)),
            _ => Err(InvalidSetting::PromptLength(0)),
        }
    }

    /// The words.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl AudioUrl {
    /// # Errors
    /// [`InvalidSetting::PromptAudio`] if Twilio could not fetch it.
    pub fn new(url: &str) -> Result<Self, InvalidSetting> {
        let host = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
        let fetchable = host.is_some_and(|host| !host.is_empty() && !host.starts_with('/'))
            && url.len() <= 2048
            && url.bytes().all(|byte| byte.is_ascii_graphic());
        if fetchable { Ok(Self(url.to_owned())) } else { Err(InvalidSetting::PromptAudio) }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Speech {
    /// The built-in prompts and voice of a language.
    pub fn in_language(language: Language) -> Self {
        Self { language, voice: None, prompts: std::collections::BTreeMap::new() }
    }
}

#[cfg(test)]
mod tests;
