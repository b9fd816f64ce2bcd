"""The product without a face. Imports nothing of ours; everyone else imports `core.services` and
`core.domain`."""
