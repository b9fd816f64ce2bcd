"""Forms of single mail programs: how each introduces a quote and signs a letter, and words that only look so."""

from __future__ import annotations

import html

import pytest

from mailbridge.letter import read
from tests.unit.letter import builders

NEW = "Thanks, it works now. My contract is number 4411."
OLD = "Good day,\nplease tell us the number of your contract.\n\nSupport desk"
SENDER = "Support desk <support@example.com>"

DATELESS = (
    "Support desk wrote:",
    f"{SENDER} writes:",
    f"Quoting {SENDER}:",
    f"Zitat von {SENDER}:",
    f"Citando {SENDER}:",
    f"{SENDER} a écrit :",
    "Support desk пишет:",
)
WITHOUT_MARKS = (
    "In a message dated 3/12/2025 2:05:33 PM Eastern Standard Time, support@example.com writes:",
    f"---- El mié, 12 mar 2025 14:05:33 +0100, {SENDER} escribió ----",
    f"-----{SENDER} wrote: -----",
    f"On Wed, Mar 12, 2025 at 2:05 PM, {SENDER} wrote:   Good day, first words of it",
    f">>> {SENDER} 12.03.2025 14:05 >>>",
    f"--- {SENDER} schrieb am Mi, 12.3.2025:",
    "-----Support/Example schrieb: -----\nAn: ivan@client.example\nVon: Support/Example\nDatum: 12.03.2025 14:05",
)
BLOCKS = {
    "Armenian": ("Ումից՝ {f}", "Ուղարկված է՝ 12 մարտի 2025 14:05", "Ում՝ Ivan", "Թեմա՝ Question"),
    "Georgian": ("საიდან: {f}", "გაგზავნილია: 12 მარტი 2025 14:05", "ვის: Ivan", "თემა: Question"),
    "Azerbaijani": ("Kimdən: {f}", "Göndərilib: 12 Mart 2025 14:05", "Kimə: Ivan", "Mövzu: Question"),
    "Croatian": ("Šalje: {f}", "Poslano: srijeda, 12. ožujka 2025. 14:05", "Prima: Ivan", "Predmet: Question"),
    "Zimbra in Spanish": ("De: {f}", "Para: Ivan", "Enviados: 12 de Marzo 2025 14:05:33", "Asunto: Question"),
    "Samsung in Danish": ("-------- Oprindelig besked --------", "Fra: {f}", "Dato: 12.03.2025 14.05", "Emne: x"),
    "AOL in German": ("-----Ursprüngliche Mitteilung-----", "Von: {f}", "Verschickt: Mi, 12. Mrz 2025 14:05"),
    "AOL in French": ("-----E-mail d'origine-----", "De : {f}", "Envoyé le : Me, 12 Mar 2025 14:05"),
    "NetEase": ("---- Replied Message ----", "| From | {f} |", "| Date | 03/12/2025 14:05 |", "| To | Ivan |"),
    "Aliyun": ("发件人：{f}", "发送时间：2025年3月12日(星期三) 14:05", "收件人：Ivan", "主\u3000题：Question"),
    "Outlook, many lines of To": (
        "---", "From: {f}", "Sent: Wednesday, March 12, 2025 2:05 PM", "To: a@b.example; c@d.example;",
        " e@f.example; g@h.example;", " i@j.example", "Cc: k@l.example;", " m@n.example", "Subject: Question",
    ),
    "i.ua": ("--- Оригінальне повідомлення ---", "Від кого: {f}", "Дата: 12 березня 2025, 14:05:33"),
    "abv.bg": ("-------- Оригинално писмо --------", "От: {f}", "Изпратено на: 12.03.2025 14:05"),
    "Notes": ("{f}", "03/12/2025 02:05 PM", "", "To", "Ivan", "cc", "", "Subject", "Question"),
    "Notes in German": ("{f}", "12.03.2025 14:05", "", "An", "Ivan", "Kopie", "", "Thema", "Question"),
    "Notes, indented": (
        "  {f}", "  12.03.2025 14:05", "        To: Ivan", "        cc: ", "        Subject: Question",
    ),
    "Virgilio": (
        "---------- Initial Header -----------", "From      : {f}", "To          : Ivan",
        "Date      : 12.03.2025 14:05", "Subject : Q",
    ),
    "eM Client": (
        "------ Original Message ------", "From {f}", "To Ivan", "Date 3/12/2025 2:05:33 PM", "Subject Question",
    ),
    "BlackBerry": (
        "  Original Message  ", "From: {f}", "Sent: Wednesday, March 12, 2025 2:05 PM", "To: Ivan", "Subject: Q",
    ),
    "Samsung, any language": (
        "-------- Zpráva --------", "Od: {f}", "Datum: 12.03.25 14:05", "Komu: Ivan", "Předmět: Q",
    ),
    "Daum": ("---------[ 받은 메일 내용 ]----------", "제목 : Q", "날짜 : 2025-03-12 14:05", "보낸이 : {f}"),
    "Proton, other dashes": (
        "‐‐‐‐‐‐‐ Original Message ‐‐‐‐‐‐‐", "From: {f}", "Date: 12.03.2025 14:05", "To: Ivan", "Subject: Q",
    ),
    "Notes, a frame": ("|------------>", "| From:      |", "|------------>", "  >------|", "  |{f} |", "  >------|"),
}  # fmt: skip
SIGNED = (
    "[Sent with Spark](https://sparkmailapp.com/source?from=signature)",
    "Sent with Spark <https://sparkmailapp.com/source?from=signature>",
    "Sent via Superhuman ( https://sprh.mn/?vip=support@example.com )",
    "Sent with AquaMail for Android\nhttps://www.mobisystems.example/aqua-mail",
    "Secured with Tuta Mail:\nhttps://tuta.example/free-email",
    "Sent with Tuta; enjoy secure & ad-free emails:\nhttps://tuta.example",
    "Enviado desde mi dispositivo Android con K-9 Mail. Por favor, disculpa mi brevedad.",
    "отправлено из мобильной Почты Mail.Ru",
    "Получите Outlook для iOS<https://aka.example/o0ukef>",
    "Holen Sie sich Outlook für iOS",
    "Få Outlook til Android",
    "获取适用于 iOS 的 Outlook",
    "从 Windows 版邮件发送",
    "Windows 版のメールから送信",
    "Provenance : Courrier pour Windows",
    "Lähetetty Windows 10:n Sähköpostista",
    "Sent from my iPhone, please excuse any typos",
    "-- \nCordialement,\n\nJean Dupont\nResponsable achats\n12 rue de la Paix\n75002 Paris\nTél : 01 23 45 67 89",
    "-- \nSaludos,\nJuan Pérez\nEmpresa S.A. de C.V.\nTel. +52 55 1234 5678",
    "-- \nYstävällisin terveisin\nMatti Virtanen\np. 040 123 4567",
    "--\nИван Петров\nинженер технической поддержки\n8-800-555-35-35 (звонок бесплатный)",
    "--\nBest,\nJ.",
    "--\nС ув., Иван",
    "Sent using Newton (https://cloudmagic.example/k/d/mailapp)",
    "\u2063Get BlueMail for Android \u200b",
    "Enviat des del meu iPhone",
    "Az én Galaxy készülékemről küldve",
    "मेरे iPhone से भेजा गया",
    "ส่งจาก Galaxy ของฉัน",
    "Obțineți Outlook pentru Android<https://aka.ms/AAb9ysg>",
    "---\nThis email has been checked for viruses by Avast antivirus software.\nhttps://www.avast.com/antivirus",
    "---\nЭто сообщение проверено на вирусы антивирусом Avast.",
    "---\nDiese E-Mail wurde von Avast Antivirus-Software auf Viren geprüft.",
    "--\nScanned by Kaspersky",
    "<https://www.avast.com/sig-email?utm_medium=email>\nVirus-free.www.avast.com\n<#DAB4FAD8-2DD7-40BB>",
    (
        "-- \nИван Петров\nменеджер\n\nНастоящее сообщение конфиденциально и предназначено только адресату.\n"
        "Если вы получили его по ошибке, пожалуйста, удалите его и уведомите отправителя."
    ),
    (
        "This e-mail and any attachments are confidential and intended solely for the addressee. If you are not\n"
        "the addressee, please delete it and notify the sender."
    ),
    "Von Yahoo Mail auf Android gesendet",
    "Von meinem/meiner Galaxy gesendet",
    "Galaxy cihazımdan gönderildi",
    "iPhone-ról küldve",
    "-- \nС уважением,\nИван Петров\nведущий специалист отдела закупок\nООО «Ромашка»\nтел. +7 900 000-00-00",
    "-- \nJohn Smith\nHead of customer support at Example Inc.\njohn@example.com",
    "-- \nivan petrov",
    "-- \nMet vriendelijke groet,\nJan de Vries\nafdeling inkoop\n020 123 4567",
    "-- \nZ poważaniem,\nJan Kowalski\nFirma sp. z o.o.\n22 123 45 67",
    "--\nMed venlig hilsen\nLars Hansen\nindkøbschef\n+45 12 34 56 78",
    "-- \nThis email has been checked for viruses by Avast antivirus software.\nwww.avast.example",
    (
        '-- \nYou received this message because you are subscribed to the Google Groups "x" group.\n'
        "To unsubscribe from this group and stop receiving emails from it, send an email to x+u@list.example."
    ),
    "_" * 47 + "\nsome-list mailing list\nsome-list@list.example\nhttps://list.example/listinfo",
)
WORDS = (
    "On 12.03.2025 at 14:05 your server wrote:\nError 500\nand nothing more. What now?",
    "В 14:05 12.03.2025 Иванов <ivanov@client.example> написал:\nпервая строка переписки",
    "Hallo,\n\nam 12.03.2025 um 14:05 schrieb mir Ihr Kollege, dass es geht:\nes geht aber nicht.",
    "I run:\nC> dir\nD> dir\nand get an error",
    "The times:\n12.03.2025 10:00:\nerror 5\n12.03.2025 10:05:\nerror 6",
    "Hi,\n| From | Berlin |\n| To | Paris |\n| Date | 12.03. |\nplease book",
    "12.03.2025 14:05\nSubject\nIt does not print\nTo\nme",
    "Get Outlook for me please, the old version is broken",
    "Sent from Berlin, see https://post.example/track?n=1",
    "The logs:\nhttps://log.example/1",
    "Yes.\n-- \nИван Петров\nи ещё один вопрос по счёту",
    "Да\n—\nНет",
    "5\n-- \n6",
    "Hi\n--\nSecond topic",
    "My address:\n--\n+7 900 000-00-00",
    "12:30:\nIP> 10.0.0.1",
    "Hello,\n\nSubject: moving\nDate: 12.03.2025, 14:00\nFrom: the office\nTo: all\n\nCome.",
    "My flight\nFrom: Moscow 14:05\nTo: Berlin 16:00\nDate: 12.03.2025\nSubject: ticket",
    "It works.\n--\nСпасибо за быстрый ответ",
    "Two:\n--\nno connection since morning\n+7 900 000-00-00",
    "Which app? This one:\n\nOutlook for Android",
    "What does not start:\nOutlook для Android не работает",
    "Wysłano z Poczty Głównej w piątek",
    "Ok.\n-- \nНомер 4411234567",
    "Ok.\n--\nplan B.",
    "Отправлено с почты на Ленина вчера",
    "Sent with Boxer shorts in the parcel",
    "I installed it from www.avast.com",
    "Эта информация конфиденциальна, прошу передать её только адресату.",
    "It does not work.\n\n12.03.2025 вы писали:\n\nвсё готово",
    "Ivan <ivan@client.example> 12.03.2025 14:05\nThe program writes:\n\nerror 5",
    "12.03.2025 14:05:\nDe: Paris\nThe terminal wrote:\n\nerror 5",
    "Done.\n---- Thank you ----\n\nBye.",
    "It broke.\n--\nMy laptop has a virus.",
    "It failed.\n\nOn 12.03.2025 at 14:05 it stopped\nIvan <ivan@client.example> wrote:\n\nerror 5",
    (
        "Hello,\n\nThis letter is confidential and for the intended recipient. Who can delete what he has sent me\n"
        "by mistake, and notify him that I have not read it?"
    ),
    (
        "Hello,\n\nThis contract is confidential, we have learned from your colleague, and we would like to have a\n"
        "copy of it by Friday, signed by everybody who was there in March."
    ),
    (
        "Hello,\n\nThis is the confidential report that our recipient cannot open since yesterday, neither at home\n"
        "nor in the office, whatever program he takes for it."
    ),
    "Плохо.\n--\nПисьмо с вирусом не открывается",
    "Look.\n---\nThe antivirus says virus in the message.",
    "It does not start.\n--\nIt is blocked by Kaspersky",
)


