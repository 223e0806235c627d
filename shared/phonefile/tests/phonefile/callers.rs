//! Faults of people, lists and numbers.

use insta::assert_snapshot;

use crate::small::{SMALL, cases, of, told};

#[test]
fn numbers_that_nothing_may_call_are_told() {
    let phone = |number: &str| told(&SMALL.replacen("+12125550177", number, 1));
    let told = cases(
        &[
            "911",
            "112",
            "+49 110",
            "+19005550100",
            "+449098790000",
            "+881612345678",
            "+14155550101",
            "(212) 555-0177",
            "212-555-0177",
            "+1 (212) 555-0177",
            "555",
            "ben",
        ],
        phone,
    );
    assert_snapshot!(told, @r#"
    911
    5:17 people.ben.phone: 911 is a number for emergencies: help would go to the wrong place, so no call is forwarded there. Write a person's telephone

    112
    5:17 people.ben.phone: 112 is a number for emergencies: help would go to the wrong place, so no call is forwarded there. Write a person's telephone

    +49 110
    5:17 people.ben.phone: +49110 is a number for emergencies: help would go to the wrong place, so no call is forwarded there. Write a person's telephone

    +19005550100
    5:17 people.ben.phone: calls to +19005550100 pay somebody else (the United States and Canada): no call is forwarded there. Write another number

    +449098790000
    5:17 people.ben.phone: calls to +449098790000 pay somebody else (the United Kingdom): no call is forwarded there. Write another number

    +881612345678
    5:17 people.ben.phone: calls to +881612345678 pay somebody else (satellites): no call is forwarded there. Write another number

    +14155550101
    5:17 people.ben.phone is the number of this file: a call would come round to it for ever: write the real telephone's

    (212) 555-0177
    5:17 people.ben.phone: "(212) 555-0177" is no number: write it with + and the country, as in "+12125550177"

    212-555-0177
    5:17 people.ben.phone: "212-555-0177" is no number: write it with + and the country, as in "+12125550177"

    +1 (212) 555-0177
    clean

    555
    5:17 people.ben.phone: "555" is no number: begin with + and the country, as in "+14155550100"

    ben
    5:17 people.ben.phone: "ben" is no number: begin with + and the country, as in "+14155550100"
    "#);
}

#[test]
fn faults_of_people_are_told() {
    let cara = |fields: &str| of(&format!("  cara: {fields}\n"));
    let told = cases(
        &[
            "{}",
            "{ email: cara }",
            "{ second_email: c@example.com, phone: \"+12125550178\" }",
            "{ phoen: \"+12125550178\" }",
            "{ email: c@example.com, language: fi }",
            "{ email: c@example.com, language: en-GB }",
            "{ email: c@example.com, missed_call_mail: maybe }",
            "{ phone: \"+12125550142\" }",
            "[1]",
            "{ email: c@example.com }\n  Dora: { email: d@example.com }",
            "{ email: c@example.com }\n  ana: { email: b@example.com }",
        ],
        cara,
    );
    assert_snapshot!(told, @r#"
    {}
    6:3 people.cara has no telephone and no e-mail address: add `phone` or `email`

    { email: cara }
    6:18 people.cara.email: "cara" is no e-mail address: write it like name@example.com

    { second_email: c@example.com, phone: "+12125550178" }
    6:11 people.cara has a second e-mail address and no first: add `email`

    { phoen: "+12125550178" }
    6:11 people.cara: there is no `phoen`. Did you mean `phone`?

    { email: c@example.com, language: fi }
    6:43 there are no prompts in the language `fi`. There is `en`, `zh-CN`, `es`, `fr`, `de`, `ja`, `pt-BR`

    { email: c@example.com, language: en-GB }
    6:43 there are no prompts in the language `en-GB`. Did you mean `en`?

    { email: c@example.com, missed_call_mail: maybe }
    6:51 people.cara.missed_call_mail: "maybe" is neither `yes` nor `no`: write one of them

    { phone: "+12125550142" }
    6:3 warning: people.cara has the telephone of `ana` in line 4: together they ring it once

    [1]
    6:9 people.cara is a list: write `name: …` lines, indented below it

    { email: c@example.com }
      Dora: { email: d@example.com }
    7:3 people: "Dora" is no name: a name has 1 to 40 small letters, digits and hyphens, and begins with a letter

    { email: c@example.com }
      ana: { email: b@example.com }
    7:3 `ana` stands twice in people: line 4 has it already. Leave one of them out
    "#);
}

#[test]
fn faults_of_lists_are_told() {
    let list = |entries: &str| of(&format!("lists:\n  blocked: {entries}\n"));
    let told = cases(
        &[
            "[\"+1900*\", anonymous, unverified]",
            "[\"1900*\"]",
            "[\"*\"]",
            "[\"+0*\"]",
            "[anonymus]",
            "[first-time]",
            "[\"+12125550142\"]",
            "[\"+1212*\"]",
            "[{ who: \"+1900*\", note: robots, until: 2027-01-31 }]",
            "[{ who: \"+1900*\", until: tomorrow }]",
            "[{ note: robots }]",
            "[\"+1900*\", \"+1900*\"]",
            "[\"+1312*\"]\n  vip: [\"+13125550142\"]",
            "[[1]]",
            "[]\n  anonymous: []",
        ],
        list,
    );
    assert_snapshot!(told, @r#"
    ["+1900*", anonymous, unverified]
    clean

    ["1900*"]
    7:13 lists.blocked: "1900*" is no prefix: begin with + and the country, as in "+1900*"

    ["*"]
    7:13 lists.blocked: "*" is no prefix: begin with + and the country, as in "+1900*"

    ["+0*"]
    7:13 lists.blocked: "+0*" is no prefix: begin with + and the country, as in "+1900*"

    [anonymus]
    7:13 lists.blocked: "anonymus" is no caller. Did you mean `anonymous`?

    [first-time]
    7:13 lists.blocked: nobody is in a list who calls for the first time: write `from: first-time` in the rule

    ["+12125550142"]
    7:13 lists.blocked: "+12125550142" blocks the telephone of `ana`: leave it out, or write a longer prefix

    ["+1212*"]
    7:13 lists.blocked: "+1212*" blocks the telephone of `ana`: leave it out, or write a longer prefix

    [{ who: "+1900*", note: robots, until: 2027-01-31 }]
    clean

    [{ who: "+1900*", until: tomorrow }]
    7:37 lists.blocked, until: "tomorrow" is no date: write year, month and day, like 2027-01-31

    [{ note: robots }]
    7:13 lists.blocked has no `who`: add `who:`

    ["+1900*", "+1900*"]
    7:23 warning: lists.blocked: line 7 has this caller already: leave one of them out

    ["+1312*"]
      vip: ["+13125550142"]
    7:13 lists.blocked: "+1312*" blocks "+13125550142", a VIP of line 8: leave it out, or write a longer prefix

    [[1]]
    7:13 lists.blocked: a list is no caller: write a number

    []
      anonymous: []
    8:3 lists.anonymous: rules know `anonymous` already: give the list another name
    "#);
}
