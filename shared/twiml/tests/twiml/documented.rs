//! Documents as Twilio's pages show them, and what else Twilio accepts.

use twiml::values::{Method, SpeechTimeout};
use twiml::voice::*;

fn read(xml: &str) -> Response {
    Response::from_xml(xml).unwrap()
}

/// The only verb of a document.
fn only(xml: &str) -> Verb {
    let [verb] = <[Verb; 1]>::try_from(read(xml).verbs).unwrap();
    verb
}

#[test]
fn a_dial_may_hold_a_bare_number() {
    let Verb::Dial(dial) = only(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <Response>
            <Dial>
                415-123-4567
            </Dial>
        </Response>"#,
    ) else {
        unreachable!()
    };
    assert_eq!(dial.nouns, Nouns::bare_number("415-123-4567"));
}

#[test]
fn a_dial_may_hold_several_nouns() {
    let Verb::Dial(dial) = only(
        r#"<Response>
             <Dial callerId="+1888XXXXXXX" timeout="10">
               <!-- the desk first -->
               <Number url="screen.xml">+15550100</Number>
               <Client><Identity>joey</Identity><Parameter name="a" value="b"/></Client>
               <Sip>
                 sip:jack@example.com?x-mycustomheader=foo
               </Sip>
             </Dial>
           </Response>"#,
    ) else {
        unreachable!()
    };
    let [Noun::Number(number), Noun::Client(client), Noun::Sip(sip)] = &dial.nouns[..] else {
        unreachable!()
    };
    assert_eq!(number.phone_number, "+15550100");
    assert_eq!(client.name().unwrap().as_str(), "joey");
    assert_eq!(sip.address, "sip:jack@example.com?x-mycustomheader=foo");
}

#[test]
fn a_gather_may_hold_speech() {
    let Verb::Gather(gather) = only(
        r#"<?xml version="1.0" encoding="UTF-8"?>
        <Response><Gather input="speech dtmf" timeout="3" numDigits="1" speechTimeout="auto" finishOnKey="">
            <Say>Please press 1 or say sales for sales.</Say><Pause length="2"/>
        </Gather></Response>"#,
    ) else {
        unreachable!()
    };
    assert_eq!(gather.input.unwrap().len(), 2);
    assert_eq!(gather.finish_on_key.unwrap().as_str(), "");
    assert_eq!(gather.speech_timeout, Some(SpeechTimeout::Auto));
    assert_eq!(gather.prompts.len(), 2);
}

#[test]
fn a_say_keeps_every_space_and_mark() {
    let Verb::Say(say) = only(concat!(
        "<Response><Say voice=\"Polly.Joanna\">\n  Hi <emphasis level=\"strong\">you</emphasis> ",
        "<break strength=\"weak\" time=\"1s\"/> <say-as interpret-as=\"telephone\"> 12 </say-as>",
        "&#32;<p><s> </s></p>\t</Say></Response>"
    )) else {
        unreachable!()
    };
    assert_eq!(say.text(), "\n  Hi you   12   \t");
    assert_eq!(say.content.len(), 9);
}

#[test]
fn line_ends_are_read_as_xml_demands() {
    let Verb::Say(say) = only("<Response><Say voice=\"a\nb\tc&#10;\">a\r\nb\rc&#13;</Say></Response>") else {
        unreachable!()
    };
    assert_eq!(say.text(), "a\nb\nc\r");
    assert_eq!(say.voice.unwrap(), "a b c\n");
}

#[test]
fn comments_sections_and_entities_are_taken() {
    let Verb::Say(say) = only(concat!(
        "<!-- c --><?note x?><Response ><!-- c -->\n<Say\n>a<!-- c -->b<![CDATA[<&>]]>&amp;&lt;",
        "&gt;&apos;&quot;&#65;&#x42;</Say\n></Response><!-- c -->\n"
    )) else {
        unreachable!()
    };
    assert_eq!(say.text(), "ab<&>&<>'\"AB");
}

#[test]
fn empty_elements_are_taken_in_each_form() {
    for xml in [
        "<Response/>",
        "<Response />",
        "<Response></Response>",
        "<Response>\n</Response>",
        "<?xml version='1.0'?><Response><!-- nothing --></Response>",
        "<?xml version=\"1.0\" encoding=\"utf-8\" standalone=\"yes\"?>\n<Response/>\n",
    ] {
        assert_eq!(read(xml), Response::new(), "{xml}");
    }
    for xml in ["<Hangup/>", "<Hangup></Hangup>", "<Hangup> <!-- c --> </Hangup>"] {
        let response = read(&format!("<Response>{xml}</Response>"));
        assert_eq!(response, Response::new().hangup(), "{xml}");
    }
}

#[test]
fn the_order_and_quotes_of_attributes_do_not_matter() {
    let one = read("<Response><Redirect method='GET'>/x</Redirect></Response>");
    assert_eq!(one, Response::new().redirect(Redirect::new("/x").method(Method::Get)));
    assert_eq!(
        read("<Response><Say voice='v' language='l'/></Response>"),
        read("<Response><Say language = \"l\"\n  voice=\"v\"/></Response>"),
    );
}

