//! What a person's browser gets.

use lambda_http::aws_lambda_events::apigw::ApiGatewayV2httpResponse as Response;
use lambda_http::aws_lambda_events::encodings::Body;
use lambda_http::http::StatusCode;
use lambda_http::http::header::{
    CACHE_CONTROL, CONTENT_TYPE, HeaderName, HeaderValue, LOCATION, REFERRER_POLICY,
};

/// A page.
pub(crate) fn html(status: StatusCode, page: String) -> Response {
    let mut response = empty(status);
    response.body = Some(Body::Text(page));
    response.headers.extend([
        (CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8")),
        (HeaderName::from_static("x-content-type-options"), HeaderValue::from_static("nosniff")),
        (CACHE_CONTROL, HeaderValue::from_static("no-store")),
    ]);
    response
}

/// Sends a person elsewhere, once: neither the way nor the place may be kept by anything between.
///
/// Where `url` can't stand in a header, the answer is 500.
pub(crate) fn redirect(url: &str) -> Response {
    let Ok(location) = HeaderValue::from_str(url) else {
        return empty(StatusCode::INTERNAL_SERVER_ERROR);
    };
    let mut response = empty(StatusCode::FOUND);
    response.headers.insert(LOCATION, location);
    response.headers.insert(CACHE_CONTROL, HeaderValue::from_static("no-store"));
    response.headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
    response
}

fn empty(status: StatusCode) -> Response {
    let mut response = Response::default();
    response.status_code = i64::from(status.as_u16());
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_is_kept_by_nobody() {
        let page = html(StatusCode::GONE, "<p>Gone</p>".to_owned());
        assert_eq!(page.status_code, 410);
        assert_eq!(page.body, Some(Body::Text("<p>Gone</p>".to_owned())));
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8");
        assert_eq!(page.headers["cache-control"], "no-store");
    }

    #[test]
    fn a_redirect_is_followed_once_and_told_to_nobody() {
        let response = redirect("https://example.com/a?b=c");
        assert_eq!(response.status_code, 302);
        assert_eq!(response.headers["location"], "https://example.com/a?b=c");
        assert_eq!(response.headers["cache-control"], "no-store");
        assert_eq!(response.headers["referrer-policy"], "no-referrer");
        let broken = redirect("https://example.com/\r\nset-cookie: a=b");
        assert_eq!((broken.status_code, broken.body, broken.headers.len()), (500, None, 0));
    }
}
