import { clusterConformance } from '../conformance/cluster.ts';
import { realClusterUnderTest } from './cluster/under-test.ts';
import { startCluster } from './cluster/up.ts';

clusterConformance('Kubernetes 1.36 with Flux 2.9', async () => realClusterUnderTest(await startCluster({ name: 'conformance' })));
