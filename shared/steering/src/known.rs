//! What is known of a caller, where the phone file asks for it.

use callflow::Known;
use domain::Language;
use phonefile::model::Who;

use crate::{Filed, Steering, Told};

impl Steering {
    /// Whoever chose a language is not asked again. What can't be written is asked once more.
    pub(crate) async fn remember(&self, told: Told<'_>, chose: Option<Language>) {
        let (Some(language), Some(caller)) = (chose, told.parties.caller.number()) else { return };
        if let Err(error) = self.store.caller_hears(&told.parties.number, caller, language, told.now).await {
            tracing::warn!(error = %error, "the caller's language is not remembered");
        }
    }

    /// What is known of who calls: one read, where the file tells callers apart who call for the first time, or has
    /// several languages. Who can't be looked up is a stranger.
    pub async fn known(&self, filed: &Filed, told: Told<'_>) -> Known {
        let tells_apart =
            filed.file.calls.iter().any(|rule| rule.from.iter().any(|term| term.what == Who::FirstTime));
        let Some(caller) = told.parties.caller.number() else { return Known::default() };
        let known = Known { blocked: filed.number.settings.blocked.contains(caller), ..Known::default() };
        if !tells_apart && filed.file.languages.len() < 2 {
            return known;
        }
        match self.store.known_caller(&told.parties.number, caller, told.now).await {
            Ok(caller) => Known { called_before: caller.called_before, language: caller.language, ..known },
            Err(error) => {
                tracing::warn!(error = %error, "it is not known who calls");
                known
            }
        }
    }
}
