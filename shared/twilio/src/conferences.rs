//! Rooms, and who is in them.
//!
//! Source: Twilio's pages "Conference resource" and "Participant resource", and its `OpenAPI` file.

use http::Method;
use phone::{AccountSid, CallSid};
use serde::Deserialize;

use crate::rest::{Rest, RestError};
use crate::secret::Login;

#[derive(Deserialize)]
struct Room {
    sid: String,
}

#[derive(Deserialize)]
struct Participant {
    muted: bool,
}

impl Rest {
    /// Twilio's name of the room of that name that goes on, if one does.
    ///
    /// # Errors
    /// Any [`RestError`].
    pub async fn room(
        &self,
        account: &AccountSid,
        login: &Login,
        name: &str,
    ) -> Result<Option<String>, RestError> {
        #[derive(Deserialize)]
        struct Page {
            conferences: Vec<Room>,
        }
        let query = form_urlencoded::Serializer::new(String::new())
            .append_pair("FriendlyName", name)
            .append_pair("Status", "in-progress")
            .finish();
        let url = format!("{}/2010-04-01/Accounts/{account}/Conferences.json?{query}", self.base_url);
        let page: Page = self.json(&url, login, "list of conferences").await?;
        Ok(page.conferences.into_iter().next().map(|room| room.sid))
    }

    /// Has somebody in a room not heard, or heard again. Tells how it is then.
    ///
    /// # Errors
    /// [`RestError::NotFound`] if they are not in that room.
    pub async fn mute(
        &self,
        account: &AccountSid,
        login: &Login,
        (room, call): (&str, &CallSid),
        muted: bool,
    ) -> Result<bool, RestError> {
        let url = format!(
            "{}/2010-04-01/Accounts/{account}/Conferences/{room}/Participants/{call}.json",
            self.base_url
        );
        let form = format!("Muted={muted}");
        let response = self.send_form(Method::POST, &url, login, "participant", form.into()).await?;
        let participant: Participant = self.read_json(response, "not the JSON of a participant").await?;
        Ok(participant.muted)
    }
}
