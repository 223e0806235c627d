//! What a page says beyond a mail, in each language.

/// What a page says that is not about a voicemail.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The link was good once.
    Expired,
    /// The link was called back.
    Withdrawn,
    /// The link was never ours, or was altered.
    Forged,
    /// The voicemail is gone.
    Deleted,
    /// Something failed that will be mended.
    Later,
}

/// A title, and a sentence below it.
type Said = (&'static str, &'static str);

pub struct PageTexts {
    pub download: &'static str,
    /// The title of a conversation's recording, with `{caller}`.
    pub conversation: &'static str,
    /// Before whoever was recorded in a conversation.
    pub with: &'static str,
    /// Before the number of ours that the conversation was held by.
    pub by_number: &'static str,
    pub not_yet: &'static str,
    expired: Said,
    withdrawn: Said,
    forged: Said,
    deleted: Said,
    later: Said,
}

impl PageTexts {
    /// What a notice says.
    pub fn notice(&self, notice: Notice) -> Said {
        match notice {
            Notice::Expired => self.expired,
            Notice::Withdrawn => self.withdrawn,
            Notice::Forged => self.forged,
            Notice::Deleted => self.deleted,
            Notice::Later => self.later,
        }
    }
}

pub(crate) const ENGLISH: PageTexts = PageTexts {
    download: "Download",
    conversation: "Recorded conversation with {caller}",
    with: "With",
    by_number: "Number",
    not_yet: "The recording is not here yet. Please try again in a minute.",
    expired: (
        "This link has expired",
        "The recording may still be attached to the e-mail that the link came with.",
    ),
    withdrawn: (
        "This link has been withdrawn",
        "It was called back after the e-mail was sent. Please ask whoever runs your telephone number.",
    ),
    forged: (
        "This link does not work",
        "Please open it from the e-mail once more: it may not have been copied whole.",
    ),
    deleted: (
        "This voicemail has been deleted",
        "It is no longer kept here. The recording may still be attached to the e-mail.",
    ),
    later: ("The recording can't be fetched right now", "It is safe. Please try again in a minute."),
};

pub(crate) const CHINESE: PageTexts = PageTexts {
    download: "下载",
    conversation: "与 {caller} 的通话录音",
    with: "通话方",
    by_number: "使用号码",
    not_yet: "录音尚未就绪，请稍后再试。",
    expired: ("此链接已过期", "附有此链接的邮件中可能仍有录音附件。"),
    withdrawn: ("此链接已被撤回", "邮件发出后链接被撤回。请联系您电话号码的管理人员。"),
    forged: ("此链接无效", "请从邮件中重新打开链接，它可能没有复制完整。"),
    deleted: ("此语音留言已被删除", "这里已不再保存该留言，邮件中可能仍有录音附件。"),
    later: ("暂时无法获取录音", "录音安然无恙，请稍后再试。"),
};

pub(crate) const SPANISH: PageTexts = PageTexts {
    download: "Descargar",
    conversation: "Conversación grabada con {caller}",
    with: "Con",
    by_number: "Número",
    not_yet: "La grabación aún no está disponible. Vuelva a intentarlo en un minuto.",
    expired: (
        "Este enlace ha caducado",
        "Es posible que la grabación siga adjunta al correo en el que venía el enlace.",
    ),
    withdrawn: (
        "Este enlace se ha retirado",
        "Se retiró después de enviar el correo. Consulte a quien administra su número de teléfono.",
    ),
    forged: (
        "Este enlace no funciona",
        "Ábralo de nuevo desde el correo: puede que no se haya copiado completo.",
    ),
    deleted: (
        "Este mensaje de voz se ha eliminado",
        "Ya no se conserva aquí. Es posible que la grabación siga adjunta al correo.",
    ),
    later: (
        "La grabación no se puede obtener en este momento",
        "Está a salvo. Vuelva a intentarlo en un minuto.",
    ),
};

pub(crate) const FRENCH: PageTexts = PageTexts {
    download: "Télécharger",
    conversation: "Conversation enregistrée avec {caller}",
    with: "Avec",
    by_number: "Numéro",
    not_yet: "L'enregistrement n'est pas encore disponible. Veuillez réessayer dans une minute.",
    expired: (
        "Ce lien a expiré",
        "L'enregistrement est peut-être encore en pièce jointe de l'e-mail qui contenait le lien.",
    ),
    withdrawn: (
        "Ce lien a été retiré",
        "Il a été retiré après l'envoi de l'e-mail. Adressez-vous à la personne qui gère votre numéro de téléphone.",
    ),
    forged: (
        "Ce lien ne fonctionne pas",
        "Veuillez l'ouvrir à nouveau depuis l'e-mail\u{a0}: il n'a peut-être pas été copié en entier.",
    ),
    deleted: (
        "Ce message vocal a été supprimé",
        "Il n'est plus conservé ici. L'enregistrement est peut-être encore en pièce jointe de l'e-mail.",
    ),
    later: (
        "L'enregistrement est momentanément inaccessible",
        "Il est en sécurité. Veuillez réessayer dans une minute.",
    ),
};

