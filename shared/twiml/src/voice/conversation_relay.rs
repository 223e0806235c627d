//! Talking with a machine: Twilio turns speech into text and text into speech.

use serde::{Deserialize, Serialize};

use super::Parameter;
use crate::element::element;
use crate::values::{Interruptible, Text};

/// The two nouns differ in where the text goes and in the newest settings; the rest is one list.
macro_rules! relay {
    (
        $(#[$doc:meta])*
        $name:ident { $( $(#[$own_doc:meta])* $own:ident: $type:ty = $key:literal, )* }
    ) => {
        element! {
            $(#[$doc])*
            $name {
                $( $(#[$own_doc])* $own: $type = $key, )*
                /// The language of both sides, such as `en-US`.
                language: Text = "@language",
                /// The language that is spoken to the caller.
                tts_language: Text = "@ttsLanguage",
                /// The language that the caller speaks.
                transcription_language: Text = "@transcriptionLanguage",
                /// Who speaks: `ElevenLabs`, `Google` or `Amazon`.
                tts_provider: Text = "@ttsProvider",
                /// The voice.
                voice: Text = "@voice",
                /// Who recognises speech: `Deepgram` or `Google`.
                transcription_provider: Text = "@transcriptionProvider",
                /// The recogniser's model.
                speech_model: Text = "@speechModel",
                /// Whether swear words are masked.
                profanity_filter: bool = "@profanityFilter",
                /// Whether keys are passed on.
                dtmf_detection: bool = "@dtmfDetection",
                /// What is said first.
                welcome_greeting: Text = "@welcomeGreeting",
                /// Whether text is passed on before it is final.
                partial_prompts: bool = "@partialPrompts",
                /// What stops the first words; anything if absent.
                welcome_greeting_interruptible: Interruptible = "@welcomeGreetingInterruptible",
                /// What stops all later words; anything if absent.
                interruptible: Interruptible = "@interruptible",
                /// Whether new text takes the place of what is being said.
                preemptible: bool = "@preemptible",
                /// Words that are likely, separated by commas.
                hints: Text = "@hints",
                /// The Conversational Intelligence service to keep the text in.
                intelligence_service: Text = "@intelligenceService",
                /// Whether what the caller says over the machine's words is passed on.
                report_input_during_agent_speech: bool = "@reportInputDuringAgentSpeech",
                /// Whether `ElevenLabs` spells out numbers and dates: `on`, `off`, `auto`.
                elevenlabs_text_normalization: Text = "@elevenlabsTextNormalization",
                /// How easily speech stops the words: `high`, `medium`, `low`.
                interrupt_sensitivity: Text = "@interruptSensitivity",
                /// What is told for finding faults, separated by spaces.
                debug: Text = "@debug",
            } with {
                /// Languages, and what the other side is told first.
                parts: Vec<RelayPart> = "$value",
            }
        }

        impl $name {
            /// Sets voice and recogniser for a language.
            pub fn with_language(mut self, language: Language) -> Self {
                self.parts.push(RelayPart::Language(language));
                self
            }

            /// Tells the other side this, too.
            pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
                self.parts.push(RelayPart::Parameter(Parameter::new(name, value)));
                self
            }
        }
    };
}

relay! {
    /// A web socket that gets what the caller says as text and answers with text to be spoken
    /// (Twilio's page "TwiML Voice: `ConversationRelay`").
    ConversationRelay {
        /// The web socket's URL (`wss://…`).
        url: Text = "@url",
        /// How noise behind the caller is reduced.
        background_noise_reduction: Text = "@backgroundNoiseReduction",
        /// The silence that ends speech.
        speech_timeout: Text = "@speechTimeout",
        /// Whether Deepgram writes out numbers and dates.
        deepgram_smart_format: Text = "@deepgramSmartFormat",
        /// Whether a mere "hm" of the caller is passed over.
        ignore_backchannel: Text = "@ignoreBackchannel",
        /// What the web socket is told of beside text, separated by spaces.
        events: Text = "@events",
    }
}

relay! {
    /// An AI assistant of Twilio's.
    Assistant {
        /// The assistant's identifier.
        id: Text = "@id",
    }
}

impl ConversationRelay {
    /// The web socket at a URL.
    pub fn new(url: impl Into<Text>) -> Self {
        Self::default().url(url)
    }
}

impl Assistant {
    /// The assistant with this identifier.
    pub fn new(id: impl Into<Text>) -> Self {
        Self::default().id(id)
    }
}

/// What may stand in a `ConversationRelay` and an Assistant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum RelayPart {
    /// Voice and recogniser for a language.
    Language(Language),
    /// Something that the other side is told.
    Parameter(Parameter),
}

element! {
    /// Voice and recogniser for a language.
    Language {
        /// The language, such as `sv-SE`.
        code: Text = "@code",
        /// Who speaks it.
        tts_provider: Text = "@ttsProvider",
        /// The voice.
        voice: Text = "@voice",
        /// Who recognises it.
        transcription_provider: Text = "@transcriptionProvider",
        /// The recogniser's model.
        speech_model: Text = "@speechModel",
    }
}

impl Language {
    /// This language, with Twilio's defaults.
    pub fn new(code: impl Into<Text>) -> Self {
        Self::default().code(code)
    }
}