def reply(raw: bytes) -> str:
    """The new words, white space folded."""
    return words(read(raw).reply_text)


def words(text: str) -> str:
    """White space folded."""
    return " ".join(text.split())


@pytest.mark.parametrize("line", DATELESS)
def test_a_line_without_a_date_goes_with_the_quote_that_it_introduces(line: str) -> None:
    assert reply(builders.plain(f"{NEW}\n\n{line}\n{builders.marked()}\n")) == NEW
    assert reply(builders.plain(f"{line}\n> One?\n\nYes.\n\n> Two?\n\nNo.\n")) == "Yes. No."
    told = f"My colleague says:\n\n{line}\nit is broken"
    assert reply(builders.plain(told)) == words(told)
    fresh = f"From: a@b.example\nSubject: Chat\n\n{line}\n> it is broken\n\nWhat now?".encode()
    assert line in reply(fresh)


@pytest.mark.parametrize("line", WITHOUT_MARKS)
def test_a_quote_without_marks_goes_where_a_program_introduces_it(line: str) -> None:
    assert reply(builders.plain(f"{NEW}\n\n{line}\n\n{OLD}\n")) == NEW


@pytest.mark.parametrize("block", BLOCKS.values(), ids=BLOCKS)
def test_a_programs_block_of_fields_ends_the_reply(block: tuple[str, ...]) -> None:
    shown = "\n".join(block).format(f=SENDER)
    assert reply(builders.plain(f"{NEW}\n\n{shown}\n\n{OLD}\n")) == NEW


