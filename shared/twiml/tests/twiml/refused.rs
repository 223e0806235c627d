//! What is refused, with Twilio's code and words that help.

use std::fmt::Write;

use insta::assert_snapshot;
use twiml::voice::Response;
use twiml::{MAX_BYTES, messaging};

/// Code and words for each document.
fn complaints<'a>(documents: impl IntoIterator<Item = &'a str>) -> String {
    let mut complaints = String::new();
    for document in documents {
        let error = Response::from_xml(document).map(|_| document).unwrap_err();
        writeln!(complaints, "{} {error}", error.code()).unwrap();
    }
    complaints
}

/// The same for what stands in a Response.
fn complaints_within<'a>(bodies: impl IntoIterator<Item = &'a str>) -> String {
    let documents: Vec<String> =
        bodies.into_iter().map(|body| format!("<Response>{body}</Response>")).collect();
    complaints(documents.iter().map(String::as_str))
}

#[test]
fn what_is_not_xml_is_refused() {
    assert_snapshot!(complaints([
        "",
        " \n",
        "Hello",
        "<!-- nothing -->",
        "\u{FEFF}<Response/>",
        " <?xml version=\"1.0\"?><Response/>",
        "<Response/><?xml version=\"1.0\"?>",
        "<?xml version=\"1.1\"?><Response/>",
        "<?xml encoding=\"UTF-8\"?><Response/>",
        "<?xml version=\"1.0\"encoding=\"UTF-8\"?><Response/>",
        "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?><Response/>",
        "<?xml version=\"1.0\" standalone=\"maybe\"?><Response/>",
        "<!DOCTYPE Response><Response/>",
        "<Response>",
        "<Response>\n  <Say>a</Sai></Response>",
        "<Response></Response></Response>",
        "<Response/><Response/>",
        "<Response/>text",
        "<Response><Say>a & b</Say></Response>",
        "<Response><Say>&nbsp;</Say></Response>",
        "<Response><Say>&#0;</Say></Response>",
        "<Response><Say>&#x110000;</Say></Response>",
        "<Response><Say>\u{1}</Say></Response>",
        "<Response><Say>\u{FFFF}</Say></Response>",
        "<Response><Say>]]></Say></Response>",
        "<Response><Play>http://a/?a=1&b=2</Play></Response>",
        "<Response><Say voice=\"a\" voice=\"b\"/></Response>",
        "<Response><Say voice=a/></Response>",
        "<Response><Say voice/></Response>",
        "<Response><Say voice=\"a\"language=\"b\"/></Response>",
        "<Response><Say voice=\"<\"/></Response>",
        "<Response><Say voice=\"&#1;\"/></Response>",
        "<Response><Say voice=\"&x;\"/></Response>",
        "<Response><!-- a -- b --></Response>",
        "<Response><$text>a</$text></Response>",
        "<Response><Dial><@timeout>5</@timeout></Dial></Response>",
        "< Response/>",
    ]), @r#"
    11770 the document is empty
    11770 the document is empty
    12100 not XML, line 1, column 1: text stands outside of the root element
    12100 not XML, line 1, column 17: there is no element
    12100 not XML, line 1, column 1: a byte order mark stands before the document
    12100 not XML, line 1, column 2: an XML declaration stands only at the very beginning
    12100 not XML, line 1, column 12: an XML declaration stands only at the very beginning
    12101 the XML version is 1.0, not "1.1"
    12100 not XML, line 1, column 1: the XML declaration begins with the version
    12100 not XML, line 1, column 1: there is no space within the XML declaration
    12100 not XML, line 1, column 1: the encoding is UTF-8, not "ISO-8859-1"
    12100 not XML, line 1, column 1: "standalone" has no place in an XML declaration
    12100 not XML, line 1, column 1: a document type has no place in TwiML
    12100 not XML, line 1, column 11: Response is not closed
    12100 not XML, line 2, column 9: ill-formed document: expected `</Say>`, but `</Sai>` was found
    12100 not XML, line 1, column 22: ill-formed document: close tag `</Response>` does not match any open tag
    12100 not XML, line 1, column 12: there is more than one root element
    12100 not XML, line 1, column 12: text stands outside of the root element
    12100 not XML, line 1, column 18: ill-formed document: entity or character reference not closed: `;` not found before end of input
    12100 not XML, line 1, column 16: &nbsp; is no character
    12100 not XML, line 1, column 16: &#0; is no character
    12100 not XML, line 1, column 16: &#x110000; is no character
    12100 not XML, line 1, column 16: '\u{1}' can't stand in XML
    12100 not XML, line 1, column 16: '\u{ffff}' can't stand in XML
    12100 not XML, line 1, column 16: ]]> stands in text; write ]]&gt;
    12100 not XML, line 1, column 30: ill-formed document: entity or character reference not closed: `;` not found before end of input
    12100 not XML, line 1, column 11: position 14: duplicated attribute, previous declaration at position 4
    12100 not XML, line 1, column 11: position 10: attribute value must be enclosed in `"` or `'`
    12100 not XML, line 1, column 11: position 9: attribute key must be directly followed by `=` or space
    12100 not XML, line 1, column 11: there is no space between two attributes
    12100 not XML, line 1, column 11: < stands in the attribute "voice"; write &lt;
    12100 not XML, line 1, column 11: a character of "voice" can't stand in XML
    12100 not XML, line 1, column 11: at 1..2: unrecognized entity `x`
    12100 not XML, line 1, column 18: ill-formed document: forbidden string `--` was found in a comment
    12100 not XML, line 1, column 11: "$text" is no name of an element
    12100 not XML, line 1, column 17: "@timeout" is no name of an element
    12100 not XML, line 1, column 1: "" is no name of an element
    "#);
}

