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
    r"escribió|escribio|escribiu|ha escrito|escribe|va escriure|ha escrit|"
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
    r"kirjutas|rakstīja|rašė|піша|написа|напиша|написано|жазды|píše|წერს|დაწერა|skrifaði|shkroi|"
    r"yazıb|"
    r"yazdı|şunları yazdı|şunu yazdı|"
    r"έγραψε|գրել է|գրեց|"
    r"כתב/ה|כתבה?|מאת|"
    r"كتب(?:ت)?|نوشت|"
    r"menulis|đã viết|viết|"
    r"เขียนว่า|เขียน|"
    r"写道|寫道|写到|提到|來信|ने लिखा|লিখেছেন|"
    r"書きました|のメール|からのメール|さんは書きました|wrote|"
    r"님이 작성|작성|님의 말"
)
RULE = " \t\u00a0-–—_=*>‐‑─━"
"""What the lines around "Original message" are drawn with."""
VERB = re.compile(rf"(?<!\w)(?:{_VERBS})(?!\w)|写道|寫道|のメール|書きました|작성|เขียน", re.IGNORECASE)
VERB_AT_END = re.compile(
    rf"(?:(?<!\w)(?:{_VERBS})|写道|寫道|のメール|書きました|작성|"
    rf"เขียนว่า)[\s*_>)\"'»]*(?:\([^()]{{0,80}}\))?\s*[:：։․՝]\s*[*_]*\Z",
    re.IGNORECASE,
)
OPENER = re.compile(
    r"[*_\s\"«(]*(?:"
    r"On\b|At\b|In (?:a )?message\b|In article\b|Quoting\b|Le\b|El\b|Em\b|Il\b|Il giorno\b|Am\b|An?\b|Op\b|"
    r"No dia\b|Dana\b|Missatge de\b|Wiadomość napisana\b|Þann\b|Noong\b|Më\b|در تاریخ|"
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
BARE_ATTRIBUTION = re.compile(
    r"On [^\n]{6,60}\d\d:\d\d[^\n]{1,100} wrote\Z|"
    r"[^\n]{1,100} wrote in message (?:<[^\s<>]{3,200}>|news:[^\s<>]{3,200})\.{0,3}\Z"
)
"""Those of Open WebMail and of news readers, which have no colon."""
SAID = re.compile(r"\b(?:said|says)\s*:\Z")
"""The verb of MH and of old news readers, behind an address; people say so of what they were told."""
TECHNICAL_FIELD = re.compile(
    r"(?:Received|Message-ID|Return-Path|DKIM-Signature|X-[\w-]+|MIME-Version|Content-[\w-]+|"
    r"Delivered-To)\s*:",
    re.IGNORECASE,
)
NAME_FIRST = re.compile(r"[\"'«\w][^<>\n]{0,60}<[^<>@\s]+@[^<>\s]+>")
DIRECTION = re.compile("[\u200e\u200f\u202a-\u202e\u2060-\u2069\u200b\ufeff]+")
"""Marks that nobody sees: of direction, and what programs put before their lines."""
DIGITS = {ord(first) + n: str(n) for first in "٠۰०০" for n in range(10)}
"""Arabic, Persian, Hindi and Bengali digits to ours, for `str.translate`."""
CLOCK = re.compile(
    r"(?<!\d)\d{1,2}[:hч]\s?\d{2}(?!\d)|(?<!\d)(?<!\d\.)(?<!\d\.\s)\d{1,2}\.\s?\d{2}(?!\d|\.\s?\d)|"
    r"\d{1,2}\s?[ap]\.?m\b",
    re.IGNORECASE,
)
"""A time of the day; no two numbers of a date."""
TIME_FIRST = re.compile(r"\W*[ВУО]\s+\d{1,2}[:.]\d\d", re.IGNORECASE)
"""How a person begins to tell what came when; programs give the day first."""
DATE = re.compile(
    r"(?<!\d)(?:19|20)\d\d(?!\d)|(?<!\d)\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{1,2}月\d{1,2}日|"
    r"\d{1,2}월\s?\d{1,2}일|(?<!\d)25\d\d(?!\d)"
)
MAILTO = re.compile(r"(?<=\S)\s{0,3}<mailto:[^\s<>]{1,100}>")
"""The target of a link that some programs put behind an address that they show."""
ADDRESS = re.compile(r"[^\s<>()\[\]\"',;:]{1,100}@[^\s<>()\[\]\"',;:]{1,100}")
ANGLED = re.compile(
    r"[<\[(]\s{0,3}(?:mailto:)?[^\s<>()\[\]]{1,100}@[^\s<>()\[\]]{1,100}"
    r"(?:\s{0,3}<?mailto:[^\s>]{0,100}>?)?\s{0,3}[>\])]"
)

ORIGINAL = re.compile(
    r"(?:"
    r"Original[ -]Message|Reply Separator|Original message|Original Appointment|Original|Mail original|Mail d.origine|"
    r"Original e-?mail|Reply message|Reply to message|Replied message|"
    r"Исходное сообщение|Исходное письмо|Оригинальное сообщение|Первоначальное сообщение|"
    r"Вихідне повідомлення|Оригінальне повідомлення|Зыходнае паведамленне|Оригинално съобщение|"
    r"Оригинално писмо|Оригинална порука|"
    r"Ursprüngliche Nachricht|Ursprüngliche Mitteilung|Ursprüngliche Mail|Originalnachricht|"
    r"Original-Nachricht|Original-E-Mail|"
    r"Oorspronkelijk bericht|Origineel bericht|Message d'origine|Message d’origine|Message original|"
    r"Message initial|E-mail d['’]origine|"
    r"Mensaje original|Missatge original|Mensagem original|Messaggio originale|Mesaj original|"
    r"Mesajul original|"
    r"Wiadomość oryginalna|Oryginalna wiadomość|Wiadomość pierwotna|Původní zpráva|Původní e-mail|"
    r"Pôvodná správa|Izvirno sporočilo|"
    r"Izvorna poruka|Originalna poruka|Eredeti üzenet|Ursprungligt meddelande|Originalmeddelande|"
    r"Ursprungsmeddelande|"
    r"Oprindelig meddelelse|Oprindelig besked|Original meddelelse|Opprinnelig melding|Original melding|"
    r"Alkuperäinen viesti|"
    r"Algne kiri|Algteade|Sākotnējais ziņojums|Originalus laiškas|Pradinis laiškas|Orijinal Mesaj|"
    r"Özgün İleti|Orijinal İleti|"
    r"Αρχικό μήνυμα|Πρωτότυπο μήνυμα|הודעה מקורית|الرسالة الأصلية|رسالة أصلية|پیام اصلی|Pesan Asli|Thư gốc|"
    r"ข้อความต้นฉบับ|ต้นฉบับข้อความ|"
    r"原始邮件|原始郵件|邮件原件|原始信息|回复的原邮件|"
    r"元のメッセージ|オリジナルメッセージ|원본 메시지|원본 메일|원본 이메일|Original Mail|"
    r"Ответное сообщение|Antwortnachricht|Message de réponse|Mensaje de respuesta|Messaggio di risposta|"
    r"Mensagem de resposta|Бастапқы хабар|Tin nhắn gốc|Algne sõnum|Pradinė žinutė|Sākotnējā ziņa|"
    r"Арыгінальнае паведамленне|Initial Header|\[ 받은 메일 내용 \]"
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
FORWARD_STEM = re.compile(
    r"\b(?:fwd|forward|пересл|пересы|перасл|перенапр|переадр|препра|просле|weitergel|transf[eé]r|transmis|reenvi|"
    r"reexp|inoltr|(?:re)?encamin|przekaz|přepos|prepos|proslij|prosle|posredov|továbbít|redirec|vidarebef|"
    r"videresend|välite|edelleen|edasta|pārsūt|persiųs|yönlendir|iletil|προωθ|doorgest|diterus|terusan|"
    r"chuyển tiếp|қайта жібер)|הועבר|שהועבר|העבר|توجيه|هدایت|ส่งต่อ|转发|轉寄|转寄|轉發|転送|전달|გადაგზავნ|"
    r"վերահասց|अग्रेषित",
    re.IGNORECASE,
)
"""What "Forwarded message" is called, between dashes."""
FORWARD_SUBJECT = re.compile(
    r"\s*(?:\[[^\]]{0,60}\]\s*)?(?:fwd?|fw|пересл|перенапр|пересылка|переслано|wg|tr|rv|enc|enc\.|i|doorst|"
    r"pd|pdalej|vs|vb|vl|il|ilt|ynt-il|továbbítás|továbbít|"
    r"fwd|προωθ|πρθ|הועבר|转发|轉寄|転送|전달|redir)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)

_FROM = (
    r"Kimdan|გამომგზავნი|"
    r"Кімнен|Ումից|Ում կողմից|Ից|საიდან|ვისგან|Kimdən|From|От|От кого|Від|Від кого|Ад|Von|Van|De|De la|Da|Od|"
    r"Från|Fra|Lähettäjä|Feladó|Küldő|Kimden|Gönderen|Από|Nuo|"
    r"No|Saatja|Kellelt|Dari|Từ|จาก|"
    r"מאת|من|از|发件人|寄件者|寄件人|差出人|送信者|보낸 사람|보낸사람|발신자|Отправитель|Відправник|"
    r"Mittente|Remitente|Expéditeur|"
    r"Absender|Afzender|Remetente|Nadawca|Odesílatel|Odosielateľ|Avsändare|Afsender|Avsender|Expeditor|"
    r"Подател|Пошиљалац|Pošiljatelj|Pošiljalac|Šalje|Шаље|Од|प्रेषक|발신|보낸이|فرستنده|Frå"
)
_SENT = (
    r"Yuborildi|Yuborilgan|Sana|"
    r"Жіберілді|Жіберілген күні|Күні|Ուղարկված է|Ուղարկվել է|Ամսաթիվ|გაგზავნილია|გაგზავნის თარიღი|თარიღი|"
    r"Göndərilib|"
    r"Sent|Date|Date sent|Отправлено|Отправленные|Дата|Отправлен|Дата отправки|Надіслано|Дата надсилання|Адпраўлена|"
    r"Изпратено|Изпратено на|Gesendet|Verschickt|Datum|Verzonden|Envoyé|Envoyé le|Date d'envoi|"
    r"Enviado|Enviados|Enviado el|Enviado em|Enviada|Enviadas|Enviada em|Enviat|Fecha|Fecha de envío|Data|"
    r"Data de envio|"
    r"Inviato|Data invio|Wysłano|Wysłane|Odesláno|Odoslané|Poslano|Poslato|Послато|Skickat|Sendt|Lähetetty|"
    r"Päivämäärä|Päiväys|Küldve|Elküldve|Dátum|Időpont|Gönderildi|Gönderme Tarihi|Gönderilme tarihi|Tarih|"
    r"Στάλθηκε|Ημερομηνία|Trimis|Saadetud|Kuupäev|Nosūtīts|Datums|Išsiųsta|Dikirim|Tanggal|Đã gửi|Ngày|"
    r"วันที่|ส่ง|"
    r"נשלח|תאריך|تاريخ الإرسال|التاريخ|ارسال|发送时间|发送日期|日期|傳送時間|寄件日期|送信日時|日時|日付|"
    r"보낸 날짜|날짜|일시|Dato|Время|Адпраўлена|Даслана|Дата адпраўкі|Enviat el|Enviats|Saatmisaeg|"
    r"भेजा गया|दिनांक|तारीख|ส่งเมื่อ|تم الإرسال|الإرسال|ارسال[ \u200c]?شده|تاریخ|Послато|Poslato|Датум|Dikirimkan"
)
_TO = (
    r"Kimga|ადრესატი|Кімге|Ում|ვის|მიმღები|Kimə|To|Кому|Да|An|Aan|À|A|Para|Per|Till|Til|Do|Komu|Za|Címzett|Kime|Alıcı|Προς|"
    r"Către|Catre|Vastaanottaja|"
    r"Saaja|Kellele|Kam|Iki|Kepada|Đến|Tới|ถึง|אל|إلى|به|"
    r"收件人|收件者|宛先|받는 사람|받는사람|수신자|Получатель|Destinatario|Destinataire|Empfänger|"
    r"Adresat|Adressaat|Prima|Per a|Príjemca|Примател|До|Каму|Kome|Коме|Прима|За|प्रति|수신|받는이|גם אל|گیرنده"
)
_SUBJECT = (
    r"Mavzu|Тақырыбы|Тақырып|Թեմա|Վերնագիր|თემა|Mövzu|Subject|Тема|Betreff|Onderwerp|Objet|Asunto|Assumpte|Assunto|"
    r"Oggetto|Ogg|Subiect|Temat|Předmět|Predmet|"
    r"Zadeva|Naslov|Tárgy|Ämne|Rubrik|Emne|Aihe|Teema|Temats|Tēma|Tema|Konu|"
    r"Θέμα|נושא|الموضوع|موضوع|Subjek|Perihal|Chủ đề|เรื่อง|หัวเรื่อง|主题|主　题|主題|主旨|件名|제목|Предмет|Относно|Sujet|"
    r"Тэма|Наслов|विषय"
)
_COPY = (
    r"Cc|DW|UDW|Պատճեն|ასლი|Копия|Копія|Копие|Kopie|Kopia|Kopi|Copie|Copia|Cópia|Másolat|Kopio|Bilgi|Κοιν|抄送|"
    r"副本|참조|Kópia|"
    r"Reply-To|Importance|Важность|Attachments|Вложения|Bcc|Priority|Organization|Resent-From|Message-ID|"
    r"In-Reply-To"
)


def _field(names: str) -> re.Pattern[str]:
    return re.compile(rf"[\s*_|]*(?:{names})[*_]*\s{{0,12}}[*_]*(?:[:：՝][*_]*|\|)", re.IGNORECASE)


FROM_FIELD = _field(_FROM)
SENT_FIELD = _field(_SENT)
TO_FIELD = _field(_TO)
SUBJECT_FIELD = _field(_SUBJECT)
COPY_FIELD = _field(_COPY)

_SENT_VERBS = (
    r"(?:Sent|Envoyée?|Enviad[oa]|Enviat|Inviat[oa]|Gesendet|Versendet|Verzonden|Verstuurd|Wysłan[eoy]|"
    r"Odesláno|"
    r"Odoslané|Poslano|Poslato|Послато|Skickat|Skickades|Sendt|Lähetetty|Trimis|Küldve|Elküldve|[Оо]тправлено|"
    r"Отправлен|"
    r"Отослано|Надіслано|Відправлено|Адпраўлена|Даслана|Изпратено|Пратена|Dikirim|Saadetud|Nosūtīts|Išsiųsta|"
    r"Στάλθηκε|Được gửi|Đã gửi|ส่งจาก|נשלח|أُ?رسلت|تم الإرسال|发自|從|从|發自|来自|來自|내|나의)"
)
_SENT_BY = (
    r"(?:(?:from|via|by|with|using|through|с|со|из|через|за допомогою|від|з|із|зі|von|vom|mit|aus|über|"
    r"unterwegs|"
    r"de|depuis|à partir|avec|desde|con|do|da|dal|dalla|com|pelo|vanaf|vanuit|met|z|ze|za|pomocí|från|med|"
    r"fra|af|pe|"
    r"din|az|egy|des|от|од|s|sa|iz|od|από|من|dari|menggunakan|no|iš|từ)\s|"
    r"(?=iPhon|iPad|Outlook|Android|Gmail|.{0,6}(?:iPhone|Galaxy)|我))"
)
_SENDERS = (
    r"(?:iPhon|iPad|iOS|Android|Samsung|Galaxy|Huawei|HUAWEI|HONOR|Xiaomi|Redmi|Pixel|OnePlus|Nokia|"
    r"BlackBerry|"
    r"Windows|Outlook|Yahoo|Mail|Яндекс|Yandex|Gmail|Proton|Почт[ыа]|[Mm]obil|[Mm]obiel|смартфона|т[еэ]лефон[ау]?\b|пристрою|"
    r"мобильн|"
    r"мобільн|устройства|планшета|[Hh]andy|[Ss]martphone|[Tt]ablet|Spark|K-9|Thunderbird|Aqua|Workspace|Sony|"
    r"HTC|"
    r"[Pp]hone|[Tt]elefoo?n|[Cc]ellulare|móvil|celular|téléphone|dispositivo|appareil|手机|手機|スマートフォン|TypeApp|"
    r"(?:Airmail|Newton|CloudMagic(?: Email)?|Boxer|Polymail|HEY|Missive)(?=\s*(?:[(<\[]|\Z))|Poczta\b|Zoho|"
    r"Nine\b|Canary\b|eM Client|Superhuman|Tuta|Fair[Ee]mail|Seznam|Email\.cz|l['’]application|Blue\Z)"
)
_OUTLOOK_FOR = r"(?:iOS|Android\w*|iPhone|iPad|Windows|Mac|[Mm]obile)"
_GET = (
    r"(?:Get|Download|Скачайте|Скачать|Получите|Получить|Загрузите|Загрузить|Отримайте|Отримати|Завантажте|"
    r"Holen Sie sich|T[ée]l[ée]charge[zr]|Obtene[zr]|Obtenir|Obt[eé]n|Obtenga|Descargar|Descargue|Obtenha|"
    r"Obter o?|"
    r"Baixar|Baixe|Scarica|Ottieni|Pobierz|Získejte|Získat|Stáhněte|Stáhnout|Hämta|Skaffa|Skaff|Hanki|Lataa|"
    r"Hent|Få|"
    r"获取|下载|取得|下載)"
)
_LINK = r"(?::?[\s\])>]{0,3}[<(\[]?\s?https?://[^\s<>]{1,300}[\s)\]>]{0,3}[^,:;?!\n]{0,40})?"
"""The address of a link that words show; it may have words behind it."""
MOBILE_SIGNATURE = re.compile(
    r"[\s*_\"«<\[(]*(?:"
    # "Sent from my …": a verb, a preposition, a thing that sends, and no sentence around them.
    rf"{_SENT_VERBS}\s*{_SENT_BY}(?:my Verizon, )?[^,:;?!\n]{{0,50}}?{_SENDERS}[^,:;?!\n]{{0,60}}"
    rf"|{_SENT_VERBS} [^,:;?!\n]{{0,50}}K-9 [Mm]ail[^:;?!\n]{{0,70}}"
    r"|(?:Sent|Gesendet) (?:with|mit) Tuta(?:nota)?[;,] [^:?!\n]{0,60}:?|Secured with Tuta[^,:;?!\n]{0,20}:?"
    r"|(?:Von (?:meine[mr](?:/meiner)?|Samsung|Yahoo)|Diese (?:Nachricht|"
    r"E-?Mail) wurde von meine[mr])[^,:;?!\n]{0,30}"
    r"(?:iPhone|iPad|Android|Galaxy|HTC|Huawei|HUAWEI|Xiaomi|Sony|Nokia|BlackBerry|Windows|[Hh]andy|[Ss]martphone|"
    r"[Tt]elefon|[Mm]obil|Gerät|Tablet|"
    r"Mail)[^,:;?!\n]{0,50} gesendet"
    r"|Mobil gesendet|Von unterwegs gesendet"
    rf"|{_GET}\s?(?:[^,:;?!\n]{{0,30}}?Outlook[^,:;?!\n]{{0,20}}{_OUTLOOK_FOR}|"
    rf"[^,:;?!\n]{{0,16}}{_OUTLOOK_FOR} "
    r"?的 ?Outlook)[^,:;?!\n]{0,20}"
    rf"|(?:Az )?(?:Outlook (?:für|voor|for) {_OUTLOOK_FOR}|Android Outlook) (?:herunterladen|abrufen|holen|"
    r"downloaden|beszerzése|letöltése)"
    rf"|{_OUTLOOK_FOR} ?(?:için|版|用) ?(?:的 ?)?Outlook ?(?:['’]?[uı] (?:edinin|indirin|alın)|"
    r"を(?:入手|ダウンロード)[^,:;?!\n]{0,6}|다운로드|받기|下载|下載)"
    r"|Get (?:BlueMail|TypeApp|myMail|Blue|Edison Mail|Spark) for (?:Android|iOS)"
    r"|Provenance ?: Courrier pour Windows[^,:;?!\n]{0,5}|Yahoo Mail ?: Search, organize, conquer"
    r"|从 ?Windows[^,:;?!\n]{0,10}邮件发送|发送自 ?Windows[^,:;?!\n]{0,16}"
    r"|发自 ?网易邮箱[^,:;?!\n]{0,8}|使用 ?Spark ?发送"
    r"|(?:iPhone|iPad|Galaxy|Spark|Android|Outlook|Windows|スマートフォン|スマホ|携帯)[^,:;?!\n]{0,24}(?:から|より)送信"
    r"(?:されました|しました)?"
    rf"|(?=[^\n]{{0,60}}{_OUTLOOK_FOR})[^,:;?!\n]{{0,40}}Outlook[^,:;?!\n]{{0,30}}<https://aka\.ms/\w{{1,40}}"
    r"|मेरे [^,:;?!\n]{0,24} से भेजा गया|[^,:;?!\n]{0,12}(?:iPhone|iPad|Galaxy)[^,:;?!\n]{0,20} жіберілді"
    r"|[^\s,:;?!.]{1,20}[^,:;?!.\n]{0,20}\.www\.(?:avast|avg)\.com|<#DAB4FAD8[\w-]{1,40}|"
    r"<https?://www\.(?:avast|avg)\.com/sig-email[^\s<>]{0,300}"
    r"|Poslano sa? [^,:;?!\n]{0,20}(?:iPhone|Galaxy)[^,:;?!\n]{0,12}"
    r"|.{0,20}(?:iPhone|iPad|Galaxy|Windows)[^,:;?!\n]{0,8}에서 보냄"
    r"|(?:iPhone|iPad|Galaxy|Telefon|Samsung|Windows)[^,:;?!\n]{0,30}gönderildi"
    r"|[^,:;?!\n]{0,20}(?:iPhone|Android|iPad|Outlook|Galaxy)[^,:;?!\n]{0,16}(?:gönderildi|göndərildi|yuborildi)"
    r"|(?:Az én )?(?:iPhone|iPad|Android|Galaxy)[^,:;?!\n]{0,20} küldve"
    r"|Lähetetty (?:.{0,10}iPhone|iPad|Galaxy|Android|Windows|puhelime)(?: 10:n)?[^,:;?!\n]{0,30}"
    r"|Wysłane z iPhone.{0,10}"
    r"|(?:Простите|Извините) за краткость.{0,80}|Please excuse (?:my )?brevity.{0,60}"
    r"|Mit freundlichen Grüßen von unterwegs"
    rf"){_LINK}(?:[.,;!] ?(?:[Pp]lease )?(?:excuse|forgive|pardon) [^:?!\n]{{0,60}})?[.!>\s\])*_»\"]*\Z"
)
ANSWERS_INSIDE = re.compile(
    r"\b(?:(?:see|look|answer(?:s|ed)?|repl(?:y|ies|ied)|comment(?:s|ed)?)[\w ,']{0,40}\b(?:in[ -]?line|"
    r"inside|in red|"
    r"in blue|in green|in colou?r)|(?:answers|replies|comments)[\w ,']{0,40}\bbelow|"
    r"(?:ответ(?:ы|ил[аи]?)?|комментари[ий]|см\.?|смотрите)[\w ,]{0,40}(?:красным|синим|цветом|по тексту|"
    r"в тексте|"
    r"внутри)|(?:ответы|комментарии)[\w ,]{0,40}\bниже|antworten[\w ,]{0,40}\b(?:unten|rot|im text))\b",
    re.IGNORECASE,
)
GREETING = re.compile(
    r"\W*(?:здравствуй(?:те)?|добр(?:ый|ое|ого|ой) (?:день|вечер|утро|дня|вечера|утра|времени суток)|привет(?:ствую)?|"
    r"уважаем\w{2}|добрий (?:день|вечір|ранок)|доброго (?:дня|ранку|вечора)|вітаю|шановн\w{1,2}|добры дзень|"
    r"сәлеметсіз бе|assalomu alaykum|salom|hello|hi|hey|dear|good (?:day|morning|afternoon|evening)|hallo|"
    r"guten (?:tag|morgen)|bonjour|hola|ciao|buongiorno|dzień dobry)(?![\w-])(?:,?\s+[\w.-]{1,30}){0,3}\s*[!,.]*\s*\Z",
    re.IGNORECASE,
)
FINNISH = re.compile(r"^\W*(?:Lähettäjä|Lähetetty)\s*:|\bkirjoitti\b", re.IGNORECASE | re.MULTILINE)
"""What stands above a quote in Finnish."""
ANSWER_SUBJECT = re.compile(
    r"\s*(?:re|aw|sv|vs|antw|odp|ynt|vá|rif|res|απ|отв|ответ|на|回复|答复|回覆|返信|답장)\s*(?:\[\d+\])?\s*[:：]",
    re.IGNORECASE,
)
MARKER = re.compile(
    r"##\s*-?\s*(?:.{0,40}(?:выше этой строки|above this line|вище цього рядка|over dieser Zeile|"
    r"über dieser Zeile).{0,80}|-.{3,80}-\s*##)",
    re.IGNORECASE,
)
