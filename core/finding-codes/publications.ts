import type { Explained } from './explained.ts';

/** What can be found where something is published for Flux. */
export const publicationFindings = {
  PUBLICATION_FOLLOWED: {
    asks: 'whether an OCIRepository of some cluster follows the tag of what is published, and every one at its address does',
    without: 'Nothing is published of a change that moves nothing.',
    mend: 'Let an OCIRepository follow address and tag (`spec.url`, `spec.ref.tag`): docs/how-to/publish-to-flux.md.',
  },
  PUBLICATION_CONTENT: {
    asks: 'whether there is something at the path that is published, and nothing under it that cannot be',
    without: 'Changes of it are denied (`doubtful`) or end as `failed`; clusters stay where they are.',
    mend: 'Correct `path` in `publish` of the source, or take out what the message names: docs/how-to/publish-to-flux.md.',
  },
  PUBLICATION_TLS: {
    asks: 'whether Flux fetches what is published by TLS exactly where it is published by TLS (`insecure`, `plainHttp`)',
    without: 'What is allowed is published; Flux may not be able to fetch it, or fetches it so that others on the way can change it.',
    mend: 'Set `spec.insecure` of the OCIRepository as `plainHttp` of the registry is: docs/how-to/publish-to-flux.md.',
  },
  PUBLICATION_POLICY: {
    asks: 'whether policies are about every namespace that followers of what is published write to',
    without: 'Nothing is published there: a change is allowed for one follower only when it is for all of them (`moves-with`).',
    mend: 'Give that namespace a policy, or remove the object: docs/how-to/publish-to-flux.md, "What is allowed together".',
  },
  PUBLICATION_REGISTRY: {
    asks: 'whether the registry that is published to can be reached, and takes something from this account; nothing is left there',
    without: 'What is allowed is not published, and clusters stay where they are; a registry that is away is tried until it answers.',
    mend: 'Give `registries` of the source the account that may push, its CA, or `plainHttp`: docs/how-to/publish-to-flux.md.',
  },
} as const satisfies Readonly<Record<string, Explained>>;
