"""Makes 10,000 changesets without files on top of the tip of a repository, which is made where it is missing. usage: many.py REPOSITORY"""
import os
import sys

from mercurial import hg, metadata, ui

path = sys.argv[1].encode()
repo = hg.repository(ui.ui.load(), path, create=not os.path.exists(path))
null = b'\0' * 20
with repo.lock(), repo.transaction(b'many') as transaction:
    node, manifest = repo.changelog.tip(), repo[repo.changelog.tip()].manifestnode() or null
    for number in range(10000):
        node = repo.changelog.add(manifest, metadata.ChangingFiles(), b'%d' % number, transaction, node, null, b'user', (0, 0))
