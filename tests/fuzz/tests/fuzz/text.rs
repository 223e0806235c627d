//! What strangers write.

use proptest::prelude::*;

/// What a stranger may try.
const HOSTILE: [&str; 32] = [
    "Alice\r\nBcc: victim@example.com",
    "Alice\nSubject: You won\r\n\r\nClick here",
    "\r\n.\r\nQUIT\r\n",
    "\r\n--boundary--\r\n",
    "Content-Type: text/html\r\n\r\n",
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "' onmouseover='alert(1)",
    "</blockquote></div></body></html><iframe>",
    "<!--",
    "]]>",
    "<![CDATA[",
    "&lt;script&gt;",
    "&#60;script&#62;",
    "javascript:alert(1)",
    "=?utf-8?B?PHNjcmlwdD4=?=",
    "=?utf-8?Q?=0D=0ABcc:_x@example.com?=",
    "Alice\" <ceo@example.com>, \"Bob",
    "\u{202e}gpj.exe\u{2066}\u{200f}\u{61c}\u{feff}\u{200b}",
    "{caller} {name} {date}",
    "👩‍👩‍👧‍👦 🦀 e\u{301}",
    "\0\u{1}\u{7f}\u{85}\u{2028}\u{2029}\t|",
    "%0d%0aSet-Cookie: a=b",
    "%",
    "%2",
    "%zz",
    "&=&&=",
    "{\"recording_sid\":",
    "{\"Message\":\"{}\"}",
    "[[[[[[[[",
    "\\u0000\\ud800",
    "../../etc/passwd",
];

/// Any characters, hostile ones more often than others.
pub(crate) fn any_text() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        proptest::sample::select(HOSTILE.to_vec()).prop_map(str::to_owned),
        ".{0,20}",
        proptest::collection::vec(any::<char>(), 0..20).prop_map(String::from_iter),
        proptest::collection::vec(
            proptest::sample::select("\r\n\t<>&\"'=?@,;:()[]{}\\/%#+- ~aA0".chars().collect::<Vec<_>>()),
            0..20
        )
        .prop_map(String::from_iter),
    ];
    proptest::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

/// Any bytes, some of them text.
pub(crate) fn any_bytes() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![any_text().prop_map(String::into_bytes), proptest::collection::vec(any::<u8>(), 0..200),]
}

/// A text with a part taken out, and another put there.
pub(crate) fn altered(original: &'static str) -> impl Strategy<Value = String> {
    (any::<proptest::sample::Index>(), 0usize..6, any_text()).prop_map(move |(place, removed, put_in)| {
        let start = original.floor_char_boundary(place.index(original.len() + 1));
        let end = original.ceil_char_boundary((start + removed).min(original.len()));
        format!("{}{put_in}{}", &original[..start], &original[end..])
    })
}
