"""How mail programs introduce a quote, in the languages they speak: data for `quotes`. Imports nothing of ours.

Languages: en, ru, uk, be, bg, sr/hr/bs, de, nl, fr, es, ca, pt, it, ro, pl, cs, sk, sl, hu, sv, da, nb, fi, et, lv,
lt, tr, el, he, ar, fa, id, vi, th, zh, ja, ko.
"""

from __future__ import annotations

import re

_VERBS = (
    r"wrote|writes|written by|"
    r"пишет|писал[аи]?(?:\(а\))?|писал\(-а\)|написала?(?:\(а\))?|написал\(-а\)|написал/а|пише|"
    r"написав(?:\(ла\)|\(-ла\))?|"
    r"писав(?:\(ла\))?|писали|пиша|напісаў(?:\(ла\))?|написао(?:/ла)?|је написао(?:/ла)?|"
    r"schrieb(?:en)?|schreibt|geschrieben|"
    r"schreef|heeft[^:]{0,120}geschreven|geschreven|"
    r"a écrit|écrivait|écrit|a ecrit|"
    r"escribió|escribio|ha escrito|escribe|va escriure|ha escrit|"
    r"escreveu|escreveram|"
    r"ha scritto|scrive|scritto|"
    r"a scris|"
    r"napisał\(a\)|napisała?|pisze|napisal\(a\)|"
    r"napsala?(?:\(a\))?|napsal/a|"
    r"napísala?(?:\(a\))?|napisala?(?:\(a\))?|je napisa(?:o|la)(?:/la)?|napisao(?:/la)?|"
    r"írta|ezt írta|"
    r"skrev|har skrevet|"
    r"napisao je|napisala je|pisze|쓴 글|"
    r"kirjoitti|"
    r"kirjutas|rakstīja|rašė|"
    r"yazdı|şunları yazdı|şunu yazdı|"
    r"έγραψε|"
    r"כתב/ה|כתבה?|מאת|"
    r"كتب(?:ت)?|نوشت|"
    r"menulis|đã viết|viết|"
    r"เขียนว่า|เขียน|"
    r"写道|寫道|写到|來信|"
    r"書きました|のメール|からのメール|さんは書きました|wrote|"
    r"님이 작성|작성|님의 말"
)
RULE = " \t\u00a0-–—_=*>"
"""What the lines around "Original message" are drawn with."""
VERB = re.compile(rf"(?<!\w)(?:{_VERBS})(?!\w)|写道|寫道|のメール|書きました|작성|เขียน", re.IGNORECASE)
VERB_AT_END = re.compile(
    rf"(?:(?<!\w)(?:{_VERBS})|写道|寫道|のメール|書きました|작성|เขียนว่า)[\s*_>)\"'»]*(?:\([^()]{{0,80}}\))?\s*[:：]\s*[*_]*\Z",
    re.IGNORECASE,
)
OPENER = re.compile(
    r"[*_\s\"«(]*(?:"
    r"On\b|At\b|In message\b|In article\b|Quoting\b|Le\b|El\b|Em\b|Il\b|Il giorno\b|Am\b|An?\b|Op\b|"
    r"W dniu\b|Dnia\b|Dne\b|Dňa\b|Den\b|"
    r"À[sl]?\b|În\b|śr\b|sri\b|uto\b|čet\b|ned\b|sub\b|Pe\b|În data\b|La\b|Date\b|V\b|Na\b|A\(z\)|"
    r"Tarihinde\b|Στις\b|Στις|Pada\b|Vào\b|Vào lúc\b|"
    r"От\b|В\b|Вы писали|Ви писали|Вы написали|Здравствуйте|На\b|Дана\b|У\b|"
    r"בתאריך|ב-|في|در|เมื่อ|ในวันที่|於|于|在|"
    r"(?:mon|tue|wed|thu|fri|sat|sun|пн|вт|ср|чт|пт|сб|вс|нд|понедельник|вторник|сред[аы]|четверг|"
    r"пятниц[аы]|суббот[аы]|"
    r"воскресенье|понеділок|вівторок|середа|четвер|п.ятниця|субота|неділя|lun|mar|mer|mié|jeu|jue|ven|vie|"
    r"sam|sáb|dim|dom|"
    r"seg|ter|qua|qui|sex|mo|di|mi|do|fr|sa|so|po|út|st|čt|pá|ne|pon|wt|śr|czw|pt|sob|ndz|ma|ti|ke|to|pe|la|"
    r"su|"
    r"ons|tors?|fre|lør|lör|søn|sön|man|tir|mån|tis)\w*[.,]?\s"
    r"|\d{1,4}[\s./年년-]"
    r")",
    re.IGNORECASE,
)
TECHNICAL_FIELD = re.compile(
    r"(?:Received|Message-ID|Return-Path|DKIM-Signature|X-[\w-]+|MIME-Version|Content-[\w-]+|Delivered-To)\s*:",
    re.IGNORECASE,
)
NAME_FIRST = re.compile(r"[\"'«\w][^<>\n]{0,60}<[^<>@\s]+@[^<>\s]+>")
DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\u200b\ufeff]+")
CLOCK = re.compile(r"(?<!\d)\d{1,2}[:.hч]\s?\d{2}(?!\d)|\d{1,2}\s?[ap]\.?m\b", re.IGNORECASE)
DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{1,2}月\d{1,2}日|"
    r"\d{1,2}월\s?\d{1,2}일|(?<!\d)25\d\d(?!\d)"
)
ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]{1,100}@[^\s<>()\[\]\"',;:]{1,100}")
ANGLED = re.compile(
    r"[<\[(]\s{0,3}(?:mailto:)?[^\s<>()\[\]]{1,100}@[^\s<>()\[\]]{1,100}"
    r"(?:\s{0,3}<?mailto:[^\s>]{0,100}>?)?\s{0,3}[>\])]"
)