pub(crate) const GERMAN: PageTexts = PageTexts {
    download: "Herunterladen",
    conversation: "Aufgezeichnetes Gespräch mit {caller}",
    with: "Mit",
    by_number: "Nummer",
    not_yet: "Die Aufnahme ist noch nicht da. Bitte versuchen Sie es in einer Minute noch einmal.",
    expired: (
        "Dieser Link ist abgelaufen",
        "Die Aufnahme ist vielleicht noch an die E-Mail angehängt, mit der der Link kam.",
    ),
    withdrawn: (
        "Dieser Link wurde zurückgezogen",
        "Er wurde nach dem Versand der E-Mail zurückgezogen. Bitte fragen Sie, wer Ihre Telefonnummer verwaltet.",
    ),
    forged: (
        "Dieser Link funktioniert nicht",
        "Bitte öffnen Sie ihn noch einmal aus der E-Mail: Vielleicht wurde er nicht ganz kopiert.",
    ),
    deleted: (
        "Diese Sprachnachricht wurde gelöscht",
        "Sie wird hier nicht mehr aufbewahrt. Die Aufnahme ist vielleicht noch an die E-Mail angehängt.",
    ),
    later: (
        "Die Aufnahme kann gerade nicht geholt werden",
        "Sie ist sicher. Bitte versuchen Sie es in einer Minute noch einmal.",
    ),
};

pub(crate) const JAPANESE: PageTexts = PageTexts {
    download: "ダウンロード",
    conversation: "{caller} との通話の録音",
    with: "通話相手",
    by_number: "使用番号",
    not_yet: "録音はまだ届いていません。しばらくしてからもう一度お試しください。",
    expired: (
        "このリンクの有効期限は切れています",
        "リンクが届いたメールに、録音がまだ添付されている可能性があります。",
    ),
    withdrawn: (
        "このリンクは取り消されました",
        "メールの送信後に取り消されました。電話番号の管理者にお問い合わせください。",
    ),
    forged: (
        "このリンクは使えません",
        "メールからもう一度開いてください。全体がコピーされていない可能性があります。",
    ),
    deleted: (
        "この留守番電話は削除されました",
        "ここにはもう保存されていません。メールに録音がまだ添付されている可能性があります。",
    ),
    later: (
        "現在、録音を取得できません",
        "録音は安全に保管されています。しばらくしてからもう一度お試しください。",
    ),
};

pub(crate) const BRAZILIAN_PORTUGUESE: PageTexts = PageTexts {
    download: "Baixar",
    conversation: "Conversa gravada com {caller}",
    with: "Com",
    by_number: "Número",
    not_yet: "A gravação ainda não está disponível. Tente novamente em um minuto.",
    expired: ("Este link expirou", "A gravação talvez ainda esteja anexada ao e-mail em que o link veio."),
    withdrawn: (
        "Este link foi retirado",
        "Ele foi retirado depois do envio do e-mail. Fale com quem administra o seu número de telefone.",
    ),
    forged: (
        "Este link não funciona",
        "Abra-o novamente a partir do e-mail: talvez ele não tenha sido copiado por inteiro.",
    ),
    deleted: (
        "Esta mensagem de voz foi excluída",
        "Ela não é mais guardada aqui. A gravação talvez ainda esteja anexada ao e-mail.",
    ),
    later: ("A gravação não pode ser obtida no momento", "Ela está segura. Tente novamente em um minuto."),
};

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use domain::Language;

    use super::*;
    use crate::Texts;

    const NOTICES: [Notice; 5] =
        [Notice::Expired, Notice::Withdrawn, Notice::Forged, Notice::Deleted, Notice::Later];

    #[test]
    fn a_notice_is_told_in_the_owners_language() {
        let titles = [
            (Notice::Expired, "This link has expired", "Dieser Link ist abgelaufen"),
            (Notice::Withdrawn, "This link has been withdrawn", "Dieser Link wurde zurückgezogen"),
            (Notice::Forged, "This link does not work", "Dieser Link funktioniert nicht"),
            (Notice::Deleted, "This voicemail has been deleted", "Diese Sprachnachricht wurde gelöscht"),
            (
                Notice::Later,
                "The recording can't be fetched right now",
                "Die Aufnahme kann gerade nicht geholt werden",
            ),
        ];
        for (notice, english, german) in titles {
            for (language, title) in [(Language::English, english), (Language::German, german)] {
                assert_eq!(Texts::of(language).page.notice(notice).0, title);
            }
        }
        assert_eq!(ENGLISH.notice(Notice::Later).1, "It is safe. Please try again in a minute.");
    }

    #[test]
    fn no_notice_says_what_another_says() {
        let said = |language| NOTICES.map(|notice| Texts::of(language).page.notice(notice));
        let all = Language::ALL.into_iter().flat_map(said);
        let texts: BTreeSet<&str> = all.flat_map(|(title, below)| [title, below]).collect();
        assert_eq!(texts.len(), Language::ALL.len() * NOTICES.len() * 2);
    }
}
