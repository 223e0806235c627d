//! What callers hear while no function answers: the template's fallback API, a gateway of its own
//! whose answers are constants.

use anyhow::{Result, anyhow};
use aws_lambda_events::apigw::ApiGatewayV2httpResponse;
use aws_lambda_events::encodings::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderValue, Method};
use callflow::{Callbacks, Language, thanks_without_functions, voicemail_without_functions};
use twiml::voice::Response;

use crate::gateway::Routes;

/// The path that numbers have as their fallback URL.
pub(crate) const VOICE: &str = "/v1/voice";

/// Where a message's end leads: beside the document itself.
const RECORDED: &str = "thanks";

/// The documents in `language`; recordings are reported to the webhooks below `webhooks`.
pub(crate) fn routes(language: Language, webhooks: &str) -> Result<Routes> {
    let voice = voicemail_without_functions(language, &Callbacks::below(webhooks), RECORDED);
    Ok(Routes::new().on(Method::POST, VOICE, constant(&voice)?).on(
        Method::POST,
        "/v1/thanks",
        constant(&thanks_without_functions(language))?,
    ))
}

fn constant<Event>(
    document: &Response,
) -> Result<impl Fn(Event) -> std::future::Ready<ApiGatewayV2httpResponse> + use<Event>> {
    let document = document.to_xml().map_err(|_| anyhow!("the fallback document can't be written"))?;
    Ok(move |_| {
        let mut response = ApiGatewayV2httpResponse::default();
        response.status_code = 200;
        response.headers.insert(CONTENT_TYPE, HeaderValue::from_static("text/xml; charset=utf-8"));
        response.body = Some(Body::Text(document.clone()));
        std::future::ready(response)
    })
}
