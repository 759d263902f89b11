import { FakeRegistry, type FakeRegistryOptions } from '#sandbox/oci/fake-registry.ts';
import { registryConformance, type RegistryUnderTest } from '../../conformance/registry.ts';

async function open(options: FakeRegistryOptions): Promise<RegistryUnderTest> {
  const registry = await new FakeRegistry(options).start();
  const credentials = () => ({ user: 'headgate', password: 'a password of its own' });
  return { access: { host: registry.host, plainHttp: true, credentials }, stop: () => registry.stop() };
}

registryConformance('the simulated registry, open to anybody', () => open({}));
registryConformance('the simulated registry, with accounts and whole locations', () =>
  open({ users: { headgate: 'a password of its own' }, wholeLocations: true }),
);
