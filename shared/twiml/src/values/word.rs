//! Words that stand in attributes, each from a fixed set.

use std::str::FromStr;

use super::form::{ValueError, text_form};

/// Defines a set of words: each variant beside its spelling in the document.
macro_rules! words {
    ($( $(#[$doc:meta])* $name:ident: $what:literal { $( $(#[$word_doc:meta])* $variant:ident = $word:literal, )* } )*) => { $(
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum $name {
            $( $(#[$word_doc])* #[doc = concat!(" (`", $word, "`)")] $variant, )*
        }

        impl $name {
            /// All words of the set.
            pub const ALL: &[Self] = &[$( Self::$variant, )*];

            /// The word as it stands in the document.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $( Self::$variant => $word, )*
                }
            }
        }

        impl FromStr for $name {
            type Err = ValueError;

            fn from_str(word: &str) -> Result<Self, ValueError> {
                match word {
                    $( $word => Ok(Self::$variant), )*
                    _ => Err(ValueError::Word {
                        what: $what,
                        allowed: &[$( $word, )*],
                        given: word.to_owned(),
                    }),
                }
            }
        }

        text_form!($name);
    )* };
}

words! {
    /// How Twilio asks for a URL; `POST` if absent, unless said otherwise.
    Method: "an HTTP method" {
        /// Parameters in the query.
        Get = "GET",
        /// Parameters in the body.
        Post = "POST",
    }
    /// A step of a dialed call that a status callback tells of; only `completed` if absent (Twilio's page
    /// "TwiML Voice: Number").
    CallEvent: "a call event" {
        /// Twilio starts to dial.
        Initiated = "initiated",
        /// The other side rings.
        Ringing = "ringing",
        /// The other side answered.
        Answered = "answered",
        /// The call is over, answered or not.
        Completed = "completed",
    }
    /// A step of a recording that a recording status callback tells of; only `completed` if absent
    /// (Twilio's page "TwiML Voice: Record").
    RecordingEvent: "a recording event" {
        /// The recording started.
        InProgress = "in-progress",
        /// The recording is there to be fetched.
        Completed = "completed",
        /// There is no recording: nothing was said.
        Absent = "absent",
    }
    /// Whether silence at both ends of a recording is cut off.
    Trim: "trim" {
        /// It is cut off.
        TrimSilence = "trim-silence",
        /// It stays.
        DoNotTrim = "do-not-trim",
    }
    /// Whether and from when on a dialed call or a Conversation is recorded (Twilio's page "TwiML
    /// Voice: Dial").
    DialRecord: "record" {
        /// No recording.
        DoNotRecord = "do-not-record",
        /// One channel, from the answer on.
        RecordFromAnswer = "record-from-answer",
        /// One channel, from the ringing on.
        RecordFromRinging = "record-from-ringing",
        /// A channel for each side, from the answer on.
        RecordFromAnswerDual = "record-from-answer-dual",
        /// A channel for each side, from the ringing on.
        RecordFromRingingDual = "record-from-ringing-dual",
        /// As `record-from-answer`.
        True = "true",
        /// As `do-not-record`.
        False = "false",
    }
    /// Which side of a call is recorded; both if absent.
    RecordingTrack: "a recording track" {
        /// Both sides.
        Both = "both",
        /// What Twilio hears.
        Inbound = "inbound",
        /// What Twilio says.
        Outbound = "outbound",
    }
    /// How a recording started by Start keeps the sides; `dual` if absent.
    RecordingChannels: "recording channels" {
        /// Both in one channel.
        Mono = "mono",
        /// A channel for each.
        Dual = "dual",
    }
    /// The country whose ringing the caller hears (Twilio's page "TwiML Voice: Dial").
    RingTone: "a ring tone" {
        /// As in Austria.
        At = "at",
        /// As in Australia.
        Au = "au",
        /// As in Bulgaria.
        Bg = "bg",
        /// As in Brazil.
        Br = "br",
        /// As in Belgium.
        Be = "be",
        /// As in Switzerland.
        Ch = "ch",
        /// As in Chile.
        Cl = "cl",
        /// As in China.
        Cn = "cn",
        /// As in Czechia.
        Cz = "cz",
        /// As in Germany.
        De = "de",
        /// As in Denmark.
        Dk = "dk",
        /// As in Estonia.
        Ee = "ee",
        /// As in Spain.
        Es = "es",
        /// As in Finland.
        Fi = "fi",
        /// As in France.
        Fr = "fr",
        /// As in Greece.
        Gr = "gr",
        /// As in Hungary.
        Hu = "hu",
        /// As in Israel.
        Il = "il",
        /// As in India.
        In = "in",
        /// As in Italy.
        It = "it",
        /// As in Lithuania.
        Lt = "lt",
        /// As in Japan.
        Jp = "jp",
        /// As in Mexico.
        Mx = "mx",
        /// As in Malaysia.
        My = "my",
        /// As in the Netherlands.
        Nl = "nl",
        /// As in Norway.
        No = "no",
        /// As in New Zealand.
        Nz = "nz",
        /// As in the Philippines.
        Ph = "ph",
        /// As in Poland.
        Pl = "pl",
        /// As in Portugal.
        Pt = "pt",
        /// As in Russia.
        Ru = "ru",
        /// As in Sweden.
        Se = "se",
        /// As in Singapore.
        Sg = "sg",
        /// As in Thailand.
        Th = "th",
        /// As in the United Kingdom.
        Uk = "uk",
        /// As in the United States.
        Us = "us",
        /// As in the United States, the old tone.
        UsOld = "us-old",
        /// As in Taiwan.
        Tw = "tw",
        /// As in Venezuela.
        Ve = "ve",
        /// As in South Africa.
        Za = "za",
    }
    /// What a Dial reports beside its action.
    DialEvents: "Dial events" {
        /// Each step of the call.
        CallProgressEvent = "call-progress-event",
    }
    /// What the answering-machine detection waits for (Twilio's page "Answering Machine Detection").
    MachineDetection: "machine detection" {
        /// A verdict as soon as there is one.
        Enable = "Enable",
        /// For a machine: the end of its greeting.
        DetectMessageEnd = "DetectMessageEnd",
    }
    /// When a conference beeps; `true` if absent (Twilio's page "TwiML Voice: Conference").
    ConferenceBeep: "beep" {
        /// When someone comes or goes.
        True = "true",
        /// Never.
        False = "false",
        /// When someone comes.
        OnEnter = "onEnter",
        /// When someone goes.
        OnExit = "onExit",
    }
    /// Whether a conference is recorded.
    ConferenceRecord: "conference recording" {
        /// No recording.
        DoNotRecord = "do-not-record",
        /// Recorded from its start.
        RecordFromStart = "record-from-start",
    }
    /// Where a conference is mixed; where most participants are if absent.
    ConferenceRegion: "a conference region" {
        /// United States, Virginia.
        Us1 = "us1",
        /// United States, Oregon.
        Us2 = "us2",
        /// Ireland.
        Ie1 = "ie1",
        /// Singapore.
        Sg1 = "sg1",
        /// Brazil.
        Br1 = "br1",
        /// Australia.
        Au1 = "au1",
        /// Japan.
        Jp1 = "jp1",
        /// Germany.
        De1 = "de1",
    }
    /// What a conference status callback tells of (Twilio's page "TwiML Voice: Conference").
    ConferenceEvent: "a conference event" {
        /// It began.
        Start = "start",
        /// It ended.
        End = "end",
        /// A participant came.
        Join = "join",
        /// A participant went.
        Leave = "leave",
        /// A participant was muted or heard again.
        Mute = "mute",
        /// A participant was put on hold or taken off.
        Hold = "hold",
        /// A participant's rights changed.
        Modify = "modify",
        /// A participant began or ceased to speak.
        Speaker = "speaker",
        /// An announcement began, ended or failed.
        Announcement = "announcement",
    }
    /// How much delay evens out a participant's packets; `large` if absent.
    JitterBufferSize: "a jitter buffer size" {
        /// Most delay.
        Large = "large",
        /// Some delay.
        Medium = "medium",
        /// Little delay.
        Small = "small",
        /// None.
        Off = "off",
    }
    /// What Gather listens to; `dtmf` if absent (Twilio's page "TwiML Voice: Gather").
    GatherInput: "an input" {
        /// Keys.
        Dtmf = "dtmf",
        /// Speech.
        Speech = "speech",
    }
    /// What the caller hears of a rejected call; `rejected` if absent (Twilio's page "TwiML Voice:
    /// Reject").
    RejectReason: "a reason to reject" {
        /// That the number is not in service.
        Rejected = "rejected",
        /// A busy tone.
        Busy = "busy",
    }
    /// Which side of a call is streamed, transcribed or passed on (Twilio's page "TwiML Voice: Stream").
    StreamTrack: "a track" {
        /// What Twilio hears.
        InboundTrack = "inbound_track",
        /// What Twilio says.
        OutboundTrack = "outbound_track",
        /// Both sides.
        BothTracks = "both_tracks",
    }
    /// What a Conversation's status callback tells of.
    ConversationEvent: "a conversation event" {
        /// Twilio starts to dial.
        CallInitiated = "call-initiated",
        /// The other side rings.
        CallRinging = "call-ringing",
        /// The other side answered.
        CallAnswered = "call-answered",
        /// The call is over.
        CallCompleted = "call-completed",
    }
    /// What a caller may cut in with while text is spoken; `any` if absent (Twilio's page "TwiML Voice:
    /// `ConversationRelay`").
    Interruptible: "interruptible" {
        /// Speech and keys.
        Any = "any",
        /// Speech only.
        Speech = "speech",
        /// Keys only.
        Dtmf = "dtmf",
        /// Nothing.
        None = "none",
        /// As `any`.
        True = "true",
        /// As `none`.
        False = "false",
    }
    /// How a caller enters payment details.
    PayInput: "a Pay input" {
        /// By keys.
        Dtmf = "dtmf",
    }
    /// The kind of account that Pay debits.
    BankAccountType: "a bank account type" {
        /// A private current account.
        ConsumerChecking = "consumer-checking",
        /// A private savings account.
        ConsumerSavings = "consumer-savings",
        /// A business current account.
        CommercialChecking = "commercial-checking",
        /// A business savings account.
        CommercialSavings = "commercial-savings",
    }
    /// What Pay takes; `credit-card` if absent.
    PaymentMethod: "a payment method" {
        /// A debit from a bank account.
        AchDebit = "ach-debit",
        /// A card.
        CreditCard = "credit-card",
    }
    /// What Pay makes of the details; `reusable` if absent.
    TokenType: "a token type" {
        /// A token for one payment.
        OneTime = "one-time",
        /// A token for many payments.
        Reusable = "reusable",
        /// A payment method at the processor.
        PaymentMethod = "payment-method",
    }
    /// A kind of payment card.
    CardType: "a card type" {
        /// Visa.
        Visa = "visa",
        /// Mastercard.
        Mastercard = "mastercard",
        /// American Express.
        Amex = "amex",
        /// Maestro.
        Maestro = "maestro",
        /// Discover.
        Discover = "discover",
        /// Optima.
        Optima = "optima",
        /// JCB.
        Jcb = "jcb",
        /// Diners Club.
        DinersClub = "diners-club",
        /// enRoute.
        Enroute = "enroute",
    }
    /// The step of a payment that a Prompt speaks to (Twilio's page "TwiML Voice: Prompt").
    PromptFor: "what a Prompt is for" {
        /// The card's number.
        PaymentCardNumber = "payment-card-number",
        /// The card's last month.
        ExpirationDate = "expiration-date",
        /// The card's security code.
        SecurityCode = "security-code",
        /// The postal code.
        PostalCode = "postal-code",
        /// The wait for the processor.
        PaymentProcessing = "payment-processing",
        /// The account's number.
        BankAccountNumber = "bank-account-number",
        /// The bank's number.
        BankRoutingNumber = "bank-routing-number",
    }
    /// What went wrong at the attempt before, for which a Prompt is spoken.
    PromptErrorType: "an error type" {
        /// Nothing was entered in time.
        Timeout = "timeout",
        /// No such card number.
        InvalidCardNumber = "invalid-card-number",
        /// The card's kind is not taken.
        InvalidCardType = "invalid-card-type",
        /// No such month, or a past one.
        InvalidDate = "invalid-date",
        /// No such security code.
        InvalidSecurityCode = "invalid-security-code",
        /// No such bank.
        InvalidBankRoutingNumber = "invalid-bank-routing-number",
        /// Pay failed.
        InternalError = "internal-error",
        /// The two inputs differ.
        InputMatchingFailed = "input-matching-failed",
    }
    /// How strong a pause in speech is; `medium` if absent.
    BreakStrength: "a break strength" {
        /// No pause where there would be one.
        None = "none",
        /// As `none`.
        XWeak = "x-weak",
        /// As after a comma.
        Weak = "weak",
        /// As after a comma.
        Medium = "medium",
        /// As after a sentence.
        Strong = "strong",
        /// As after a paragraph.
        XStrong = "x-strong",
    }
    /// How words are stressed; `moderate` if absent.
    EmphasisLevel: "an emphasis level" {
        /// Louder and slower.
        Strong = "strong",
        /// Somewhat louder and slower.
        Moderate = "moderate",
        /// Softer and faster.
        Reduced = "reduced",
    }
    /// The alphabet of a phonetic spelling.
    PhonemeAlphabet: "a phonetic alphabet" {
        /// The International Phonetic Alphabet.
        Ipa = "ipa",
        /// X-SAMPA.
        XSampa = "x-sampa",
        /// Jyutping, for Cantonese.
        XAmazonJyutping = "x-amazon-jyutping",
        /// Pinyin, for Mandarin.
        XAmazonPinyin = "x-amazon-pinyin",
        /// Pronunciation kana, for Japanese.
        XAmazonPronKana = "x-amazon-pron-kana",
        /// Yomigana, for Japanese.
        XAmazonYomigana = "x-amazon-yomigana",
    }
    /// What a piece of text is, so that it is read out rightly.
    InterpretAs: "a way to interpret" {
        /// Letter by letter.
        Characters = "characters",
        /// Letter by letter.
        SpellOut = "spell-out",
        /// A number.
        Cardinal = "cardinal",
        /// A number.
        Number = "number",
        /// A place in an order.
        Ordinal = "ordinal",
        /// Digit by digit.
        Digits = "digits",
        /// A fraction.
        Fraction = "fraction",
        /// A measure.
        Unit = "unit",
        /// A date; its order stands in `format`.
        Date = "date",
        /// A length of time.
        Time = "time",
        /// A street address.
        Address = "address",
        /// Bleeped out.
        Expletive = "expletive",
        /// A telephone number.
        Telephone = "telephone",
    }
    /// The order of a date's parts.
    DateFormat: "a date format" {
        /// Month, day, year.
        Mdy = "mdy",
        /// Day, month, year.
        Dmy = "dmy",
        /// Year, month, day.
        Ymd = "ymd",
        /// Month, day.
        Md = "md",
        /// Day, month.
        Dm = "dm",
        /// Year, month.
        Ym = "ym",
        /// Month, year.
        My = "my",
        /// Day.
        D = "d",
        /// Month.
        M = "m",
        /// Year.
        Y = "y",
        /// Year, month, day without signs between; `?` for a part left out.
        Yyyymmdd = "yyyymmdd",
    }
}
