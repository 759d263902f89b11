import assert from 'node:assert/strict';
import { silentLog } from '#core/ports/telemetry.ts';
import type { SourceObject, TargetRef } from '#core/target.ts';
import { limits } from '#core/limits.ts';
import { PolicyEvents } from '#handlers/policy-events.ts';
import type { PolicySet } from '#policy/documents.ts';
import { noPolicies } from '#policy/parse-policies.ts';
import { footprint, policies } from '../policy/samples.ts';

describe('Events about policies', () => {
  let told: string[];
  let set: PolicySet;

  /** Objects that write to these namespaces, one each. */
  function telling(...namespaces: readonly string[]): PolicyEvents {
    told = [];
    const footprints = namespaces.map((namespace, index) => {
      const print = footprint([namespace]);
      return { ...print, source: { ...print.source, target: { ...print.source.target, name: `${namespace}-${index}` } } };
    });
    const inventory = {
      sources: (): readonly SourceObject[] => footprints.map(({ source }) => source),
      footprint: (source: SourceObject) => footprints.find((print) => print.source === source) ?? footprint([]),
    };
    const events = { write: ({ name }: TargetRef, reason: string, message: string) => void told.push(`${name} ${reason}: ${message}`) };
    return new PolicyEvents({ inventory, events, log: silentLog, policies: () => set });
  }

  const about = (namespace: string, refs = 'refs/heads/main') => ({
    targets: [{ clusters: ['prod'], namespaces: [namespace] }],
    changes: [{ source: 'hub', repositories: ['org/app'], refs: [refs] }],
  });

  it('say nothing of the start, nor while nothing changes', () => {
    set = policies({ payments: about('payments') });
    const telling_ = telling('payments');
    telling_.look();
    set = policies({ payments: about('payments') });
    telling_.look();
    assert.deepEqual(told, []);
  });

  it('name what has changed, on the objects that it is about and no others', () => {
    set = policies({ payments: about('payments'), gone: about('payments'), shop: about('shop') });
    const events = telling('payments', 'shop');
    events.look();
    set = policies({ payments: about('payments', 'refs/heads/release'), fresh: about('payments'), shop: about('shop') });
    events.look();
    const changed = 'fresh is new, gone is gone, payments has changed';
    assert.deepEqual(told, [`payments-0 HeadgatePoliciesChanged: the policies in force are ${set.hash.slice(0, 12)} now; ${changed}`]);
  });

  it('say why when there are none any more', () => {
    set = policies({ payments: about('payments') });
    const events = telling('payments');
    events.look();
    set = noPolicies('they did not load for an hour');
    events.look();
    assert.deepEqual(told, [
      'payments-0 HeadgatePoliciesChanged: no policies are in force: they did not load for an hour; payments is gone',
    ]);
  });

  it('are bounded', () => {
    set = policies({ payments: about('payments') });
    const events = telling(...Array.from({ length: limits.kube.policyEvents + 5 }, () => 'payments'));
    events.look();
    set = noPolicies('gone');
    events.look();
    assert.equal(told.length, limits.kube.policyEvents);
  });
});
