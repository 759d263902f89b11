import assert from 'node:assert/strict';
import { SchemaSet } from '../../../k8s/manifests/schema-set.ts';

const gvk = (group: string, version: string, kind: string) => ({ 'x-kubernetes-group-version-kind': [{ group, version, kind }] });
const ref = (name: string) => ({ allOf: [{ $ref: `#/components/schemas/${name}` }] });

/** Cut out of what an API server publishes, with its forms: references in allOf, quantities, maps, custom resources in place. */
const document = {
  components: {
    schemas: {
      'io.k8s.api.apps.v1.Deployment': {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: { ...ref('meta'), default: {} },
          spec: ref('spec'),
        },
        ...gvk('apps', 'v1', 'Deployment'),
      },
      meta: {
        type: 'object',
        properties: {
          name: { type: 'string' },
          labels: { type: 'object', additionalProperties: { type: 'string', default: '' } },
          creationTimestamp: { type: 'string', format: 'date-time' },
        },
      },
      spec: {
        type: 'object',
        required: ['selector'],
        properties: {
          replicas: { type: 'integer', format: 'int32' },
          selector: { type: 'object', additionalProperties: { type: 'string' } },
          maxSurge: { oneOf: [{ type: 'integer' }, { type: 'string' }], format: 'int-or-string' },
          memory: { oneOf: [{ type: 'string' }, { type: 'number' }] },
          type: { type: 'string', enum: ['Recreate', 'RollingUpdate'] },
        },
      },
      'io.example.v1.Widget': {
        type: 'object',
        properties: {
          apiVersion: { type: 'string' },
          kind: { type: 'string' },
          metadata: ref('meta'),
          spec: {
            type: 'object',
            properties: {
              size: { 'x-kubernetes-int-or-string': true, anyOf: [{ type: 'integer' }, { type: 'string' }], pattern: '^(a+)+$' },
              one: { type: 'string' },
              two: { type: 'string' },
              free: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, properties: { known: { type: 'string' } } },
              properties: { type: 'object', properties: { pattern: { type: 'string' } } },
            },
            oneOf: [{ required: ['one'], properties: { one: { minLength: 1 } } }, { required: ['two'] }],
          },
        },
        ...gvk('example.com', 'v1', 'Widget'),
      },
    },
  },
};

const deployment = (spec: object, metadata: object = { name: 'web' }) => ({ apiVersion: 'apps/v1', kind: 'Deployment', metadata, spec });
const widget = (spec: object) => ({ apiVersion: 'example.com/v1', kind: 'Widget', metadata: { name: 'w' }, spec });

describe('SchemaSet', () => {
  const apps = new SchemaSet(document, 'apps/v1');
  const custom = new SchemaSet(document, 'example.com/v1');

  const fitting: readonly object[] = [
    deployment({ selector: { app: 'web' }, replicas: 2, maxSurge: '25%', memory: '1Gi' }),
    deployment({ selector: {}, maxSurge: 1, memory: 5, replicas: null }),
    deployment({ selector: {} }, { name: 'web', labels: { any: 'thing' }, creationTimestamp: null }),
    deployment({ selector: {}, replicas: '${REPLICAS}', type: '${TYPE:=Recreate}' }),
  ];
  for (const object of fitting)
    it(`takes ${JSON.stringify(object)}`, () => {
      assert.deepEqual(apps.misfits('Deployment', object), []);
    });

  const wrong: readonly (readonly [object, string])[] = [
    [deployment({ selector: {}, replicas: 'two' }), 'spec.replicas must be integer'],
    [deployment({}), "spec must have required property 'selector'"],
    [deployment({ selector: {}, replica: 1 }), 'spec has a field replica, which its schema does not know'],
    [deployment({ selector: {} }, { name: 'web', lables: {} }), 'metadata has a field lables, which its schema does not know'],
    [deployment({ selector: { app: 1 } }), 'spec.selector.app must be string'],
    [deployment({ selector: {}, type: 'Blue' }), 'spec.type must be equal to one of the allowed values'],
  ];
  for (const [object, message] of wrong)
    it(`says of ${JSON.stringify(object)}: ${message}`, () => {
      assert.deepEqual(apps.misfits('Deployment', object), [message]);
    });

  it('reads schemas of custom resources, which combine parts of schemas', () => {
    assert.deepEqual(custom.misfits('Widget', widget({ one: 'x', size: 'b', free: { any: 1 }, properties: { pattern: 'x' } })), []);
    assert.deepEqual(custom.misfits('Widget', widget({ one: 'x', three: 'y' })), [
      'spec has a field three, which its schema does not know',
    ]);
    assert.equal(custom.misfits('Widget', widget({}))?.length, 2);
  });

  it('knows the kinds of its own group and version alone', () => {
    assert.equal(apps.misfits('Widget', widget({})), undefined);
    assert.equal(apps.misfits('StatefulSet', {}), undefined);
  });

  for (const nothing of [null, {}, { components: null }, 'text', { components: { schemas: [] } }])
    it(`knows nothing from ${JSON.stringify(nothing)}`, () => {
      assert.equal(new SchemaSet(nothing, 'v1').misfits('Pod', {}), undefined);
    });
});
