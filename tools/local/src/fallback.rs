//! What callers hear while no function answers: the template's fallback API, a gateway of its own
//! that tells by a request's form which of its constants is the answer.

use anyhow::{Result, bail};
use aws_lambda_events::apigw::{ApiGatewayV2httpRequest, ApiGatewayV2httpResponse};
use aws_lambda_events::encodings::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use base64::{Engine as _, engine::general_purpose::STANDARD as BASE64};
use callflow::{
    Callbacks, WithoutFunctions, hang_up_without_functions, thanks_without_functions,
    voicemail_without_functions, without_functions,
};
use domain::Language;

use crate::gateway::Routes;

/// The path that numbers have as their fallback URL.
pub const VOICE: &str = "/v1/voice";

/// Where a message's end leads: beside the document itself.
const RECORDED: &str = "thanks";

/// What callers get.
#[derive(Clone, Debug)]
pub struct Documents {
    /// A greeting and a beep.
    pub voice: String,
    /// After the message.
    pub thanks: String,
    /// After a conversation.
    pub hang_up: String,
}

/// The documents as the deployment has them, in `language`; recordings are reported to the webhooks
/// below `webhooks`.
pub(crate) fn routes(language: Language, webhooks: &str) -> Result<Routes> {
    let voice = voicemail_without_functions(language, &Callbacks::below(webhooks), RECORDED);
    let documents = [voice, thanks_without_functions(language), hang_up_without_functions()]
        .map(|document| document.to_xml());
    let [Ok(voice), Ok(thanks), Ok(hang_up)] = documents else {
        bail!("the fallback documents can't be written")
    };
    Ok(serving(Documents { voice, thanks, hang_up }))
}

/// Gives who is sent here the document that his call is ripe for.
pub fn serving(documents: Documents) -> Routes {
    let thanks = documents.thanks.clone();
    Routes::new()
        .on(Method::POST, VOICE, move |event: ApiGatewayV2httpRequest| {
            let document = match without_functions(&form(&event)) {
                WithoutFunctions::TakeMessage => &documents.voice,
                WithoutFunctions::Thanks => &documents.thanks,
                WithoutFunctions::HangUp => &documents.hang_up,
            };
            std::future::ready(answer(document))
        })
        .on(Method::POST, "/v1/thanks", move |_| std::future::ready(answer(&thanks)))
}

/// As it came over the wire.
fn form(event: &ApiGatewayV2httpRequest) -> String {
    let body = event.body.as_deref().unwrap_or_default();
    if !event.is_base64_encoded {
        return body.to_owned();
    }
    String::from_utf8_lossy(&BASE64.decode(body).unwrap_or_default()).into_owned()
}

fn answer(document: &str) -> ApiGatewayV2httpResponse {
    let mut response = ApiGatewayV2httpResponse::default();
    response.status_code = 200;
    response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
    response.body = Some(Body::Text(document.to_owned()));
    response
}
