"""`glazok demo`: a whole desk in a temporary folder, with mail servers, clients and a colleague of its own.

Everything in it goes through the same doors as real life: letters through SMTP and IMAP, the eye through the
presence server, answers through the services. The sample texts are data and are not translated.
"""
