"""How mail programs introduce quotes, by language: what the tests of replies are made of."""

from __future__ import annotations

ATTRIBUTIONS: dict[str, tuple[str, ...]] = {
    "en": (
        "On Wed, Mar 12, 2025 at 2:05 PM Support desk <support@example.com> wrote:",
        "On 12/03/2025 14:05, Support desk wrote:",
        "On Mar 12, 2025, at 14:05, Support <support@example.com> wrote:",
        "On 12 Mar 2025 14:05, support@example.com wrote:",
        "On Wednesday, March 12th, 2025 at 2:05 PM, Support <support@example.com> wrote:",
    ),
    "ru": (
        "ср, 12 мар. 2025 г. в 14:05, Support desk <support@example.com>:",
        "12.03.2025 14:05, Support desk пишет:",
        '12.03.2025, 14:05, "Support desk" <support@example.com>:',
        "Среда, 12 марта 2025, 14:05 +03:00 от Support <support@example.com>:",
        "12 марта 2025 г., в 14:05, Support <support@example.com> написал(а):",
        "Support desk <support@example.com> писал(а) 12 марта 2025:",
        "12 марта 2025 г. 14:05 пользователь Support <support@example.com> написал:",
        "Вы писали 12 марта 2025 г., 14:05:51:",
    ),
    "uk": (
        "ср, 12 бер. 2025 р. о 14:05 Support desk <support@example.com> пише:",
        "12.03.25 14:05, Support пише:",
        "12 бер. 2025 р. о 14:05 Support <support@example.com> написав(-ла):",
    ),
    "de": (
        "Am Mi., 12. März 2025 um 14:05 Uhr schrieb Support desk <support@example.com>:",
        "Am 12.03.25 um 14:05 schrieb Support:",
        "Am 12.03.2025 um 14:05 schrieb Support <support@example.com>:",
    ),
    "fr": (
        "Le mer. 12 mars 2025 à 14:05, Support desk <support@example.com> a écrit :",
        "Le 12/03/2025 à 14:05, Support a écrit :",
    ),
    "es": (
        "El mié, 12 mar 2025 a las 14:05, Support desk (<support@example.com>) escribió:",
        "El 12/3/25 a las 14:05, Support escribió:",
    ),
    "it": (
        "Il giorno mer 12 mar 2025 alle ore 14:05 Support desk <support@example.com> ha scritto:",
        "Il 12/03/2025 14:05, Support ha scritto:",
    ),
    "pt": (
        "Em qua., 12 de mar. de 2025 às 14:05, Support desk <support@example.com> escreveu:",
        "Support <support@example.com> escreveu (quarta, 12/03/2025 à(s) 14:05):",
        "Às 14:05 de 12/03/2025, Support escreveu:",
    ),
    "nl": (
        "Op wo 12 mrt 2025 om 14:05 schreef Support desk <support@example.com>:",
        "Op 12-03-2025 om 14:05 schreef Support:",
        "Op 12 mrt 2025, om 14:05 heeft Support <support@example.com> het volgende geschreven:",
    ),
    "pl": (
        "śr., 12 mar 2025 o 14:05 Support desk <support@example.com> napisał(a):",
        "W dniu 12.03.2025 o 14:05, Support pisze:",
        "Dnia 12 marca 2025 14:05 Support <support@example.com> napisał(a):",
    ),
    "cs": (
        "st 12. 3. 2025 v 14:05 odesílatel Support desk <support@example.com> napsal:",
        "Dne 12. 03. 25 v 14:05 Support napsal(a):",
    ),
    "sk": ("st 12. 3. 2025 o 14:05 Support desk <support@example.com> napísal(a):",),
    "sv": (
        "Den ons 12 mars 2025 kl 14:05 skrev Support desk <support@example.com>:",
        "Den 2025-03-12 kl. 14:05, skrev Support:",
    ),
    "da": (
        "Den ons. 12. mar. 2025 kl. 14.05 skrev Support desk <support@example.com>:",
        "Den 12.03.2025 kl. 14.05 skrev Support:",
    ),
    "nb": (
        "ons. 12. mars 2025 kl. 14:05 skrev Support desk <support@example.com>:",
        "Den 12.03.2025 14:05, skrev Support:",
    ),
    "fi": (
        "ke 12. maalisk. 2025 klo 14.05 Support desk (support@example.com) kirjoitti:",
        "Support kirjoitti 12.3.2025 klo 14.05:",
    ),
    "tr": (
        "Support desk <support@example.com>, 12 Mar 2025 Çar, 14:05 tarihinde şunu yazdı:",
        "12.03.2025 14:05 tarihinde Support yazdı:",
    ),
    "hu": (
        "Support desk <support@example.com> ezt írta (időpont: 2025. márc. 12., Sze, 14:05):",
        "2025. 03. 12. 14:05 keltezéssel, Support írta:",
    ),
    "ro": (
        "În mie., 12 mar. 2025 la 14:05, Support desk <support@example.com> a scris:",
        "Pe 12.03.2025 14:05, Support a scris:",
    ),
    "ja": (
        "2025年3月12日(水) 14:05 Support desk <support@example.com>:",
        "2025/03/12 14:05、Support <support@example.com>のメール:",
        "On 2025/03/12 14:05, Support wrote:",
    ),
    "zh": (
        "Support desk <support@example.com> 于2025年3月12日周三 14:05写道：",
        "在 2025/3/12 14:05, Support 写道:",
        "在 2025年3月12日，14:05，Support <support@example.com> 写道：",
    ),
    "ko": (
        "2025년 3월 12일 (수) 오후 2:05, Support desk <support@example.com>님이 작성:",
        "2025-03-12 오후 2:05에 Support 이(가) 쓴 글:",
    ),
    "bg": ("На ср, 12.03.2025 г. в 14:05 Support desk <support@example.com> написа:",),
    "el": ("Στις Τετ 12 Μαρ 2025 στις 2:05 μ.μ., ο/η Support desk <support@example.com> έγραψε:",),
    "he": (
        (
            "\u202bבתאריך יום ד׳, 12 במרץ 2025 ב-14:05 מאת \u202aSupport\u202c\u200f "
            "<\u202asupport@example.com\u202c\u200f>:\u202c"
        ),
    ),
    "lt": ("2025-03-12, tr, 14:05 Support desk <support@example.com> rašė:",),
    "vi": ("Vào Th 4, 12 thg 3, 2025 vào lúc 14:05 Support desk <support@example.com> đã viết:",),
    "th": ("ในวันที่ พ. 12 มี.ค. 2025 เวลา 14:05 Support desk <support@example.com> เขียนว่า:",),
    "sr": ("сре, 12. мар 2025. у 14:05 Support desk <support@example.com> је написао/ла:",),
    "hr": ("sri, 12. ožu 2025. u 14:05 Support desk <support@example.com> napisao je:",),
    "id": ("Pada tanggal Rab, 12 Mar 2025 pukul 14.05 Support desk <support@example.com> menulis:",),
    "sl": ("V V sre., 12. mar. 2025 ob 14:05 je oseba Support desk <support@example.com> napisala:",),
    "et": ("Support desk <support@example.com> kirjutas kuupäeval K, 12. märts 2025 kell 14:05:",),
    "lv": ("trešd., 2025. g. 12. marts, plkst. 14:05 — lietotājs Support (<support@example.com>) rakstīja:",),
    "ar": ("في الأربعاء، ١٢ مارس ٢٠٢٥ في ٢:٠٥ م تمت كتابة ما يلي بواسطة Support <support@example.com>:",),
    "fa": ("در تاریخ چهارشنبه ۱۲ مارس ۲۰۲۵، ۱۴:۰۵ Support desk <support@example.com> نوشت:",),
    "hi": ("बुध, 12 मार्च 2025 को 2:05 pm बजे को Support desk <support@example.com> ने लिखा:",),
    "ka": ("ოთხ, 12 მარ. 2025, 14:05 – Support desk <support@example.com> წერს:",),
    "kk": ("2025 ж. 12 нау., ср, 14:05 Support desk <support@example.com> жазды:",),
    "be": ("12.03.25 14:05, Support <support@example.com> піша:",),
    "mk": ("На сре, 12 мар 2025 г. во 14:05 Support desk <support@example.com> напиша:",),
    "is": ("Þann mið., 12. mars 2025 kl. 14:05 skrifaði Support desk <support@example.com>:",),
}
"""Real attribution lines of Gmail, Apple Mail, Outlook, Thunderbird, Yandex, Mail.ru, The Bat! and others."""

