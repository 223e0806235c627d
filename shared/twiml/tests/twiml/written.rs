//! The exact bytes that go to Twilio.

use insta::assert_snapshot;
use twiml::WriteError;
use twiml::ssml::{Break, Emphasis, Lang, Paragraph, SayAs, Sentence};
use twiml::values::*;
use twiml::voice::*;

const DECLARATION: &str = r#"<?xml version="1.0" encoding="UTF-8"?>"#;

fn body(response: &Response) -> String {
    let xml = response.to_xml().unwrap();
    xml.strip_prefix(DECLARATION).unwrap().to_owned()
}

#[test]
fn a_document_begins_with_the_declaration() {
    assert_eq!(Response::new().to_xml().unwrap(), format!("{DECLARATION}<Response/>"));
}

#[test]
fn forwarding_with_voicemail_is_written_as_twilio_documents_it() {
    let response = Response::new()
        .say(Say::new("Please hold.").voice("Polly.Joanna-Neural").language("en-US"))
        .pause(Pause::of(PauseLength::seconds(2).unwrap()))
        .play(Play::new("https://example.com/ring.mp3?a=1&b=2"))
        .dial(
            Dial::new()
                .timeout(DialTimeout::seconds(20).unwrap())
                .action("/outcome")
                .method(Method::Post)
                .answer_on_bridge(true)
                .hangup_on_star(false)
                .caller_id("+15550100")
                .nouns([
                    Number::new("+15550101")
                        .status_callback("/status")
                        .status_callback_event([CallEvent::Initiated, CallEvent::Completed]),
                    Number::new("+15550102").send_digits("ww1#".parse::<SendDigits>().unwrap()),
                ]),
        )
        .record(
            Record::new()
                .max_length(MaxLength::seconds(120).unwrap())
                .finish_on_key("#")
                .play_beep(true)
                .trim(Trim::TrimSilence)
                .recording_status_callback("/recording")
                .recording_status_callback_event([RecordingEvent::Completed, RecordingEvent::Absent])
                .transcribe(true)
                .transcribe_callback("/transcription"),
        )
        .redirect(Redirect::new("/voice").method(Method::Get))
        .hangup();
    assert_snapshot!(response.to_xml_pretty().unwrap(), @r##"
    <?xml version="1.0" encoding="UTF-8"?>
    <Response>
      <Say voice="Polly.Joanna-Neural" language="en-US">Please hold.</Say>
      <Pause length="2"/>
      <Play>https://example.com/ring.mp3?a=1&amp;b=2</Play>
      <Dial action="/outcome" method="POST" timeout="20" hangupOnStar="false" callerId="+15550100" answerOnBridge="true">
        <Number statusCallback="/status" statusCallbackEvent="initiated completed">+15550101</Number>
        <Number sendDigits="ww1#">+15550102</Number>
      </Dial>
      <Record finishOnKey="#" maxLength="120" playBeep="true" trim="trim-silence" recordingStatusCallback="/recording" recordingStatusCallbackEvent="completed absent" transcribe="true" transcribeCallback="/transcription"/>
      <Redirect method="GET">/voice</Redirect>
      <Hangup/>
    </Response>
    "##);
}

#[test]
fn texts_are_escaped_and_line_ends_kept() {
    let say = Say::new(" a & b < c > \"d\" 'e'\r\n\t\u{1F600}]]> ").language("x\r\n\t\"<&>' y");
    assert_snapshot!(body(&Response::new().say(say)), @r#"
    <Response><Say language="x&#13;&#10;&#9;&quot;&lt;&amp;&gt;' y"> a &amp; b &lt; c &gt; "d" 'e'&#13;
    	😀]]&gt; </Say></Response>
    "#);
}

