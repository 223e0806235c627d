//! Links a function at fixed addresses, on Linux: nothing is left to relocate at each start.
//! What that gains and gives up: docs/decisions/0001-functions-at-fixed-addresses.md.

fn main() {
    println!("cargo::rerun-if-changed=../build.rs");
    if std::env::var("CARGO_CFG_TARGET_OS").is_ok_and(|os| os == "linux") {
        println!("cargo::rustc-link-arg-bins=-no-pie");
    }
}