#[test]
fn another_root_is_refused() {
    assert_snapshot!(complaints([
        "<response/>",
        "<Say>Hello</Say>",
        "<html><body>Bad gateway</body></html>",
        "<x:Response xmlns:x='y'/>",
    ]), @r#"
    12102 the root element is Response, not "response"
    12102 the root element is Response, not "Say"
    12102 the root element is Response, not "html"
    12102 the root element is Response, not "x:Response"
    "#);
}

#[test]
fn unknown_and_misplaced_elements_are_refused() {
    assert_snapshot!(complaints_within([
        "<Hang/>",
        "<say>Hello</say>",
        "<Hangup/><Number>+1</Number>",
        "<Dial><Say>Hello</Say></Dial>",
        "<Gather><Record/></Gather>",
        "<Say>Hello <Pause/></Say>",
        "<Say><s><p>Hello</p></s></Say>",
        "<Say><w><s>Hello</s></w></Say>",
        "<Hangup><Parameter/><Say/></Hangup>",
        "<Pause><x/></Pause>",
        "<Stop><Recording/></Stop>",
        "<Number>+1</Number>",
        "<Say/><x:Say/>",
        "<Dial><Client><Identity>a</Identity><Identity>b</Identity></Client></Dial>",
        "<Response/>",
    ]), @r#"
    12200 Response: the element "Hang" has no place here; allowed: Say, Play, Pause, Dial, Record, Gather, Redirect, Reject, Hangup, Enqueue, Leave, Queue, Connect, Start, Stop, Pay, Prompt, Refer, Sms, Echo
    12200 Response: the element "say" has no place here; allowed: Say, Play, Pause, Dial, Record, Gather, Redirect, Reject, Hangup, Enqueue, Leave, Queue, Connect, Start, Stop, Pay, Prompt, Refer, Sms, Echo
    12200 Response: the element "Number" has no place here; allowed: Say, Play, Pause, Dial, Record, Gather, Redirect, Reject, Hangup, Enqueue, Leave, Queue, Connect, Start, Stop, Pay, Prompt, Refer, Sms, Echo
    13215 Response > Dial[1]: the element "Say" has no place here; allowed: Number, Client, Conference, Queue, Sim, Sip, Application, WhatsApp
    13320 Response > Gather[1]: the element "Record" has no place here; allowed: Say, Play, Pause
    12200 Response > Say[1]: the element "Pause" has no place here; allowed: break, emphasis, lang, p, phoneme, prosody, s, say-as, sub, w
    12200 Response > Say[1] > s[1]: the element "p" has no place here; allowed: break, emphasis, lang, phoneme, prosody, say-as, sub, w
    12200 Response > Say[1] > w[1]: the element "s" has no place here; allowed: break, emphasis, phoneme, prosody, say-as, sub
    12200 Response > Hangup[1]: the element "Say" has no place here; allowed: Parameter
    12200 Response > Pause[1]: the element "x" has no place here
    12200 Response > Stop[1]: the element "Recording" has no place here; allowed: Stream, Siprec, Transcription
    12200 Response: the element "Number" has no place here; allowed: Say, Play, Pause, Dial, Record, Gather, Redirect, Reject, Hangup, Enqueue, Leave, Queue, Connect, Start, Stop, Pay, Prompt, Refer, Sms, Echo
    12200 Response: the element "x:Say" has no place here
    12200 Response > Dial[1] > Client[1]: "Identity" may stand here only once
    12200 : the element "Response" has no place here; allowed: Say, Play, Pause, Dial, Record, Gather, Redirect, Reject, Hangup, Enqueue, Leave, Queue, Connect, Start, Stop, Pay, Prompt, Refer, Sms, Echo
    "#);
}

#[test]
fn unknown_attributes_are_refused() {
    assert_snapshot!(complaints_within([
        "<Say Voice=\"alice\">Hello</Say>",
        "<Dial timeOut=\"10\">+1</Dial>",
        "<Hangup reason=\"x\"/>",
        "<Pause/><Dial><Number sendDigit=\"1\">+1</Number></Dial>",
        "<Say x:voice=\"a\"/>",
        "<Say xml:lang=\"en\"/>",
        "<Say xmlns=\"a\"/>",
        "<Say><lang lang=\"fr\">a</lang></Say>",
        "<Reject><Parameter/><Parameter nam=\"a\"/></Reject>",
    ]), @r#"
    12200 Response > Say[1]: the attribute "Voice" has no place here; allowed: voice, loop, language
    12200 Response > Dial[1]: the attribute "timeOut" has no place here; allowed: action, method, timeout, hangupOnStar, timeLimit, callerId, record, trim, recordingStatusCallback, recordingStatusCallbackMethod, recordingStatusCallbackEvent, recordingTrack, recordingConfigurationId, answerOnBridge, ringTone, sequential, referUrl, referMethod, events, passports, callReason
    12200 Response > Hangup[1]: the attribute "reason" has no place here
    12200 Response > Dial[2] > Number[1]: the attribute "sendDigit" has no place here; allowed: sendDigits, url, method, statusCallback, statusCallbackMethod, statusCallbackEvent, byoc, machineDetection, machineDetectionTimeout, machineDetectionSpeechThreshold, machineDetectionSpeechEndThreshold, machineDetectionSilenceTimeout, amdStatusCallback, amdStatusCallbackMethod
    12200 Response > Say[1]: the attribute "x:voice" has no place here
    12200 Response > Say[1]: the attribute "xml:lang" has no place here; allowed: voice, loop, language
    12200 Response > Say[1]: the attribute "xmlns" has no place here; allowed: voice, loop, language
    12200 Response > Say[1] > lang[1]: the attribute "lang" has no place here; allowed: xml:lang
    12200 Response > Reject[1] > Parameter[2]: the attribute "nam" has no place here; allowed: name, value
    "#);
}

#[test]
fn text_where_none_may_stand_is_refused() {
    assert_snapshot!(complaints_within([
        "Hello",
        "<Say/> Hello",
        "<Hangup>now</Hangup>",
        "<Gather>Hello</Gather>",
        "<Record>Hello</Record>",
        "<Dial><Number>+1</Number>+2</Dial>",
        "<Say><break>now</break></Say>",
        "<Hangup><![CDATA[x]]></Hangup>",
        "<Enqueue>a<Task/>b</Enqueue>",
    ]), @r#"
    12200 Response: text has no place here
    12200 Response: text has no place here
    12200 Response > Hangup[1]: text has no place here
    12200 Response > Gather[1]: text has no place here
    12200 Response > Record[1]: text has no place here
    12200 Response > Dial[1]: a number written straight into a Dial stands alone; write it as a Number noun
    12200 Response > Say[1] > break[1]: text has no place here
    12200 Response > Hangup[1]: text has no place here
    12200 Response > Enqueue[1]: text may stand here only once
    "#);
}

#[test]
fn values_outside_their_range_are_refused() {
    assert_snapshot!(complaints_within([
        "<Dial timeout=\"4\">+1</Dial>",
        "<Dial timeout=\"601\">+1</Dial>",
        "<Dial timeout=\"\">+1</Dial>",
        "<Dial timeout=\" 20\">+1</Dial>",
        "<Dial timeLimit=\"0\">+1</Dial>",
        "<Dial hangupOnStar=\"True\">+1</Dial>",
        "<Dial answerOnBridge=\"1\">+1</Dial>",
        "<Dial record=\"yes\">+1</Dial>",
        "<Dial method=\"post\">+1</Dial>",
        "<Dial callReason=\"\">+1</Dial>",
        "<Dial><Number sendDigits=\"1x\">+1</Number></Dial>",
        "<Dial><Number statusCallbackEvent=\"answered,completed\">+1</Number></Dial>",
        "<Dial><Number statusCallbackEvent=\"\">+1</Number></Dial>",
        "<Dial><Conference maxParticipants=\"251\">a</Conference></Dial>",
        "<Record maxLength=\"1\"/>",
        "<Record maxLength=\"14401\"/>",
        "<Record finishOnKey=\"x\"/>",
        "<Record playBeep=\"no\"/>",
        "<Gather numDigits=\"0\"/>",
        "<Gather finishOnKey=\"12\"/>",
        "<Gather speechTimeout=\"0\"/>",
        "<Gather input=\"dtmf fax\"/>",
        "<Say loop=\"1001\">a</Say>",
        "<Gather><Say loop=\"-1\">a</Say></Gather>",
        "<Play loop=\"x\">a</Play>",
        "<Play digits=\"A\"/>",
        "<Pause length=\"0\"/>",
        "<Reject reason=\"rude\"/>",
        "<Say><break strength=\"huge\"/></Say>",
    ]), @r#"
    13212 Response > Dial[1] > @timeout: the Dial timeout is 5 to 600 seconds, not 4
    13212 Response > Dial[1] > @timeout: the Dial timeout is 5 to 600 seconds, not 601
    13212 Response > Dial[1] > @timeout: the Dial timeout is a whole number of seconds, not ""
    13212 Response > Dial[1] > @timeout: the Dial timeout is a whole number of seconds, not " 20"
    13216 Response > Dial[1] > @timeLimit: the Dial time limit is 1 to 86400 seconds, not 0
    13213 Response > Dial[1] > @hangupOnStar: provided string was not `true` or `false`
    13219 Response > Dial[1] > @answerOnBridge: provided string was not `true` or `false`
    13217 Response > Dial[1] > @record: record is one of ["do-not-record", "record-from-answer", "record-from-ringing", "record-from-answer-dual", "record-from-ringing-dual", "true", "false"], not "yes"
    13210 Response > Dial[1] > @method: an HTTP method is one of ["GET", "POST"], not "post"
    12200 Response > Dial[1] > @callReason: a call reason has 1 to 50 characters, not 0
    13222 Response > Dial[1] > Number[1] > @sendDigits: the keys to send: only "0123456789ABCDwW*#" may stand there, not 'x'
    12200 Response > Dial[1] > Number[1] > @statusCallbackEvent: a call event is one of ["initiated", "ringing", "answered", "completed"], not "answered,completed"
    12200 Response > Dial[1] > Number[1] > @statusCallbackEvent: a list holds at least one item; leave the attribute out instead
    12200 Response > Dial[1] > Conference[1] > @maxParticipants: the conference's size is 1 to 250 participants, not 251
    13612 Response > Record[1] > @maxLength: the Record length is 2 to 14400 seconds, not 1
    13612 Response > Record[1] > @maxLength: the Record length is 2 to 14400 seconds, not 14401
    13613 Response > Record[1] > @finishOnKey: the key that ends a recording: only "0123456789*#" may stand there, not 'x'
    13616 Response > Record[1] > @playBeep: provided string was not `true` or `false`
    13314 Response > Gather[1] > @numDigits: the number of digits to gather is at least 1 digits, not 0
    13310 Response > Gather[1] > @finishOnKey: the key that ends a Gather has 0 to 1 characters, not 2
    13327 Response > Gather[1] > @speechTimeout: the Gather speech timeout is at least 1 seconds, not 0
    13326 Response > Gather[1] > @input: an input is one of ["dtmf", "speech"], not "fax"
    13510 Response > Say[1] > @loop: the loop count is 0 to 1000 times, not 1001
    13322 Response > Gather[1] > Say[1] > @loop: the loop count is a whole number of times, not "-1"
    13410 Response > Play[1] > @loop: the loop count is a whole number of times, not "x"
    13430 Response > Play[1] > @digits: the keys to play: only "0123456789wW*#" may stand there, not 'A'
    12200 Response > Pause[1] > @length: the Pause length is at least 1 seconds, not 0
    12200 Response > Reject[1] > @reason: a reason to reject is one of ["rejected", "busy"], not "rude"
    12200 Response > Say[1] > break[1] > @strength: a break strength is one of ["none", "x-weak", "weak", "medium", "strong", "x-strong"], not "huge"
    "#);
}

#[test]
fn too_much_is_refused() {
    let eleven = format!("<Pause/><Dial>{}</Dial>", "<Number>+1</Number>".repeat(11));
    let long_queue = format!("<Enqueue>{}</Enqueue>", "x".repeat(65));
    let long_client = format!("<Dial><Client>{}</Client></Dial>", "x".repeat(257));
    let long_say = format!("<Say>{}</Say>", "x".repeat(4_097));
    let deep_marks = format!("<Say>{}{}</Say>", "<p><s>".repeat(17), "</s></p>".repeat(17));
    let deep_say = format!("<Say>{}{}</Say>", "<prosody>".repeat(33), "</prosody>".repeat(33));
    let deep = format!("{}{}", "<Say>".repeat(70), "</Say>".repeat(70));
    let large = " ".repeat(MAX_BYTES);
    assert_snapshot!(complaints_within([
        eleven.as_str(),
        &long_queue,
        &long_client,
        &long_say,
        &deep_marks,
        &deep_say,
        &deep,
        &large,
    ]), @r#"
    12200 Response > Dial[2]: a Dial holds at most 10 nouns, not 11
    12200 Response > Enqueue[1]: a queue name has 1 to 64 characters, not 65
    12200 Response > Dial[1] > Client[1]: a client identity has 1 to 256 characters, not 257
    13521 a Say speaks at most 4096 characters, not 4097
    12200 Response > Say[1] > p[1] > s[1]: the element "p" has no place here; allowed: break, emphasis, lang, phoneme, prosody, say-as, sub, w
    12200 speech marks stand at most 32 deep within each other
    12200 Response > Say[1]: elements stand too deep within each other
    11750 a TwiML document has at most 65536 bytes, not 65557
    "#);
}

#[test]
fn verbs_of_calls_are_refused_in_messages() {
    let error = messaging::Response::from_xml("<Response><Say>a</Say></Response>").unwrap_err();
    assert_snapshot!(error, @r#"Response: the element "Say" has no place here; allowed: Message, Redirect"#);
    let error = Response::from_xml("<Response><Message>a</Message></Response>").unwrap_err();
    assert_eq!(error.code(), 12_200);
}
