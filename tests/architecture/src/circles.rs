//! What goes round in a graph.

use std::collections::{BTreeMap, BTreeSet};

/// For each node those that it knows.
pub type Arrows = BTreeMap<String, BTreeSet<String>>;

/// The groups of nodes of which each comes to each: two or more.
pub fn circles(arrows: &Arrows) -> Vec<Vec<String>> {
    let reach: BTreeMap<&String, BTreeSet<&String>> =
        arrows.keys().map(|from| (from, reached(arrows, from))).collect();
    let mut circles: BTreeSet<Vec<String>> = BTreeSet::new();
    for (from, there) in &reach {
        let back = |to: &&&String| reach.get(**to).is_some_and(|there| there.contains(*from));
        let circle: Vec<String> = there.iter().filter(back).map(|node| (*node).clone()).collect();
        if circle.len() > 1 {
            circles.insert(circle);
        }
    }
    circles.into_iter().collect()
}

fn reached<'a>(arrows: &'a Arrows, from: &'a String) -> BTreeSet<&'a String> {
    let (mut seen, mut next) = (BTreeSet::new(), vec![from]);
    while let Some(node) = next.pop() {
        for to in arrows.get(node).into_iter().flatten() {
            if seen.insert(to) {
                next.push(to);
            }
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_circle_is_whatever_comes_back_to_itself() {
        let arrows = [("a", "b"), ("b", "c"), ("c", "b"), ("c", "d"), ("e", "e")];
        let mut graph = Arrows::new();
        for (from, to) in arrows {
            graph.entry(from.to_owned()).or_default().insert(to.to_owned());
        }
        assert_eq!(circles(&graph), [["b", "c"]]);
    }
}
