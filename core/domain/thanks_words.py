"""The closed vocabulary of thanks: which words and turns of speech a letter of thanks may consist of.

Data for `core.domain.thanks`, which says how they combine. A word that stands nowhere here makes a letter
"something else", so a missing word costs a key press and a wrong one a client's patience. Words are
lower-case, with е for ё; each table is a regular expression over one word, each turn one over a run of
words separated by single spaces (a comma is a word). Standard library only.
"""

# ruff: noqa: E501  (tables of words, wrapped where one still can read them)

from __future__ import annotations

import re

NAMES = frozenset(
    """
    александр александра алексей алена алина алиса алла алёна анастасия анатолий ангелина андрей анна антон аня
    аркадий артем артур борис вадим валентин валентина валерий валерия ваня василий вася вера виктор виктория
    виталий влад владимир владислав вова вячеслав галина геннадий георгий глеб григорий даниил данил дарья даша
    денис дима дмитрий евгений евгения егор екатерина елена елизавета женя захар зоя иван игорь илья инна ира
    ирина карина катя кирилл константин костя ксения кристина лариса лена леонид лера лиза людмила макс максим
    маргарита марина мария марк маша миша михаил надежда настя наталия наталья наташа никита николай нина оксана
    олег олеся ольга оля павел паша петр полина рамиль ринат роман рома руслан рустам света светлана саша семен
    сергей сережа слава софия станислав степан таня татьяна тимур тимофей ульяна федор эдуард эльдар юлия юля юра
    юрий яна ярослав
    adam alan alex alexander alexey alice amy andrea andrew andy ann anna anne anthony anton ben bob brian carl
    carol charles charlie chris christine claire dan daniel dave david dmitry elena emily emma eric eva frank
    gary george greg hannah harry helen igor ivan jack jake james jane jason jeff jen jennifer jenny jessica jim
    joe john jon jonas jonathan josh julia kate katie kelly ken kevin kim laura leo linda lisa liz lucy maria
    marina marie mark martin mary matt michael mike natalia nick olga oliver oleg patrick paul peter phil priya
    rachel rebecca richard rob robert ron ryan sam sara sarah scott sergey simon sophie stephen steve steven sue
    susan tim tom tony vera victor vladimir
    """.split()  # noqa: SIM905
)
"""First names as letters of thanks call them; others are known by their capital alone."""

PATRONYMIC = re.compile(r"[а-я]+(?:ович|евич|ич|овна|евна|ична|ышна)")

GREETING = re.compile(
    r"здравствуй(?:те)?|доброго (?:времени суток|дня|вечера|утра)|добр(?:ый|ое) (?:день|вечер|утро)|"
    r"приветствую|привет|уважаем(?:ый|ая|ые) (?:сотрудники |коллеги|служба |команда |специалисты )?"
    r"(?:службы |технической )?(?:техподдержки|поддержки|техподдержка|поддержка)?|"
    r"коллеги|dear (?:sir or madam|sirs?|madam|support team|customer (?:support|service)|team|support|all|"
    r"colleagues)|dear|hi|hello|hey|good (?:morning|afternoon|evening|day)|greetings"
)
GREETED = frozenset("there all team support guys folks everyone everybody коллеги друзья всем вам".split())  # noqa: SIM905

SIGN_OFF = re.compile(
    r"(?:с (?:глубоким |большим |искренним )?уважением|с наилучшими пожеланиями|искренне ваш[аи]?|"
    r"(?:(?:best|kind|kindest|warm|warmest|many thanks and|with (?:kind|best)) )?regards|best wishes|"
    r"(?:yours )?(?:sincerely|faithfully|truly)(?: yours)?|respectfully|cordially|best(?=\s*[,\n]))\b"
)

DEVICE = re.compile(
    r"(?:--\s*)?(?:sent (?:from|via|with)|отправлено (?:с|из|от)|написано (?:с|из)|get outlook|скачать outlook)"
    r"\b.{0,60}"
)

VETO = frozenset(
    """
    но однако хотя хоть впрочем правда кроме если когда почему зачем где куда кто какой какая какие каков сколько ли
    как что чтобы не ни нет никак тоже также еще пока заранее наперед жду ждем ожидаю ожидаем буду будем будет будут
    завтра позже потом вечером понедельник понедельника вторник среда среду четверг пятница пятницу суббота воскресенье надо нужно нужен нужна нужны хочу хотим хотел хотела хотелось бы
    подскажите скажите уточните сделайте добавьте пришлите вышлите отправьте проверьте посмотрите помогите дайте
    включите отключите удалите верните напишите сообщите объясните позвоните перезвоните проверю проверим посмотрю
    посмотрим попробую попробуем напишу напишем отпишусь сообщу сообщим вернусь вернемся передам понаблюдаю
    понаблюдаем вроде кажется наверное возможно почти частично только кстати заодно зы пс иногда опять
    равно прошу просим просьба пожалуйста
    but however though tho although except unless if when why where who whom whose which what how not no nor never
    nothing still yet also too another other otherwise instead advance advanced wait waiting await awaiting will
    shall would should could can may might must need needs want wants wish hope tomorrow later soon until till
    monday tuesday wednesday thursday friday saturday sunday please pls plz kindly almost partly partially only
    sometimes seems seem apparently anyway regardless unfortunately btw ps meanwhile guess suppose
    """.split()  # noqa: SIM905
)
"""Words that turn thanks into something else, wherever they stand outside the turns below."""