#[test]
fn documented_examples_are_read_and_written_back_equal() {
    for body in [
        r#"<Dial><Conference beep="onEnter" maxParticipants="5" participantLabel="a">Room 1234</Conference></Dial>"#,
        r#"<Dial><Queue url="about_to_connect.xml">support</Queue></Dial>"#,
        r#"<Dial record="record-from-ringing-dual" recordingStatusCallbackEvent="in-progress completed" trim="do-not-trim" ringTone="us-old"><Sim>DE123</Sim></Dial>"#,
        r#"<Dial record="true" passports="p" callReason="Order" events="call-progress-event"><WhatsApp>+15550100</WhatsApp></Dial>"#,
        r#"<Dial sequential="true"><Number machineDetection="DetectMessageEnd" machineDetectionTimeout="30" amdStatusCallback="/a" byoc="BY1">+1</Number></Dial>"#,
        r#"<Dial><Sip><Uri priority="1" weight="2" username="u" password="p">sip:a@b.example</Uri><Uri>sip:c@b.example</Uri><Headers><Header name="X-A" value="1"/></Headers></Sip></Dial>"#,
        r#"<Dial><Application copyParentTo="true" customerId="c"><ApplicationSid>AP1</ApplicationSid><Parameter name="a" value="b"/></Application></Dial>"#,
        r#"<Enqueue waitUrl="wait-music.xml" maxQueueSize="10">support</Enqueue>"#,
        r#"<Enqueue workflowSid="WW123"><Task priority="5" timeout="200"> {"account_number":"12345abcdef"} </Task></Enqueue>"#,
        r#"<Reject reason="busy"><Parameter name="a" value="b"/></Reject><Leave/><Echo/><Queue>q</Queue>"#,
        r#"<Play digits="wwww3" loop="0"/><Play loop="10">https://example.com/a.mp3</Play>"#,
        r#"<Refer action="/a" method="POST"><Sip>sip:alice@example.com?User-to-User=1</Sip></Refer>"#,
        r#"<Sms from="+1" to="+2" statusCallback="/s">Store: 123 </Sms>"#,
        r#"<Start action="/a"><Stream name="s" url="wss://x.example" track="both_tracks"><Parameter name="a" value="b"/></Stream></Start><Stop><Stream name="s"/></Stop>"#,
        r#"<Start><Siprec connectorName="c" track="inbound_track"/><Recording channels="mono" track="both" trim="do-not-trim"/></Start>"#,
        r#"<Start><Transcription statusCallbackUrl="/t" partialResults="true" languageCode="en-US"><Config name="a" value="b"/><Parameter name="c" value="d"/><Config name="e" value="f"/></Transcription></Start>"#,
        r#"<Connect action="/a"><Room participantIdentity="alice">DailyStandup</Room></Connect><Connect><Autopilot>UA1</Autopilot></Connect>"#,
        r#"<Connect><VirtualAgent connectorName="c" sentimentAnalysis="true"><Config name="a" value="b"/></VirtualAgent></Connect>"#,
        r#"<Connect><Conversation serviceInstanceSid="IS1" inboundTimeout="30" record="false" statusCallbackEvent="call-initiated call-completed"/></Connect>"#,
        r#"<Connect><ConversationRelay url="wss://x.example" welcomeGreeting="Hi!" interruptible="speech" deepgramSmartFormat="true"><Language code="sv-SE" ttsProvider="amazon" voice="Elin-Neural"/><Parameter name="a" value="b"/></ConversationRelay></Connect>"#,
        r#"<Connect><Assistant id="aia_asst_1" welcomeGreeting="Hi"/></Connect><Connect><AiSession aiConnector="c"/></Connect><Connect><ConversationRelaySession connector="c"/></Connect>"#,
        r#"<Pay paymentConnector="Default" chargeAmount="20.45" validCardTypes="visa amex" postalCode="false"><Prompt for="payment-card-number" errorType="timeout invalid-date invalid-bank-routing-number" cardType="visa" attempt="1 2" requireMatchingInputs="true"><Say>Again</Say><Play>a.mp3</Play><Pause/></Prompt></Pay>"#,
        r#"<Say><lang xml:lang="fr-FR">Bonjour</lang><prosody volume="loud" rate="85%" pitch="-10%">x<w role="amazon:VB">read</w></prosody><phoneme alphabet="ipa" ph="p">pecan</phoneme><sub alias="aluminium">Al</sub><say-as interpret-as="date" format="mdy">01012012</say-as></Say>"#,
    ] {
        let response = read(&format!("<Response>{body}</Response>"));
        let written = response.to_xml().unwrap();
        assert_eq!(read(&written), response, "{body}");
        assert_eq!(written.matches('=').count(), body.matches('=').count() + 2, "{written}");
        assert_eq!(read(&response.to_xml_pretty().unwrap()), response, "{body}");
    }
}

#[test]
fn messages_are_read() {
    use twiml::messaging::{Response, Verb};
    let response = Response::from_xml(
        "<Response>\n<Message to='+1'>\n  <Body> Look </Body>\n  <Media>a.png</Media><Media>b.png</Media>\n</Message>\
         <Message> Hi </Message><Redirect>/x</Redirect></Response>",
    )
    .unwrap();
    let [Verb::Message(with_media), Verb::Message(plain), Verb::Redirect(_)] = &response.verbs[..] else {
        unreachable!()
    };
    assert_eq!(with_media.body.as_ref().unwrap().text, " Look ");
    assert_eq!(with_media.media.len(), 2);
    assert_eq!(plain.text, "Hi");
    assert_eq!(Response::from_xml(&response.to_xml().unwrap()).unwrap(), response);
}