@pytest.mark.parametrize("signature", SIGNED)
def test_a_programs_signature_goes(signature: str) -> None:
    assert reply(builders.plain(f"{NEW}\n\n{signature}\n")) == NEW
    quote = f"On Wed, Mar 12, 2025 at 2:05 PM {SENDER} wrote:\n{builders.marked()}"
    assert reply(builders.plain(f"{NEW}\n\n{signature}\n\n{quote}\n")) == NEW


@pytest.mark.parametrize("text", WORDS)
def test_words_that_look_like_a_programs_are_not_lost(text: str) -> None:
    assert reply(builders.plain(text)) == words(text)
    quote = f"On Wed, Mar 12, 2025 at 2:05 PM {SENDER} wrote:\n{builders.marked()}"
    assert reply(builders.plain(f"{text}\n\n{quote}\n")) == words(text)


def test_answers_between_the_bats_quotes_stay() -> None:
    text = (
        "Hello Support,\n\nWednesday, March 12, 2025, 2:05:51 PM, you wrote:\n\nSD> What is the number?\n"
        "SD>> And before?\n\nIt is 4411.\n\nSD> Anything else?\n\nNo.\n"
    )
    assert reply(builders.plain(text)) == "Hello Support, It is 4411. No."


def test_vs_is_an_answer_in_finnish_and_a_forward_elsewhere() -> None:
    finnish = "Lähettäjä: {f}\nLähetetty: keskiviikko 12. maaliskuuta 2025 14.05\nVastaanottaja: Ivan\nAihe: Question"
    raw = builders.plain(f"{NEW}\n\n{finnish.format(f=SENDER)}\n\n{OLD}\n", subject="VS: Question")
    assert reply(raw) == NEW
    norwegian = f"Fra: {SENDER}\nSendt: onsdag 12. mars 2025 14:05\nTil: Ivan\nEmne: Question"
    raw = builders.plain(f"{NEW}\n\n{norwegian}\n\n{OLD}\n", subject="VS: Question")
    assert "the number of your contract" in reply(raw)


