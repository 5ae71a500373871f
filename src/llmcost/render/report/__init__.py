"""The report: one page that can be opened from an e-mail, and the same in Markdown."""
