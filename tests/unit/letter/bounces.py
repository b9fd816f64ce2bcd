"""Delivery failures as mail servers word them. Each entry: raw letter, expected (recipient, action, status) rows."""

from __future__ import annotations

RETURNED = (
    "From: Support <support@example.com>\nTo: Nobody <nobody@client.example>\nSubject: Re: Question\n"
    "Message-ID: <sent-1@example.com>\nDate: Wed, 12 Mar 2025 14:00:00 +0300\n\nHello\n"
)


def letter(headers: str, body: str) -> bytes:
    """Headers and body with CRLF ends."""
    return f"{headers}\n{body}".replace("\n", "\r\n").encode()


POSTFIX = letter(
    "Return-Path: <>\nFrom: MAILER-DAEMON@mx.example.com (Mail Delivery System)\nTo: support@example.com\n"
    "Subject: Undelivered Mail Returned to Sender\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="A1/mx.example.com"\n'
    "Message-Id: <b1@mx.example.com>\n",
    "This is a MIME-encapsulated message.\n\n--A1/mx.example.com\nContent-Description: Notification\n"
    "Content-Type: text/plain; charset=us-ascii\n\nThis is the mail system at host mx.example.com.\n\n"
    "I'm sorry to have to inform you that your message could not\nbe delivered to one or more recipients.\n\n"
    "<nobody@client.example>: host mx.client.example[192.0.2.1] said: 550 5.1.1\n"
    "    <nobody@client.example>: Recipient address rejected: User unknown (in reply to RCPT TO command)\n\n"
    "--A1/mx.example.com\nContent-Description: Delivery report\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; mx.example.com\nX-Postfix-Queue-ID: A1\nArrival-Date: Wed, 12 Mar 2025 "
    "14:00:01 +0300 (MSK)\n\n"
    "Final-Recipient: rfc822; nobody@client.example\nOriginal-Recipient: rfc822;nobody@client.example\nAction: failed\n"
    "Status: 5.1.1\nRemote-MTA: dns; mx.client.example\nDiagnostic-Code: smtp; 550 5.1.1 User unknown\n\n"
    "--A1/mx.example.com\nContent-Description: Undelivered Message\nContent-Type: message/rfc822\n\n"
    f"{RETURNED}\n--A1/mx.example.com--\n",
)
EXIM = letter(
    "Return-path: <>\nFrom: Mail Delivery System <Mailer-Daemon@mx.example.com>\nTo: support@example.com\n"
    "X-Failed-Recipients: nobody@client.example\nAuto-Submitted: auto-replied\n"
    "Subject: Mail delivery failed: returning message to sender\nMessage-Id: <E1-b2@mx.example.com>\n",
    "This message was created automatically by mail delivery software.\n\nA message that you sent "
    "could not be delivered "
    "to one or more of its\nrecipients. This is a permanent error. The following address(es) failed:\n\n"
    "  nobody@client.example\n    host mx.client.example [192.0.2.1]\n    SMTP error from remote "
    "mail server after RCPT "
    "TO:<nobody@client.example>:\n    550 5.1.1 No such user\n\n"
    f"------ This is a copy of the message, including all the headers. ------\n\n{RETURNED}",
)
EXIM_NO_CODE = letter(
    "Return-path: <>\nFrom: Mail Delivery System <Mailer-Daemon@mx.example.com>\nTo: support@example.com\n"
    "Subject: Mail delivery failed: returning message to sender\n",
    "This message was created automatically by mail delivery software.\n\nA message that you sent "
    "could not be delivered "
    "to one or more of its\nrecipients. The following address(es) failed:\n\n  nobody@client.example\n"
    "    Unrouteable address\n  second@client.example\n    mailbox is full: retry timeout exceeded\n\n"
    f"------ This is a copy of the message, including all the headers. ------\n\n{RETURNED}",
)
EXIM_DELAY = letter(
    "Return-path: <>\nFrom: Mail Delivery System <Mailer-Daemon@mx.example.com>\nTo: support@example.com\n"
    "Auto-Submitted: auto-replied\nSubject: Warning: message 1tsXYZ-0001 delayed 24 hours\n",
    "This message was created automatically by mail delivery software.\nA message that you sent has not yet been "
    "delivered to one or more of its\nrecipients after more than 24 hours on the queue on mx.example.com.\n\n"
    "The message identifier is:     1tsXYZ-0001\nThe date of the message is:    Wed, 12 Mar 2025 14:00:00 +0300\n"
    "The address to which the message has not yet been delivered is:\n\n  nobody@client.example\n"
    "    Delay reason: Connection timed out\n\nNo action is required on your part. Delivery "
    "attempts will continue for\n"
    "some time, and this warning may be repeated at intervals.\n",
)
QMAIL = letter(
    "Return-Path: <>\nFrom: MAILER-DAEMON@qmail.example\nTo: support@example.com\nSubject: failure notice\n",
    "Hi. This is the qmail-send program at qmail.example.\nI'm afraid I wasn't able to deliver your message to the "
    "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
    "<nobody@client.example>:\n192.0.2.1 does not like recipient.\nRemote host said: 550 5.7.1 Relaying denied\n"
    f"Giving up on 192.0.2.1.\n\n--- Below this line is a copy of the message.\n\nReturn-Path: "
    f"<support@example.com>\n{RETURNED}",
)
QMAIL_NO_MAILBOX = letter(
    "Return-Path: <>\nFrom: MAILER-DAEMON@qmail.example\nTo: support@example.com\nSubject: failure notice\n",
    "Hi. This is the qmail-send program at qmail.example.\nI'm afraid I wasn't able to deliver your message to the "
    "following addresses.\nThis is a permanent error; I've given up. Sorry it didn't work out.\n\n"
    "<nobody@client.example>:\nSorry, no mailbox here by that name. (#5.1.1)\n\n"
    f"--- Below this line is a copy of the message.\n\n{RETURNED}",
)
EXCHANGE = letter(
    "From: Microsoft Outlook "
    "<MicrosoftExchange329e71ec88ae4615bbc36ab6ce41109e@client.example>\nTo: support@example.com\n"
    "Subject: Undeliverable: Re: Question\nAuto-Submitted: auto-replied\nMIME-Version: 1.0\n"
    'Content-Type: multipart/report; report-type=delivery-status; boundary="x1"\nMessage-ID: <b3@client.example>\n'
    "In-Reply-To: <sent-1@example.com>\nReferences: <sent-1@example.com>\n",
    "--x1\nContent-Type: multipart/alternative; differences=Content-Type; boundary=x2\n\n--x2\n"
    "Content-Type: text/plain; charset=us-ascii\n\nDelivery has failed to these recipients or groups:\n\n"
    "nobody@client.example<mailto:nobody@client.example>\nThe email address you entered couldn't be found.\n\n"
    "Diagnostic information for administrators:\n\nGenerating server: EX1.client.example\n\nnobody@client.example\n"
    "Remote Server returned '550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found'\n\n--x2\n"
    "Content-Type: text/html; charset=us-ascii\n\n<html><body><p>Delivery has failed</p></body></html>\n\n--x2--\n\n"
    "--x1\nContent-Type: message/delivery-status\n\nReporting-MTA: dns;EX1.client.example\n\n"
    "Final-recipient: RFC822;nobody@client.example\nAction: failed\nStatus: 5.1.10\n"
    "Diagnostic-code: smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; not found\n\n"
    f"--x1\nContent-Type: message/rfc822\n\n{RETURNED}\n--x1--\n",
)
GMAIL = letter(
    "Return-Path: <>\nFrom: Mail Delivery Subsystem <mailer-daemon@googlemail.com>\nTo: support@example.com\n"
    "Auto-Submitted: auto-replied\nSubject: Delivery Status Notification (Failure)\nMIME-Version: 1.0\n"
    'X-Failed-Recipients: nobody@client.example\nContent-Type: multipart/report; boundary="g1"; '
    "report-type=delivery-status\n",
    '--g1\nContent-Type: text/plain; charset="UTF-8"\n\n** Address not found **\n\nYour message wasn\'t delivered to '
    "nobody@client.example because the address couldn't be found.\n\nThe response was:\n\n550 5.1.1 The email account "
    "that you tried to reach does not exist.\n\n--g1\nContent-Type: message/delivery-status\n\n"
    "Reporting-MTA: dns; googlemail.com\nReceived-From-MTA: dns; support@example.com\n\n"
    "Final-Recipient: rfc822; nobody@client.example\nAction: failed\nStatus: 5.1.1\n"
    "Diagnostic-Code: smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n\n"
    f"--g1\nContent-Type: message/rfc822\n\n{RETURNED}\n--g1--\n",
)
MAIL_RU = letter(
    "Return-Path: <>\nFrom: mailer-daemon@corp.mail.ru\nTo: "
    "support@example.com\nX-Failed-Recipients: nobody@mail.example\n"
    "Subject: Mail failure.\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
    "Это письмо создано автоматически сервером Mail.Ru, отвечать на него не нужно.\n\n"
    "К сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n**********************\n\n"
    "nobody@mail.example\nuser not found. Ошибка: 550 Message was not accepted -- invalid mailbox. "
    f"Local mailbox nobody@mail.example is unavailable: user not found\n\n**********************\n\n{RETURNED}",
)
YANDEX = letter(
    "Return-Path: <>\nFrom: mailer-daemon@yandex.ru\nTo: support@example.com\nAuto-Submitted: auto-replied\n"
    "Subject: =?utf-8?B?0J3QtdC00L7RgdGC0LDQstC70LXQvdC90L7QtSDRgdC+0L7QsdGJ0LXQvdC40LU=?=\n"
    "Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n",
    "Это письмо отправлено почтовым сервером yandex.ru.\n\nК сожалению, мы вынуждены сообщить Вам о "
    "том, что Ваше письмо не "
    "может\nбыть отправлено одному или нескольким адресатам. Технические подробности можно найти ниже.\n\n"
    "<nobody@client.example>: host mx.client.example[192.0.2.1] said: 552 5.2.2 Mailbox\n    size "
    "limit exceeded (in reply "
    "to RCPT TO command)\n",
)

ROW = ("nobody@client.example", "failed", "5.1.1")
CASES = {
    "postfix": (POSTFIX, [ROW]),
    "exim": (EXIM, [ROW]),
    "exim without a code": (
        EXIM_NO_CODE,
        [("nobody@client.example", "failed", "5.1.1"), ("second@client.example", "failed", "5.2.2")],
    ),
    "exim's warning": (EXIM_DELAY, [("nobody@client.example", "delayed", "4.4.1")]),
    "qmail": (QMAIL, [("nobody@client.example", "failed", "5.7.1")]),
    "qmail without a mailbox": (QMAIL_NO_MAILBOX, [ROW]),
    "exchange": (EXCHANGE, [("nobody@client.example", "failed", "5.1.10")]),
    "gmail": (GMAIL, [ROW]),
    "mail.ru": (MAIL_RU, [("nobody@mail.example", "failed", "5.1.1")]),
    "yandex": (YANDEX, [("nobody@client.example", "failed", "5.2.2")]),
}
WITH_RETURNED = (
    "postfix",
    "exim",
    "exim without a code",
    "qmail",
    "qmail without a mailbox",
    "exchange",
    "gmail",
    "mail.ru",
)