#[test]
fn characters_that_xml_cannot_hold_are_dropped() {
    let say = Say::new("a\u{0}\u{8}b\u{B}\u{1F}c\u{FFFE}\u{FFFF}d\u{7F}\u{85}").voice("v\u{1}w");
    assert_snapshot!(body(&Response::new().say(say)), @r#"<Response><Say voice="vw">abcd</Say></Response>"#);
}

#[test]
fn speech_marks_stand_between_the_words() {
    let say = Say::new("Code ")
        .then(SayAs::new("12").interpret_as(InterpretAs::Digits))
        .then(Break::new().time("500ms"))
        .then(" is ")
        .then(Emphasis::new("secret").level(EmphasisLevel::Strong))
        .then("!")
        .then("")
        .then(
            Paragraph::new("").then(Sentence::new("").then(Lang::new("bonjour").language("fr-FR")).then(" ")),
        );
    assert_snapshot!(body(&Response::new().say(say)), @r#"<Response><Say>Code <say-as interpret-as="digits">12</say-as><break time="500ms"/> is <emphasis level="strong">secret</emphasis>!<p><s><lang xml:lang="fr-FR">bonjour</lang> </s></p></Say></Response>"#);
}

#[test]
fn what_is_spoken_is_the_same_in_a_document_for_people() {
    let response = Response::new()
        .say(Say::new("").then(Break::new()).then(" now ").then(Emphasis::new("go")))
        .gather(Gather::new().say(Say::new("  press 1 ")).pause(Pause::new()))
        .dial(Dial::new().sip(Sip::new("sip:a@example.com").header("X-A", "1")))
        .refer(Refer::new("sip:b@example.com"))
        .leave();
    let pretty = response.to_xml_pretty().unwrap();
    assert_snapshot!(pretty, @r#"
    <?xml version="1.0" encoding="UTF-8"?>
    <Response>
      <Say><break/> now <emphasis>go</emphasis></Say>
      <Gather>
        <Say>  press 1 </Say>
        <Pause/>
      </Gather>
      <Dial>
        <Sip>sip:a@example.com
          <Headers>
            <Header name="X-A" value="1"/>
          </Headers>
        </Sip>
      </Dial>
      <Refer>
        <Sip>sip:b@example.com</Sip>
      </Refer>
      <Leave/>
    </Response>
    "#);
    assert_eq!(Response::from_xml(&pretty).unwrap(), response);
}

#[test]
fn a_client_with_parameters_has_its_identity_in_an_element() {
    let identity: ClientIdentity = "joey".parse().unwrap();
    let plain = Client::new(identity.clone());
    let told = plain.clone().parameter("first", "Jo").parameter("last", "Ey");
    assert_eq!(told.name(), Some(&identity));
    assert_eq!(plain.name(), Some(&identity));
    let response = Response::new()
        .dial(Dial::new().client(plain))
        .dial(Dial::new().client(told))
        .dial(Dial::new().application(Application::new("AP1").parameter("a", "b")));
    assert_snapshot!(body(&response), @r#"<Response><Dial><Client>joey</Client></Dial><Dial><Client><Identity>joey</Identity><Parameter name="first" value="Jo"/><Parameter name="last" value="Ey"/></Client></Dial><Dial><Application><ApplicationSid>AP1</ApplicationSid><Parameter name="a" value="b"/></Application></Dial></Response>"#);
}

#[test]
fn a_message_with_media_has_its_text_in_an_element() {
    use twiml::messaging::{Message, Redirect, Response};
    let response = Response::new()
        .message(Message::new("Hello").to("+15550100"))
        .message(Message::new("Look").media("https://example.com/a.png"))
        .redirect(Redirect::new("/next"));
    let xml = response.to_xml().unwrap();
    assert_snapshot!(xml.strip_prefix(DECLARATION).unwrap(), @r#"<Response><Message to="+15550100">Hello</Message><Message><Body>Look</Body><Media>https://example.com/a.png</Media></Message><Redirect>/next</Redirect></Response>"#);
}

#[test]
fn names_that_are_no_rust_names_are_written_as_twilios() {
    let response = Response::new()
        .pay(
            Pay::new()
                .valid_card_types([CardType::Visa, CardType::DinersClub])
                .prompt(
                    Prompt::new(PromptFor::PaymentCardNumber)
                        .attempt([Attempt::tries(1).unwrap(), Attempt::tries(2).unwrap()])
                        .error_type(PromptErrorType::Timeout)
                        .say(Say::new("Again").loop_count(LoopCount::times(2).unwrap())),
                )
                .parameter("a", "b"),
        )
        .start(Start::stream(Stream::default().url("wss://example.com").parameter("a", "b")))
        .stop(Stop::siprec(Siprec::default().name("s")))
        .connect(Connect::conversation_relay(
            ConversationRelay::new("wss://example.com")
                .interruptible(Interruptible::None)
                .with_language(Language::new("sv-SE").voice("x")),
        ));
    assert_snapshot!(body(&response), @r#"<Response><Pay validCardTypes="visa diners-club"><Prompt for="payment-card-number" errorType="timeout" attempt="1 2"><Say loop="2">Again</Say></Prompt><Parameter name="a" value="b"/></Pay><Start><Stream url="wss://example.com"><Parameter name="a" value="b"/></Stream></Start><Stop><Siprec name="s"/></Stop><Connect><ConversationRelay url="wss://example.com" interruptible="none"><Language code="sv-SE" voice="x"/></ConversationRelay></Connect></Response>"#);
}

#[test]
fn a_document_of_64_kilobytes_is_the_largest() {
    let frame = Response::new().redirect(Redirect::new("x")).to_xml().unwrap().len() - 1;
    let of_size = |bytes: usize| Response::new().redirect(Redirect::new("x".repeat(bytes - frame))).to_xml();
    let xml = of_size(twiml::MAX_BYTES).unwrap();
    assert_eq!(xml.len(), 65_536);
    assert!(Response::from_xml(&xml).is_ok());
    let error = of_size(twiml::MAX_BYTES + 1).unwrap_err();
    assert_snapshot!(error, @"a TwiML document has at most 65536 bytes, not 65537");
}

#[test]
fn a_say_of_4096_characters_is_written_and_one_more_is_not() {
    let say = |characters: usize| Say::new("é".repeat(characters - 1)).then(Emphasis::new("x"));
    assert!(Response::new().say(say(4_096)).to_xml().is_ok());
    for response in [
        Response::new().say(say(4_097)),
        Response::new().gather(Gather::new().say(say(4_097))),
        Response::new().prompt(Prompt::default().say(say(4_097))),
        Response::new().pay(Pay::new().prompt(Prompt::default().say(say(4_097)))),
    ] {
        let error = response.to_xml().unwrap_err();
        assert!(matches!(error, WriteError::Excess(_)));
        assert_eq!(error.to_string(), "a Say speaks at most 4096 characters, not 4097");
    }
}

#[test]
fn speech_marks_within_each_other_have_a_limit() {
    let nested = |depth: usize| {
        let mark = (1..depth).fold(Emphasis::new("x"), |mark, _| Emphasis::new("").then(mark));
        Response::new().say(Say::new("").then(mark))
    };
    let deepest = nested(twiml::MAX_DEPTH);
    assert_eq!(Response::from_xml(&deepest.to_xml().unwrap()).unwrap(), deepest);
    let error = nested(twiml::MAX_DEPTH + 1).to_xml().unwrap_err();
    assert_snapshot!(error, @"speech marks stand at most 32 deep within each other");
}

#[test]
fn every_number_is_checked_at_both_ends_of_its_range() {
    macro_rules! ends {
        ($( $type:ident::$unit:ident, $min:literal, $max:literal; )*) => { $(
            let name = stringify!($type);
            assert_eq!(($type::MIN.get(), $type::MAX.get()), ($min, $max), "{name}");
            assert!($type::$unit($min).is_ok() && $type::$unit($max).is_ok(), "{name}");
            assert!($min == 0 || $type::$unit($min - 1).is_err(), "{name}");
            assert!($type::$unit($max + 1).is_err(), "{name}");
            assert_eq!($type::nearest(u32::MAX), $type::MAX, "{name}");
            assert_eq!($type::nearest(0), $type::MIN, "{name}");
        )* };
    }
    ends! {
        DialTimeout::seconds, 5, 600;
        TimeLimit::seconds, 1, 86_400;
        MaxLength::seconds, 2, 14_400;
        LoopCount::times, 0, 1_000;
        DetectionTimeout::seconds, 3, 60;
        SpeechThreshold::milliseconds, 1_000, 6_000;
        SpeechEndThreshold::milliseconds, 500, 5_000;
        SilenceTimeout::milliseconds, 2_000, 10_000;
        MaxParticipants::participants, 1, 250;
        QueueSize::calls, 1, 5_000;
        UriPriority::points, 0, 65_535;
        UriWeight::points, 0, 65_535;
    }
    assert!(NumDigits::digits(0).is_err());
    assert!(PauseLength::seconds(0).is_err());
    assert!(GatherTimeout::seconds(0).is_err());
    assert!(RecordTimeout::seconds(0).is_ok());
    assert_snapshot!(
        DialTimeout::seconds(4).unwrap_err(),
        @"the Dial timeout is 5 to 600 seconds, not 4"
    );
}

#[test]
fn numbers_are_read_from_plain_digits_only() {
    for text in ["", "+20", "-1", "20 ", " 20", "2e1", "20.0", "٢٠", "4294967296"] {
        assert!(text.parse::<DialTimeout>().is_err(), "{text:?}");
    }
    assert_eq!("20".parse::<DialTimeout>().unwrap().get(), 20);
}

#[test]
fn names_have_a_limited_length() {
    assert!("x".repeat(256).parse::<ClientIdentity>().is_ok());
    assert!("x".repeat(257).parse::<ClientIdentity>().is_err());
    assert!("é".repeat(64).parse::<QueueName>().is_ok());
    assert!("é".repeat(65).parse::<QueueName>().is_err());
    assert!("x".repeat(128).parse::<ParticipantLabel>().is_ok());
    assert!("x".repeat(129).parse::<ParticipantLabel>().is_err());
    assert!("x".repeat(50).parse::<CallReason>().is_ok());
    assert!("x".repeat(51).parse::<CallReason>().is_err());
    assert!(" \u{1}\n".parse::<ClientIdentity>().is_err());
    assert_snapshot!("".parse::<QueueName>().unwrap_err(), @"a queue name has 1 to 64 characters, not 0");
}

#[test]
fn keys_are_checked() {
    assert!("0123456789ABCDwW*#".parse::<SendDigits>().is_ok());
    assert!("1".repeat(32).parse::<SendDigits>().is_ok());
    assert!("1".repeat(33).parse::<SendDigits>().is_err());
    assert!("".parse::<SendDigits>().is_err());
    assert!("E".parse::<SendDigits>().is_err());
    assert!("0123456789wW*#".parse::<PlayDigits>().is_ok());
    assert!("A".parse::<PlayDigits>().is_err());
    assert!("".parse::<PlayDigits>().is_err());
    assert!("".parse::<FinishKey>().is_ok());
    assert!("12".parse::<FinishKey>().is_err());
    assert!("12*#".parse::<FinishKeys>().is_ok());
    assert_eq!(FinishKeys::from("a1 #").as_str(), "1#");
    assert_eq!(FinishKey::from("a1 #").as_str(), "1");
    assert_snapshot!("1a".parse::<FinishKeys>().unwrap_err(), @r#"the key that ends a recording: only "0123456789*#" may stand there, not 'a'"#);
}

#[test]
fn a_dial_calls_ten_at_most() {
    let numbers = |count: usize| vec![Number::new("+15550100"); count];
    assert!(Nouns::try_from(numbers(10)).is_ok());
    assert_snapshot!(Nouns::try_from(numbers(11)).unwrap_err(), @"a Dial holds at most 10 nouns, not 11");
    let beside = vec![Noun::BareNumber("+1".into()), Noun::Number(Number::new("+2"))];
    assert_snapshot!(Nouns::try_from(beside).unwrap_err(), @"a number written straight into a Dial stands alone; write it as a Number noun");
}

#[test]
fn lists_are_never_empty() {
    assert_snapshot!(List::<CallEvent>::try_from(vec![]).unwrap_err(), @"a list holds at least one item; leave the attribute out instead");
}

#[test]
fn every_word_is_read_back_from_its_spelling() {
    macro_rules! spelled {
        ($( $type:ident, $count:literal; )*) => { $(
            assert_eq!($type::ALL.len(), $count, stringify!($type));
            for &word in $type::ALL {
                assert_eq!(word.as_str().parse::<$type>().unwrap(), word);
                let other_case = format!("{}X", word.as_str().to_ascii_uppercase());
                assert!(other_case.parse::<$type>().is_err());
            }
        )* };
    }
    spelled! {
        Method, 2; CallEvent, 4; RecordingEvent, 3; Trim, 2; DialRecord, 7; RecordingTrack, 3;
        RecordingChannels, 2; RingTone, 40; DialEvents, 1; MachineDetection, 2;
        ConferenceBeep, 4; ConferenceRecord, 2; ConferenceRegion, 8; ConferenceEvent, 9;
        JitterBufferSize, 4; GatherInput, 2; RejectReason, 2; StreamTrack, 3;
        ConversationEvent, 4; Interruptible, 6; PayInput, 1; BankAccountType, 4;
        PaymentMethod, 2; TokenType, 3; CardType, 9; PromptFor, 7; PromptErrorType, 8;
        BreakStrength, 6; EmphasisLevel, 3; PhonemeAlphabet, 6; InterpretAs, 13; DateFormat, 11;
    }
    assert_snapshot!("get".parse::<Method>().unwrap_err(), @r#"an HTTP method is one of ["GET", "POST"], not "get""#);
}