MARKUP = {
    "Spark": (
        '{new}<div name="messageSignatureSection"><br>Ivan<br>head of it all</div><div name="messageReplySection">'
        '12 мар. 2025, 14:05 +0300, {sender}, писал:<br><blockquote type="cite">{old}</blockquote></div>'
    ),
    "Yahoo for Android": (
        '{new}<br><div id="ymail_android_signature"><a href="https://y.example/?pid=x">Sent from Yahoo Mail on '
        "Android</a></div><blockquote><div><div>On Wed, 12 Mar 2025 at 14:05, Support</div><div>"
        "&lt;support@example.com&gt; wrote:</div></div><div>{old}</div></blockquote>"
    ),
    "iOS": (
        '{new}<div id="AppleMailSignature">Ivan, who wrote it</div><div>On 12 Mar 2025, at 14:05, {sender} wrote:'
        '</div><blockquote type="cite">{old}</blockquote>'
    ),
    "NetEase": (
        '{new}<div class="ntes-mailmaster-quote"><div>---- Replied Message ----</div><table><tr><td>From</td><td>'
        "{sender}</td></tr><tr><td>Date</td><td>03/12/2025 14:05</td></tr></table>{old}</div>"
    ),
    "Outlook on the web of 2010": (
        '{new}<hr><div id="divRpF593837"><b>From:</b> Support<br></div><div>{old}</div>'
    ),
    "GMX": (
        '{new}<div name="quote" style="border-left:2px solid"><b>Von:</b> {sender}<br><b>Betreff:</b> x{old}</div>'
    ),
    "Outlook, its second draft": (
        '{new}<div id="x_Signature">Ivan, who wrote it</div><hr><div id="x_divRplyFwdMsg">From: x</div>{old}'
    ),
    "Yahoo": (
        '{new}<div class="ydp12absignature">Ivan, who wrote it</div><div id="yahoo_quoted_1" class="yahoo_quoted">'
        "{old}</div>"
    ),
    "a signature and no quote": '{new}<div class="gmail_signature">Ivan<br>who wrote it all</div>',
    "Rambler": (
        "{new}<br>12.03.2025, 14:05, {sender}<br><blockquote style='border-left:2px solid #00f'>{old}</blockquote>"
    ),
    "Notes": (
        "{new}<br><table><tr><td><b>{sender}</b><p>12.03.2025 14:05</td><td><table><tr><td>To</td><td>Ivan</td></tr>"
        "<tr><td>Subject</td><td>Question</td></tr></table></td></tr></table><br>{old}"
    ),
}  # fmt: skip