ORIGINAL = re.compile(
    r"(?:"
    r"Original[ -]Message|Original message|Original Appointment|Original|Mail original|Mail d.origine|"
    r"Original e-?mail|Reply message|Reply to message|"
    r"Исходное сообщение|Исходное письмо|Оригинальное сообщение|Первоначальное сообщение|"
    r"Вихідне повідомлення|Оригінальне повідомлення|Зыходнае паведамленне|Оригинално съобщение|"
    r"Оригинална порука|"
    r"Ursprüngliche Nachricht|Ursprüngliche Mail|Originalnachricht|Original-Nachricht|Original-E-Mail|"
    r"Oorspronkelijk bericht|Origineel bericht|Message d'origine|Message d’origine|Message original|"
    r"Message initial|"
    r"Mensaje original|Missatge original|Mensagem original|Messaggio originale|Mesaj original|"
    r"Mesajul original|"
    r"Wiadomość oryginalna|Oryginalna wiadomość|Wiadomość pierwotna|Původní zpráva|Původní e-mail|"
    r"Pôvodná správa|Izvirno sporočilo|"
    r"Izvorna poruka|Originalna poruka|Eredeti üzenet|Ursprungligt meddelande|Originalmeddelande|"
    r"Ursprungsmeddelande|"
    r"Oprindelig meddelelse|Original meddelelse|Opprinnelig melding|Original melding|Alkuperäinen viesti|"
    r"Algne kiri|Algteade|Sākotnējais ziņojums|Originalus laiškas|Pradinis laiškas|Orijinal Mesaj|"
    r"Özgün İleti|Orijinal İleti|"
    r"Αρχικό μήνυμα|Πρωτότυπο μήνυμα|הודעה מקורית|الرسالة الأصلية|رسالة أصلية|پیام اصلی|Pesan Asli|Thư gốc|"
    r"ข้อความต้นฉบับ|ต้นฉบับข้อความ|"
    r"原始邮件|原始郵件|邮件原件|原始信息|元のメッセージ|원본 메시지|원본 메일|Original Mail"
    r")\Z",
    re.IGNORECASE,
)
FORWARDED = re.compile(
    r"(?:"
    r"Forwarded message|Forwarded by|Begin forwarded message|Forwarded [Mm]ail|Start of forwarded message|"
    r"Пересылаемое сообщение|Пересланное сообщение|Пересылаемое письмо|Пересланное письмо|"
    r"Переадресованное сообщение|"
    r"Начало переадресованного сообщения|Начало пересылаемого сообщения|Перенаправленное сообщение|"
    r"Конец пересылаемого сообщения|Завершение пересылаемого сообщения|End of forwarded message|"
    r"Переслане повідомлення|Переадресоване повідомлення|Початок листа, який пересилається|"
    r"Препратено съобщение|"
    r"Weitergeleitete Nachricht|Anfang der weitergeleiteten (?:Nachricht|E-Mail)|Weitergeleitete Mail|"
    r"Doorgestuurd bericht|Begin doorgestuurd bericht|Message transféré|Début du message (?:transféré|"
    r"réexpédié)|Message transmis|"
    r"Mensaje reenviado|Inicio del mensaje reenviado|Missatge reenviat|Mensagem encaminhada|"
    r"Mensagem reencaminhada|Início da mensagem (?:encaminhada|reencaminhada)|"
    r"Messaggio inoltrato|Inizio messaggio inoltrato|Mesaj redirecționat|Mesaj redirectionat|"
    r"Mesajul redirecționat|"
    r"Przekazana wiadomość|Wiadomość przekazana dalej|Początek przekazywanej wiadomości|"
    r"Treść przekazanej wiadomości|"
    r"Přeposlaná zpráva|Začátek přeposílané zprávy|Preposlaná správa|Posredovano sporočilo|"
    r"Proslijeđena poruka|Prosleđena poruka|"
    r"Továbbított üzenet|Továbbított levél|Vidarebefordrat meddelande|Vidarebefordrat brev|"
    r"Videresendt meddelelse|Videresendt melding|"
    r"Videresendt besked|Välitetty viesti|Edelleen lähetetty viesti|Edastatud kiri|Pārsūtīta ziņa|"
    r"Persiųstas laiškas|"
    r"Yönlendirilen ileti|İletilen mesaj|Yönlendirilmiş Mesaj|İletilmiş ileti|Προωθημένο μήνυμα|"
    r"הודעה שהועברה|رسالة معاد توجيهها|الرسالة المعاد توجيهها|"
    r"Pesan terusan|Thư đã chuyển tiếp|Thư được chuyển tiếp|ข้อความที่ส่งต่อ|转发的邮件|转发邮件|轉寄郵件|"
    r"转发邮件信息|転送メッセージ|"
    r"転送されたメッセージ|전달된 메시지|전달된 메일"
    r")(?P<rest>.{0,100})\Z",
    re.IGNORECASE,
)
FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|fw|пересл|перенапр|пересылка|переслано|wg|tr|rv|enc|enc\.|i|doorst|"
    r"pd|pdalej|vs|vb|vl|il|ilt|ynt-il|továbbítás|továbbít|"
    r"fwd|προωθ|הועבר|转发|轉寄|転送|전달|redir)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)

