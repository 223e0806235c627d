//! What callers hear while no function answers: the template's fallback API, a gateway of its own
//! whose answers are constants.

use anyhow::{Result, bail};
use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use callflow::{Callbacks, Language, thanks_without_functions, voicemail_without_functions};

use crate::gateway::Routes;

/// The path that numbers have as their fallback URL.
pub const VOICE: &str = "/v1/voice";

/// Where a message's end leads: beside the document itself.
const RECORDED: &str = "thanks";

/// The documents as the deployment has them, in `language`; recordings are reported to the webhooks
/// below `webhooks`.
pub(crate) fn routes(language: Language, webhooks: &str) -> Result<Routes> {
    let voice = voicemail_without_functions(language, &Callbacks::below(webhooks), RECORDED);
    let [voice, thanks] = [voice, thanks_without_functions(language)].map(|document| document.to_xml());
    let (Ok(voice), Ok(thanks)) = (voice, thanks) else { bail!("the fallback documents can't be written") };
    Ok(serving(voice, thanks))
}

/// Gives `voice` to who calls, and `thanks` after the message.
pub fn serving(voice: String, thanks: String) -> Routes {
    Routes::new().on(Method::POST, VOICE, constant(voice)).on(Method::POST, "/v1/thanks", constant(thanks))
}

fn constant<Event>(document: String) -> impl Fn(Event) -> std::future::Ready<ApiGatewayV2httpResponse> {
    move |_| {
        let mut response = ApiGatewayV2httpResponse::default();
        response.status_code = 200;
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
        response.body = Some(Body::Text(document.clone()));
        std::future::ready(response)
    }
}
