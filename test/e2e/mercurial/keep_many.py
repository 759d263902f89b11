"""Keeps so many deliveries as the hook does while Headgate is away: `keep_many.py HOOK HGRC COUNT`. Prints their ids, oldest first."""

import importlib.util
import sys

spec = importlib.util.spec_from_file_location('headgate_hook', sys.argv[1])
hook = importlib.util.module_from_spec(spec)
spec.loader.exec_module(hook)

settings = hook.settings_of_file(sys.argv[2])
for number in range(int(sys.argv[3])):
    message = hook.message_of({'v': 1, 'type': 'hg.txn', 'txn': 'TXN:%040x' % (number + 1), 'repo': 'https://hg.example.com/infra'})
    hook.keep(settings, message)
    print(message.ident)