TURN_DOWN = re.compile(
    r"working on|was working|were working|used to|you (?:have )?closed|as well|for now|so far|for me(?! now)|"
    r"let (?:me|us)|все равно|в любом случае|thanks? (?:for|to) nothing|back down|again and again|"
    r"(?:^|[.,!;:|] )(?:is|are|has|have|did|do|does|was|were) (?:it|this|that|the|you|everything|they|these|those|all|"
    r"there|my|our|your)|пришли (?!спасибо|все|большое)[а-я]+|у вас (?!отличн|лучш|классн|прекрасн|замечательн|супер)[а-я]+|"
    r"у вас$|вы (?:уже |все |наше |мое )*(?:получили|решили|исправили)|"
    r"(?<!за )ваш[ае]? (?:письмо|обращение|заявка|запрос|сообщение|ответ|вопрос)|"
    r"(?<!for )your (?:message|e-?mail|request|letter|inquiry|enquiry|ticket|case|question)"
)
"""Runs of harmless words with another meaning."""

CLOSE_ASKED = re.compile(
    r"(?:(?:could|can|would|will) you (?:please |kindly )?(?:go ahead and )?close(?: out)?(?: (?:this|it|the))?"
    r"(?: (?:ticket|case|request|issue|one))?(?: (?:please|now|for me))?|"
    r"(?:можете|могли бы|можете ли)(?: вы)?(?: пожалуйста)? закрыть(?: (?:этот|это|эту|его|ее|данное))?"
    r"(?: (?:тикет|заявку|обращение|вопрос))?(?: пожалуйста)?) \?"
)
"""The one question that asks for nothing more."""

_SIDE = r"(?:(?:my|our|my own) (?:side|end|part|fault|mistake)|us|me)"
_PLEASANT = r"(?:nice|great|good|lovely|wonderful|fantastic|pleasant|relaxing|blessed)"
_FAST = r"(?:быстро|четко|оперативно|отлично|качественно|профессионально|мгновенно|супер|идеально|молниеносно|грамотно)"
_NEED = r"(?:нужно|требуется|надо|нужна|требуются)"