LABELS: dict[str, tuple[str, str, str, str]] = {
    "en": ("From", "Sent", "To", "Subject"),
    "ru": ("От", "Отправлено", "Кому", "Тема"),
    "uk": ("Від", "Надіслано", "Кому", "Тема"),
    "de": ("Von", "Gesendet", "An", "Betreff"),
    "fr": ("De", "Envoyé", "À", "Objet"),
    "es": ("De", "Enviado", "Para", "Asunto"),
    "it": ("Da", "Inviato", "A", "Oggetto"),
    "pt": ("De", "Enviada em", "Para", "Assunto"),
    "nl": ("Van", "Verzonden", "Aan", "Onderwerp"),
    "pl": ("Od", "Wysłano", "Do", "Temat"),
    "cs": ("Od", "Odesláno", "Komu", "Předmět"),
    "sv": ("Från", "Skickat", "Till", "Ämne"),
    "da": ("Fra", "Sendt", "Til", "Emne"),
    "fi": ("Lähettäjä", "Lähetetty", "Vastaanottaja", "Aihe"),
    "tr": ("Kimden", "Gönderildi", "Kime", "Konu"),
    "hu": ("Feladó", "Elküldve", "Címzett", "Tárgy"),
    "ro": ("De la", "Trimis", "Către", "Subiect"),
    "ja": ("差出人", "送信日時", "宛先", "件名"),
    "zh": ("发件人", "发送时间", "收件人", "主题"),
    "ko": ("보낸 사람", "보낸 날짜", "받는 사람", "제목"),
    "el": ("Από", "Στάλθηκε", "Προς", "Θέμα"),
    "bg": ("От", "Изпратено", "До", "Относно"),
    "ar": ("من", "تم الإرسال", "إلى", "الموضوع"),
    "be": ("Ад", "Адпраўлена", "Каму", "Тэма"),
    "ca": ("De", "Enviat el", "Per a", "Assumpte"),
    "et": ("Saatja", "Saatmisaeg", "Adressaat", "Teema"),
    "fa": ("از", "ارسال شده", "به", "موضوع"),
    "hi": ("प्रेषक", "भेजा गया", "प्रति", "विषय"),
    "sr": ("Šalje", "Poslato", "Kome", "Tema"),
    "th": ("จาก", "ส่งเมื่อ", "ถึง", "เรื่อง"),
}
"""What Outlook calls From, Sent, To and Subject."""
