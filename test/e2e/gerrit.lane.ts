import { gerritConformance, type GerritUnderTest } from '../conformance/gerrit.ts';

const { GERRIT_URL = '', GERRIT_SSH = '', GERRIT_USER = 'admin', GERRIT_TOKEN = 'secret' } = process.env;

gerritConformance(GERRIT_URL, (): Promise<GerritUnderTest> => {
  const url = GERRIT_URL.replace(/\/+$/, '');
  const [host = '', port = '29418'] = GERRIT_SSH === '' ? [new URL(url).hostname] : GERRIT_SSH.split(':');
  return Promise.resolve({
    url,
    ssh: { host, port: Number(port) },
    admin: { user: GERRIT_USER, password: GERRIT_TOKEN },
    stop: () => Promise.resolve(),
  });
});
