"""Makes a repository with 10,000 changesets. usage: many.py REPOSITORY"""
import sys

from mercurial import hg, metadata, ui

repo = hg.repository(ui.ui.load(), sys.argv[1].encode(), create=True)
null = b'\0' * 20
with repo.lock(), repo.transaction(b'many') as transaction:
    node = null
    for number in range(10000):
        node = repo.changelog.add(null, metadata.ChangingFiles(), b'%d' % number, transaction, node, null, b'user', (0, 0))