TURNS: tuple[tuple[str, str], ...] = (
    # Nothing more is wanted.
    (
        "<enough>",
        (
            r"(?:(?:больше )?вопросов (?:больше )?(?:нет|не имею|не имеем|не осталось|не возникло)|"
            r"(?:больше )?(?:нет|не осталось|не имею) (?:больше )?вопросов|"
            r"(?:замечаний|претензий|нареканий|проблем|ошибок|жалоб)(?: больше)? (?:нет|не имею|не имеем|не наблюдается)|"
            r"больше (?:проблем|ошибок|замечаний|претензий|вопросов) (?:нет|не наблюдается|не возникает)|"
            rf"(?:от вас )?(?:больше )?ничего (?:больше |от вас )?не {_NEED}(?: больше)?|"
            rf"(?:помощь |ваша помощь )?больше (?:ничего )?не {_NEED}|помощь (?:уже |больше )+не {_NEED}|"
            r"(?:уже |больше |вопрос (?:уже |больше )?)не ?актуал(?:ьно|ен|ьна)|неактуально|"
            r"актуальность (?:отпала|потеряна|утрачена)|"
            r"no (?:further|more|other|additional) (?:questions?|issues?|problems?|concerns?|help|assistance|action|"
            r"complaints?)(?: (?:is |are )?(?:needed|required|necessary))?"
            r"(?: (?:from|on) (?:you|us|me|my|our|your)(?: (?:side|end|part))?)?(?: here)?|"
            r"no (?:issues|problems|errors|complaints)(?: (?:anymore|since(?: the (?:fix|update|change))?|at all|here|now))?|"
            r"nothing (?:more|else|further)(?: (?:is )?(?:needed|required|to add|from me|from us))?"
            r"(?: (?:from|on) (?:you|us|me|my|our|your)(?: (?:side|end|part))?)?|"
            r"that (?:is|was|will be) (?:all|everything|it)(?: (?:for me|from (?:me|us|my side)|i needed|we needed))?|"
            r"that is all i needed|all i needed|no need to (?:do anything(?: else)?|follow up|reply|look further)|"
            r"no longer (?:an issue|a problem|relevant|needed|required|happening)|all set)"
        ),
    ),
    ("<enough>", r"(?:нет|неа|no|nope) , <enough>"),
    # It works.
    (
        "<works>",
        (
            r"(?:больше не (?:ругается|повторяется|повторялась|появляется|вылезает|выскакивает|беспокоит|возникает|"
            r"падает|отваливается|глючит|виснет|зависает|тормозит|наблюдается|воспроизводится|пропадает|проявляется|"
            r"вылетает|сыпется|сбоит|обрывается)|"
            r"(?:все |теперь )*(?:в порядке|в норме|на месте|на своих местах|как надо|как нужно|как положено|как часы|"
            r"как по маслу|по плану|встало на (?:свои )?места)|"
            r"без (?:проблем|ошибок|сбоев|нареканий|замечаний|перебоев)|"
            r"все(?: теперь| уже| снова| стало)? (?:хорошо|отлично|супер|ок|окей|ok|норм|нормально|замечательно|прекрасно|"
            r"идеально|четко|огонь|good|гуд)|"
            r"(?:смог|смогла|смогли|удалось|получилось|получается)(?: (?:уже|теперь|наконец|успешно))? "
            r"(?:войти|зайти|подключиться|авторизоваться|оплатить|восстановить|скачать|открыть|отправить|настроить|"
            r"загрузить|запустить|сделать|решить|обновить)|"
            r"(?:i|we|me) (?:can|could|was able to|were able to|am able to|are able to|managed to)(?: now| finally)? "
            r"(?:log ?in|sign in|connect|get in|access|open|send|download|pay|login)|"
            r"(?:as|like) (?:expected|it should|intended|new|a charm|a dream|clockwork|magic)|"
            r"(?:does|do|is|are) not (?:happen|happening|occur|appear|show(?: up)?)(?: any ?more| any longer)|"
            r"no longer (?:getting|seeing|see|get|showing)(?: (?:the|this|that|any))? (?:errors?|issues?|problems?|message|"
            r"warnings?)|"
            r"(?:that|this|it) (?:did|does|has done) (?:it|the (?:trick|job))|did the (?:trick|job)|"
            r"(?:all|they|both|these|those|pages|emails|links|backups|logins|sites|files) work|"
            r"(?:доступ|связь|интернет|сигнал|документы|письмо|письма) есть|(?:i |we )?(?:am |are )?logged in|"
            r"up and running|back (?:up|online|to normal|in business|on ?line|to life)|good to go|in order|"
            r"all (?:is )?(?:good|fine|ok|okay|well|clear|working|sorted|green|done)|no problems? at all|"
            r"(?:i )?do not know what you did ,? ?but it works|(?:не знаю|понятия не имею) ,? ?что вы сделали ,? ?но "
            r"(?:все )?(?:работает|заработало)|"
            r"figured (?:it|this|that) out(?: (?:myself|ourselves|already|now))?|(?:i )?got it (?:working|to work|sorted|"
            r"fixed|running)|(?:works|working) (?:for me|for us) now)"
        ),
    ),
    # One thanks in more words.
    (
        "<thanks>",
        (
            r"(?:(?:i |we )?(?:can ?not|could not) thank you(?: all| guys)? enough|"
            r"(?:i |we )?(?:could|would) not (?:have )?(?:done|managed|do|have done) (?:it|this|that) without you|"
            r"(?:i )?do not know what (?:i|we) would (?:have done|do) without you|"
            r"(?:не знаю ,? ?)?что бы (?:я|мы) (?:делал[аи]?|без вас делал[аи]?)(?: без вас)?|"
            r"(?:еще (?:раз|разок)(?: вам| огромное| большое)* (?:спасибо|благодарю|благодарим)|"
            r"(?:спасибо|благодарю|благодарим)(?: вам| огромное| большое| всем)* еще (?:раз|разок))|"
            r"низкий поклон|от (?:всей )?души|от всего сердца|"
            r"(?:спасибо|благодарю|благодарен|благодарна|благодарим|благодарны)(?: вам| большое| огромное)* ,? ?"
            r"(?:что|за то ,? ?что)(?: (?:так|быстро|оперативно|все))* "
            r"(?:помогли|решили|починили|исправили|ответили|объяснили|разобрались|отреагировали|подсказали|"
            r"сделали|выручили|не бросили|не оставили)|"
            r"(?:i |we )?(?:would like to|wish to|want to|just wanted to|just want to)(?: just)? (?:say )?"
            r"(?:thank(?: you)?|express (?:my|our)|thanks|extend (?:my|our))|"
            r"(?:хочу|хотим|хотел бы|хотела бы|хотели бы|позвольте)(?: вас| вам)? (?:поблагодарить|сказать спасибо|"
            r"выразить(?: свою| вам| огромную| искреннюю)*)(?: вас| вам)?|"
            r"thank(?:s| you)(?: so much| a lot| very much)? for (?:getting back to (?:me|us)|reaching out|sticking with (?:me|"
            r"us)|taking (?:the |your )?(?:time|care of (?:it|this|that)))|"
            r"(?:you|it|that) (?:just |really )?(?:made|saved) my (?:day|life|week|morning|evening))"
        ),
    ),
    # Praise that needs no thanks beside it.
    (
        "<praise>",
        (
            rf"(?:(?:очень |так |все )*{_FAST}(?: (?:и|,) (?:очень )?{_FAST})?(?: (?:все|мне|нам|вы))* (?:сделали|помогли|решили|"
            r"отреагировали|ответили|починили|исправили|сработали|сработано|работаете)|"
            r"(?:вы|ребята|парни)(?: просто| все| реально| самые)* (?:лучшие|супер|молодцы|крутые|красавцы|волшебники|огонь|"
            r"красавчики|профессионалы|боги|герои)|"
            r"(?:вы |ты )?(?:меня |нас |просто |очень |реально |так )*(?:спасли|выручили|спас|выручил|спасла|выручила)"
            r"(?: (?:меня|нас|день))?|"
            r"вот бы (?:везде|всем|все)(?: была| были)? (?:такая|такую|такой|так) ?(?:поддержка|поддержку|сервис|работали)?|"
            r"(?:лучшая|отличная|прекрасная|замечательная|крутая|супер|классная) (?:поддержка|техподдержка|служба поддержки|"
            r"команда|работа)|(?:лучший|отличный|прекрасный|крутой|замечательный) (?:сервис|саппорт|хостинг)|"
            r"так держать|снимаю шляпу|респект|лучшие|молодцы|красавцы|красавчики|волшебники|"
            r"you (?:guys |all |folks |people )?(?:are )?(?:really |truly |absolutely |just |simply |the |a |an )*(?:rock|best|stars?|"
            r"legends?|heroes|hero|awesome|amazing|great|brilliant|fantastic|wonderful|lifesavers?|life savers?|star|"
            r"magicians?|angels?)|"
            r"(?:(?:the )?best|great|excellent|amazing|awesome|fantastic|outstanding|superb|stellar|wonderful|top) "
            r"(?:support|service|team|work|job)(?: (?:ever|team))?(?: (?:i|we) (?:have )?(?:ever )?(?:had|dealt with|seen))?|"
            r"(?:five|5) stars|top notch|well done|good (?:job|work|stuff)|nice (?:job|work|one)|keep up the (?:good|great) work|"
            r"hats off(?: to you)?|what a (?:relief|star|legend|hero)|life ?savers?|keep it up|10 ?/ ?10|5 ?/ ?5|100 ?%)"
        ),
    ),
    # Close it.
    (
        "<close>",
        (
            r"(?:(?:please |just )?(?:feel free to|go ahead and|happy (?:for you )?to|ok to|okay to|fine to|safe to|good to|ready "
            r"to|glad to|you can|you may|u can|we can|can|may|let us|so|so you can)(?: now| please| safely| just| go ahead and| "
            r"go ahead to| kindly)*"
            r" (?:close|be closed|resolve|be marked as (?:solved|resolved))|(?:please|pls|plz|kindly)(?: go ahead and| just|"
            r" now)? (?:close|mark|consider)|close(?: (?:this|it|the|my))?(?: (?:ticket|case|request|issue|one))?(?: out)? "
            r"(?:please|pls|plz)|(?:to|be|can be|may be|now be) closed|mark(?: (?:this|it|the (?:ticket|case)))? as "
            r"(?:solved|resolved|closed|done))"
        ),
    ),
    # The fault was ours.
    (
        "<sorry>",
        (
            r"(?:(?:извините|простите|прошу прощения|приношу извинения|извиняюсь|сорри|sorry|(?:my |our )?apologies|"
            r"i apologi[sz]e|(?:i am |we are )?(?:so |very )?sorry)(?: (?:за|for|about))"
            r"(?: (?:the|any|your|that|this|лишнее|напрасное|ложную|such|all the|all))* "
            r"(?:беспокойство|тревогу|панику|trouble|bother|bothering(?: you)?|noise|confusion|inconvenience|false alarm|nvm|"
            r"hassle|невнимательность|суету|потраченное время)|"
            r"(?:the )?(?:problem|issue|mistake|error|fault|it|that) (?:was|is|turned out to be) (?:on|in|at|with )?"
            rf"(?: ?{_SIDE})|(?:оказалось ,? ?)?(?:проблема|ошибка|дело|причина|косяк) был[аио]? (?:на|у|во?|с) "
            r"(?:моей|нашей|нас|меня|мне|нашем|моем)(?: (?:стороне|стороны|конце|настройках|конфиге))?|"
            r"(?:it was )?(?:totally |all |completely )?(?:my|our)(?: own)? (?:mistake|bad|fault|error|oversight)|user error|"
            r"(?:i|we) (?:was|were|had been|am|have been|had) (?:just )?(?:typing|using|entering|looking (?:at|in)|in) the wrong "
            r"[a-z]+|(?:моя|наша|сам[аи]?)(?: же)? (?:невнимательность|ошибка|вина|оплошность|виноват[аы]?)|false alarm|"
            r"ложная тревога|(?:сам|сама|сами) виноват[аы]?|never ?mind|отбой)"
        ),
    ),
    # Wishes at parting.
    (
        "<wish>",
        (
            r"(?:(?:и |всем |вам |вам всем |желаю |желаем )*(?:хорош(?:его|их)|отличн(?:ого|ых)|приятн(?:ого|ых)|доброго|"
            r"прекрасного|продуктивн(?:ого|ой)|удачн(?:ого|ой))(?: вам| рабочего| всем)* (?:дня|вечера|выходных|недели|"
            r"настроения|праздников|утра|отдыха)(?: вам| всем)?|всего (?:вам )?(?:доброго|хорошего|наилучшего|самого лучшего)|"
            r"(?:вас )?с (?:наступающим|праздником|праздниками|новым годом|наступающими)(?: вас| новым годом| праздниками)*|"
            r"(?:и |вам |всем |желаю |желаем |дай вам бог |крепкого )*(?:здоровья|удачи|успехов|добра|мира|процветания|"
            r"благополучия)(?: (?:и|вам|в работе|вашей команде|во всем|вашему бизнесу|всем|вашей компании))*|до свидания|"
            rf"(?:i )?(?:hope you |wish you (?:all )?|wishing you )?(?:have )?(?:a |an )?(?:very )?{_PLEASANT} (?:day|weekend|"
            r"evening|week|one|afternoon|night|rest of (?:the|your) (?:day|week)|holidays?)(?: (?:ahead|all|everyone|too))?|"
            r"take care|all the best|happy (?:new year|holidays|friday|weekend)|merry christmas|god bless(?: you)?|bye(?: bye)?|"
            r"best of luck|good luck|enjoy your (?:day|weekend|evening))"
        ),
    ),
    # What was said is understood.
    (
        "<close>",
        (
            r"(?:(?:прошу|просим|просьба|пожалуйста|можете|можно)(?: вас| пожалуйста| этот| эту| это| данное| данный| данную| "
            r"тикет| заявку| обращение| вопрос| запрос| кейс| задачу| считать| смело| уже| теперь| его| ее)* (?:закрыть|закрывать|"
            r"закройте|закрывайте|закрытым|закрытой|решенным|решенной)|(?:закройте|закрывайте|закрой|закрыть)(?: этот| эту| это|"
            r" данное| данный| данную| тикет| заявку| обращение| вопрос| запрос| кейс| задачу| его| ее)* пожалуйста)"
        ),
    ),
    (
        "<clear>",
        r"(?:got it|i see|makes (?:perfect |total )?sense|all clear|good to know|will do thanks|clear now|взял[аи]? на заметку)",
    ),
    # Says little by itself.
    (
        "<little>",
        (
            r"(?:(?:everything |all |it |that )*(?:looks|looking) (?:good|great|fine|perfect|right|ok|okay)|no words|нет слов|"
            r"это все|на этом все|вот и все)"
        ),
    ),
    # Looked at, and seen.
    (
        "<seen>",
        r"(?:(?:i|we) (?:can|am happy to|are happy to) (?:see|confirm)(?: that)?|(?:i|we) confirm(?: that)?)",
    ),
)
"""(what it counts as, the turn). The earlier ones are looked for first."""

