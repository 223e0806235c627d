//! The house stands as it is drawn.

mod documents;
mod settings;

use architecture::circles::circles;
use architecture::files::arrows;
use architecture::rooms::{PURE, Package, ROOMS, cargo, forbidden, packages, root};

mod places;

#[test]
fn a_room_knows_only_rooms_below_it() {
    let wrong = forbidden(&packages());
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn a_forbidden_arrow_names_where_the_code_belongs() {
    let mut packages = packages();
    let needs = |packages: &mut Vec<Package>, who: &str, whom: &str| {
        let package = packages.iter_mut().find(|it| it.name == who).unwrap();
        package.needs.insert(whom.to_owned());
    };
    needs(&mut packages, "callflow", "store");
    needs(&mut packages, "voice", "status");
    assert_eq!(
        forbidden(&packages),
        [
            "`callflow` may not know `store`: it decides over plain data; what fetches or writes belongs in the \
             function that asks it",
            "the function `voice` may not know `status`: what both need belongs in a room under shared/",
        ]
    );
}

#[test]
fn a_pure_room_is_built_without_aws_tokio_or_hyper() {
    for room in PURE {
        let tree = cargo(&["tree", "--locked", "--edges", "normal", "--prefix", "none", "--package", room]);
        let names = tree.lines().filter_map(|line| line.split(' ').next());
        let impure: Vec<&str> =
            names.filter(|it| it.starts_with("aws-") || ["tokio", "hyper"].contains(it)).collect();
        assert!(impure.is_empty(), "`{room}` is built with {impure:?}");
    }
}

#[test]
fn the_files_of_a_crate_go_in_no_circle() {
    let mut wrong = Vec::new();
    for package in packages() {
        let arrows = arrows(&package.folder.join("src")).unwrap();
        for circle in circles(&arrows) {
            let ties = circle.iter().flat_map(|from| {
                let to = arrows[from].iter().filter(|to| circle.contains(to));
                to.map(move |to| format!("  {from} -> {to}"))
            });
            let ties: Vec<String> = ties.collect();
            wrong.push(format!("{}:\n{}", package.name, ties.join("\n")));
        }
    }
    assert!(wrong.is_empty(), "\n{}\n", wrong.join("\n"));
}

#[test]
fn the_drawing_has_a_line_for_each_crate() {
    let drawing = std::fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let is_there =
        |name: &str| drawing.lines().any(|line| line.trim_start().starts_with(&format!("{name} ")));
    let missing: Vec<String> = packages()
        .into_iter()
        .filter(|it| it.floor() != "functions")
        .map(|it| it.name)
        .filter(|it| !is_there(it))
        .collect();
    assert!(missing.is_empty(), "ARCHITECTURE.md has no line for {missing:?}");
    assert!(ROOMS.iter().all(|room| is_there(room.name)));
}
