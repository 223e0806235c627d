//! Plans and menus that lead back to themselves, and how far the others lead.

use std::collections::HashMap;

use crate::model::{Action, Menu, NamedPlan, Plan, Step};
use crate::place::Place;
use crate::reader::Reader;

/// Levels that callers bear.
const LEVELS: usize = 3;

/// How long callers hear ringing before they give up, in seconds.
const PATIENCE: u32 = 75;

/// A plan or a menu.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Node<'a> {
    Plan(&'a str),
    Menu(&'a str),
}

impl Node<'_> {
    fn shown(self) -> String {
        match self {
            Node::Plan(name) => format!("plan {name}"),
            Node::Menu(name) => format!("menu {name}"),
        }
    }
}

struct Graph<'a> {
    nodes: Vec<(Node<'a>, Place)>,
    index: HashMap<Node<'a>, usize>,
    arrows: Vec<Vec<usize>>,
}

/// Notes circles. Whether there are none.
pub(crate) fn circles(reader: &mut Reader, plans: &[NamedPlan], menus: &[Menu]) -> bool {
    let graph = Graph::of(plans, menus);
    let mut is_done = vec![false; graph.nodes.len()];
    let mut is_free = true;
    for start in 0..graph.nodes.len() {
        // A way to each node that can be reached from here, walked without recursion.
        let mut way: Vec<(usize, usize)> = vec![(start, 0)];
        while let Some((node, next)) = way.last_mut() {
            let node = *node;
            if is_done[node] {
                way.pop();
                continue;
            }
            let Some(to) = graph.arrows[node].get(*next).copied() else {
                is_done[node] = true;
                way.pop();
                continue;
            };
            *next += 1;
            if let Some(from) = way.iter().position(|(it, _)| *it == to) {
                is_free = false;
                let names = way[from..].iter().map(|(it, _)| *it).chain([to]);
                let names: Vec<String> = names.map(|it| graph.nodes[it].0.shown()).collect();
                let cause = format!("{}: a circle", names.join(" -> "));
                let cure = "Callers would go round in it: let one of them end in `voicemail`";
                reader.error(graph.nodes[to].1, cause, cure);
            } else if !is_done[to] {
                way.push((to, 0));
            }
        }
    }
    is_free
}

/// Notes what goes too deep, or rings for too long. Only where there is no circle.
pub(crate) fn depths(reader: &mut Reader, plans: &[NamedPlan], menus: &[Menu], others: &[(Place, &Plan)]) {
    let graph = Graph::of(plans, menus);
    let mut levels: Vec<Option<usize>> = vec![None; graph.nodes.len()];
    for node in 0..graph.nodes.len() {
        level(&graph, node, &mut levels);
    }
    for ((node, place), level) in graph.nodes.iter().zip(&levels) {
        // Of menus in each other, the outermost is told, once.
        let is_first = level.is_some_and(|level| level == LEVELS + 1);
        if let (Node::Menu(name), true) = (node, is_first) {
            let cause = format!("menus.{name} leads through {} menus", LEVELS + 1);
            reader.warning(*place, cause, "3 are enough. Let an earlier key ring somebody");
        }
    }
    let named: HashMap<&str, &Plan> = plans.iter().map(|it| (&*it.name, &it.plan)).collect();
    let mut memo: HashMap<&str, u32> = HashMap::new();
    let all = plans.iter().map(|it| (it.place, &it.plan)).chain(others.iter().copied());
    for (place, plan) in all {
        let seconds = ringing(plan, &named, &mut memo);
        if seconds > PATIENCE {
            let cause = format!("callers hear ringing for {seconds} s here");
            reader.warning(
                place,
                cause,
                format!("most have hung up after {PATIENCE} s. Ring shorter with `for`"),
            );
        }
    }
}

fn level(graph: &Graph, node: usize, levels: &mut Vec<Option<usize>>) -> usize {
    if let Some(level) = levels[node] {
        return level;
    }
    // There are at most 400 of them, and no circle.
    let below = graph.arrows[node].iter().map(|to| level(graph, *to, levels)).max().unwrap_or(0);
    let own = below + usize::from(matches!(graph.nodes[node].0, Node::Menu(_)));
    levels[node] = Some(own);
    own
}

fn ringing<'a>(plan: &'a Plan, named: &HashMap<&'a str, &'a Plan>, memo: &mut HashMap<&'a str, u32>) -> u32 {
    let mut seconds = 0_u32;
    for step in plan {
        let more = match &step.action {
            Action::Ring { time, .. } | Action::Forward { time, .. } => u32::from(time.as_seconds()),
            Action::Plan(name) => match (memo.get(&**name), named.get(&**name)) {
                (Some(seconds), _) => *seconds,
                (None, Some(plan)) => {
                    let seconds = ringing(plan, named, memo);
                    memo.insert(name, seconds);
                    seconds
                }
                (None, None) => 0,
            },
            _ => 0,
        };
        seconds = seconds.saturating_add(more);
    }
    seconds
}

impl<'a> Graph<'a> {
    fn of(plans: &'a [NamedPlan], menus: &'a [Menu]) -> Self {
        let of_plans = plans.iter().map(|it| (Node::Plan(&it.name), it.place));
        let nodes: Vec<_> = of_plans.chain(menus.iter().map(|it| (Node::Menu(&it.name), it.place))).collect();
        let index: HashMap<Node, usize> = nodes.iter().enumerate().map(|(at, it)| (it.0, at)).collect();
        let mut graph = Self { nodes, index, arrows: Vec::new() };
        for plan in plans {
            graph.arrows.push(graph.targets(&plan.plan));
        }
        for menu in menus {
            let plans = menu.options.iter().map(|option| &option.plan).chain(&menu.otherwise);
            let mut targets: Vec<usize> = plans.flat_map(|plan| graph.targets(plan)).collect();
            targets.dedup();
            graph.arrows.push(targets);
        }
        graph
    }

    fn targets(&self, plan: &Plan) -> Vec<usize> {
        let target = |step: &Step| match &step.action {
            Action::Plan(name) => self.index.get(&Node::Plan(name)).copied(),
            Action::Menu(name) => self.index.get(&Node::Menu(name)).copied(),
            _ => None,
        };
        let mut targets: Vec<usize> = plan.iter().filter_map(target).collect();
        targets.dedup();
        targets
    }
}
