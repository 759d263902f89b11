/** Plural names of namespaced kinds that Kubernetes itself has, by `group/Kind`. */
export const knownPlurals: Readonly<Record<string, string>> = {
  '/ConfigMap': 'configmaps',
  '/Endpoints': 'endpoints',
  '/LimitRange': 'limitranges',
  '/PersistentVolumeClaim': 'persistentvolumeclaims',
  '/Pod': 'pods',
  '/ReplicationController': 'replicationcontrollers',
  '/ResourceQuota': 'resourcequotas',
  '/Secret': 'secrets',
  '/Service': 'services',
  '/ServiceAccount': 'serviceaccounts',
  'apps/DaemonSet': 'daemonsets',
  'apps/Deployment': 'deployments',
  'apps/ReplicaSet': 'replicasets',
  'apps/StatefulSet': 'statefulsets',
  'autoscaling/HorizontalPodAutoscaler': 'horizontalpodautoscalers',
  'batch/CronJob': 'cronjobs',
  'batch/Job': 'jobs',
  'networking.k8s.io/Ingress': 'ingresses',
  'networking.k8s.io/NetworkPolicy': 'networkpolicies',
  'policy/PodDisruptionBudget': 'poddisruptionbudgets',
};

/** What a namespace of workloads mostly holds: nothing that reads secrets or gives rights. */
export const usualKinds: readonly { readonly group: string; readonly kind: string }[] = [
  { group: '', kind: 'ConfigMap' },
  { group: '', kind: 'Service' },
  { group: 'apps', kind: 'Deployment' },
  { group: 'apps', kind: 'StatefulSet' },
  { group: 'autoscaling', kind: 'HorizontalPodAutoscaler' },
  { group: 'batch', kind: 'CronJob' },
  { group: 'batch', kind: 'Job' },
  { group: 'networking.k8s.io', kind: 'Ingress' },
  { group: 'networking.k8s.io', kind: 'NetworkPolicy' },
  { group: 'policy', kind: 'PodDisruptionBudget' },
];

/** What the API server lets nobody write who does not hold what it gives ("Privilege escalation prevention"). */
export const givesRights: readonly string[] = ['rbac.authorization.k8s.io/Role', 'rbac.authorization.k8s.io/RoleBinding'];