_FROM = (
    r"Кімнен|From|От|От кого|Від|Ад|Von|Van|De|De la|Da|Od|Från|Fra|Lähettäjä|Feladó|Küldő|Kimden|Gönderen|Από|Nuo|"
    r"No|Saatja|Kellelt|Dari|Từ|จาก|"
    r"מאת|من|از|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|발신자|Отправитель|Відправник|"
    r"Mittente|Remitente|Expéditeur|"
    r"Absender|Afzender|Remetente|Nadawca|Odesílatel|Odosielateľ|Avsändare|Afsender|Avsender|Expeditor|"
    r"Подател|Пошиљалац|Pošiljatelj"
)
_SENT = (
    r"Жіберілді|Жіберілген күні|Күні|"
    r"Sent|Date|Отправлено|Отправленные|Дата|Отправлен|Дата отправки|Надіслано|Дата надсилання|Адпраўлена|"
    r"Изпратено|Gesendet|Datum|Verzonden|Envoyé|Envoyé le|Date d'envoi|"
    r"Enviado|Enviado el|Enviado em|Enviada|Enviada em|Enviat|Fecha|Fecha de envío|Data|Data de envio|"
    r"Inviato|Data invio|Wysłano|Wysłane|Odesláno|Odoslané|Poslano|Послато|Skickat|Sendt|Lähetetty|"
    r"Päivämäärä|Päiväys|Küldve|Elküldve|Dátum|Időpont|Gönderildi|Gönderme Tarihi|Gönderilme tarihi|Tarih|"
    r"Στάλθηκε|Ημερομηνία|Trimis|Saadetud|Kuupäev|Nosūtīts|Datums|Išsiųsta|Dikirim|Tanggal|Đã gửi|Ngày|"
    r"วันที่|ส่ง|"
    r"נשלח|תאריך|تاريخ الإرسال|التاريخ|ارسال|发送时间|发送日期|日期|傳送時間|寄件日期|送信日時|日時|日付|"
    r"보낸 날짜|날짜|일시|Dato|Время"
)
_TO = (
    r"Кімге|To|Кому|Да|An|Aan|À|A|Para|Per|Till|Til|Do|Komu|Za|Címzett|Kime|Alıcı|Προς|Către|Catre|Vastaanottaja|"
    r"Saaja|Kellele|Kam|Iki|Kepada|Đến|Tới|ถึง|אל|إلى|به|"
    r"收件人|收件者|宛先|받는 사람|받는사람|수신자|Получатель|Destinatario|Destinataire|Empfänger|"
    r"Adresat|Príjemca|Примател|До"
)
_SUBJECT = (
    r"Тақырыбы|Тақырып|Subject|Тема|Betreff|Onderwerp|Objet|Asunto|Assumpte|Assunto|Oggetto|Subiect|Temat|Předmět|Predmet|"
    r"Zadeva|Naslov|Tárgy|Ämne|Emne|Aihe|Teema|Temats|Tēma|Tema|Konu|"
    r"Θέμα|נושא|الموضوع|موضوع|Subjek|Perihal|Chủ đề|เรื่อง|หัวเรื่อง|主题|主題|主旨|件名|제목|Предмет|Относно|Sujet"
)
_COPY = (
    r"Cc|CC|Копия|Копія|Копие|Kopie|Kopia|Kopi|Copie|Copia|Cópia|Másolat|Kopio|Bilgi|Κοιν|抄送|副本|참조|Kópia|"
    r"Reply-To|Importance|Важность|Attachments|Вложения|Bcc|Priority|Organization|Resent-From|Message-ID|In-Reply-To"
)


