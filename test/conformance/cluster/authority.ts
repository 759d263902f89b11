import assert from 'node:assert/strict';
import type { ClusterUnderTest } from './cluster-under-test.ts';
import { eventually } from './eventually.ts';
import { expectOk, namespaceObject } from './flux-objects.ts';
import { KubeClient } from './kube-client.ts';

/** As much of a TokenRequest, TokenReview or SubjectAccessReview as the statements look at. */
interface Reviewed {
  readonly status: {
    readonly token?: string;
    readonly authenticated?: boolean;
    readonly user?: { readonly username?: string; readonly groups?: readonly string[] };
    readonly audiences?: readonly string[];
    readonly error?: string;
    readonly allowed?: boolean;
    readonly reason?: string;
  };
}

const AUDIENCE = 'https://headgate.example.com';

/** Statements about the API server as an authority: whose a token is, and whether somebody may do something. */
export function authorityConformance(opened: () => ClusterUnderTest): void {
  describe('the API server as an authority', function () {
    this.timeout(30_000);
    const namespace = 'authority';
    let kube: KubeClient;
    let uses = 0;

    before(async () => {
      kube = new KubeClient(opened());
      await opened().apply(namespaceObject(namespace));
      await opened().apply({ apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'ci' } });
    });

    const send = async (path: string, body: object): Promise<Reviewed['status']> =>
      (expectOk(await kube.post(path, body)) as unknown as Reviewed).status;
    const tokenPath = (name: string): string => `/api/v1/namespaces/${namespace}/serviceaccounts/${name}/token`;
    const tokenOf = async (name: string): Promise<string> => {
      const spec = { audiences: [AUDIENCE], expirationSeconds: 600 };
      const { token } = await send(tokenPath(name), { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', spec });
      return token ?? assert.fail('no token');
    };
    const review = (token: string, audiences: readonly string[] = [AUDIENCE]): Promise<Reviewed['status']> =>
      send('/apis/authentication.k8s.io/v1/tokenreviews', {
        apiVersion: 'authentication.k8s.io/v1',
        kind: 'TokenReview',
        spec: { token, audiences },
      });

    describe('a TokenReview', () => {
      it('says whose the token of a service account is, and for which of the audiences', async () => {
        const said = await review(await tokenOf('ci'), [AUDIENCE, 'https://other.example.com']);
        assert.equal(said.authenticated, true);
        assert.equal(said.user?.username, `system:serviceaccount:${namespace}:ci`);
        assert.deepEqual(said.audiences, [AUDIENCE]);
        for (const group of ['system:serviceaccounts', `system:serviceaccounts:${namespace}`, 'system:authenticated'])
          assert.ok(said.user.groups?.includes(group), group);
      });

      it('refuses a token for another audience', async () => {
        const said = await review(await tokenOf('ci'), ['https://other.example.com']);
        assert.ok(!said.authenticated);
        assert.notEqual(said.error ?? '', '');
        assert.deepEqual(said.audiences ?? [], []);
      });

      it('refuses a token that was tampered with, and what is none', async () => {
        const [header = '', , signature = ''] = (await tokenOf('ci')).split('.');
        const claims = Buffer.from(JSON.stringify({ sub: `system:serviceaccount:${namespace}:admin` })).toString('base64url');
        for (const token of [`${header}.${claims}.${signature}`, 'nonsense']) assert.ok(!(await review(token)).authenticated, token);
      });

      it('refuses the token of an account that was deleted, also when there is one of that name again', async () => {
        const account = { apiVersion: 'v1', kind: 'ServiceAccount', metadata: { namespace, name: 'gone' } };
        await opened().apply(account);
        const token = await tokenOf('gone');
        assert.equal((await review(token)).authenticated, true);
        assert.equal((await kube.delete(`/api/v1/namespaces/${namespace}/serviceaccounts/gone`)).status, 200);
        await eventually(async () => assert.ok(!(await review(token)).authenticated), 20_000);
        await opened().apply(account);
        assert.equal((await review(await tokenOf('gone'))).authenticated, true);
        assert.ok(!(await review(token)).authenticated);
      });
    });

    it('makes no token for an account that is not there', async () => {
      const answer = await kube.post(tokenPath('nobody'), { spec: { audiences: [AUDIENCE] } });
      assert.equal(answer.status, 404, answer.text);
    });

    describe('a SubjectAccessReview', () => {
      const group = 'source.toolkit.fluxcd.io';
      const resource = 'gitrepositories';
      const reviews = '/apis/authorization.k8s.io/v1/subjectaccessreviews';
      const asked = (spec: object, name = 'app'): object => ({
        apiVersion: 'authorization.k8s.io/v1',
        kind: 'SubjectAccessReview',
        spec: { ...spec, resourceAttributes: { verb: 'reconcile', group, resource, namespace, name } },
      });
      const may = async (spec: object, name?: string): Promise<Reviewed['status']> => send(reviews, asked(spec, name));

      before(async () => {
        await grant([], [{ kind: 'User', name: 'oidc:ada' }]);
        await grant(['only'], [{ kind: 'Group', name: 'oidc:sre' }]);
        await grant([], [{ kind: 'ServiceAccount', namespace, name: 'ci' }]);
        await grant([], [{ kind: 'Group', name: 'system:authenticated' }], 'suspend');
        await eventually(async () => assert.equal((await may({ user: `system:serviceaccount:${namespace}:ci` })).allowed, true), 20_000);
      });

      it('allows a user with a role for the verb, and says by which binding', async () => {
        const said = await may({ user: 'oidc:ada', groups: ['system:authenticated'] });
        assert.equal(said.allowed, true);
        assert.match(said.reason ?? '', /^RBAC: allowed by RoleBinding "may-1\/authority" of Role "may-1" to User "oidc:ada"$/);
      });

      it('does not allow whoever has none: another user, the verb of another role, another namespace', async () => {
        assert.equal((await may({ user: 'oidc:eve' })).allowed, false);
        assert.equal((await may({ user: 'ada' })).allowed, false);
        assert.equal((await may({ user: 'oidc:eve', groups: ['system:authenticated'] })).allowed, false);
        const elsewhere = { verb: 'reconcile', group, resource, namespace: 'default', name: 'app' };
        assert.equal((await send(reviews, { spec: { user: 'oidc:ada', resourceAttributes: elsewhere } })).allowed, false);
      });

      it('looks at groups, at names, and at service accounts', async () => {
        assert.equal((await may({ user: 'oidc:eve', groups: ['oidc:sre'] }, 'only')).allowed, true);
        assert.equal((await may({ user: 'oidc:eve', groups: ['oidc:sre'] }, 'other')).allowed, false);
        assert.equal((await may({ user: `system:serviceaccount:${namespace}:ci` })).allowed, true);
        assert.equal((await may({ user: `system:serviceaccount:${namespace}:other` })).allowed, false);
      });

      it('allows system:masters everything, so that nobody may be let claim it', async () => {
        assert.equal((await may({ user: 'oidc:eve', groups: ['system:masters'] })).allowed, true);
      });

      it('takes an empty user that has a group, and refuses one without', async () => {
        assert.equal((await may({ user: '', groups: ['oidc:sre'] }, 'only')).allowed, true);
        const answer = await kube.post(reviews, asked({ user: '' }));
        assert.equal(answer.status, 422, answer.text);
        assert.equal(answer.refusal().reason, 'Invalid');
      });

      const grant = async (resourceNames: readonly string[], subjects: readonly object[], verb = 'reconcile'): Promise<void> => {
        uses += 1;
        const name = `may-${uses}`;
        const apiGroup = 'rbac.authorization.k8s.io';
        const apiVersion = `${apiGroup}/v1`;
        const names = resourceNames.length === 0 ? {} : { resourceNames };
        const rules = [{ apiGroups: [group], resources: [resource], verbs: [verb], ...names }];
        await opened().apply({ apiVersion, kind: 'Role', metadata: { namespace, name }, rules });
        const roleRef = { apiGroup, kind: 'Role', name };
        await opened().apply({ apiVersion, kind: 'RoleBinding', metadata: { namespace, name }, roleRef, subjects });
      };
    });
  });
}
