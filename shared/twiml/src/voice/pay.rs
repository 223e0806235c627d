//! Taking payments by phone: Pay and its Prompts.

use serde::{Deserialize, Serialize};

use super::input::holds_speech_verbs;
use super::{Parameter, Pause, Play, Say, SpeechVerb};
use crate::element::element;
use crate::values::{
    Attempt, BankAccountType, CardType, List, MaxAttempts, Method, PayInput, PayTimeout, PaymentMethod,
    PostalCodeLength, PromptErrorType, PromptFor, Text, TokenType,
};

element! {
    /// Takes payment details by key and hands them to a processor (Twilio's page "TwiML Voice:
    /// Pay").
    Pay {
        /// How the caller enters them.
        input: PayInput = "@input",
        /// Where the call goes on with the result.
        action: Text = "@action",
        /// The kind of account to debit.
        bank_account_type: BankAccountType = "@bankAccountType",
        /// Where Twilio tells of each step.
        status_callback: Text = "@statusCallback",
        /// How `statusCallback` is asked for.
        status_callback_method: Method = "@statusCallbackMethod",
        /// How long the next key may take; 5 seconds if absent.
        timeout: PayTimeout = "@timeout",
        /// How often the same thing is asked for; twice if absent.
        max_attempts: MaxAttempts = "@maxAttempts",
        /// Whether the security code is asked for; yes if absent.
        security_code: bool = "@securityCode",
        /// Whether the postal code is asked for (`true`, `false`), or the code, if known.
        postal_code: Text = "@postalCode",
        /// The fewest characters of a postal code.
        min_postal_code_length: PostalCodeLength = "@minPostalCodeLength",
        /// The connector to the processor, by its name.
        payment_connector: Text = "@paymentConnector",
        /// What is taken; a card if absent.
        payment_method: PaymentMethod = "@paymentMethod",
        /// What becomes of the details if nothing is charged.
        token_type: TokenType = "@tokenType",
        /// How much is charged, such as `20.45`; nothing if absent.
        charge_amount: Text = "@chargeAmount",
        /// In which currency; `usd` if absent.
        currency: Text = "@currency",
        /// What for.
        description: Text = "@description",
        /// Which cards are taken.
        valid_card_types: List<CardType> = "@validCardTypes",
        /// The language of Twilio's own prompts; `en-US` if absent.
        language: Text = "@language",
    } with {
        /// One's own prompts, and what the processor is told.
        parts: Vec<PayPart> = "$value",
    }
}

/// What may stand in a Pay.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum PayPart {
    /// One's own words for a step.
    Prompt(Prompt),
    /// Something that the processor is told.
    Parameter(Parameter),
}

impl Pay {
    /// Takes a card, with Twilio's defaults.
    pub fn new() -> Self {
        Self::default()
    }

    /// Speaks one's own words at a step.
    pub fn prompt(mut self, prompt: Prompt) -> Self {
        self.parts.push(PayPart::Prompt(prompt));
        self
    }

    /// Tells the processor this, too.
    pub fn parameter(mut self, name: impl Into<Text>, value: impl Into<Text>) -> Self {
        self.parts.push(PayPart::Parameter(Parameter::new(name, value)));
        self
    }
}

element! {
    /// One's own words for a step of a payment (Twilio's page "TwiML Voice: Prompt").
    Prompt {
        /// The step (`for` in the document).
        for_step: PromptFor = "@for",
        /// Only after these errors.
        error_type: List<PromptErrorType> = "@errorType",
        /// Only for these cards.
        card_type: List<CardType> = "@cardType",
        /// Only at these attempts.
        attempt: List<Attempt> = "@attempt",
        /// Whether the caller enters it twice, and both must be the same.
        require_matching_inputs: bool = "@requireMatchingInputs",
    } with {
        /// What is said and played.
        prompts: Vec<SpeechVerb> = "$value",
    }
}

holds_speech_verbs!(Prompt);

impl Prompt {
    /// Words for this step.
    pub fn new(step: PromptFor) -> Self {
        Self::default().for_step(step)
    }
}
