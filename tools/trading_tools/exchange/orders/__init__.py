"""Orders that are never lost and never doubled: intent before act, outcomes of three values.

`intent` is what is wanted, `client_ids` its name at the venue, `life` the table of its stages,
`judging` what a reply means, `port` what a venue is asked, `ccxt_port` asks it by ccxt, `records`
folds the trade audit, `manager` acts.
"""
