//! What is said on the way through a phone file, to callers and to the people who are rung.

use domain::Language;

/// A sentence, in every language.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Phrase {
    /// To choose this language; the key is said with it.
    ThisLanguage,
    /// Who calls, and why?
    AskName,
    /// Nothing came, where something was asked.
    NotHeard,
    /// What came is no choice.
    NoChoice,
    /// People still ring.
    StillTrying,
    /// To a person: what the keys do.
    Keys,
    /// To a person: somebody else has the call.
    Taken,
    /// To a person: the caller is gone.
    CallerGone,
    /// To a person: the same key once more blocks the caller.
    BlockThem,
    /// To a person: that caller is blocked.
    Blocked,
    /// To a person: the caller leaves a message.
    ToVoicemail,
    /// Who shows no number, behind "a call from".
    Nobody,
    /// Whoever has waited alone for too long.
    Goodbye,
}

impl Phrase {
    /// Each of them.
    pub const ALL: [Self; 13] = [
        Self::ThisLanguage,
        Self::AskName,
        Self::NotHeard,
        Self::NoChoice,
        Self::StillTrying,
        Self::Keys,
        Self::Taken,
        Self::CallerGone,
        Self::BlockThem,
        Self::Blocked,
        Self::ToVoicemail,
        Self::Nobody,
        Self::Goodbye,
    ];
}

/// The sentence.
pub fn phrase(phrase: Phrase, language: Language) -> &'static str {
    match language {
        Language::English => english(phrase),
        Language::Chinese => chinese(phrase),
        Language::Spanish => spanish(phrase),
        Language::French => french(phrase),
        Language::German => german(phrase),
        Language::Japanese => japanese(phrase),
        Language::BrazilianPortuguese => brazilian_portuguese(phrase),
    }
}

fn english(phrase: Phrase) -> &'static str {
    use Phrase as P;
    match phrase {
        P::ThisLanguage => "For English, press",
        P::AskName => "Please say your name, and why you are calling.",
        P::NotHeard => "I didn't hear anything.",
        P::NoChoice => "That is not one of the choices.",
        P::StillTrying => "We are still trying to reach somebody. Please stay on the line.",
        P::Keys => "Press 1 to talk, 2 for voicemail.",
        P::Taken => "Somebody else has taken the call. Goodbye.",
        P::CallerGone => "The caller has hung up. Goodbye.",
        P::BlockThem => "Press 9 again to block this caller.",
        P::Blocked => "This caller is blocked. Goodbye.",
        P::ToVoicemail => "The caller is leaving a message. Goodbye.",
        P::Nobody => "somebody who shows no number",
        P::Goodbye => "Nobody is there any more. Goodbye.",
    }
}

fn chinese(phrase: Phrase) -> &'static str {
    use Phrase as P;
    match phrase {
        P::ThisLanguage => "中文请按",
        P::AskName => "请说出您的姓名和来电事由。",
        P::NotHeard => "我没有听到您的回答。",
        P::NoChoice => "没有这个选项。",
        P::StillTrying => "我们仍在为您联系，请不要挂断。",
        P::Keys => "接听按一，留言按二。",
        P::Taken => "电话已由他人接听。再见。",
        P::CallerGone => "来电者已挂断。再见。",
        P::BlockThem => "再按一次九，屏蔽此来电者。",
        P::Blocked => "此来电者已被屏蔽。再见。",
        P::ToVoicemail => "来电者将留言。再见。",
        P::Nobody => "未显示号码的来电者",
        P::Goodbye => "通话已结束。再见。",
    }
}

fn spanish(phrase: Phrase) -> &'static str {
    use Phrase as P;
    match phrase {
        P::ThisLanguage => "Para español, pulse",
        P::AskName => "Diga su nombre y el motivo de su llamada, por favor.",
        P::NotHeard => "No he oído nada.",
        P::NoChoice => "Esa no es una de las opciones.",
        P::StillTrying => "Seguimos intentando localizar a alguien. No cuelgue, por favor.",
        P::Keys => "Pulse 1 para atender, 2 para el buzón.",
        P::Taken => "Otra persona ha atendido la llamada. Adiós.",
        P::CallerGone => "La persona que llamaba ha colgado. Adiós.",
        P::BlockThem => "Pulse 9 otra vez para bloquear este número.",
        P::Blocked => "Este número está bloqueado. Adiós.",
        P::ToVoicemail => "La persona que llama va a dejar un mensaje. Adiós.",
        P::Nobody => "alguien que no muestra su número",
        P::Goodbye => "Ya no hay nadie en la llamada. Adiós.",
    }
}