def _field(names: str) -> re.Pattern[str]:
    return re.compile(rf"[\s*_]*(?:{names})\s?[*_]*\s?[:：][*_]*", re.IGNORECASE)


FROM_FIELD = _field(_FROM)
SENT_FIELD = _field(_SENT)
TO_FIELD = _field(_TO)
SUBJECT_FIELD = _field(_SUBJECT)
COPY_FIELD = _field(_COPY)

MOBILE_SIGNATURE = re.compile(
    r"[\s*_\"«<\[(]*(?:"
    # "Sent from my …": a verb, a preposition, a thing that sends, and no sentence around them.
    r"(?:Sent|Envoyé|Enviado|Enviada|Enviat|Inviato|Gesendet|Versendet|Verzonden|Verstuurd|Wysłan[eoy]|"
    r"Odesláno|Odoslané|"
    r"Poslano|Послато|Skickat|Sendt|Lähetetty|Trimis|Küldve|Elküldve|Отправлено|Отправлен|Отослано|"
    r"Надіслано|Відправлено|"
    r"Адпраўлена|Даслана|Изпратено|Пратена|Dikirim|Saadetud|Nosūtīts|Išsiųsta|Στάλθηκε|Được gửi|Đã gửi|"
    r"ส่งจาก|נשלח|أُرسلت|"
    r"تم الإرسال|发自|從|从|發自|来自|來自|내|나의)\s*"
    r"(?:(?:from|via|by|with|using|through|с|со|из|через|за допомогою|від|з|із|зі|von|vom|mit|aus|über|"
    r"unterwegs|de|depuis|"
    r"à partir|avec|desde|con|do|da|dal|dalla|com|pelo|vanaf|vanuit|met|z|ze|za|pomocí|från|med|fra|af|pe|"
    r"din|az|egy|от|од|"
    r"s|sa|iz|od|από|من|dari|menggunakan|no|iš|từ)\s|(?=iPhon|iPad|Outlook|Android|Gmail|.{0,4}iPhone|我))"
    r"[^,:;?!\n]{0,50}?(?:iPhon|iPad|iOS|Android|Samsung|Galaxy|Huawei|HUAWEI|HONOR|Xiaomi|Redmi|Nokia|"
    r"BlackBerry|Windows|"
    r"Outlook|Yahoo|Mail|Яндекс|Yandex|Gmail|Proton|[Пп]очт[ыа]|[Mm]obil|смартфон|телефон|мобильн|мобільн|"
    r"устройства|планшет|"
    r"[Hh]andy|[Ss]martphone|[Tt]ablet|Spark|K-9|Thunderbird|Aqua|Workspace|Sony|HTC|[Pp]hone|[Tt]elefon|"
    r"móvil|celular|"
    r"téléphone|dispositivo|appareil|手机|手機|スマートフォン)[^,;?!\n]{0,60}"
    r"|(?:Von meine[mr]|Diese Nachricht wurde von meine[mr]) [^,:;?!\n]{0,30}"
    r"(?:iPhone|iPad|Android|Galaxy|[Hh]andy|[Ss]martphone|[Tt]elefon|[Mm]obil|Gerät|Tablet)[^,:;?!\n]{0,50} gesendet"
    r"|Get Outlook for .{2,40}|Download Outlook for .{2,40}|Загрузите Outlook для .{2,40}|"
    r"Скачать Outlook для .{2,40}|Получить Outlook для .{2,40}|"
    r"Outlook für (?:iOS|Android) beschaffen.{0,40}|Outlook für (?:iOS|Android) herunterladen.{0,40}|"
    r"T[ée]l[ée]charge[zr] Outlook pour .{2,40}|Obt[eé]n(?:er)? Outlook para .{2,40}|"
    r"Obter o Outlook para .{2,40}|Obtenir Outlook pour .{2,40}|Scarica Outlook per .{2,40}|"
    r"Ottieni Outlook per .{2,40}|Outlook voor .{2,20} downloaden.{0,40}|"
    r"Pobierz (?:aplikację )?Outlook .{2,40}|Stáhnout Outlook pro .{2,40}|Hämta Outlook för .{2,40}|"
    r"Hanki Outlook .{2,40}|Hent Outlook (?:for|til) .{2,40}|.{2,20} için Outlook.{0,30}|"
    r"Отримати Outlook для .{2,40}|获取 .{0,30}Outlook.{0,40}|.{0,30}Outlook.{0,10}を入手.{0,30}|"
    r".{0,30}용 Outlook.{0,30}|"
    r"iPhone(?:から|より)送信|iPad(?:から|より)送信|.{0,20}iPhone에서 보냄|.{0,20}iPad에서 보냄|"
    r"iPhone'?umdan gönderildi|"
    r"iPhone'?dan gönderildi|iPad'?imden gönderildi|"
    r"[^,:;?!\n]{0,20}(?:iPhone|Android|iPad|Outlook)[^,:;?!\n]{0,12}gönderildi|"
    r"Lähetetty .{0,10}iPhonesta|Wysłane z iPhone.{0,10}|"
    r"(?:Простите|Извините) за краткость.{0,80}|Please excuse (?:my )?brevity.{0,60}|"
    r"Mit freundlichen Grüßen von unterwegs"
    r")[.!>\s\])*_»\"]*\Z"
)
ANSWERS_INSIDE = re.compile(
    r"\b(?:(?:see|look|answer(?:s|ed)?|repl(?:y|ies|ied)|comment(?:s|ed)?)[\w ,']{0,40}\b(?:in[ -]?line|inside|in red|"
    r"in blue|in green|in colou?r)|(?:answers|replies|comments)[\w ,']{0,40}\bbelow|"
    r"(?:ответ(?:ы|ил[аи]?)?|комментари[ий]|см\.?|смотрите)[\w ,]{0,40}(?:красным|синим|цветом|по тексту|в тексте|"
    r"внутри)|(?:ответы|комментарии)[\w ,]{0,40}\bниже|antworten[\w ,]{0,40}\b(?:unten|rot|im text))\b",
    re.IGNORECASE,
)
ANSWER_SUBJECT = re.compile(r"\s*(?:re|aw|sv|vs|antw|odp|отв|ответ|на)\s*(?:\[\d+\])?\s*[:：]", re.IGNORECASE)
MARKER = re.compile(
    r"##\s*-?\s*(?:.{0,40}(?:выше этой строки|above this line|вище цього рядка|over dieser Zeile|"
    r"über dieser Zeile).{0,80}|-.{3,80}-\s*##)",
    re.IGNORECASE,
)
