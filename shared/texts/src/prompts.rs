//! What callers hear, in every language; owners may replace it.

use domain::{Language, Prompt};

/// The built-in words of a prompt.
pub fn prompt(prompt: Prompt, language: Language) -> &'static str {
    match language {
        Language::English => match prompt {
            Prompt::Connecting => "Please hold while we connect your call.",
            Prompt::Greeting => {
                "The person you are calling can't answer right now. Please leave a message after the tone."
            }
            Prompt::Thanks => "Thank you. Your message has been recorded. Goodbye.",
            Prompt::NothingHeard => "We didn't hear a message. Goodbye.",
            Prompt::Unavailable => {
                "The person you are calling is not available. Please try again later. Goodbye."
            }
            Prompt::NotInUse => "This number is not in use. Please check the number and try again. Goodbye.",
        },
        Language::Chinese => match prompt {
            Prompt::Connecting => "请稍候，正在为您接通电话。",
            Prompt::Greeting => "您拨打的用户暂时无法接听。请在提示音后留言。",
            Prompt::Thanks => "谢谢，您的留言已录制。再见。",
            Prompt::NothingHeard => "我们没有听到您的留言。再见。",
            Prompt::Unavailable => "您拨打的用户暂时无法接听，请稍后再拨。再见。",
            Prompt::NotInUse => "您拨打的号码是空号，请核对后再拨。再见。",
        },
        Language::Spanish => match prompt {
            Prompt::Connecting => "Espere un momento, por favor. Estamos conectando su llamada.",
            Prompt::Greeting => {
                "La persona a la que llama no puede contestar en este momento. Deje su mensaje después de la señal."
            }
            Prompt::Thanks => "Gracias. Su mensaje ha sido grabado. Adiós.",
            Prompt::NothingHeard => "No hemos oído ningún mensaje. Adiós.",
            Prompt::Unavailable => {
                "La persona a la que llama no está disponible. Inténtelo de nuevo más tarde. Adiós."
            }
            Prompt::NotInUse => {
                "Este número no está en uso. Compruebe el número y vuelva a intentarlo. Adiós."
            }
        },
        Language::French => match prompt {
            Prompt::Connecting => "Veuillez patienter, nous vous mettons en relation.",
            Prompt::Greeting => {
                "Votre correspondant ne peut pas répondre pour le moment. Laissez un message après le signal sonore."
            }
            Prompt::Thanks => "Merci. Votre message a été enregistré. Au revoir.",
            Prompt::NothingHeard => "Nous n'avons entendu aucun message. Au revoir.",
            Prompt::Unavailable => {
                "Votre correspondant n'est pas joignable. Veuillez rappeler plus tard. Au revoir."
            }
            Prompt::NotInUse => "Ce numéro n'est pas attribué. Veuillez vérifier le numéro. Au revoir.",
        },
        Language::German => match prompt {
            Prompt::Connecting => "Einen Moment bitte, Sie werden verbunden.",
            Prompt::Greeting => {
                "Der gewünschte Gesprächspartner ist gerade nicht erreichbar. Bitte hinterlassen Sie nach dem Signalton eine Nachricht."
            }
            Prompt::Thanks => "Vielen Dank. Ihre Nachricht wurde aufgezeichnet. Auf Wiederhören.",
            Prompt::NothingHeard => "Wir haben keine Nachricht gehört. Auf Wiederhören.",
            Prompt::Unavailable => {
                "Der gewünschte Gesprächspartner ist nicht erreichbar. Bitte versuchen Sie es später noch einmal. Auf Wiederhören."
            }
            Prompt::NotInUse => {
                "Diese Rufnummer ist nicht vergeben. Bitte überprüfen Sie die Nummer. Auf Wiederhören."
            }
        },
        Language::Japanese => match prompt {
            Prompt::Connecting => "お電話をおつなぎしています。少々お待ちください。",
            Prompt::Greeting => {
                "ただいま電話に出ることができません。発信音の後にメッセージをお話しください。"
            }
            Prompt::Thanks => "ありがとうございます。メッセージをお預かりしました。失礼いたします。",
            Prompt::NothingHeard => "メッセージを確認できませんでした。失礼いたします。",
            Prompt::Unavailable => {
                "ただいま電話に出ることができません。後ほどおかけ直しください。失礼いたします。"
            }
            Prompt::NotInUse => {
                "おかけになった電話番号は現在使われておりません。番号をお確かめのうえ、おかけ直しください。"
            }
        },
        Language::BrazilianPortuguese => match prompt {
            Prompt::Connecting => "Aguarde um momento, estamos transferindo a sua ligação.",
            Prompt::Greeting => {
                "A pessoa para quem você ligou não pode atender agora. Deixe a sua mensagem após o sinal."
            }
            Prompt::Thanks => "A sua mensagem foi gravada. Agradecemos a sua ligação. Até logo.",
            Prompt::NothingHeard => "Não ouvimos nenhuma mensagem. Até logo.",
            Prompt::Unavailable => {
                "A pessoa para quem você ligou não está disponível. Tente novamente mais tarde. Até logo."
            }
            Prompt::NotInUse => {
                "Este número não está em uso. Verifique o número e tente novamente. Até logo."
            }
        },
    }
}