fn french(phrase: Phrase) -> &'static str {
    use Phrase as P;
    match phrase {
        P::ThisLanguage => "Pour le français, appuyez sur",
        P::AskName => "Veuillez dire votre nom et la raison de votre appel.",
        P::NotHeard => "Je n'ai rien entendu.",
        P::NoChoice => "Ce n'est pas l'un des choix.",
        P::StillTrying => "Nous cherchons toujours à joindre quelqu'un. Merci de patienter.",
        P::Keys => "Tapez 1 pour répondre, 2 pour la messagerie.",
        P::Taken => "Quelqu'un d'autre a pris l'appel. Au revoir.",
        P::CallerGone => "Votre correspondant a raccroché. Au revoir.",
        P::BlockThem => "Appuyez encore sur 9 pour bloquer ce numéro.",
        P::Blocked => "Ce numéro est bloqué. Au revoir.",
        P::ToVoicemail => "Votre correspondant laisse un message. Au revoir.",
        P::Nobody => "quelqu'un dont le numéro est masqué",
        P::Goodbye => "Il n'y a plus personne en ligne. Au revoir.",
    }
}

fn german(phrase: Phrase) -> &'static str {
    use Phrase as P;
    match phrase {
        P::ThisLanguage => "Für Deutsch drücken Sie die",
        P::AskName => "Bitte sagen Sie Ihren Namen, und worum es geht.",
        P::NotHeard => "Ich habe nichts gehört.",
        P::NoChoice => "Das steht nicht zur Wahl.",
        P::StillTrying => "Wir versuchen weiter, jemanden zu erreichen. Bitte bleiben Sie am Apparat.",
        P::Keys => "Mit der 1 annehmen, mit der 2 auf die Mailbox.",
        P::Taken => "Jemand anderes hat den Anruf angenommen. Auf Wiederhören.",
        P::CallerGone => "Der Anrufer hat aufgelegt. Auf Wiederhören.",
        P::BlockThem => "Noch einmal die 9 sperrt diesen Anrufer.",
        P::Blocked => "Dieser Anrufer ist gesperrt. Auf Wiederhören.",
        P::ToVoicemail => "Der Anrufer hinterlässt eine Nachricht. Auf Wiederhören.",
        P::Nobody => "jemandem ohne Rufnummer",
        P::Goodbye => "Es ist niemand mehr in der Leitung. Auf Wiederhören.",
    }
}

fn japanese(phrase: Phrase) -> &'static str {
    use Phrase as P;
    match phrase {
        P::ThisLanguage => "日本語をご希望の方は、次の番号を押してください。",
        P::AskName => "お名前とご用件をお話しください。",
        P::NotHeard => "お声が聞き取れませんでした。",
        P::NoChoice => "その番号は選択できません。",
        P::StillTrying => "ただいまお呼び出しを続けております。そのままお待ちください。",
        P::Keys => "1で応答、2で留守番電話です。",
        P::Taken => "ほかの者がお電話をお受けしました。失礼いたします。",
        P::CallerGone => "お電話は切れました。失礼いたします。",
        P::BlockThem => "この番号を着信拒否にするには、もう一度9を押してください。",
        P::Blocked => "この番号を着信拒否にしました。失礼いたします。",
        P::ToVoicemail => "お客様にはメッセージを残していただきます。失礼いたします。",
        P::Nobody => "番号非通知の方",
        P::Goodbye => "お電話は終了いたしました。失礼いたします。",
    }
}

