/** A full commit id: SHA-1 or, where the repository has them (gitrepository-layout, `objectFormat`), SHA-256, in lower-case hex. */
export const fullCommitId: RegExp = /^([0-9a-f]{40}|[0-9a-f]{64})$/;