/// The voice that speaks it, and the language code that Twilio lists for that voice.
///
/// Source: Twilio's "Text-to-Speech" page, Amazon Polly neural voices.
pub fn voice(language: Language) -> (&'static str, &'static str) {
    match language {
        Language::English => ("Polly.Joanna-Neural", "en-US"),
        Language::Chinese => ("Polly.Zhiyu-Neural", "cmn-CN"),
        Language::Spanish => ("Polly.Lucia-Neural", "es-ES"),
        Language::French => ("Polly.Lea-Neural", "fr-FR"),
        Language::German => ("Polly.Vicki-Neural", "de-DE"),
        Language::Japanese => ("Polly.Kazuha-Neural", "ja-JP"),
        Language::BrazilianPortuguese => ("Polly.Camila-Neural", "pt-BR"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::PromptText;

    use super::*;

    #[test]
    fn a_caller_hears_each_prompt_in_the_numbers_language() {
        let cases = [
            (
                Prompt::Connecting,
                "Please hold while we connect your call.",
                "Einen Moment bitte, Sie werden verbunden.",
            ),
            (
                Prompt::Greeting,
                "The person you are calling can't answer right now. Please leave a message after the tone.",
                "Der gewünschte Gesprächspartner ist gerade nicht erreichbar. Bitte hinterlassen Sie nach dem Signalton eine Nachricht.",
            ),
            (
                Prompt::Thanks,
                "Thank you. Your message has been recorded. Goodbye.",
                "Vielen Dank. Ihre Nachricht wurde aufgezeichnet. Auf Wiederhören.",
            ),
            (
                Prompt::NothingHeard,
                "We didn't hear a message. Goodbye.",
                "Wir haben keine Nachricht gehört. Auf Wiederhören.",
            ),
            (
                Prompt::Unavailable,
                "The person you are calling is not available. Please try again later. Goodbye.",
                "Der gewünschte Gesprächspartner ist nicht erreichbar. Bitte versuchen Sie es später noch einmal. Auf Wiederhören.",
            ),
            (
                Prompt::NotInUse,
                "This number is not in use. Please check the number and try again. Goodbye.",
                "Diese Rufnummer ist nicht vergeben. Bitte überprüfen Sie die Nummer. Auf Wiederhören.",
            ),
        ];
        for (which, english, german) in cases {
            assert_eq!(prompt(which, Language::English), english);
            assert_eq!(prompt(which, Language::German), german);
        }
    }

    #[test]
    fn every_language_says_each_prompt_in_its_own_words() {
        let mut said = BTreeSet::new();
        for language in Language::ALL {
            for which in Prompt::ALL {
                let words = prompt(which, language);
                assert!(PromptText::new(words).is_ok(), "{words}");
                assert!(said.insert(words), "{words}");
            }
        }
    }

    #[test]
    fn every_language_has_a_voice_of_its_own() {
        let mut voices = BTreeSet::new();
        for language in Language::ALL {
            let (voice, code) = voice(language);
            assert!(voice.starts_with("Polly.") && voice.ends_with("-Neural"), "{voice}");
            assert!(voices.insert(voice), "{voice}");
            // Twilio lists the Chinese voice under Mandarin's own code, which is read as Chinese too.
            assert_eq!(code.parse(), Ok(language));
            assert_eq!(code.split('-').nth(1).map(str::len), Some(2), "{code}");
        }
        assert_eq!(voice(Language::BrazilianPortuguese).1, "pt-BR");
        assert_eq!(voice(Language::Chinese).1, "cmn-CN");
    }
}
