import type { MercurialPlace } from './find-mercurial.ts';
import { quoted } from './quoted.ts';

/** Files of SSH, which are not made here: they are for whoever knows the host. */
export const sshKey = './secrets/hg-key';
export const knownHosts = './secrets/known_hosts';

/** The entry of `sources`, indented as it stands there. */
export function mercurialText(place: MercurialPlace): string {
  return `    - name: hg
      type: hg
      # The base: the repository ${place.repository} lies below it. Other bases under which the hook may name it: aliases
      url: ${quoted(place.url)}
      webhook:
        # The hook signs with it: docs/how-to/mercurial-hook.md. Several while one replaces another.
        secrets:
          - file: ./secrets/hg-hook
${readingText(place)}
      # Finds what no hook told of: hooks of Mercurial run at most once.
      sweep: { interval: 2m }
      # Whoever may push there can go past Headgate: give that right to this account alone.
      registries:
        - host: ${quoted(place.registry.host)}
${place.registry.plainHttp ? '          plainHttp: true # it is on this machine' : '          # user: headgate\n          # password: { file: ./secrets/registry }'}
      # What is published, only after policies have allowed it: docs/how-to/publish-to-flux.md
      publish:
        - repository: ${quoted(place.repository)}
          ref: ${quoted(place.ref)}
          path: ${quoted(place.path)}
          oci: ${quoted(place.oci)}`;
}

function readingText({ url }: MercurialPlace): string {
  if (!url.startsWith('ssh:'))
    return `      # Changes are confirmed by hgweb, which needs allow-archive = gz under [web]. By clones instead: docs/how-to/mercurial-clones.md
      web: {}
      # web: { user: headgate, password: { file: ./secrets/hg-password } }`;
  return `      # Changes are confirmed by clones, with the hg of this machine: docs/how-to/mercurial-clones.md
      clone:
        ssh:
          key: { file: ${sshKey} }
          knownHosts: { file: ${knownHosts} }`;
}

/** The entry of `changes`, indented as it stands there. */
export function mercurialChange({ repository, ref }: MercurialPlace): string {
  return `    # Trusts whoever may push to the branch. Pushers, signatures, signed tags: docs/how-to/mercurial.md
    - source: hg
      repositories: [${quoted(repository)}]
      refs: [${quoted(ref)}]
`;
}
