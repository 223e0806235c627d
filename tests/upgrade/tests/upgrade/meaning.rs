//! A row means to this release what it meant to the one that wrote it.

use upgrade::bench::Bench;
use upgrade::rows::{Kept, kept};

#[tokio::test]
async fn every_row_of_the_last_release_means_what_it_meant() {
    for (table, at_least) in [("numbers", 16), ("calls", 17), ("voicemails", 297)] {
        let rows = kept(table);
        assert!(rows.len() >= at_least, "{} rows of {table}", rows.len());
        let mut bench = Bench::new().await;
        for Kept { about, row, means } in rows {
            // Rows of the same number stand beside each other, and may have to do with each other.
            if table == "numbers" {
                bench = Bench::new().await;
            }
            assert_eq!(bench.read(table, &row).await, means, "{about}\n{row:#?}");
        }
    }
}