@pytest.mark.parametrize("source", MARKUP.values(), ids=MARKUP)
def test_a_programs_markup_ends_the_reply(source: str) -> None:
    old = "".join(f"<div>{line}</div>" for line in OLD.split("\n"))
    raw = builders.markup(source.format(new=f"<div>{NEW}</div>", old=old, sender=html.escape(SENDER)))
    assert reply(raw) == NEW


@pytest.mark.parametrize("subject", ["Ynt: Shell", "Vá: Shell", "回复：Shell", "ΑΠ: Shell"])
def test_a_subject_says_in_many_languages_that_its_letter_answers(subject: str) -> None:
    raw = f"From: a@b.example\nSubject: {subject}\nContent-Type: text/plain; charset=utf-8\n\n> Which shell?\nThis one."
    assert reply(raw.encode()) == "This one."


@pytest.mark.parametrize(
    "marker",
    [
        "---------- 轉寄訊息 ----------",
        "-------- Перасланы ліст --------",
        "---------- رسالة مُعاد توجيهها ---------",
    ],
)
def test_a_forward_is_known_by_the_stem_of_its_word_between_dashes(marker: str) -> None:
    text = f"See:\n\n{marker}\nFrom: {SENDER}\nDate: 12.03.2025 14:05\nTo: Ivan\nSubject: Q\n\n{OLD}"
    assert reply(builders.plain(text)) == words(text)


def test_words_that_stand_apart_above_a_programs_block_stay() -> None:
    block = f"From: {SENDER}\nSent: Wednesday, March 12, 2025 2:05 PM\nTo: Ivan\nSubject: Q"
    for own in ("Date: tomorrow", "Изпратено: да", "12.03.2025 14:05", "---- Thank you ----"):
        assert reply(builders.plain(f"{NEW}\n{own}\n\n{block}\n\n{OLD}\n")) == f"{NEW} {own}"


def test_the_rest_of_a_quote_that_only_its_first_part_introduces_is_quoted() -> None:
    source = (
        f"<div>12.03.2025, 14:05, {html.escape(SENDER)}:</div><blockquote>One?</blockquote><div>Yes.</div>"
        "<blockquote>Two?</blockquote><div>No.</div>"
    )
    assert reply(builders.markup(source)) == "Yes. No."


def test_two_fields_above_quote_marks_go_with_them() -> None:
    block = f"From: {SENDER}\nDate: 12.03.2025, 14:05\n\n{builders.marked()}"
    assert reply(builders.plain(f"{NEW}\n\n{block}\n")) == NEW
    assert reply(builders.plain(f"{block}\n\n{NEW}\n")) == NEW


def test_a_persian_word_keeps_what_joins_it_and_a_cell_its_bars() -> None:
    assert reply(builders.markup("<p>راه\u200cاندازی</p>")) == "راه\u200cاندازی"
    assert reply(builders.markup("<p>\u200c \u200ca\u200c b |</p>")) == "a b |"


@pytest.mark.parametrize("greeting", ["Hello,", "Добрый день!"])
def test_a_letter_inside_the_element_of_its_signature_stays(greeting: str) -> None:
    words = "The server is down again since this morning."
    source = f'<div>{greeting}</div><div id="Signature">{words}<br>Ivan</div>'
    assert reply(builders.markup(source)) == f"{greeting} {words} Ivan"
    for thanks in ("Thanks,", "It works now!\nI have seen it."):
        source = f'<pre>{thanks}</pre><div id="Signature">Ivan<br>We answer within a day, always.</div>'
        assert reply(builders.markup(source)) == " ".join(thanks.split())


def test_a_question_inside_the_element_of_a_signature_stays() -> None:
    source = '<div>Hello,</div><div id="ms-outlook-mobile-signature">when does it come?<br>Get Outlook for iOS</div>'
    assert reply(builders.markup(source)) == "Hello, when does it come?"