# One word each. How the classes combine is the business of core.domain.thanks.
WORDS: dict[str, str] = {
    "thanks": (
        r"спасибо|спасибки|спасибочки|спасиб|спасибище|спосибо|спасибл|пасиб|пасибо|пасиба|пасибки|спс|спсб|сенкс|сенкью|"
        r"сэнкс|сенк|сяп|мерси|благодарю|благодарим|благодарен|благодарна|благодарны|благодарность|благодарности|"
        r"поблагодарить|благодарочка|благодарствую|признателен|признательна|признательны|признательность|"
        r"thanks|thank|thankyou|thx|thnx|thnks|thanx|tnx|tx|ty|tysm|tyvm|tks|cheers|ta|grateful|gratitude|appreciated?|"
        r"appreciation|obliged|kudos|merci|danke|gracias|appreciative|thankful"
    ),
    "works": (
        r"(?:за|с)работал[аои]?|работает|работают|подош(?:ел|ла|ло|ли)|помогло|помогли|помог|помогла|получилось|получается|норм|нормально|"
        r"нормализовал(?:ся|ась|ось|ись)|летает|летают|пашет|функционирует|ожил[аои]?|завел(?:ся|ась|ось|ись)|"
        r"наладил(?:ся|ась|ось|ись)|поднял(?:ся|ась|ось|ись)|запустил(?:ся|ась|ось|ись)|открыва[ею]тся|откры(?:лся|лась|"
        r"лось|лись)|загружа[ею]тся|загрузил(?:ся|ась|ось|ись)|грузится|грузятся|подключа[ею]тся|подключил(?:ся|ась|"
        r"ось|ись)|соединяется|подхватил(?:ся|ась|ось|ись)|применил(?:ся|ась|ось|ись)|отправля[ею]тся|"
        r"отправил(?:ся|ась|ось|ись)|пускает|пустил[аои]?|впустил[аои]?|заходит|заходят|зашел|зашла|зашли|зашло|вошел|"
        r"вошла|вошли|отвеча[ею]т|пингу[ею]тся|резолв[ия]тся|доступ(?:ен|на|но|ны)|авторизовал(?:ся|ась|ись)|"
        r"works|worked|working|helped|operational|functional|functioning|green|resolving|resolves|online|running|runs|"
        r"loads|loading|opens|opening|connects|connecting|connected|responding|live|accessible|reachable|syncing|"
        r"synced|flowing|success|successful|successfully|successful?y"
    ),
    "solved": (
        r"решен[аоы]?|решил(?:ся|ась|ось|ись)|решили|исправлен[аоы]?|исправили|исправил(?:ся|ась|ось|ись)|починили|"
        r"починил(?:ся|ась|ось|ись)|починен[аоы]?|пофиксили|пофикшено|восстановлен[аоы]?|восстановили|"
        r"восстановил(?:ся|ась|ось|ись)|устранен[аоы]?|устранили|урегулирован[аоы]?|улажен[аоы]?|уладили|"
        r"уладил(?:ся|ась|ось|ись)|снят[аоы]?|снимается|разобрал(?:ся|ась|ись)|разрешил(?:ся|ась|ось|ись)|победили|"
        r"fixed|fixes|solved|solves|resolved|sorted|restored|rectified|corrected|repaired|settled|cured"
    ),
    "gone": r"ушл[аои]|ушел|исчез(?:ла|ло|ли)?|пропал[аои]?|gone|went|disappeared|vanished|cleared",
    "arrived": (
        r"получил[аи]?|получен[аоы]?|приш(?:ел|ла|ло|ли)|приход[ия]т|дош(?:ел|ла|ло|ли)|доход[ия]т|уход[ия]т|"
        r"вернули|вижу|видим|видно|видны|наш(?:ел|ла|ли|лось|лись|елся|лась)|"
        r"зачислен[аоы]?|зачислил(?:ся|ась|ось|ись)|зачислили|поступил[аои]?|обновил(?:ся|ась|ось|ись)|"
        r"активировал(?:ся|ась|ось|ись)|продлил(?:ся|ась|ось|ись)|создал(?:ся|ась|ось|ись)|прош(?:ел|ла|ло|ли)|"
        r"установил(?:ся|ась|ось|ись)|отобража[ею]тся|доставлен[аоы]?|начислил(?:и|ся|ась|ось|ись)|"
        r"received|recieved|arrived|arriving|arrives|delivered|found|renewed|activated|showing|visible|"
        r"credited|refunded|delivering|propagated|updated|landed"
    ),
    "did": (
        r"проверил[аи]?|сделал[аи]?|перезагрузил[аи]?|перезапустил[аи]?|протестировал[аи]?|попробовал[аи]?|убедил(?:ся|ась|"
        r"ись)|подтвержда(?:ю|ем)|настроил[аи]?|сменил[аи]?|поменял[аи]?|checked|tested|verified|tried|restarted|rebooted|"
        r"done|changed|confirmed|confirming|готово"
    ),
    "yes": r"да|ага|угу|yes|yep|yeah|yup|confirmed|confirming|подтвержда(?:ю|ем)|seen",
    "close": (r"закрыть|закрывать|закрывайте|закройте|закрываем|закрывай|закрой|закроем|close|closing"),
    "cure": (
        r"помощ[ьи]|содействие|решение|исправление|устранение|help|helping|assistance|fix|fixing|solution|solving|resolving|"
        r"resolution|sorting"
    ),
    "closed": r"закрыт[аоы]?|closed",
    "again": r"снова|вновь|again",
    "returned": r"вернул(?:ся|ась|ось|ись)|появил(?:ся|ась|ось|ись)|back|came",
    "can": r"можно|можете|можем|смело|спокойно",
    "request": r"тикет|заявк[уа]|заявки|обращение|кейс|задач[уа]|запрос|инцидент|ticket|tickets|case|request|incident|tkt",
    "clear": (
        r"понял[аи]?|понятно|ясно|принял[аи]?|принято|учту|учтем|усвоил[аи]?|уяснил[аи]?|дошло|understood|clear|noted|gotcha|"
        r"copy|roger|ок|окей|оки|окк|ok|okay|okey|oki|k|хорошо|лады|ладно|alright|right|oh|ah|о|а|оу|увидел[аи]?|разъяснили|"
        r"clarified|explained"
    ),
    "praise": (
        r"отлично|супер|класс|классно|круто|здорово|замечательно|прекрасно|великолепно|шикарно|идеально|огонь|ура|бомба|"
        r"превосходно|чудесно|блестяще|топ|вау|четко|чудо|приятно|рад[аы]?|доволен|довольн[аы]|счастлив[аы]?|"
        r"great|good|nice|cool|awesome|perfect|perfectly|brilliant|brilliantly|excellent|amazing|wonderful|fantastic|super|"
        r"superb|lovely|sweet|wow|yay|hooray|hurray|woohoo|omg|fabulous|beautiful|beautifully|fine|neat|splendid|marvellous|"
        r"happy|glad|pleased|delighted|impressed|impressive|wonderfully|nicely|smoothly|terrific|stellar|phew|hurrah|bravo|"
        r"браво|fab|ace|magic|correct|relieved|satisfied|outstanding|flawless|flawlessly|spot"
    ),
    "sorry": r"извините|простите|извиняюсь|сорри|sorry|apologies|ой",
    "service": (
        r"ребята|ребят|парни|девушки|девочки|друзья|коллеги|господа|поддержк[аеиу]|поддержкой|техподдержк[аеиу]|саппорт[уа]?|"
        r"команд[аеыу]|службе|службу|служба|специалист(?:ы|ам|у|а|ов)?|сотрудник(?:и|ам|у|а|ов)?|инженер(?:ы|ам|у|а)?|"
        r"оператор(?:у|а|ам)?|менеджер(?:у|а|ам)?|админ(?:у|ы|ам)?|человек|дружище|бро|"
        r"guys|folks|everyone|everybody|team|support|mate|man|bro|dude|buddy|sir|madam|service|staff|engineers?|technicians?|"
        r"colleagues?|friends?|friend|all|people|agent|y'all|helpdesk|crew|lads|gents"
    ),
    "object": (
        r"помощ[ьи]|помощью|ответ|ответы|ответик|оперативность|скорость|быстроту|разъяснени[ея]|пояснени[ея]|объяснени[ея]|"
        r"уточнени[ея]|инструкци[юия]|консультаци[юия]|подсказку|совет|советы|терпение|внимание|участие|заботу|отзывчивость|"
        r"вежливость|профессионализм|работу|труд|труды|усилия|решение|исправление|восстановление|устранение|реакцию|"
        r"отклик|содействие|сотрудничество|информацию|инфу|инфо|отношение|понимание|подтверждение|качество|время|подробность|"
        r"подробности|сервис|оперативку|чуткость|доброту|компетентность|возврат|ссылку|документы|"
        r"help|helping|assistance|assist|answer|reply|response|responding|responsiveness|answering|replying|fix|fixing|"
        r"solution|solving|resolving|resolution|sorting|clarification|clarifying|explanation|explaining|info|information|"
        r"details|patience|time|effort|efforts|work|advice|tip|tips|guidance|instructions|update|updating|confirmation|"
        r"confirming|speed|turnaround|courtesy|kindness|professionalism|attention|care|cooperation|refund|link|support|"
        r"service|restoring|investigating|handling|supporting|action|reaction|attitude|dedication|expertise|everything|"
        r"understanding|helpfulness|walkthrough|refunding|это|все|that"
    ),
    "quality": (
        r"больш(?:ое|ущее|ой|ая|ую)|огромн(?:ое|ейшее|ая|ую|ая)|громадное|выража(?:ю|ем)|искренн(?:е|яя|юю|ее)|искреннее|сердечн(?:о|ое)|"
        r"преогромное|человеческое|много|многократно|безмерно|бесконечно|глубоко|весьма|крайне|очень|"
        r"быстр(?:о|ый|ую|ое|ые|ейший|ая)|оперативн(?:о|ый|ую|ое|ые|ая)|подробн(?:ый|ую|ое|ые|о|ая)|развернут(?:ый|ое)|"
        r"отличн(?:ый|ую|ое|ые|ая)|полн(?:ый|ое)|исчерпывающ(?:ий|ее|ие)|внимательн(?:ое|ый)|качественн(?:ый|ую|ое|ая|о)|"
        r"профессиональн(?:ый|ую|ое|ая)|своевременн(?:ый|ую|ое|ая|о)|неоценим(?:ую|ая)|терпелив(?:ое|ый|ые)|"
        r"прекрасн(?:ый|ую|ое|ая)|замечательн(?:ый|ую|ое|ая)|квалифицированн(?:ый|ую|ая|ое)|четк(?:ий|ую|ое|ая|ие)|"
        r"понятн(?:ый|ую|ое|ая|ые)|добр(?:ое|ый)|молниеносн(?:ый|ую|ое|о)|человечн(?:ое)|доходчив(?:ый|ое|ые)|так(?:ой|ую|ое)|"
        r"quick|quickly|fast|prompt|promptly|speedy|swift|swiftly|rapid|kind|detailed|thorough|excellent|great|amazing|"
        r"sincere|sincerely|sincerest|deepest|heartfelt|warmest|huge|big|massive|many|million|much|lot|lots|tons|bunch|"
        r"ever|super|truly|deeply|really|extremely|incredibly|greatly|highly|most|very|so|clear|helpful|friendly|patient|"
        r"professional|timely|instant|efficient|outstanding|hard|immediate|invaluable|utmost|loads|bundle|heaps"
    ),
    "thing": (
        r"сайт(?:ы|а|е|у|ам)?|сервер(?:ы|а|е|у|ом)?|почт[аеуы]|почтой|письм[аоу]|писем|домен(?:ы|а|е|у|ом)?|сертификат(?:ы|а|ом)?|"
        r"сср|ssl|https|dns|днс|vpn|впн|rdp|ssh|ftp|sftp|smtp|imap|api|апи|баз[аыуе]|базы|бд|sql|доступ(?:ы|а|ом)?|"
        r"аккаунт(?:ы|а|е|ом)?|учетк[аиу]|кабинет(?:а|е|ом)?|лк|личный|личном|панель|панели|бэкап(?:ы|а|ом)?|бекап(?:ы|а)?|"
        r"резервн(?:ая|ые|ую|ой)|копи[ияюй]|копией|файл(?:ы|а|ов|ами)?|данн(?:ые|ых|ыми)|деньги|денег|средства|оплат[ауы]|"
        r"платеж(?:и|а)?|счет(?:а|е|у|ом)?|баланс(?:е|а)?|акт(?:ы|а)?|документ(?:ы|а|ами)?|хостинг(?:а|е|ом)?|"
        r"виртуалк[аиуе]|машин[аыуе]|вм|vm|vps|vds|диск(?:и|а|е|ом)?|сет[ьи]|сетью|интернет(?:а|ом)?|интерфейс|"
        r"страниц[аыуе]|приложени[ея]|скрипт(?:ы|а)?|парол[ьия]|паролем|логин(?:ы|а)?|вход|код(?:ы|а)?|смс|порт(?:ы|а)?|"
        r"подключени[ея]|соединени[ея]|связь|ящик(?:и|а|е|ом)?|уведомлени[яе]|отчет(?:ы|а|е)?|запис[ьи]|браузеры?|"
        r"систем[ауые]|программ[ауые]|лицензи[яию]|ключ(?:и|а|ом)?|ссылк[аиуе]|кнопк[аи]|форм[аыуе]|магазин(?:е|а)?|"
        r"проект(?:ы|а|е)?|возврат|перевод|карт[аыуе]|настройк[аи]|услуг[аиу]|тариф|инструкци[яи]|консоль|контейнер(?:ы)?|"
        r"кластер|нод[аы]|роутер|трафик|биллинг(?:е)?|картинк[аи]|видео|звук|телефония|телефон|звонки|отправка|загрузка|"
        r"авторизация|репликация|миграция|закрывающие|"
        r"sites?|websites?|servers?|mails?|emails?|mailbox(?:es)?|domains?|certificates?|certs?|db|databases?|access|"
        r"accounts?|portal|panel|dashboard|backups?|files?|data|money|payments?|refund|invoices?|card|balance|hosting|"
        r"machines?|instances?|disks?|network|internet|wifi|pages?|apps?|applications?|scripts?|passwords?|login|links?|"
        r"buttons?|forms?|shop|store|connections?|connectivity|credentials|inbox|notifications?|reports?|records?|browsers?|"
        r"system|software|licen[cs]es?|keys?|project|printer|sync|uploads?|downloads?|nodes?|cluster|router|"
        r"traffic|images?|videos?|audio|documents?|docs?|fix|solution|steps?|instructions|logins?|redirects?|tunnel|"
        r"wordpress|outlook|gmail|webhooks?|services|services?|setup|settings|transfer|subscription|phone|calls|delivery|"
        r"workaround"
    ),
    "trouble": (
        r"проблем[аыуе]|проблемой|проблемк[аиу]|вопрос(?:ы|ик|а|ом)?|ошибк[аиуе]|ошибкой|сбо[йяи]|баг(?:и|а)?|глюк(?:и|а)?|"
        r"неполадк[аиу]|затруднени[ея]|неисправность|ситуаци[яию]|"
        r"problems?|issues?|errors?|bugs?|glitch|trouble|matter|warnings?|question|questions"
    ),
    "filler": (
        r"я|мы|вы|ты|вас|вам|тебе|тебя|нас|нам|мне|меня|мой|моя|мое|мои|моей|моему|моем|наш[аеиу]?|нашей|нашего|нашему|нашем|"
        r"ваш[аеиу]?|вашей|вашу|вашего|вашему|вашим|вашими|ваши|всей|всех|всем|"
        r"это|этот|эта|эту|этой|этому|данн(?:ое|ый|ая|ую)|его|ее|он|она|оно|они|и|с|со|у|на|в|во|по|за|от|для|к|из|при|про|"
        r"раз|один|сам|сама|сами|именно|свой|свою|свои|ко|под|после|отдельное|всему|лично|тому|сегодня|"
        r"i|we|you|u|it|its|im|this|that|these|those|they|them|is|are|am|be|has|have|the|a|an|to|of|on|in|at|with|from|for|by|"
        r"my|our|your|ur|me|us|and|n|as|his|her|he|she|side|end|both|into|there|here|out|through|everywhere|"
        r"up"
    ),
    "adverb": (
        r"все|вс|всё|теперь|сейчас|уже|наконец|наконец-то|таки|вот|ну|так|просто|полностью|прекрасно|стабильно|корректно|"
        r"исправно|успешно|правильно|вовремя|моментально|мгновенно|быстро|сразу|реально|действительно|везде|стало|"
        r"now|finally|everything|properly|correctly|normally|well|just|already|today|indeed|away|completely|fully|quickly|"
        r"immediately|instantly|once|really|perfectly|definitely|right|stable|last|absolutely|ok|okay|thing|things|quite"
    ),
    "was": r"was|were|been|был[аои]?",
}
"""For each class the words in it; a word may be in several."""

SMILING = frozenset(
    "👍🙏❤😊😀🎉👏💪🔥✅👌🥰😍😘🤗🌹💐🙌😭🤝😁😄😃🙂😉☺💯✨🎊🥳😎♥💖💙💚💛💜🧡🖤✌🤩🌞☀🌸🌷🍀🏆⭐🌟😇🫶🚀🤘😅😂🤣💕💗😌🙇🎈🍻🍺🥂😻🌺💝✔☑"
)
SKIN_AND_JOINERS = frozenset("\u200d\ufe0f\ufe0e\u2642\u2640🏻🏼🏽🏾🏿")
SAD = re.compile(r"[:;=]-?\(|\({2,}|\(\s*$|:'\(|:-?/(?!/)|👎")
SMILEY = re.compile(r"[:;=]-?[)dpp]+|\)+|<3+|\^_*\^|\bx+d+\b|:-?\*+|=\]|:3\b|\\o/")
