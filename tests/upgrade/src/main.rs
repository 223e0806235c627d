//! Writes the rows of the release that it is built from into a folder: `cargo run -p upgrade -- FOLDER`.

use std::path::Path;

#[tokio::main(flavor = "current_thread")]
async fn main() {
    let folder = std::env::args().nth(1);
    let folder = folder.as_deref().map_or_else(upgrade::rows::folder, |folder| Path::new(folder).to_owned());
    Box::pin(upgrade::play::write(&folder)).await;
}
