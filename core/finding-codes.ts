import type { Explained } from './finding-codes/explained.ts';
import { publicationFindings } from './finding-codes/publications.ts';
import { storeFindings } from './finding-codes/stores.ts';

/** Everything that `headgate check` can find, by its stable code. docs/how-to/check.md is held in step with this. */
export const findingCodes = {
  CHECK_INCOMPLETE: {
    asks: 'whether a part of the check came to an end in time',
    without: 'Nothing is known of this part; everything else was looked at.',
    mend: 'Ask again: `headgate check`. If it stays, the log of the server says more.',
  },
  CONFIG_VALID: {
    asks: 'whether the config can be read and understood',
    without: 'Headgate does not start; nothing else can be looked at.',
    mend: '`headgate config validate` names line and column.',
  },
  POLICIES_VALID: {
    asks: 'whether the policies can be read and understood, and whether there are any',
    without: 'Headgate does not start. A server that runs goes on with the last good ones for a day, then denies everything.',
    mend: '`headgate config validate` names file, line and column; docs/reference/policy.md shows what belongs there.',
  },
  POLICY_PEOPLE: {
    asks: 'whether the people and groups that policies name are there: nobody who left, nobody unknown, no group without anybody in it',
    without: 'Whoever is unknown or has left is allowed nothing; a rule that names nobody else denies everything.',
    mend: 'Correct the name in the policy, or write the document: docs/how-to/people.md.',
  },
  POLICY_NAMES: {
    asks: 'whether the clusters, sources and issuers that policies name are in the Config',
    without: 'A rule about what is not there fits nothing: what was meant to be allowed is denied.',
    mend: 'Correct the name in the policy, or add what it names to `spec.clusters`, `spec.sources` or `spec.identity.issuers`.',
  },
  POLICIES_CHANGEABLE: {
    asks: 'whether any policy is about the policies themselves, where they come from a repository',
    without: 'The policies in force stay, whatever is merged: nothing allows to replace them.',
    mend: 'Name a revision that has such a policy (`targets: [ { policies: true } ]`) as `spec.policies.revision`, and start the server again.',
  },
  DATA_DIRECTORY: {
    asks: 'whether the data directory can be written',
    without: 'Headgate does not start.',
    mend: 'Make it writable for the account that runs Headgate: `chown`, `chmod u+rwx`.',
  },
  LISTENER_FREE: {
    asks: 'whether the addresses of the four listeners are free',
    without: 'Headgate does not start.',
    mend: 'Stop the other process (`ss -ltnp`), or change `spec.listen`.',
  },
  OPERATOR_TOKEN: {
    asks: "that only the account of the server can read the operator's token",
    without: 'Everything works; whoever can read the file may read, explain, replay and ask for reconciles.',
    mend: '`chmod 0600` the file. To replace the token delete it and start the server again.',
  },
  TLS_CERTIFICATE: {
    asks: 'expiry of the certificate of the webhook listener',
    without: 'Once it has expired forges do not deliver; the sweep still finds changes.',
    mend: 'Renew it and write it over the files of `spec.tls.webhook`: they are read again by themselves.',
  },
  SECRET: {
    asks: 'whether each secret can be read, by whom, and how old it is',
    without: 'A source without a webhook secret keeps Headgate from starting; without API credentials nothing can be confirmed.',
    mend: 'See docs/how-to/rotate-secrets.md.',
  },
  LOGIN_ISSUER: {
    asks: 'whether the issuer where people log in can be asked',
    without: 'Nobody can log in with a browser; sessions that began go on, and `headgate open` works.',
    mend: 'Look whether its `url` is exactly its `issuer`, and whether this machine reaches it; one in a network of your own needs `internal: true`.',
  },
  LOGIN_ADDRESS: {
    asks: 'to which address the issuer has to send browsers back',
    without: 'The issuer refuses logins with another redirect URI than one that is registered there.',
    mend: 'Set `spec.web.url`, or a fixed port in `spec.listen.web`, and register `…/login/callback` under it at the issuer.',
  },
  SERVER_RUNNING: {
    asks: 'version and uptime of the server',
    without: 'Nothing works.',
    mend: '`headgate serve`',
  },
  JOURNAL_WRITABLE: {
    asks: 'whether a delivery can be journalled now',
    without: 'Deliveries are refused with 503; the sweep finds their changes once it can be written again.',
    mend: 'Look at disk space and permissions of the data directory (`df -h`, `ls -ld`), and at the log of the server.',
  },
  JOURNAL_DEAD: {
    asks: 'deliveries that were given up',
    without: 'Everything else goes on; these deliveries came to nothing.',
    mend: '`headgate get deliveries --state dead` lists them with the reason. Once that is mended, `headgate replay --since 7d --state dead` takes them through the flow again.',
  },
  JOURNAL_PENDING: {
    asks: 'how long the oldest delivery waits to be handled',
    without: 'Deliveries are kept, and handled as soon as what they wait for answers.',
    mend: '`headgate get deliveries --state pending` says what each waits for; usually a source is away.',
  },
  JOURNAL_SIZE: {
    asks: 'size of the journal and of its write-ahead log, and what retention is set',
    without: 'Everything works; it takes more disk than expected.',
    mend: 'Shorten `spec.retention.bodies`, or give the disk more room; a log that stays large has a reader that never ends: restart the server.',
  },
  QUEUE_WAITING: {
    asks: 'how many targets wait, and the oldest of them',
    without: 'Nothing is lost: reconciles are tried again.',
    mend: '`headgate get reconciles --state queued` lists them; usually a cluster is away or refuses.',
  },
  SINK_TOLD: {
    asks: 'whether everyone who is to be told of news has been, and what waits since when',
    without: 'Everything is deployed as before; the news are kept and told once it can be.',
    mend: 'Look at the address and secrets of this `tell` entry, or at `feedback` of the source: docs/how-to/tell.md; the log of the server names each try.',
  },
  RECORDS_CHECKPOINT: {
    asks: 'whether the chain of records gets its signed checkpoints',
    without: 'Everything is deployed and put on record as before; that the end of the chain is cut off could go unnoticed.',
    mend: 'Make the file of `spec.records.checkpoint` writable, or have the anchor of `spec.records.anchors` answer; when the chain does not continue it, `headgate audit verify`: docs/how-to/audit.md.',
  },
  DISK_FREE: {
    asks: 'free space where the data directory lies',
    without: 'Deliveries are refused with 503 once it is full.',
    mend: 'Make room (`df -h`), or move `spec.journal.sqlite.path` to a larger disk.',
  },
  SOURCE_READ_BACK: {
    asks: 'how changes of the source are confirmed',
    without: 'Pushes are received and matched, but only policies with `confirmed: false` allow them; missed webhooks are not found.',
    mend: 'Add `api: { token: { file: … } }` or `git: {}` to the source: docs/how-to/read-back.md.',
  },
  SOURCE_REACHABLE: {
    asks: 'whether the API of the source answers, and takes the credentials',
    without: 'Deliveries are kept and wait as pending; nothing is confirmed, and missed webhooks are not found.',
    mend: 'Look at `api` of the source, at the network and at https://www.githubstatus.com; a new token is read by itself: docs/how-to/rotate-secrets.md.',
  },
  SOURCE_CREDENTIAL: {
    asks: 'whose credentials they are, and when they expire',
    without: 'Once they have expired nothing can be confirmed: deliveries wait as pending.',
    mend: 'Make a new token (https://github.com/settings/personal-access-tokens) and write it over the file: docs/how-to/rotate-secrets.md.',
  },
  SOURCE_LIMIT: {
    asks: 'how many requests are left of the rate limit',
    without: 'Deliveries wait as pending until the limit is lifted; nothing is lost.',
    mend: 'Use a GitHub App in place of a token, or a longer `sweep.interval`: docs/how-to/read-back.md.',
  },
  SOURCE_CLOCK: {
    asks: "the source's clock against ours",
    without: 'Changes are confirmed; latencies in records are wrong, and the JSON web tokens of an App may be refused.',
    mend: 'Set our clock by NTP: `timedatectl set-ntp true`, then `timedatectl status`.',
  },
  SOURCE_RIGHT: {
    asks: 'what the credentials may read and write, tried on one repository that is followed',
    without: 'It depends on the right: see docs/how-to/check.md, "Sources".',
    mend: 'Add the permission to the token or App: docs/how-to/read-back.md.',
  },
  SOURCE_REPOSITORY: {
    asks: 'whether the credentials see every repository that clusters follow, under the name that these use',
    without: 'Changes of these repositories are received but cannot be confirmed; they wait as pending.',
    mend: 'Give the token or the App access to them (https://github.com/settings/installations), or correct `spec.url` of the Flux objects.',
  },
  SOURCE_REF: {
    asks: 'what each ref that is published or followed leads to (Mercurial), and what makes that doubtful',
    without: 'Changes of it are denied (`doubtful`), and what follows it stays where it is; everything else goes on.',
    mend: 'The message names what is in doubt; docs/how-to/mercurial.md, "When nothing happens".',
  },
  SOURCE_GROUP: {
    asks: 'whether the groups of the source (Gerrit) that policies name can be seen',
    without: 'Whoever is in a group that cannot be seen counts as not being in it: what asks for them is denied.',
    mend: 'Make the group visible to all, or let Headgate\'s group own it: docs/how-to/gerrit.md, "2. Its rights".',
  },
  SOURCE_VERSION: {
    asks: 'version of the source, where it is one that people run themselves and that tells it (Gerrit), or what it can (hgweb)',
    without: 'Probably all works; nobody has tried it with this version.',
    mend: 'Upgrade Gerrit to 3.5 or newer, which has submit requirements: docs/how-to/gerrit.md, "What you need".',
  },
  ...publicationFindings,
  ...storeFindings,
  SOURCE_STREAM: {
    asks: 'whether the events of the source (Gerrit) can be listened to: key, known_hosts, host, account',
    without: 'Changes are still found by webhooks where there are any, and by the sweep, up to `sweep.interval` later.',
    mend: 'See docs/how-to/gerrit.md, "When something is wrong".',
  },
  SOURCE_CATCH_UP: {
    asks: 'whether the source (Gerrit) keeps a log of its events',
    without: 'Nothing is lost: the sweep finds where refs stand. Who was announced in between is not known.',
    mend: 'Install the plugin events-log on Gerrit, if you want it: docs/how-to/gerrit.md, "What you need".',
  },
  SOURCE_WEBHOOK: {
    asks: 'whether a webhook leads here, is active, sends pushes, and what its last delivery was answered',
    without: 'Pushes are still found by the sweep, up to `sweep.interval` later.',
    mend: 'Add or correct it: docs/how-to/github.md, "Add the webhook".',
  },
  SOURCE_SENDER: {
    asks: 'whether any token can be one of those that a source takes (`webhook.tokens`): its issuer, its audience, its claims',
    without: 'What is sent with such a token is refused (401 or 403). Pushes are still found by the sweep, up to `sweep.interval` later.',
    mend: 'Correct `issuer` or `match` of the entry: docs/how-to/mercurial-hook.md, "A token instead of a secret".',
  },
  SOURCE_HEARD: {
    asks: 'when the last webhook was journalled',
    without: 'Pushes are still found by the sweep, up to `sweep.interval` later.',
    mend: 'Send one again in the settings of the webhook ("Recent Deliveries", "Redeliver"), and look at `headgate get deliveries --source <source>`.',
  },
  SOURCE_RATE: {
    asks: 'whether deliveries of the source were refused because more came than its rate allows',
    without:
      'Other sources are served as before. What was refused is found by a look at the source where it can be read back; GitHub does not send it again.',
    mend: 'Find out who sends so much (`headgate get deliveries --source <source>`); if it is meant, raise `webhook.rate` of the source: docs/explanation/back-pressure.md.',
  },
  GIT_BINARY: {
    asks: 'whether there is a git binary, and its version, where a source has `git`',
    without: 'Nothing of this source can be confirmed by git: deliveries wait as pending.',
    mend: 'Install git 2.31 or newer: `apt-get install git`, or `dnf install git`.',
  },
  GIT_SSH: {
    asks: "the files for SSH: the key's permissions, and whether known_hosts has the host",
    without: 'Nothing of this source can be confirmed by git: deliveries wait as pending.',
    mend: 'Write the files that `git.ssh` of the source names: docs/how-to/read-back.md, "With git alone".',
  },
  GIT_REACHABLE: {
    asks: 'whether git reaches one repository that is followed, with these credentials',
    without: 'Nothing of this source can be confirmed by git: deliveries wait as pending.',
    mend: 'Give the key or password the right to read the repository: docs/how-to/read-back.md, "With git alone".',
  },
  HG_BINARY: {
    asks: 'whether there is an hg binary, and its version, where a source of Mercurial has `clone`',
    without: 'Nothing of this source can be confirmed: deliveries wait as pending.',
    mend: 'Install Mercurial 6.3 or newer (`apt-get install mercurial`), or name it in `clone.hg`: docs/how-to/mercurial-clones.md.',
  },
  HG_SSH: {
    asks: "the files for SSH: the key's permissions, and whether known_hosts has the host",
    without: 'Nothing of this source can be confirmed: deliveries wait as pending.',
    mend: 'Write the files that `clone.ssh` of the source names: docs/how-to/mercurial-clones.md.',
  },
  HG_CLONE: {
    asks: 'whether each repository can be cloned from its host; clones of ours are brought up to date with it',
    without: 'Nothing of this repository can be confirmed: deliveries wait as pending.',
    mend: 'Look at `clone` of the source, at the rights of its account, and at the network: docs/how-to/mercurial-clones.md.',
  },
  HG_HOOK: {
    asks: 'whether the hook of Mercurial is installed for each repository, trusted and sends here, where `rights` says that they lie on this machine',
    without: 'Pushes are still found by the sweep, up to `sweep.interval` later.',
    mend: '`headgate hg install-hook`: docs/how-to/mercurial-hook.md.',
  },
  CLUSTER_NONE: {
    asks: 'whether any cluster is configured',
    without: 'Deliveries are kept and confirmed; nothing is matched or triggered.',
    mend: 'Add one to `spec.clusters`: `- { name: prod, kubeconfig: { path: ./kubeconfig } }`.',
  },
  CLUSTER_INVENTORY: {
    asks: 'whether the objects of the cluster are in sight',
    without: 'Changes that concern this cluster are kept and decided once it is in sight.',
    mend: 'The other findings of this cluster say why; `kubectl --kubeconfig <file> get gitrepositories -A` shows what it answers.',
  },
  CLUSTER_REACHABLE: {
    asks: 'whether the API server answers, and takes the credentials',
    without: 'Deliveries are kept, reconciles wait and are tried again; other clusters are not concerned.',
    mend: 'Check address and credentials: `kubectl --kubeconfig <file> version`.',
  },
  CLUSTER_VERSION: {
    asks: 'version of Kubernetes',
    without: 'Probably all works; nobody has tried it with this version.',
    mend: 'Upgrade the cluster to a version that Flux supports: https://fluxcd.io/flux/installation/#prerequisites.',
  },
  CLUSTER_CLOCK: {
    asks: "the API server's clock against ours",
    without: 'Revisions are deployed; times and latencies in records are wrong, and tokens may be refused as expired or not yet valid.',
    mend: 'Set both clocks by NTP: `timedatectl set-ntp true`, then `timedatectl status`.',
  },
  CLUSTER_CREDENTIAL: {
    asks: 'age and expiry of what the kubeconfig holds',
    without: 'Once it has expired the cluster refuses everything: nothing is matched or triggered, reconciles wait.',
    mend: '`kubectl create token headgate -n headgate --duration=24h`, or a kubeconfig that renews by itself: docs/how-to/rbac.md.',
  },
  CLUSTER_RIGHT: {
    asks: 'each right that Headgate needs, by SelfSubjectAccessReview, in all namespaces',
    without: 'It depends on the right: see docs/how-to/rbac.md.',
    mend: '`kubectl apply -f deploy/rbac.yaml`',
  },
  SERVICE_ACCOUNT_RIGHT: {
    asks: 'whether service accounts that Kustomizations and HelmReleases impersonate may do more than deploying to their namespaces takes, by SubjectAccessReview',
    without:
      'Everything is deployed; but whoever may bring a change to that object can use all that its account may, which no policy about the namespace bounds.',
    mend: '`headgate suggest rbac --source <source> --group <uuid> --namespace <namespace>` prints an account with the least rights: docs/how-to/rbac.md.',
  },
  FLUX_KINDS: {
    asks: "which of Flux's kinds the API server serves, in the versions that Headgate reads",
    without: 'Nothing can be matched in this cluster. Headgate notices by itself when they come.',
    mend: '`flux install`, or upgrade Flux to 2.7 or newer: `flux check --pre`.',
  },
  FLUX_CONTROLLER: {
    asks: "Flux's controllers: whether they are there and ready, and their versions",
    without: 'Requests are written and wait until the controller comes; the outcome is `timed_out` if it does not.',
    mend: '`flux check`, then `kubectl -n flux-system get deployments`.',
  },
  FLUX_CONTROLLERS_READABLE: {
    asks: "whether Flux's Deployments may be read",
    without: "All else works; the versions and feature gates of Flux's controllers are not known.",
    mend: '`kubectl apply -f deploy/rbac-check.yaml`',
  },
  FLUX_FEATURE_GATE: {
    asks: "feature gates of Flux's controllers that are worth having",
    without: 'See docs/how-to/check.md, "Feature gates".',
    mend: 'Add it to the controller\'s arguments: docs/how-to/check.md, "Feature gates".',
  },
} as const satisfies Readonly<Record<string, Explained>>;
