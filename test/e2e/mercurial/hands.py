"""Works in repositories of one directory: a line of JSON for each task on standard input, and one for its result.

Commits go past any working copy, so that dozens of them take a second, and hold what a working copy could not.
"""

import base64
import json
import os
import sys

from mercurial import context, encoding, hg, obsolete, phases, ui as uimod

NULL = b'\0' * 20


def opened(task):
    ui = uimod.ui.load()
    for section, name, value in (
        (b'experimental', b'evolution', b'all'),
        (b'phases', b'new-commit', task.get('phase', 'draft').encode()),
        (b'ui', b'quiet', b'true'),
    ):
        ui.setconfig(section, name, value)
    return hg.repository(ui, os.path.join(os.fsencode(sys.argv[1]), task['repository'].encode())).unfiltered()


def node_of(text):
    return bytes.fromhex(text)


def local(text):
    return encoding.tolocal(text.encode())


def create(task):
    path = os.path.join(os.fsencode(sys.argv[1]), task['repository'].encode())
    os.makedirs(path)
    hg.repository(uimod.ui.load(), path, create=True)


def commit(task):
    repo = opened(task)
    with repo.wlock(), repo.lock():
        parents = [node_of(one) for one in task['parents']] if 'parents' in task else [repo.changelog.tip()]
        first = repo[parents[0]] if parents else repo[NULL]
        second = repo[parents[1]] if len(parents) > 1 else None
        files = {os.fsencode(path): content for path, content in task.get('files', {}).items()}
        if second is not None:
            files.update({path: second[path] for path in second if path not in first and path not in files})

        def held(repo, memctx, path):
            content = files[path]
            if content is None:
                return None
            if not isinstance(content, dict):
                return context.memfilectx(repo, memctx, path, content.data(), content.islink(), content.isexec())
            data, kind = base64.b64decode(content['bytes']), content['kind']
            return context.memfilectx(repo, memctx, path, data, kind == 'symlink', kind == 'executable')

        extra = {b'branch': encoding.fromlocal(local(task['branch'])) if 'branch' in task else first.extra().get(b'branch', b'default')}
        if task.get('close'):
            extra[b'close'] = b'1'
        if 'topic' in task:
            extra[b'topic'] = task['topic'].encode()
        date = b'%d 0' % (task.get('date', 1700000000000 + 1000 * len(repo)) // 1000)
        made = context.memctx(
            repo,
            (first.node(), second.node() if second is not None else NULL),
            local(task.get('title', 'A change')),
            sorted(files),
            held,
            local(task.get('user', 'Tester <tester@example.com>')),
            date,
            extra,
        )
        node = repo.commitctx(made)
        if task.get('phase', 'public') == 'public':
            with repo.transaction(b'hands') as transaction:
                phases.advanceboundary(repo, transaction, phases.public, [node])
    return repo[node].hex().decode()


def bookmark(task):
    repo = opened(task)
    with repo.wlock(), repo.lock(), repo.transaction(b'hands') as transaction:
        to = None if task['node'] is None else node_of(task['node'])
        repo._bookmarks.applychanges(repo, transaction, [(local(task['name']), to)])


def prune(task):
    repo = opened(task)
    with repo.lock():
        obsolete.createmarkers(repo, [(repo[node_of(task['node'])], ())])


for line in iter(sys.stdin.readline, ''):
    task = json.loads(line)
    try:
        result = {'result': {'create': create, 'commit': commit, 'bookmark': bookmark, 'prune': prune}[task['do']](task)}
    except Exception as error:  # whoever waits is told
        result = {'error': '%s: %s' % (type(error).__name__, error)}
    sys.stdout.write(json.dumps(result) + '\n')
    sys.stdout.flush()
