//! Queues in which callers wait. Twilio makes one when it is first named, and leaves it there.
//!
//! Source: Twilio's page "Queue resource", and its `OpenAPI` file.

use bytes::Bytes;
use http::Method;
use phone::AccountSid;
use serde::Deserialize;

use crate::rest::{Rest, RestError};
use crate::secret::Login;

/// Queues on a page.
const PAGE_SIZE: usize = 100;

/// How many pages are gone through. More queues than that are somebody else's.
const PAGES: usize = 10;

#[derive(Deserialize)]
struct Page {
    queues: Vec<Queue>,
    next_page_uri: Option<String>,
}

#[derive(Deserialize)]
struct Queue {
    sid: String,
    friendly_name: String,
    #[serde(default)]
    current_size: u32,
}

impl Rest {
    /// Deletes the queue of this name, in which nobody waits. One that is not there is deleted.
    ///
    /// # Errors
    /// [`RestError::Rejected`] if somebody waits in it.
    pub async fn delete_queue(
        &self,
        account: &AccountSid,
        login: &Login,
        name: &str,
    ) -> Result<(), RestError> {
        let Some(Queue { sid, .. }) = self.queue(account, login, name).await? else { return Ok(()) };
        let url = format!("{}/2010-04-01/Accounts/{account}/Queues/{sid}.json", self.base_url);
        match self.send_form(Method::DELETE, &url, login, "queue", Bytes::new()).await {
            Ok(_) | Err(RestError::NotFound(_)) => Ok(()),
            Err(error) => Err(error),
        }
    }

    /// Whether somebody waits in the queue of this name: who was taken out of it, and talks, does not.
    ///
    /// # Errors
    /// Any [`RestError`].
    pub async fn somebody_waits(
        &self,
        account: &AccountSid,
        login: &Login,
        name: &str,
    ) -> Result<bool, RestError> {
        Ok(self.queue(account, login, name).await?.is_some_and(|queue| queue.current_size > 0))
    }

    async fn queue(
        &self,
        account: &AccountSid,
        login: &Login,
        name: &str,
    ) -> Result<Option<Queue>, RestError> {
        let queues = format!("{}/2010-04-01/Accounts/{account}/Queues", self.base_url);
        let mut next = Some(format!("{queues}.json?PageSize={PAGE_SIZE}"));
        for _ in 0..PAGES {
            let Some(url) = &next else { return Ok(None) };
            let page: Page = self.json(url, login, "list of queues").await?;
            if let Some(queue) = page.queues.into_iter().find(|queue| queue.friendly_name == name) {
                return Ok(Some(queue));
            }
            next = self.next_page(page.next_page_uri)?;
        }
        Ok(None)
    }
}