fn brazilian_portuguese(phrase: Phrase) -> &'static str {
    use Phrase as P;
    match phrase {
        P::ThisLanguage => "Para português, tecle",
        P::AskName => "Por favor, diga o seu nome e o motivo da ligação.",
        P::NotHeard => "Não ouvi nada.",
        P::NoChoice => "Essa não é uma das opções.",
        P::StillTrying => "Continuamos tentando falar com alguém. Por favor, aguarde na linha.",
        P::Keys => "Tecle 1 para atender, 2 para a caixa postal.",
        P::Taken => "Outra pessoa atendeu a ligação. Até logo.",
        P::CallerGone => "A pessoa desligou. Até logo.",
        P::BlockThem => "Tecle 9 de novo para bloquear este número.",
        P::Blocked => "Este número está bloqueado. Até logo.",
        P::ToVoicemail => "A pessoa vai deixar uma mensagem. Até logo.",
        P::Nobody => "alguém que não mostra o número",
        P::Goodbye => "Não há mais ninguém na linha. Até logo.",
    }
}

/// To a person who picked up: from whom the call is.
pub fn call_from(who: &str, language: Language) -> String {
    match language {
        Language::English => format!("You have a call from {who}."),
        Language::Chinese => format!("您有一个来电，来自{who}。"),
        Language::Spanish => format!("Tiene una llamada de {who}."),
        Language::French => format!("Vous avez un appel de {who}."),
        Language::German => format!("Sie haben einen Anruf von {who}."),
        Language::Japanese => format!("{who}からお電話です。"),
        Language::BrazilianPortuguese => format!("Você tem uma ligação de {who}."),
    }
}

/// Whether the caller meant this: 1 for yes, 2 for no.
pub fn did_you_say(what: &str, language: Language) -> String {
    match language {
        Language::English => format!("Did you say {what}? Press 1 for yes, 2 for no."),
        Language::Chinese => format!("您说的是{what}吗？是请按一，否请按二。"),
        Language::Spanish => format!("¿Ha dicho {what}? Pulse 1 para sí, 2 para no."),
        Language::French => format!("Avez-vous dit {what} ? Appuyez sur 1 pour oui, sur 2 pour non."),
        Language::German => format!("Haben Sie {what} gesagt? Mit der 1 für ja, mit der 2 für nein."),
        Language::Japanese => format!("{what}でよろしいですか。はいは1、いいえは2を押してください。"),
        Language::BrazilianPortuguese => format!("Você disse {what}? Tecle 1 para sim, 2 para não."),
    }
}

/// The words for yes, as a recogniser writes them, in small letters.
pub fn yes(language: Language) -> &'static [&'static str] {
    match language {
        Language::English => &["yes", "yeah", "yep"],
        Language::Chinese => &["是", "是的", "对", "对的", "好", "好的"],
        Language::Spanish => &["sí", "si", "vale"],
        Language::French => &["oui", "d'accord"],
        Language::German => &["ja", "jawohl"],
        Language::Japanese => &["はい", "うん"],
        Language::BrazilianPortuguese => &["sim"],
    }
}

/// The digits of a number one by one, so that a voice does not make a quantity of them.
pub fn digits(number: &str) -> String {
    let digits = number.chars().filter(char::is_ascii_digit);
    digits.map(String::from).collect::<Vec<_>>().join(" ")
}

/// As Twilio's recogniser names a language. Source: Twilio's page "TwiML Voice: Gather".
pub fn recogniser(language: Language) -> &'static str {
    match language {
        Language::English => "en-US",
        Language::Chinese => "cmn-Hans-CN",
        Language::Spanish => "es-ES",
        Language::French => "fr-FR",
        Language::German => "de-DE",
        Language::Japanese => "ja-JP",
        Language::BrazilianPortuguese => "pt-BR",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_language_says_each_phrase_in_its_own_words() {
        let mut said = BTreeSet::new();
        for language in Language::ALL {
            for which in Phrase::ALL {
                let words = phrase(which, language);
                assert!(!words.is_empty() && words.trim() == words, "{words}");
                assert!(said.insert(words), "{words}");
            }
            assert!(call_from("Kim", language).contains("Kim"));
            assert!(did_you_say("orders", language).contains("orders"));
        }
    }

    #[test]
    fn yes_is_said_in_small_letters() {
        for language in Language::ALL {
            assert!(!yes(language).is_empty());
            assert!(yes(language).iter().all(|word| word.to_lowercase() == *word));
        }
    }

    #[test]
    fn a_number_is_said_digit_by_digit() {
        assert_eq!(digits("+14155550101"), "1 4 1 5 5 5 5 0 1 0 1");
    }
}
